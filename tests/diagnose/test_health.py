"""Live objects → healthy, progressing or failed, as kstatus judges them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnose.health import object_health, release_health
from reconciler.model.secret import MASK, Mask, SecretText
from reconciler.model.standing import Condition, Health
from tests.plan.factories import API, config_map, live, observed, stored

HEALTHY, PROGRESSING, FAILED = Condition.HEALTHY, Condition.PROGRESSING, Condition.FAILED
UNSEEN = "has not been looked at by its controller yet"


def thing(kind: str, *, api: str = "v1", spec: Any = None, status: Any = None, **metadata: Any) -> dict[str, Any]:
    """A live object."""
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "x", **metadata},
        **({} if spec is None else {"spec": spec}),
        **({} if status is None else {"status": status}),
    }


def condition(kind: str, status: str, reason: str = "Why", message: str = "") -> dict[str, str]:
    """One entry of status.conditions."""
    return {"type": kind, "status": status, "reason": reason, "message": message}


def deployment(wanted: int | None = 2, generation: int = 1, **status: Any) -> dict[str, Any]:
    """A Deployment of generation 1."""
    spec = {} if wanted is None else {"replicas": wanted}
    return thing(
        "Deployment", api="apps/v1", spec=spec, status={"observedGeneration": 1, **status}, generation=generation
    )


def stateful_set(spec: Any = None, generation: int = 1, **status: Any) -> dict[str, Any]:
    """A StatefulSet of two replicas."""
    return thing(
        "StatefulSet",
        api="apps/v1",
        spec={"replicas": 2, **(spec or {})},
        status={"observedGeneration": 1, **status},
        generation=generation,
    )


def daemon_set(generation: int = 1, **status: Any) -> dict[str, Any]:
    """A DaemonSet on three nodes."""
    wanted = {"observedGeneration": 1, "desiredNumberScheduled": 3, **status}
    return thing("DaemonSet", api="apps/v1", status=wanted, generation=generation)


READY = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}
DEADLINE = condition("Progressing", "False", "ProgressDeadlineExceeded", 'ReplicaSet "x" has timed out')
ROLLED: dict[str, Any] = {"currentRevision": "x-2", "updateRevision": "x-2"}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(deployment(**READY), (HEALTHY, ""), id="ready"),
        pytest.param(deployment(0), (HEALTHY, ""), id="scaled to nothing"),
        pytest.param(
            deployment(None, replicas=1, updatedReplicas=1, availableReplicas=1), (HEALTHY, ""), id="default 1"
        ),
        pytest.param(deployment(None), (PROGRESSING, "has 0 of 1 replicas updated"), id="default 1, none yet"),
        pytest.param(deployment(generation=2, **READY), (PROGRESSING, UNSEEN), id="not looked at"),
        pytest.param(thing("Deployment", api="apps/v1", generation=1), (PROGRESSING, UNSEEN), id="no status at all"),
        pytest.param(
            deployment(replicas=2, updatedReplicas=1, availableReplicas=2),
            (PROGRESSING, "has 1 of 2 replicas updated"),
            id="in the middle of a rollout",
        ),
        pytest.param(
            deployment(1, replicas=2, updatedReplicas=1, availableReplicas=1),
            (PROGRESSING, "has 1 replicas of before left"),
            id="the new pod does not start, and the old one still serves",
        ),
        pytest.param(
            deployment(replicas=2, updatedReplicas=2, availableReplicas=1),
            (PROGRESSING, "has 1 of 2 available"),
            id="few",
        ),
        pytest.param(
            deployment(**READY, conditions=[DEADLINE]), (FAILED, 'ReplicaSet "x" has timed out'), id="deadline exceeded"
        ),
        pytest.param(stateful_set(**READY, **ROLLED), (HEALTHY, ""), id="stateful: ready"),
        pytest.param(stateful_set(generation=2, **READY), (PROGRESSING, UNSEEN), id="stateful: not looked at"),
        pytest.param(stateful_set(readyReplicas=1), (PROGRESSING, "has 1 of 2 replicas ready"), id="stateful: few"),
        pytest.param(
            stateful_set(replicas=2, readyReplicas=2, updatedReplicas=1, currentRevision="x-1", updateRevision="x-2"),
            (PROGRESSING, "has 1 of 2 replicas updated"),
            id="stateful: in the middle of a rollout",
        ),
        pytest.param(
            stateful_set(
                {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}},
                replicas=2,
                readyReplicas=2,
                updatedReplicas=1,
                currentRevision="x-1",
                updateRevision="x-2",
            ),
            (HEALTHY, ""),
            id="stateful: a partition holds the rest back",
        ),
        pytest.param(
            stateful_set(
                {"updateStrategy": {"type": "OnDelete"}}, readyReplicas=2, currentRevision="x-1", updateRevision="x-2"
            ),
            (HEALTHY, ""),
            id="stateful: updated when somebody deletes a pod",
        ),
        pytest.param(daemon_set(numberAvailable=3, updatedNumberScheduled=3), (HEALTHY, ""), id="daemon: ready"),
        pytest.param(daemon_set(generation=2, numberAvailable=3), (PROGRESSING, UNSEEN), id="daemon: not looked at"),
        pytest.param(
            daemon_set(numberAvailable=2, updatedNumberScheduled=3),
            (PROGRESSING, "has 2 of 3 pods available"),
            id="daemon",
        ),
        pytest.param(
            daemon_set(numberAvailable=3, updatedNumberScheduled=1),
            (PROGRESSING, "has 1 of 3 pods updated"),
            id="daemon: in the middle of a rollout",
        ),
        pytest.param(
            thing("DaemonSet", api="apps/v1", status={"observedGeneration": 1}, generation=1),
            (HEALTHY, ""),
            id="daemon: no nodes",
        ),
    ],
)
def test_workloads(item: dict[str, Any], expected: tuple[Condition, str]) -> None:
    """A workload is healthy when all its pods are of the newest kind, and serve."""
    assert object_health(item) == Health(*expected)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(thing("Job", api="batch/v1"), (PROGRESSING, "has not completed"), id="job: new"),
        pytest.param(
            thing("Job", api="batch/v1", status={"conditions": [condition("Complete", "True")]}),
            (HEALTHY, ""),
            id="done",
        ),
        pytest.param(
            thing("Job", api="batch/v1", status={"conditions": [condition("Suspended", "True")]}),
            (HEALTHY, ""),
            id="held",
        ),
        pytest.param(
            thing("Job", api="batch/v1", status={"conditions": [condition("Failed", "True", "BackoffLimitExceeded")]}),
            (FAILED, "BackoffLimitExceeded"),
            id="job: failed",
        ),
        pytest.param(thing("Pod", status={"phase": "Pending"}), (PROGRESSING, "is not ready"), id="pod: pending"),
        pytest.param(thing("Pod", status={"phase": "Succeeded"}), (HEALTHY, ""), id="pod: done"),
        pytest.param(
            thing("Pod", status={"phase": "Failed", "message": "evicted"}), (FAILED, "evicted"), id="pod: failed"
        ),
        pytest.param(thing("Pod", status={"phase": "Failed"}), (FAILED, "failed"), id="pod: failed without a word"),
        pytest.param(
            thing("Pod", status={"phase": "Running", "conditions": [condition("Ready", "True")]}),
            (HEALTHY, ""),
            id="pod",
        ),
        pytest.param(
            thing("Pod", status={"phase": "Running", "conditions": [condition("Ready", "False")]}),
            (PROGRESSING, "is not ready"),
            id="pod: not ready",
        ),
        pytest.param(thing("PersistentVolumeClaim", status={"phase": "Bound"}), (HEALTHY, ""), id="claim: bound"),
        pytest.param(
            thing("PersistentVolumeClaim", status={"phase": "Pending"}), (PROGRESSING, "is Pending"), id="claim"
        ),
        pytest.param(thing("PersistentVolumeClaim"), (PROGRESSING, "is not bound"), id="claim: new"),
        pytest.param(
            thing("PersistentVolumeClaim", status={"phase": "Lost"}), (FAILED, "has lost its volume"), id="claim: lost"
        ),
        pytest.param(thing("Service", spec={"type": "ClusterIP"}), (HEALTHY, ""), id="service"),
        pytest.param(
            thing("Service", spec={"type": "LoadBalancer"}, status={"loadBalancer": {}}),
            (PROGRESSING, "has no address from its load balancer"),
            id="load balancer: none yet",
        ),
        pytest.param(
            thing(
                "Service", spec={"type": "LoadBalancer"}, status={"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
            ),
            (HEALTHY, ""),
            id="load balancer",
        ),
    ],
)
def test_other_kinds(item: dict[str, Any], expected: tuple[Condition, str]) -> None:
    """Each kind by what it is for."""
    assert object_health(item) == Health(*expected)


def definition(*conditions: dict[str, str]) -> dict[str, Any]:
    """A CustomResourceDefinition."""
    return thing("CustomResourceDefinition", api="apiextensions.k8s.io/v1", status={"conditions": list(conditions)})


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(definition(), (PROGRESSING, "is not established"), id="new"),
        pytest.param(definition(condition("Established", "True")), (HEALTHY, ""), id="established"),
        pytest.param(
            definition(condition("NamesAccepted", "False", "Conflict", "taken")), (FAILED, "taken"), id="names taken"
        ),
    ],
)
def test_definitions(item: dict[str, Any], expected: tuple[Condition, str]) -> None:
    """A CustomResourceDefinition is of use once it is established."""
    assert object_health(item) == Health(*expected)


def widget(*conditions: dict[str, str], observed_generation: Any = None) -> dict[str, Any]:
    """A custom resource of generation 2."""
    seen = {} if observed_generation is None else {"observedGeneration": observed_generation}
    return thing("Widget", api="example.com/v1", status={**seen, "conditions": list(conditions)}, generation=2)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(thing("ConfigMap"), (HEALTHY, ""), id="no status"),
        pytest.param(thing("ConfigMap", status="odd"), (HEALTHY, ""), id="a status of no shape"),
        pytest.param(thing("Widget", status={"conditions": "odd"}), (HEALTHY, ""), id="conditions of no shape"),
        pytest.param(thing("Widget", status={"conditions": ["odd"]}), (HEALTHY, ""), id="a condition of no shape"),
        pytest.param(widget(condition("Ready", "True")), (HEALTHY, ""), id="ready"),
        pytest.param(widget(condition("Ready", "False", message="soon")), (PROGRESSING, "soon"), id="not ready"),
        pytest.param(widget(condition("Ready", "False", "")), (PROGRESSING, "is not ready"), id="without a word"),
        pytest.param(widget(condition("Ready", "Unknown", "Asking")), (PROGRESSING, "Asking"), id="nobody knows"),
        pytest.param(widget(condition("Stalled", "True", message="no way")), (FAILED, "no way"), id="stalled"),
        pytest.param(
            widget(condition("Ready", "True"), observed_generation=1),
            (PROGRESSING, UNSEEN),
            id="ready as it was before",
        ),
        pytest.param(widget(condition("Ready", "True"), observed_generation=2), (HEALTHY, ""), id="ready as it is"),
        pytest.param(widget(condition("Degraded", "True")), (HEALTHY, ""), id="a condition that nobody knows"),
    ],
)
def test_a_kind_without_a_rule_is_judged_by_its_conditions(
    item: dict[str, Any], expected: tuple[Condition, str]
) -> None:
    """What nobody knows must not block."""
    assert object_health(item) == Health(*expected)


@pytest.mark.parametrize("item", [thing("ConfigMap"), deployment(**READY), thing("Pod", status={"phase": "Failed"})])
def test_what_is_being_deleted_is_not_there_for_long(item: dict[str, Any]) -> None:
    """Whatever its status says."""
    item["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert object_health(item) == Health(PROGRESSING, "is being deleted")


def test_an_unknown_group_does_not_inherit_a_rule() -> None:
    """A kind called Deployment of another group is not one."""
    assert object_health(thing("Deployment", api="example.com/v1")).is_healthy


def pod(name: str, **status: Any) -> dict[str, Any]:
    """A Pod as a chart renders it, and with a status."""
    item = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}}
    return {**item, "status": status} if status else item


def test_a_release_is_as_well_as_its_worst_object() -> None:
    """Failed before missing, before progressing, before healthy; the object is named."""
    fine, slow, bad, gone = (pod(name) for name in ("fine", "slow", "bad", "gone"))
    alive = [
        live(pod("fine", phase="Succeeded")),
        live(pod("slow", phase="Pending")),
        live(pod("bad", phase="Failed", message="crashed")),
    ]

    def health(*items: dict[str, Any]) -> Health:
        return release_health(API, observed(stored(objects=items), objects=alive), Mask())

    assert health() == Health(HEALTHY)
    assert health(fine) == Health(HEALTHY)
    assert health(fine, slow) == Health(PROGRESSING, "Pod shop/slow is not ready")
    assert health(fine, slow, gone) == Health(Condition.MISSING, "Pod shop/gone is gone")
    assert health(gone, slow, bad) == Health(FAILED, "Pod shop/bad crashed")


def test_a_release_that_is_not_installed_is_missing() -> None:
    """There is nothing to look at."""
    assert release_health(API, observed(), Mask()) == Health(Condition.MISSING, "not installed")


def test_what_an_object_says_about_itself_is_masked() -> None:
    """A condition's message is foreign text, and may hold a secret of ours."""
    item = live(pod("bad", phase="Failed", message="cannot log in with s3cret-password"))
    mask = Mask.of([SecretText("s3cret-password")])
    found = release_health(API, observed(stored(objects=[pod("bad")]), objects=[item]), mask)
    assert found == Health(FAILED, f"Pod shop/bad cannot log in with {MASK}")


def test_objects_without_health_are_healthy() -> None:
    """A ConfigMap that is there is all that can be asked of it."""
    item = config_map(a="1")
    assert release_health(API, observed(stored(objects=[item]), objects=[live(item)]), Mask()).is_healthy
