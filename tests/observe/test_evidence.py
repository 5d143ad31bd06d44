"""What surrounds objects that are not well, read from a real API server: within bounds, and with gaps."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.errors import Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.evidence import Contents, Evidence, Run
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.pods import CONFIG_MAP, SECRET, is_pod
from reconciler.model.secret import MASK, SecretText
from reconciler.observe.evidence import gather
from reconciler.sandbox import Sandbox
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e

DEPLOYMENT = Kind("apps/v1", "Deployment")
LOGIN = json.dumps({"auths": {"r.example.com": {"username": "ci", "password": "pull-password"}}})


def deployment(image: str, container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Deployment of three pods."""
    labels = {"app": "app"}
    made = {"containers": [{"name": "main", "image": image, **(container or {})}], **spec}
    whole = {"replicas": 3, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    whole["template"]["spec"] = made  # type: ignore[index]  # a dict
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"}, "spec": whole}


@pytest.fixture
def reader(cluster_access: ClusterAccess, namespace: str, kubectl: Kubectl) -> KubeReader:
    """A reader, with a namespace of the test's own."""
    kubectl("create", "namespace", namespace)
    return KubeReader(cluster_access)


def make(item: dict[str, Any], namespace: str, reader: KubeReader, kubectl: Kubectl) -> JsonMap:
    """Create it, and wait until its three pods have a status."""
    kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps(item))
    deadline, told = time.monotonic() + 30, ""
    while told.count("phase") < 3 and time.monotonic() < deadline:
        status = "{range .items[*]}{.status.containerStatuses[*].name}{.status.conditions[?(@.status=='False')].type}"
        told = kubectl("-n", namespace, "get", "pods", "-o", "jsonpath=" + status + "{' phase '}{end}")
        time.sleep(0.2)
    found = reader.fetch(reader.resources()[DEPLOYMENT], namespace, "app")
    assert found
    return found


def look(reader: KubeReader, root: JsonMap, namespace: str, lines: int = 10) -> Evidence:
    """What is gathered about one object."""
    return gather(reader, reader.resources(), [root], namespace, lines)


def test_everything_around_a_deployment(reader: KubeReader, namespace: str, kubectl: Kubectl) -> None:
    """Its pods by their owners, their logs, what they need, where they are; of Secrets never a value."""
    kubectl("-n", namespace, "create", "secret", "generic", "db", "--from-literal=password=db.shop.svc")
    login = ["--type=kubernetes.io/dockerconfigjson", f"--from-literal=.dockerconfigjson={LOGIN}"]
    kubectl("-n", namespace, "create", "secret", "generic", "regcred", *login)
    kubectl("-n", namespace, "create", "configmap", "app", "--from-literal=mode=fast")
    names = ({"secretRef": {"name": "db"}}, {"configMapRef": {"name": "app"}}, {"secretRef": {"name": "absent"}})
    item = deployment("broken.example.com/crash:1", {"envFrom": list(names)}, imagePullSecrets=[{"name": "regcred"}])
    found = look(reader, make(item, namespace, reader, kubectl), namespace)

    assert sum(is_pod(item) for item in found.objects) == 3
    assert len({log.pod for log in found.logs}) == 2
    assert {(log.container, log.run) for log in found.logs} == {("main", Run.PREVIOUS)}
    lines = next(iter(found.logs.values()))
    assert lines[2] == "ERROR cannot connect to db.shop.svc:5432: connection refused"
    assert found.contents == {
        ObjectId(SECRET, namespace, "regcred"): Contents(
            "kubernetes.io/dockerconfigjson", frozenset({".dockerconfigjson"})
        ),
        ObjectId(SECRET, namespace, "db"): Contents("Opaque", frozenset({"password"})),
        ObjectId(CONFIG_MAP, namespace, "app"): Contents("", frozenset({"mode"})),
        ObjectId(SECRET, namespace, "absent"): None,
        ObjectId(CONFIG_MAP, namespace, "kube-root-ca.crt"): Contents("", frozenset({"ca.crt"})),
    }
    assert found.mask.text("db.shop.svc and pull-password") == f"{MASK} and {MASK}"
    assert "db.shop.svc" not in repr(found)
    assert all(name.startswith("sandbox-node-") for name in found.nodes)
    assert (namespace in found.namespaces, found.gaps) == (True, ())


