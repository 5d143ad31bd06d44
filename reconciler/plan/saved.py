"""A saved plan against what a new one would be: each thing that moved since is a refusal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

from reconciler.errors import SavedPlanError
from reconciler.model.identity import ObjectId, Target
from reconciler.model.json import JsonMap, text_at
from reconciler.model.plan import Refusal
from reconciler.model.saved import Origin, SavedPlan, Snapshot
from reconciler.plan.moved import by, moved_inputs, moved_object, moved_release, moved_step, other_cluster

GUARD = "saved-plan"
ANEW = "save the plan anew with `reconcile plan --save`, and have it reviewed again"
# Clocks of two machines that keep their time differ by less.
_SKEW = timedelta(minutes=5)


def check_age(origin: Origin, now: datetime) -> None:
    """Raises SavedPlanError: the plan is older than its lifetime, or from the future."""
    if origin.at > now + _SKEW:
        hint = "set the clock of this machine, or that of the one that made it"
        raise SavedPlanError(f"the plan was made at {_time(origin.at)}, and here it is {_time(now)}", hint=hint)
    if now >= origin.until:
        raise SavedPlanError(
            f"the plan was made at {_time(origin.at)} and could be applied until {_time(origin.until)}; "
            f"now it is {_time(now)}",
            hint=f"{ANEW}; `--lifetime` says for how long it may be applied",
        )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def check_inputs(saved: SavedPlan, now: Mapping[str, str]) -> None:
    """Raises SavedPlanError: a file that the plan was made from is another one now, or gone."""
    moved = list(moved_inputs(saved.snapshot.inputs, now))
    if moved:
        raise SavedPlanError("the plan was made from other files: " + "; ".join(moved), hint=ANEW)


def compare_saved(saved: Snapshot, fresh: Snapshot) -> tuple[Refusal, ...]:
    """Why the saved plan must not be applied; nothing when all is as it was."""
    moved = [
        *_files(saved, fresh),
        *_references(saved, fresh),
        *_clusters(saved, fresh),
        *_releases(saved, fresh),
        *_objects(saved, fresh),
        *_charts(saved, fresh),
    ]
    # What is to be done follows from all that; where something of it moved, that is the reason to tell.
    return tuple(moved or [*_drifted(saved, fresh)] or _steps(saved, fresh))


def _refusal(message: str, *targets: Target) -> Refusal:
    return Refusal(GUARD, message, ANEW, targets)


def _files(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    yield from map(_refusal, moved_inputs(saved.inputs, fresh.inputs))
    if saved.environment != fresh.environment:
        yield _refusal(f'the environment was called "{saved.environment}" and is "{fresh.environment}" now')


def _references(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    for name in sorted({*saved.references, *fresh.references}):
        before, after = saved.references.get(name), fresh.references.get(name)
        if before != after:
            word = "is new" if before is None else "is no longer used" if after is None else "holds another text now"
            yield _refusal(f"the reference `{name}` {word}")


def _clusters(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    for name in sorted({*saved.clusters, *fresh.clusters}):
        before, after = saved.clusters.get(name), fresh.clusters.get(name)
        if before is None or after is None:
            yield _refusal(f"cluster {name} {'is new' if before is None else 'is no longer used'}")
        else:
            yield from map(_refusal, other_cluster(name, before, after))


def _releases(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    for identity in sorted({*saved.releases, *fresh.releases}):
        moved = moved_release(saved.releases.get(identity), fresh.releases.get(identity))
        if moved:
            yield _refusal(f"{_of(identity.cluster, identity)} {moved}", identity)


def _objects(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    """Those that the saved plan touches, as far as there still is something to be done about them."""
    for (cluster, identity), before in saved.objects.items():
        if (cluster, identity) in fresh.objects:
            moved = moved_object(before, fresh.objects[cluster, identity])
            if moved:
                yield _refusal(f"{_of(cluster, identity)} {moved}")


def _drifted(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    """Those that only the new plan touches."""
    for (cluster, identity), version in fresh.objects.items():
        if (cluster, identity) not in saved.objects:
            found = f"resourceVersion {version.resource_version}{by(version)}" if version else "it is gone"
            yield _refusal(f"{_of(cluster, identity)} was as it should be, and is not now: {found}")


def _of(cluster: str, item: Target | ObjectId) -> str:
    return f"cluster {cluster}: {item}"


def _charts(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    now = {step.target: step.content for step in fresh.steps}
    for step in saved.steps:
        before, after = _chart(step.content), _chart(now.get(step.target, {}))
        if step.target in now and before != after:
            what = f"was to be of chart {before or 'none'}, and would be of {after or 'none'} now"
            yield _refusal(f"{_of(step.target.cluster, step.target)} {what}", step.target)


def _chart(content: JsonMap) -> str:
    name, version, digest = (text_at(content, "chart", key) for key in ("name", "version", "digest"))
    return f"{name} {version} ({digest})" if name else ""


def _steps(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    was = {step.target: step for step in saved.steps}
    now = {step.target: step for step in fresh.steps}
    for target in dict.fromkeys(chain(was, now)):
        moved = moved_step(was.get(target), now.get(target))
        if moved:
            yield _refusal(f"{_of(target.cluster, target)} {moved}", target)
