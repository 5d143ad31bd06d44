"""Workloads as a whole: pods that may not be made, jobs that failed, and what nobody else could name."""

from __future__ import annotations

from reconciler.diagnose.scene import Answer, Scene, condition, last_error, log_lines, state_lines
from reconciler.model.finding import Cause
from reconciler.model.json import JsonMap, text_at
from reconciler.model.manifest import id_of, is_hook, kind_of
from reconciler.model.pods import Container, containers
from reconciler.model.refusal import About, recognise
from reconciler.model.standing import Condition


def pods_refused(scene: Scene) -> Answer | None:
    """The server refuses the pods of a workload: quota, limits, policies."""
    if any(True for _ in scene.pods):
        return None
    for part in scene.parts:
        failure = condition(part, "ReplicaFailure")
        said = (text_at(failure, "message"),) if failure.get("status") == "True" else scene.events(part, "FailedCreate")
        for text in filter(None, said):
            return _refused(scene, part, text)
    return None


def _refused(scene: Scene, part: JsonMap, text: str) -> Answer:
    namespace = id_of(part).namespace
    known = recognise(text, About("", namespace, "its chart", "the cluster"))
    cause = known.cause if known else Cause.ADMISSION
    hint = known.hint if known else f"`kubectl describe {scene.subject.kind.name} -n {namespace} {scene.subject.name}`"
    message = f"the server refuses the pods of {scene.subject}: {text}"
    return Answer(cause, scene.subject, message, (f"{id_of(part)}: {text}",), hint)


def job_failed(scene: Scene) -> Answer | None:
    """A Job has given up."""
    for part in scene.parts:
        failed = condition(part, "Failed") if kind_of(part).name == "Job" else {}
        if failed.get("status") == "True":
            return _job(scene, part, failed)
    return None


def _job(scene: Scene, job: JsonMap, failed: JsonMap) -> Answer:
    cause = Cause.HOOK_FAILED if is_hook(job) else Cause.JOB_FAILED
    what = f"hook {id_of(job)}" if is_hook(job) else str(id_of(job))
    pod, container = _culprit(scene)
    lines = scene.log(pod, container) if container else ()
    error = last_error(lines)
    ended = f": exit code {container.exit_code}" if container else ""
    message = f"{what} failed{ended}" + (f"; its log says: {error}" if error else "")
    told = f"condition Failed: {text_at(failed, 'reason')}: {text_at(failed, 'message')}"
    more = (*state_lines(container), *log_lines(scene, pod, container)) if container else ()
    name, namespace = id_of(job).name, id_of(job).namespace
    hint = f"`kubectl logs -n {namespace} job/{name}` has the whole log; mend it, then apply again"
    if text_at(failed, "reason") == "DeadlineExceeded":
        hint = f"raise its activeDeadlineSeconds, or make it faster; {hint}"
    return Answer(cause, id_of(job), message, (told, *more), hint)


def _culprit(scene: Scene) -> tuple[JsonMap, Container | None]:
    for pod in scene.pods:
        for container in containers(pod):
            if container.exit_code:
                return pod, container
    return {}, None


def stalled(scene: Scene) -> Answer | None:
    """A rollout made no progress for as long as it may take, and nothing says why."""
    told = condition(scene.root, "Progressing")
    if text_at(told, "reason") != "ProgressDeadlineExceeded":
        return None
    message = f"{scene.subject} made no progress in its progressDeadlineSeconds"
    hint = (
        f"`kubectl describe pods -n {scene.subject.namespace}` tells more; raise progressDeadlineSeconds if it is slow"
    )
    evidence = (f"condition Progressing: {text_at(told, 'message')}", *_pending(scene))
    return Answer(Cause.PROGRESS_DEADLINE, scene.subject, message, evidence, hint)


def pending(scene: Scene) -> Answer:
    """Nothing is known to be wrong: it is missing, or it takes its time."""
    message = f"{scene.subject} {scene.health.reason or 'is not ready'}"
    if scene.health.condition is Condition.MISSING:
        hint = "`reconcile apply` puts it back"
        return Answer(Cause.OBJECT_MISSING, scene.subject, message, (), hint)
    kind, namespace = scene.subject.kind.name.lower(), scene.subject.namespace
    hint = f"wait; `kubectl describe {kind} -n {namespace} {scene.subject.name}` tells more"
    return Answer(Cause.NOT_READY, scene.subject, message, tuple(_pending(scene)), hint)


def _pending(scene: Scene) -> list[str]:
    """What each pod that is not ready was doing."""
    return [f"{id_of(pod)}: {text_at(pod, 'status', 'phase') or 'no status'}, {_doing(pod)}" for pod in scene.pods]


def _doing(pod: JsonMap) -> str:
    states = [f"{item.name} {_state(item)}" for item in containers(pod)]
    return ", ".join(states)


def _state(container: Container) -> str:
    if container.is_ready:
        return "is ready"
    return text_at(container.waiting, "reason") or (
        "runs and is not ready" if container.is_running else "has not started"
    )