@pytest.mark.parametrize(("others", "optional"), [(0, True), (25, False)])
def test_every_secret_that_a_pod_uses_is_masked(
    others: int,
    optional: bool,  # noqa: FBT001 - a column of the table
    reader: KubeReader,
    namespace: str,
    kubectl: Kubectl,
) -> None:
    """Also one that it could do without, and one that is named after many others."""
    kubectl("-n", namespace, "create", "secret", "generic", "db", "--from-literal=password=db.shop.svc")
    names = [{"configMapRef": {"name": f"c{number}"}} for number in range(others)]
    item = deployment(
        "broken.example.com/crash:1", {"envFrom": [*names, {"secretRef": {"name": "db", "optional": optional}}]}
    )
    found = look(reader, make(item, namespace, reader, kubectl), namespace)
    assert found.mask.text("db.shop.svc") == MASK


def test_events_are_the_newest_first(reader: KubeReader, namespace: str, kubectl: Kubectl) -> None:
    """Whatever API they came by."""
    root = make(deployment("broken.example.com/readiness:1"), namespace, reader, kubectl)
    deadline = time.monotonic() + 20
    found = look(reader, root, namespace)
    while not any(item["reason"] == "Unhealthy" for item in found.events) and time.monotonic() < deadline:
        found = look(reader, root, namespace)
    reasons = [str(item["reason"]) for item in found.events]
    assert reasons.index("Unhealthy") < reasons.index("ScalingReplicaSet")


def test_all_nodes_of_a_pod_that_is_on_none(reader: KubeReader, namespace: str, kubectl: Kubectl) -> None:
    """Why no node takes it is told by the nodes."""
    item = deployment("example.com/app:1", nodeSelector={"there": "is-no-such-node"})
    found = look(reader, make(item, namespace, reader, kubectl), namespace)
    assert {"sandbox-node-1", "sandbox-node-2"} <= set(found.nodes)
    assert not found.logs


def test_reads_are_bounded(reader: KubeReader, namespace: str, kubectl: Kubectl, control_plane: Sandbox) -> None:
    """One LIST for each kind whatever the number of pods; no log where none was asked for; nothing is written."""
    root = make(deployment("broken.example.com/crash:1"), namespace, reader, kubectl)
    reader.resources()
    mark = control_plane.settle_audit()
    found = look(reader, root, namespace, lines=0)
    control_plane.settle_audit()
    verbs = Counter(record.verb for record in control_plane.audit.read(mark) if record.user == "admin")
    assert found.logs == {}
    assert verbs["list"] == 8
    assert set(verbs) == {"list", "get"}
    # The namespace, the one ConfigMap that the pods need, and the nodes of the two that are looked into.
    assert verbs["get"] <= 4


def test_nothing_to_look_into_costs_one_read(reader: KubeReader, namespace: str, control_plane: Sandbox) -> None:
    """The namespace alone, which may be what is wrong."""
    reader.resources()
    mark = control_plane.settle_audit()
    found = gather(reader, reader.resources(), [], namespace, 10)
    control_plane.settle_audit()
    assert [record.verb for record in control_plane.audit.read(mark) if record.user == "admin"] == ["get"]
    assert list(found.namespaces) == [namespace]


def test_what_may_not_be_read_is_a_gap(reader: KubeReader, namespace: str, kubectl: Kubectl, kubeconfig: str) -> None:
    """With the right to pods alone: the pods are there, all else is named with the reason."""
    root = make(deployment("broken.example.com/crash:1"), namespace, reader, kubectl)
    kubectl("-n", namespace, "create", "serviceaccount", "reader")
    kubectl("-n", namespace, "create", "role", "reader", "--verb=get,list", "--resource=pods")
    kubectl("-n", namespace, "create", "rolebinding", "r", "--role=reader", f"--serviceaccount={namespace}:reader")
    token = kubectl("-n", namespace, "create", "token", "reader").strip()
    own = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    text = SecretText(kubeconfig.replace(own, token))
    where = Location("env.yaml", 1, 1)
    access = ClusterAccess("main", text, None, reader._access.base, where)
    found = look(KubeReader(access), root, namespace)

    assert sum(is_pod(item) for item in found.objects) == 3
    told = "\n".join(found.gaps)
    assert f"events in {namespace} could not be read: cluster main: " in told
    assert f"replicasets in {namespace} could not be read" in told
    assert f"Namespace {namespace} could not be read" in told
    assert "pods in" not in told
