"""Pods that no node takes, claims without a volume, nodes that left their pods."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.finding import Cause
from reconciler.model.standing import Condition, Health
from tests.diagnose.scenes import RUNNING, ask, event, evidence, live, pod, unscheduled


@pytest.mark.parametrize(
    ("told", "cause", "said"),
    [
        pytest.param("0/2 nodes are available: 2 Insufficient cpu.", Cause.NO_RESOURCES, "Insufficient cpu", id="cpu"),
        pytest.param("0/2 nodes are available: 2 Too many pods.", Cause.NO_RESOURCES, "Too many pods", id="pods"),
        pytest.param(
            "0/5 nodes are available: 3 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
            "2 Insufficient memory.",
            Cause.NO_RESOURCES,
            "2 nodes: Insufficient memory",
            id="the nodes that came further tell what to mend, be they fewer",
        ),
        pytest.param(
            "0/2 nodes are available: 2 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: "
            "2 Insufficient cpu.",
            Cause.TAINTED,
            "untolerated taint(s)",
            id="what preemption could do is no reason",
        ),
        pytest.param("0/1 nodes: 1 node(s) were unschedulable.", Cause.TAINTED, "unschedulable", id="cordoned"),
        pytest.param(
            "0/2 nodes: 2 node(s) didn't match Pod's node affinity/selector.",
            Cause.NO_NODE_FITS,
            "affinity",
            id="labels",
        ),
        pytest.param(
            "0/2 nodes: 2 node(s) didn't match pod anti-affinity rules, 1 Insufficient cpu.",
            Cause.NO_NODE_FITS,
            "pod anti-affinity rules",
            id="other pods",
        ),
        pytest.param(
            "0/2 nodes: 2 node(s) didn't match pod topology spread constraints.",
            Cause.NO_NODE_FITS,
            "topology",
            id="spread",
        ),
        pytest.param(
            "0/2 nodes: 2 node(s) had volume node affinity conflict.",
            Cause.NO_VOLUME,
            "conflict",
            id="volume elsewhere",
        ),
        pytest.param(
            "0/2 nodes: 2 node(s) didn't have free ports for the requested pod ports.",
            Cause.PORT_TAKEN,
            "free ports",
            id="host port",
        ),
        pytest.param("no nodes available to schedule pods", Cause.UNSCHEDULABLE, "no nodes available", id="no nodes"),
    ],
)
def test_the_words_of_the_scheduler(told: str, cause: Cause, said: str) -> None:
    """Of several reasons the one that comes last in the scheduler's order."""
    found = ask(evidence(unscheduled(told)))
    assert found.cause is cause
    assert said in found.message
    assert found.evidence[0] == f"condition PodScheduled False: {told}"


def node(name: str, **labels: str) -> dict[str, Any]:
    """A node that is ready."""
    ready = [{"type": "Ready", "status": "True"}]
    return live("Node", name, metadata={"labels": labels, "namespace": ""}, status={"conditions": ready})


def test_no_node_is_as_the_pod_asks() -> None:
    """Then taints and resources of the others do not matter."""
    told = "0/2 nodes: 1 node(s) had untolerated taint(s), 1 node(s) didn't match Pod's node affinity/selector."
    item = unscheduled(told, nodeSelector={"disk": "ssd"})
    assert ask(evidence(item, nodes={"n": node("n", disk="hdd")})).cause is Cause.NO_NODE_FITS
    assert ask(evidence(item, nodes={"n": node("n", disk="ssd")})).cause is Cause.TAINTED


def test_what_a_pod_asks_for_is_shown_and_looked_for() -> None:
    """Its requests are evidence, and texts that the environment file may hold."""
    item = unscheduled("2 Insufficient cpu.", nodeSelector={"disk": "ssd"})
    item["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "99"}}
    found = ask(evidence(item))
    assert "container main asks for cpu 99" in found.evidence
    assert found.written == ("ssd", "99")


def claim(phase: str = "Pending", storage_class: str | None = "fast") -> dict[str, Any]:
    """A PersistentVolumeClaim called `data`."""
    spec = {} if storage_class is None else {"storageClassName": storage_class}
    return live("PersistentVolumeClaim", "data", spec=spec, status={"phase": phase})


VOLUME = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
UNBOUND = "0/2 nodes: pod has unbound immediate PersistentVolumeClaims."
NO_CLASS = event("data", "ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found')


def test_a_pod_that_waits_for_a_claim() -> None:
    """The claim is what blocks, and its events tell why."""
    found = ask(evidence(unscheduled(UNBOUND, volumes=VOLUME), claim(), events=[NO_CLASS]))
    assert (found.cause, found.subject and found.subject.name) == (Cause.CLAIM_PENDING, "data")
    assert '"fast" not found' in found.message
    assert found.written == ("fast",)


def test_a_claim_that_nobody_made() -> None:
    """The scheduler names it."""
    found = ask(evidence(unscheduled('persistentvolumeclaim "data" not found', volumes=VOLUME)))
    assert found.cause is Cause.NO_VOLUME
    assert "PersistentVolumeClaim data, which Pod shop/api-1 needs, does not exist" in found.message


@pytest.mark.parametrize(
    ("item", "events", "cause"),
    [
        pytest.param(claim(), [NO_CLASS], Cause.CLAIM_PENDING, id="no such class"),
        pytest.param(
            claim(storage_class=None),
            [event("data", "FailedBinding", "no persistent volumes available and no storage class is set")],
            Cause.CLAIM_PENDING,
            id="no class at all",
        ),
        pytest.param(claim("Lost"), [], Cause.CLAIM_PENDING, id="its volume is lost"),
        pytest.param(
            claim(),
            [event("data", "WaitForFirstConsumer", "waiting for first consumer to be created before binding")],
            Cause.NOT_READY,
            id="it waits for its first pod, which is no trouble of its own",
        ),
    ],
)
def test_claims(item: dict[str, Any], events: list[dict[str, Any]], cause: Cause) -> None:
    """A claim of the release itself."""
    found = ask(evidence(item, events=events), root=item, health=Health(Condition.PROGRESSING, "is Pending"))
    assert found.cause is cause


def test_a_node_that_does_not_answer() -> None:
    """The pod is not to blame, whatever its containers say."""
    lost = node("n1")
    lost["status"]["conditions"] = [{"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting"}]
    found = ask(evidence(pod(RUNNING, spec={"nodeName": "n1"}), nodes={"n1": lost}))
    assert found.cause is Cause.NODE_NOT_READY
    assert "node n1, on which Pod shop/api-1 is, is not ready: Kubelet stopped posting" in found.message


def test_a_pod_that_was_put_off() -> None:
    """The kubelet says what the node ran out of."""
    found = ask(evidence(pod(reason="Evicted", message="The node was low on resource: memory", phase="Failed")))
    assert found.cause is Cause.EVICTED
    assert "low on resource: memory" in found.message
