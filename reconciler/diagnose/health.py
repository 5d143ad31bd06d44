"""Whether objects do what they are for: kind → rule → healthy, progressing or failed, with the reason.

The rules follow kstatus (kubernetes-sigs/cli-utils, `pkg/kstatus/status/core.go`). A kind without a rule is judged by
its conditions, and is healthy when it has none: what nobody knows must not block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from reconciler.model.identity import ReleaseId
from reconciler.model.json import Json, JsonMap, as_map, dig, number_at, text_at
from reconciler.model.manifest import goes_when_done, kind_of, object_id
from reconciler.model.observed import Observed
from reconciler.model.secret import Mask
from reconciler.model.standing import HEALTHY, Condition, Health

_UNSEEN = Health(Condition.PROGRESSING, "has not been looked at by its controller yet")
_WORST_FIRST = (Condition.FAILED, Condition.MISSING, Condition.PROGRESSING, Condition.HEALTHY)


def release_health(release: ReleaseId, observed: Observed, mask: Mask) -> Health:
    """The worst health among the objects of a release as it is installed; masked, since objects say anything."""
    stored = observed.release(release)
    if stored is None:
        return Health(Condition.MISSING, "not installed")
    cluster = observed.clusters[release.cluster]
    found = []
    for item in stored.objects:
        identity = object_id(item, release, cluster.resources)
        live = cluster.objects.get(identity)
        if live is None and goes_when_done(item):
            continue
        health = object_health(live) if live else Health(Condition.MISSING, "is gone")
        found.append(Health(health.condition, mask.text(f"{identity} {health.reason}") if health.reason else ""))
    return _worst(found)


def object_health(item: JsonMap) -> Health:
    """The health of one live object."""
    if text_at(item, "metadata", "deletionTimestamp"):
        return Health(Condition.PROGRESSING, "is being deleted")
    rule = _RULES.get((kind_of(item).group, kind_of(item).name), _by_conditions)
    return rule(item)


def _worst(found: Iterable[Health]) -> Health:
    return min(found, key=lambda health: _WORST_FIRST.index(health.condition), default=HEALTHY)


def _conditions(item: JsonMap) -> Mapping[str, JsonMap]:
    listed = dig(item, "status", "conditions")
    return {text_at(entry, "type"): as_map(entry) for entry in listed} if isinstance(listed, list) else {}


def _is(conditions: Mapping[str, JsonMap], name: str, status: str) -> bool:
    return conditions.get(name, {}).get("status") == status


def _told(condition: JsonMap) -> str:
    return text_at(condition, "message") or text_at(condition, "reason")


def _is_behind(item: JsonMap) -> bool:
    return number_at(item, "status", "observedGeneration") < number_at(item, "metadata", "generation")


def _of(ready: int, wanted: int, what: str) -> Health:
    return HEALTHY if ready >= wanted else Health(Condition.PROGRESSING, f"has {ready} of {wanted} {what}")


def _first_trouble(*checks: Health) -> Health:
    return next((check for check in checks if not check.is_healthy), HEALTHY)


def _deployment(item: JsonMap) -> Health:
    if _is_behind(item):
        return _UNSEEN
    conditions = _conditions(item)
    if text_at(conditions.get("Progressing", {}), "reason") == "ProgressDeadlineExceeded":
        return Health(Condition.FAILED, _told(conditions["Progressing"]))
    wanted = number_at(item, "spec", "replicas", default=1)
    updated = number_at(item, "status", "updatedReplicas")
    # An old pod that still serves is counted as available, while the new one may never start.
    old = number_at(item, "status", "replicas") - updated
    return _first_trouble(
        _of(updated, wanted, "replicas updated"),
        HEALTHY if old <= 0 else Health(Condition.PROGRESSING, f"has {old} replicas of before left"),
        _of(number_at(item, "status", "availableReplicas"), wanted, "available"),
    )


def _stateful_set(item: JsonMap) -> Health:
    if _is_behind(item):
        return _UNSEEN
    wanted = number_at(item, "spec", "replicas", default=1)
    ready = _of(number_at(item, "status", "readyReplicas"), wanted, "replicas ready")
    return _first_trouble(ready, _rolled_out(item, wanted))


def _rolled_out(item: JsonMap, wanted: int) -> Health:
    strategy = dig(item, "spec", "updateStrategy")
    done = text_at(item, "status", "currentRevision") == text_at(item, "status", "updateRevision")
    if done or text_at(strategy, "type") == "OnDelete":
        return HEALTHY
    held_back = number_at(as_map(strategy), "rollingUpdate", "partition")
    return _of(number_at(item, "status", "updatedReplicas"), wanted - held_back, "replicas updated")


def _daemon_set(item: JsonMap) -> Health:
    if _is_behind(item):
        return _UNSEEN
    wanted = number_at(item, "status", "desiredNumberScheduled")
    return _first_trouble(
        _of(number_at(item, "status", "updatedNumberScheduled"), wanted, "pods updated"),
        _of(number_at(item, "status", "numberAvailable"), wanted, "pods available"),
    )


def _job(item: JsonMap) -> Health:
    conditions = _conditions(item)
    if _is(conditions, "Failed", "True"):
        return Health(Condition.FAILED, _told(conditions["Failed"]))
    if _is(conditions, "Complete", "True") or _is(conditions, "Suspended", "True"):
        return HEALTHY
    return Health(Condition.PROGRESSING, "has not completed")


def _pod(item: JsonMap) -> Health:
    phase = text_at(item, "status", "phase")
    if phase == "Failed":
        return Health(Condition.FAILED, text_at(item, "status", "message") or "failed")
    if phase == "Succeeded" or _is(_conditions(item), "Ready", "True"):
        return HEALTHY
    return Health(Condition.PROGRESSING, "is not ready")


def _claim(item: JsonMap) -> Health:
    phase = text_at(item, "status", "phase")
    if phase == "Lost":
        return Health(Condition.FAILED, "has lost its volume")
    # A claim may wait for its first pod; then the pod tells.
    return HEALTHY if phase == "Bound" else Health(Condition.PROGRESSING, f"is {phase or 'not bound'}")


def _service(item: JsonMap) -> Health:
    if text_at(item, "spec", "type") != "LoadBalancer":
        return HEALTHY
    ingress: Json = dig(item, "status", "loadBalancer", "ingress")
    return HEALTHY if ingress else Health(Condition.PROGRESSING, "has no address from its load balancer")


def _definition(item: JsonMap) -> Health:
    conditions = _conditions(item)
    if _is(conditions, "NamesAccepted", "False"):
        return Health(Condition.FAILED, _told(conditions["NamesAccepted"]))
    if _is(conditions, "Established", "True"):
        return HEALTHY
    return Health(Condition.PROGRESSING, "is not established")


def _by_conditions(item: JsonMap) -> Health:
    conditions = _conditions(item)
    if _is(conditions, "Stalled", "True"):
        return Health(Condition.FAILED, _told(conditions["Stalled"]))
    if dig(item, "status", "observedGeneration") is not None and _is_behind(item):
        return _UNSEEN
    if _is(conditions, "Ready", "False") or _is(conditions, "Ready", "Unknown"):
        return Health(Condition.PROGRESSING, _told(conditions["Ready"]) or "is not ready")
    return HEALTHY


_RULES: Mapping[tuple[str, str], Callable[[JsonMap], Health]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
