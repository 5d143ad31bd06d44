"""Containers that cannot be started: what they need is missing, or what they run."""

from __future__ import annotations

import re

from reconciler.diagnose.scene import Answer, Scene, named, state_lines
from reconciler.model.finding import Cause
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.manifest import id_of
from reconciler.model.pods import CONFIG_MAP, SECRET, Container, references

_CONFIG_ERROR = "CreateContainerConfigError"
_CANNOT_RUN = frozenset({"RunContainerError", "CreateContainerError", "StartError", "ContainerCannotRun"})
_NO_KEY = re.compile(
    r"couldn't find key (\S+) in (Secret|ConfigMap) ([^/\s]+)/(\S+)|references non-existent .* key: (\S+)"
)
_ROOT = re.compile(r"runAsNonRoot|image will run as root|non-numeric user")
_MISSING = {SECRET: Cause.SECRET_MISSING, CONFIG_MAP: Cause.CONFIG_MAP_MISSING}
_MOUNT_EVENTS = ("FailedMount", "FailedAttachVolume")
_NOT_MOUNTED_STATES = frozenset({"ContainerCreating", "PodInitializing"})


def lacking(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """A Secret, a ConfigMap, or a key of one, that the pod needs, does not exist."""
    told = text_at(container.waiting, "message") if text_at(container.waiting, "reason") == _CONFIG_ERROR else ""
    mounts = scene.events(pod, "FailedMount") if _is_creating(container) else ()
    if not told and not mounts:
        return None
    evidence = (*state_lines(container), *(f"event FailedMount: {said}" for said in mounts))
    said = (told, *mounts)
    return _absent(scene, pod, evidence, said) or _absent_key(scene, pod, evidence, said)


def _absent(scene: Scene, pod: JsonMap, evidence: tuple[str, ...], said: tuple[str, ...]) -> Answer | None:
    for needed in references(pod):
        identity = ObjectId(needed.kind, needed.namespace, needed.name)
        quoted = f'{needed.kind.name.lower()} "{needed.name}" not found'
        # What was read is newer than what was said; without the right to read, what was said is all there is.
        missing = (
            scene.evidence.contents[identity] is None if identity in scene.evidence.contents else _in(quoted, said)
        )
        if missing and not needed.is_pull_secret:
            message = f"{needed.kind.name} {needed.name}, which {id_of(pod)} needs, does not exist"
            return Answer(_MISSING[needed.kind], identity, message, evidence, _make_hint(needed.kind), (needed.name,))
    return None


def _absent_key(scene: Scene, pod: JsonMap, evidence: tuple[str, ...], said: tuple[str, ...]) -> Answer | None:
    for needed in references(pod):
        identity = ObjectId(needed.kind, needed.namespace, needed.name)
        found = scene.evidence.contents.get(identity)
        if found and needed.key and needed.key not in found.keys:
            held = ", ".join(sorted(found.keys)) or "nothing"
            message = f"{needed.kind.name} {needed.name} has no key {needed.key}; it has {held}"
            hint = f"add the key {needed.key}, or correct its name in the chart's values"
            return Answer(Cause.KEY_MISSING, identity, message, evidence, hint, (needed.key, needed.name))
    match = _NO_KEY.search("; ".join(said))
    if match is None:
        return None
    key, kind, namespace, name = match.group(1) or match.group(5), match.group(2), match.group(3), match.group(4)
    identity = ObjectId(Kind("v1", kind), namespace, name) if kind else id_of(pod)
    hint = f"add the key {key}, or correct its name in the chart's values"
    return Answer(Cause.KEY_MISSING, identity, f"{identity} has no key {key}", evidence, hint, (key,))


def _in(quoted: str, said: tuple[str, ...]) -> bool:
    return any(quoted in text for text in said)


def _make_hint(kind: Kind) -> str:
    if kind == SECRET:
        return "let the environment make it (`secrets:`), or correct its name in the chart's values"
    return "let a chart make it, or correct its name in the chart's values; `needs` puts a release after another"


def runs_as_root(_scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The image runs as root, or as a user without a number, where that is not allowed."""
    if not _ROOT.search(text_at(container.waiting, "message")):
        return None
    message = f"{named(container)} would run as root, which its `runAsNonRoot: true` forbids"
    hint = "set securityContext.runAsUser to a number other than 0, or use an image with such a USER"
    return Answer(Cause.RUNS_AS_ROOT, id_of(pod), message, state_lines(container), hint)


def cannot_start(_scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The container runtime cannot start it: no such command, no permission, another platform."""
    reasons = {text_at(container.waiting, "reason"), text_at(container.ended, "reason")}
    config_error = text_at(container.waiting, "reason") == _CONFIG_ERROR
    if not config_error and not reasons & _CANNOT_RUN and container.exit_code not in _NO_COMMAND:
        return None
    by_code = _NO_COMMAND.get(container.exit_code, "")
    told = text_at(container.ended, "message") or by_code or text_at(container.waiting, "message")
    why = told.rsplit("unable to start container process: ", 1)[-1]
    message = f"{named(container)} cannot be started: {why}"
    hint = (
        "check `command` and `args` in the chart's values, and that the image has that program for the node's platform"
    )
    return Answer(Cause.CANNOT_START, id_of(pod), message, state_lines(container), hint)


# What shells give for a command that they cannot run.
_NO_COMMAND = {126: "its command cannot be executed", 127: "its command was not found"}


def not_mounted(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """A volume cannot be attached or mounted."""
    said = scene.events(pod, *_MOUNT_EVENTS)
    if not said or not _is_creating(container):
        return None
    message = f"a volume of {id_of(pod)} cannot be mounted: {said[0]}"
    hint = "`kubectl describe` of the pod's claims and their volumes tells more; is the volume in use on another node?"
    volumes = tuple(text_at(item, "name") for item in maps_at(pod, "spec", "volumes"))
    evidence = tuple(f"event: {text}" for text in said)
    return Answer(Cause.VOLUME_NOT_MOUNTED, id_of(pod), message, evidence, hint, volumes)


def _is_creating(container: Container) -> bool:
    return text_at(container.waiting, "reason") in _NOT_MOUNTED_STATES
