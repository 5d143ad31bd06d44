"""Pods that no node takes, nodes that left their pods, and claims without a volume."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.diagnose.scene import Answer, Scene, condition
from reconciler.model.finding import Cause
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, as_map, dig, maps_at, text_at
from reconciler.model.manifest import id_of, kind_of
from reconciler.model.placement import asks_for
from reconciler.model.pods import containers

_CLAIM = Kind("v1", "PersistentVolumeClaim")
_LABELS_HINT = "correct nodeSelector or affinity in the values, or label a node: `kubectl get nodes --show-labels`"
_CLAIM_EVENTS = ("ProvisioningFailed", "FailedBinding")

# A node tells the first filter that it fails; these are the scheduler's, the last one first. A node that came far tells
# what to mend, one that was never meant to take the pod does not: what the pod itself asks of nodes is
# therefore looked at before, and comes last here.
_REASONS = tuple(
    (cause, re.compile(rf"(\d+) ({pattern})", re.IGNORECASE), hint)
    for cause, pattern, hint in (
        (
            Cause.NO_NODE_FITS,
            r"node\(s\) didn't (?:match|satisfy) (?:pod (?:anti-)?affinity|pod topology|existing pods)[^,.]*",
            "correct affinity or topologySpreadConstraints in the chart's values, or add nodes",
        ),
        (
            Cause.NO_VOLUME,
            (
                r"node\(s\) (?:had volume node affinity conflict|didn't find available persistent volumes|"
                r"didn't match PersistentVolume[^,.]*|exceed max volume count|unavailable due to [^,.]*)"
            ),
            "the volume is bound to other nodes: free it, or let the pod run there",
        ),
        (
            Cause.NO_RESOURCES,
            r"Insufficient [\w./-]+|Too many pods",
            "ask for less (`resources.requests`, `replicas`), or add nodes",
        ),
        (
            Cause.PORT_TAKEN,
            r"node\(s\) didn't have free ports[^,.]*",
            "choose another hostPort, use fewer replicas than nodes, or do without hostPort",
        ),
        (
            Cause.TAINTED,
            r"node\(s\) had untolerated taint[^,.]*|node\(s\) were unschedulable",
            "add a toleration in the chart's values, or remove the taint: `kubectl describe nodes`",
        ),
        (Cause.NO_NODE_FITS, r"node\(s\) didn't (?:match|satisfy) [^,.]*", _LABELS_HINT),
    )
)


def unschedulable(scene: Scene) -> Answer | None:
    """No node takes a pod."""
    for pod in scene.pods:
        told = condition(pod, "PodScheduled")
        message = text_at(told, "message")
        if told.get("status") == "False" and message:
            return _claims_of(scene, pod, message) or _unscheduled(scene, pod, message)
    return None


def _unscheduled(scene: Scene, pod: JsonMap, told: str) -> Answer:
    cause, reason, hint = _wishes(scene, pod) or _first_reason(told)
    evidence = (f"condition PodScheduled False: {told}", *_requests(pod))
    return Answer(cause, id_of(pod), f"no node takes {id_of(pod)}: {reason}", evidence, hint, _wanted(pod))


def _wishes(scene: Scene, pod: JsonMap) -> tuple[Cause, str, str] | None:
    """That no node at all is as the pod asks."""
    nodes = scene.evidence.nodes.values()
    if not nodes or any(asks_for(as_map(pod.get("spec")), node) for node in nodes):
        return None
    return Cause.NO_NODE_FITS, f"none of {len(nodes)} nodes has the labels that it asks for", _LABELS_HINT


def _first_reason(told: str) -> tuple[Cause, str, str]:
    # What preemption could do is said after the reasons, in the same words.
    reasons = told.partition("preemption:")[0]
    found = ((cause, pattern.search(reasons), hint) for cause, pattern, hint in _REASONS)
    named = ((cause, f"{match[1]} nodes: {match[2]}", hint) for cause, match, hint in found if match)
    return next(named, (Cause.UNSCHEDULABLE, told, "`kubectl describe nodes` shows what they offer"))


def _requests(pod: JsonMap) -> Iterator[str]:
    for container in containers(pod):
        requests = as_map(dig(container.spec, "resources", "requests"))
        if requests:
            listed = ", ".join(f"{key} {value}" for key, value in requests.items())
            yield f"container {container.name} asks for {listed}"


def _wanted(pod: JsonMap) -> tuple[str, ...]:
    """What of a pod limits where it can run, as the values may have it."""
    requests = [as_map(dig(item.spec, "resources", "requests")).values() for item in containers(pod)]
    selectors = as_map(dig(pod, "spec", "nodeSelector")).values()
    ports = (port.get("hostPort") for item in containers(pod) for port in maps_at(item.spec, "ports"))
    return tuple(
        str(value) for value in (*selectors, *(each for values in requests for each in values), *ports) if value
    )


def _claims_of(scene: Scene, pod: JsonMap, told: str) -> Answer | None:
    """The claims that a pod waits for tell more than the scheduler."""
    names = {text_at(volume, "persistentVolumeClaim", "claimName") for volume in maps_at(pod, "spec", "volumes")}
    claims = (
        item
        for item in scene.evidence.objects
        if kind_of(item) == _CLAIM and id_of(item).name in names and id_of(item).namespace == id_of(pod).namespace
    )
    answers = (_claim(scene, claim, (f"condition PodScheduled False: {told}",)) for claim in claims)
    found = next((answer for answer in answers if answer), None)
    missing = re.search(r'persistentvolumeclaim "([^"]+)" not found', told)
    if found or missing is None:
        return found
    message = f"PersistentVolumeClaim {missing.group(1)}, which {id_of(pod)} needs, does not exist"
    hint = "let a chart make it, or correct its name in the chart's values"
    return Answer(Cause.NO_VOLUME, id_of(pod), message, (told,), hint, (missing.group(1),))


def claim_pending(scene: Scene) -> Answer | None:
    """A claim of the release, or of a pod, has no volume."""
    claims = [scene.root] if kind_of(scene.root) == _CLAIM else []
    return next((answer for claim in claims if (answer := _claim(scene, claim, ()))), None)


def _claim(scene: Scene, claim: JsonMap, before: tuple[str, ...]) -> Answer | None:
    phase = text_at(claim, "status", "phase")
    said = scene.events(claim, *_CLAIM_EVENTS)
    if phase == "Bound" or not (said or phase == "Lost"):
        return None
    wanted = text_at(claim, "spec", "storageClassName")
    why = said[0] if said else "its volume was lost"
    message = f"{id_of(claim)} has no volume: {why}"
    evidence = (*before, f"phase {phase}, storage class {wanted or 'not set'}", *(f"event: {text}" for text in said))
    hint = "name a storage class that `kubectl get storageclass` shows, or ask for a default one"
    return Answer(Cause.CLAIM_PENDING, id_of(claim), message, evidence, hint, (wanted,))


def node_lost(scene: Scene) -> Answer | None:
    """A pod is on a node that does not answer any more."""
    for pod in scene.pods:
        node = scene.evidence.nodes.get(text_at(pod, "spec", "nodeName"), {})
        ready = condition(node, "Ready")
        if ready and ready.get("status") != "True":
            told = text_at(ready, "message") or text_at(ready, "reason")
            message = f"node {id_of(node).name}, on which {id_of(pod)} is, is not ready: {told}"
            hint = f"`kubectl describe node {id_of(node).name}`; the pod moves once it is deleted, or the node is"
            evidence = (f"condition Ready {ready.get('status')} of node {id_of(node).name}: {told}",)
            return Answer(Cause.NODE_NOT_READY, id_of(pod), message, evidence, hint)
    return None


def evicted(scene: Scene) -> Answer | None:
    """The kubelet or the scheduler put a pod away, since the node ran out of something."""
    for pod in scene.pods:
        reason = text_at(pod, "status", "reason")
        if reason in ("Evicted", "NodeLost", "Preempting", "UnexpectedAdmissionError", "NodeAffinity", "OutOfcpu"):
            told = text_at(pod, "status", "message") or reason
            hint = "let it ask for what it needs (`resources.requests`), or give the node more"
            message = f"{id_of(pod)} was put off its node: {told}"
            return Answer(Cause.EVICTED, id_of(pod), message, (f"status {reason}: {told}",), hint)
    return None
