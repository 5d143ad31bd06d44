"""A saved plan against what a new one would be: each thing that moved since is a refusal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain

from reconciler.errors import SavedPlanError
from reconciler.model.cluster import ClusterIdentity
from reconciler.model.identity import ObjectId, Target
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.object_version import ObjectVersion
from reconciler.model.plan import Refusal
from reconciler.model.saved import Origin, SavedPlan, SeenRelease, Snapshot, Step

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
    moved = list(_moved_inputs(saved.snapshot.inputs, now))
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
    yield from map(_refusal, _moved_inputs(saved.inputs, fresh.inputs))
    if saved.environment != fresh.environment:
        yield _refusal(f'the environment was called "{saved.environment}" and is "{fresh.environment}" now')


def _moved_inputs(saved: Mapping[str, str], fresh: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*saved, *fresh}):
        if path not in fresh:
            yield f"{path} is no longer there, or no longer read"
        elif path not in saved:
            yield f"{path} was not there, or not read"
        elif saved[path] != fresh[path]:
            yield f"{path} was changed"


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
            yield from map(_refusal, _other_cluster(name, before, after))


def _other_cluster(name: str, before: ClusterIdentity, after: ClusterIdentity) -> Iterator[str]:
    if before.server != after.server:
        yield f"cluster {name} was {before.server} and is {after.server} now"
    elif before.authority != after.authority:
        yield f"cluster {name} has another certificate authority now"
    elif before.uid is not None and before.uid != after.uid:
        found = f"its namespace kube-system has the uid {after.uid}" if after.uid else "its uid may not be read"
        yield f"cluster {name} is another one behind the same address: {found}, and had {before.uid}"


def _releases(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    for identity in sorted({*saved.releases, *fresh.releases}):
        moved = _moved_release(saved.releases.get(identity), fresh.releases.get(identity))
        if moved:
            yield _refusal(f"{_of(identity.cluster, identity)} {moved}", identity)


def _moved_release(before: SeenRelease | None, after: SeenRelease | None) -> str | None:
    if before is None or after is None:
        if before is after:
            return None
        return f"was not installed, and is at {_revision(after)} now" if after else "is no longer installed"
    if (before.revision, before.status) != (after.revision, after.status):
        return f"was at {_revision(before)}, and is at {_revision(after)} now{_by(after.version)}"
    moved = _moved_object(before.version, after.version)
    return f"has another record of {_revision(after)}: it {moved}" if moved else None


def _revision(seen: SeenRelease) -> str:
    return f"revision {seen.revision} ({seen.status})"


def _objects(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    """Those that the saved plan touches, as far as there still is something to be done about them."""
    for (cluster, identity), before in saved.objects.items():
        if (cluster, identity) in fresh.objects:
            moved = _moved_object(before, fresh.objects[cluster, identity])
            if moved:
                yield _refusal(f"{_of(cluster, identity)} {moved}")


def _drifted(saved: Snapshot, fresh: Snapshot) -> Iterator[Refusal]:
    """Those that only the new plan touches."""
    for (cluster, identity), version in fresh.objects.items():
        if (cluster, identity) not in saved.objects:
            found = f"resourceVersion {version.resource_version}{_by(version)}" if version else "it is gone"
            yield _refusal(f"{_of(cluster, identity)} was as it should be, and is not now: {found}")


def _moved_object(before: ObjectVersion | None, after: ObjectVersion | None) -> str | None:
    if before is None or after is None:
        if before is after:
            return None
        return f"did not exist, and does now{_by(after)}" if after else "is gone"
    if before.uid != after.uid:
        return f"was deleted and made anew{_by(after)}"
    # What a controller writes into the status all the time is nobody's change; see ObjectVersion.
    if before.resource_version == after.resource_version or (before.content and before.content == after.content):
        return None
    return f"was changed: resourceVersion {before.resource_version} → {after.resource_version}{_by(after)}"


def _by(version: ObjectVersion) -> str:
    return f", last written by {version.writer}" if version.writer else ""


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
        moved = _moved_step(was.get(target), now.get(target))
        if moved:
            yield _refusal(f"{_of(target.cluster, target)} {moved}", target)


def _moved_step(before: Step | None, after: Step | None) -> str | None:
    if before is None or after is None:
        return "was not in the plan, and would be now" if before is None else "is no longer in the plan"
    differing = list(_others(before.essence, after.essence))
    if not differing:
        return None
    old, new = text_at(before.content, "kind"), text_at(after.content, "kind")
    if old != new:
        return f"was to be done as {old}, and would be done as {new} now"
    return f"would change in another way: {', '.join(differing)}"


def _others(before: JsonMap, after: JsonMap) -> Iterator[str]:
    """The parts of an action that differ; of its objects, which."""
    was, now = ({_name(item): item for item in maps_at(content, "objects")} for content in (before, after))
    differing = [name for name in dict.fromkeys([*was, *now]) if not _is_same(was.get(name), now.get(name))]
    yield from differing
    yield from (key for key in sorted({*before, *after}) if key != "objects" and before.get(key) != after.get(key))
    if differing:
        yield "if its templates use the time or random values, they give others each time"


def _is_same(before: JsonMap | None, after: JsonMap | None) -> bool:
    """Whether the same happens to an object. Whoever may not ask the server saw only what would be sent: then what it
    would store, which whoever applies the plan may know, is no other change."""
    if before is None or after is None or before.get("verified") is True:
        return before == after
    guessed = ("fields", "verified")
    return all(before.get(key) == after.get(key) for key in {*before, *after} if key not in guessed)


def _name(item: JsonMap) -> str:
    place = "/".join(filter(None, (text_at(item, "namespace"), text_at(item, "name"))))
    return f"{text_at(item, 'kind')} {place}"
