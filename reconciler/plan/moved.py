"""What became of a thing since a plan was saved, in words; None or nothing when it is as it was. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.cluster import ClusterIdentity
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.object_version import ObjectVersion
from reconciler.model.saved import SeenRelease, Step


def moved_inputs(saved: Mapping[str, str], fresh: Mapping[str, str]) -> Iterator[str]:
    """Which files are others, by path → digest."""
    for path in sorted({*saved, *fresh}):
        if path not in fresh:
            yield f"{path} is no longer there, or no longer read"
        elif path not in saved:
            yield f"{path} was not there, or not read"
        elif saved[path] != fresh[path]:
            yield f"{path} was changed"


def other_cluster(name: str, before: ClusterIdentity, after: ClusterIdentity) -> Iterator[str]:
    """Why it is another cluster."""
    if before.server != after.server:
        yield f"cluster {name} was {before.server} and is {after.server} now"
    elif before.authority != after.authority:
        yield f"cluster {name} has another certificate authority now"
    elif before.uid is not None and before.uid != after.uid:
        found = f"its namespace kube-system has the uid {after.uid}" if after.uid else "its uid may not be read"
        yield f"cluster {name} is another one behind the same address: {found}, and had {before.uid}"


def moved_release(before: SeenRelease | None, after: SeenRelease | None) -> str | None:
    """What became of a release, or None."""
    if before is None or after is None:
        if before is after:
            return None
        return f"was not installed, and is at {_revision(after)} now" if after else "is no longer installed"
    if (before.revision, before.status) != (after.revision, after.status):
        return f"was at {_revision(before)}, and is at {_revision(after)} now{by(after.version)}"
    moved = moved_object(before.version, after.version)
    return f"has another record of {_revision(after)}: it {moved}" if moved else None


def _revision(seen: SeenRelease) -> str:
    return f"revision {seen.revision} ({seen.status})"


def moved_object(before: ObjectVersion | None, after: ObjectVersion | None) -> str | None:
    """What became of an object, or None."""
    if before is None or after is None:
        if before is after:
            return None
        return f"did not exist, and does now{by(after)}" if after else "is gone"
    if before.uid != after.uid:
        return f"was deleted and made anew{by(after)}"
    # What a controller writes into the status all the time is nobody's change; see ObjectVersion.
    if before.resource_version == after.resource_version or (before.content and before.content == after.content):
        return None
    return f"was changed: resourceVersion {before.resource_version} → {after.resource_version}{by(after)}"


def by(version: ObjectVersion) -> str:
    """Who wrote it."""
    return f", last written by {version.writer}" if version.writer else ""


def moved_step(before: Step | None, after: Step | None) -> str | None:
    """How an action differs, or None."""
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
