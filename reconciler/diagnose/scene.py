"""What a rule looks at, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconciler.model.evidence import Evidence, LogId, Run
from reconciler.model.finding import Cause
from reconciler.model.identity import ObjectId
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.manifest import id_of
from reconciler.model.pods import Container, below, containers, is_pod, is_well
from reconciler.model.standing import Health


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says: foreign text in it is not masked yet.

    Attributes:
        subject: the object that blocks; None when it is the release as a whole.
        written: texts that the environment file may hold, the likeliest first; where one stands is where to look.
    """

    cause: Cause
    subject: ObjectId | None
    message: str
    evidence: tuple[str, ...]
    hint: str
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One object of a release that is not well, and what surrounds it.

    Attributes:
        parts: the object and all that it owns, down to its pods.
    """

    root: JsonMap = field(repr=False)
    subject: ObjectId
    health: Health
    parts: tuple[JsonMap, ...] = field(repr=False)
    evidence: Evidence = field(repr=False)

    @property
    def pods(self) -> Iterator[JsonMap]:
        """The pods that are not well, the newest first."""
        return (item for item in self.parts if is_pod(item) and not is_well(item))

    def events(self, item: JsonMap, *reasons: str) -> tuple[str, ...]:
        """What was said about an object with one of these reasons, the newest first, each once."""
        uid = text_at(item, "metadata", "uid")
        found = (
            text_at(event, "message")
            for event in self.evidence.events
            if text_at(event, "involvedObject", "uid") == uid and text_at(event, "reason") in reasons
        )
        return tuple(dict.fromkeys(found))

    def log(self, pod: JsonMap, container: Container) -> tuple[str, ...]:
        """The last lines of a container: of the run that ended, or of this one."""
        found = (self.evidence.logs.get(LogId(id_of(pod), container.name, run)) for run in (Run.PREVIOUS, Run.CURRENT))
        return next((lines for lines in found if lines), ())


Rule = Callable[[Scene], Answer | None]
ContainerRule = Callable[[Scene, JsonMap, Container], Answer | None]


def each_container(rule: ContainerRule) -> Rule:
    """The rule for a scene that asks about each container of each pod that is not well."""

    def ask(scene: Scene) -> Answer | None:
        asked = (rule(scene, pod, container) for pod in scene.pods for container in containers(pod))
        return next((answer for answer in asked if answer), None)

    return ask


def make_scene(root: JsonMap, health: Health, evidence: Evidence) -> Scene:
    """The scene around one object."""
    return Scene(root, id_of(root), health, below(root, evidence.objects), evidence)


def condition(item: JsonMap, kind: str) -> JsonMap:
    """A condition of an object's status, or an empty map."""
    return next((each for each in maps_at(item, "status", "conditions") if each.get("type") == kind), {})


def named(container: Container) -> str:
    """A container, for a sentence."""
    return f"{'init container' if container.is_init else 'container'} {container.name}"


def state_lines(container: Container) -> tuple[str, ...]:
    """What the kubelet says about a container: why it waits, and how its last run ended."""
    said = []
    if container.waiting:
        said.append(f"{named(container)} waits: {_told(container.waiting)}")
    if container.ended:
        ended = container.ended
        signal = f", signal {ended['signal']}" if ended.get("signal") else ""
        said.append(f"{named(container)} ended: exit code {container.exit_code}{signal}, {_told(ended)}")
    if container.restarts:
        said.append(f"{named(container)} was restarted {container.restarts} times")
    return tuple(said)


def log_lines(scene: Scene, pod: JsonMap, container: Container) -> tuple[str, ...]:
    """A container's last lines, as evidence."""
    return tuple(f"log of {container.name}: {line}" for line in scene.log(pod, container))


def last_error(lines: tuple[str, ...]) -> str:
    """The last line that speaks of an error, else the last one; empty without any."""
    errors = [line for line in lines if _ERROR.search(line)]
    return (errors or list(lines) or [""])[-1].strip()


_ERROR = re.compile(r"error|fatal|panic|exception|failed|cannot|refused|denied|no such", re.IGNORECASE)


def _told(state: JsonMap) -> str:
    reason, message = text_at(state, "reason"), text_at(state, "message")
    return f"{reason}: {message}" if message else reason or "no reason given"
