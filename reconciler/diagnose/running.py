"""Containers that start and do not stay: ended by the kernel, by a probe, or by themselves."""

from __future__ import annotations

from reconciler.diagnose.scene import Answer, Scene, last_error, log_lines, named, state_lines
from reconciler.model.finding import Cause
from reconciler.model.json import Json, JsonMap, as_map, dig, text_at
from reconciler.model.manifest import id_of
from reconciler.model.pods import Container

_PROBES = {
    "Liveness": (Cause.LIVENESS, "livenessProbe"),
    "Startup": (Cause.STARTUP, "startupProbe"),
    "Readiness": (Cause.READINESS, "readinessProbe"),
}
# What a container that the kubelet ends leaves: 128 and SIGKILL or SIGTERM, or its own orderly end.
_KILLED = (137, 143, 0)


def out_of_memory(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The kernel ended it, since it used more memory than it may."""
    if text_at(container.ended, "reason") != "OOMKilled":
        return None
    limit = text_at(container.spec, "resources", "limits", "memory")
    allowed = f"its limit of {limit}" if limit else "what the node had"
    message = f"{named(container)} used more memory than {allowed} and was killed"
    evidence = (*state_lines(container), *log_lines(scene, pod, container))
    hint = "raise resources.limits.memory in the chart's values, or let the program use less"
    return Answer(Cause.OUT_OF_MEMORY, id_of(pod), message, evidence, hint, (limit,))


def ended_by_probe(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The kubelet restarts it, since its liveness or startup probe fails."""
    if not container.restarts or container.exit_code not in _KILLED:
        return None
    return _probe(scene, pod, container, "Liveness") or _probe(scene, pod, container, "Startup")


def not_ready(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """It runs, and its probes say that it does not serve."""
    if container.is_ready or not container.is_running:
        return None
    found = (_probe(scene, pod, container, name) for name in _PROBES)
    return next((answer for answer in found if answer), None)


def _probe(scene: Scene, pod: JsonMap, container: Container, name: str) -> Answer | None:
    said = [text for text in scene.events(pod, "Unhealthy") if text.startswith(f"{name} probe ")]
    if not said:
        return None
    cause, key = _PROBES[name]
    asked = _asked(as_map(container.spec.get(key)))
    answer = said[0].partition(": ")[2] or said[0]
    message = f"the {name.lower()} probe of {named(container)}{asked} is answered with: {answer}"
    evidence = (*(f"event Unhealthy: {text}" for text in said), *state_lines(container))
    hint = f"let the program answer there, or correct {key} (path, port, delays) in the chart's values"
    return Answer(cause, id_of(pod), message, (*evidence, *log_lines(scene, pod, container)), hint)


def _asked(probe: JsonMap) -> str:
    """What a probe asks; empty when its spec is not known."""
    for kind, path in (("httpGet", "path"), ("tcpSocket", ""), ("grpc", "")):
        where = as_map(probe.get(kind))
        if where:
            return f" ({kind} {_shown(where.get('port'))}{text_at(where, path) if path else ''})"
    command = dig(probe, "exec", "command")
    return f" (exec {' '.join(map(str, command))})" if isinstance(command, list) else ""


def _shown(port: Json) -> str:
    return f":{port}" if isinstance(port, int) else str(port or "")


def init_failed(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """An init container ends with an error, so that the others never start."""
    if not container.is_init or not container.exit_code:
        return None
    return _crash(Cause.INIT_FAILED, scene, pod, container)


def crashes(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """It ends again and again."""
    looping = text_at(container.waiting, "reason") == "CrashLoopBackOff" or bool(container.restarts)
    if not looping or not container.ended:
        return None
    return _crash(Cause.CRASH_LOOP, scene, pod, container)


def _crash(cause: Cause, scene: Scene, pod: JsonMap, container: Container) -> Answer:
    lines = scene.log(pod, container)
    error = last_error(lines)
    told = f"; its log says: {error}" if error else ""
    message = f"{named(container)} ends with exit code {container.exit_code}{told}"
    evidence = (*state_lines(container), *log_lines(scene, pod, container))
    name, namespace = text_at(pod, "metadata", "name"), text_at(pod, "metadata", "namespace")
    hint = f"`kubectl logs -n {namespace} {name} -c {container.name} --previous` has the whole log"
    if not container.exit_code:
        hint = f"its command ends by itself: a container of a service has to keep running; {hint}"
    return Answer(cause, id_of(pod), message, evidence, hint)
