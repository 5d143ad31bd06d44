"""Questions to a real API server about itself and about us; none of them is a write."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.adapters.kube.prober import KubeProber
from reconciler.adapters.kube.reader import KubeReader
from reconciler.errors import ApiError, ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind
from reconciler.model.json import text_at
from reconciler.model.probe import Right
from reconciler.model.secret import SecretText
from reconciler.sandbox import Sandbox, writes
from tests.adapters.kube.servers import Answer, Authority, serve
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


@pytest.fixture
def limited(cluster_access: ClusterAccess, kubeconfig: str, namespace: str, kubectl: Kubectl) -> KubeProber:
    """A prober as a ServiceAccount that may list pods of its namespace, and nothing else."""
    kubectl("create", "namespace", namespace)
    kubectl("-n", namespace, "create", "serviceaccount", "asker")
    kubectl("-n", namespace, "create", "role", "pods", "--verb=list", "--resource=pods,pods/log")
    kubectl("-n", namespace, "create", "rolebinding", "pods", "--role=pods", f"--serviceaccount={namespace}:asker")
    made = kubectl("-n", namespace, "create", "token", "asker").strip()
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    return KubeProber(replace(cluster_access, kubeconfig=SecretText(kubeconfig.replace(token, made))))


def test_the_way_there(cluster_access: ClusterAccess, control_plane: Sandbox) -> None:
    """Each step succeeds, and the sandbox's certificate is read."""
    road = KubeProber(cluster_access).road()
    assert road.is_open
    assert road.server == control_plane.status().server
    assert [str(hop.step) for hop in road.hops] == ["DNS", "TCP", "TLS"]
    assert road.hops[-1].certificate is not None
    assert "127.0.0.1" in road.hops[-1].certificate.names
    assert road.login is None


def test_who_we_are_and_what_it_is(cluster_access: ClusterAccess, limited: KubeProber, namespace: str) -> None:
    """As the server sees it."""
    admin = KubeProber(cluster_access)
    assert (admin.identity().username, "system:masters" in admin.identity().groups) == ("admin", True)
    assert limited.identity().username == f"system:serviceaccount:{namespace}:asker"
    assert admin.version().startswith("v1.")


@pytest.mark.parametrize(
    ("verb", "resource", "home", "allowed"),
    [
        ("list", "pods", "NAMESPACE", True),
        ("list", "pods/log", "NAMESPACE", True),
        ("list", "pods/exec", "NAMESPACE", False),
        ("get", "pods", "NAMESPACE", False),
        ("list", "pods", "default", False),
        ("list", "pods", "", False),
    ],
)
def test_rights(verb: str, resource: str, home: str, *, allowed: bool, limited: KubeProber, namespace: str) -> None:
    """By verb, resource with subresource, and namespace; empty means in all."""
    assert limited.may(Right(verb, "", resource, home.replace("NAMESPACE", namespace))) is allowed


def test_an_administrator_may_do_everything(cluster_access: ClusterAccess, limited: KubeProber) -> None:
    """Which is one question."""
    everything = Right("*", "*", "*", "")
    assert KubeProber(cluster_access).may(everything)
    assert not limited.may(everything)


def test_what_a_server_says_of_a_kind(cluster_access: ClusterAccess, namespace: str) -> None:
    """That it is deprecated, in its own words; of others nothing."""
    prober, resources = KubeProber(cluster_access), KubeReader(cluster_access).resources()
    (said,) = prober.warnings(resources[Kind("v1", "Endpoints")], namespace)
    assert said.startswith("v1 Endpoints is deprecated in v1.33+")
    assert prober.warnings(resources[Kind("v1", "ConfigMap")], namespace) == ()


def test_listing_page_by_page(
    cluster_access: ClusterAccess, namespace: str, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pages there are, everything is in the answer, once."""
    monkeypatch.setattr("reconciler.adapters.kube.prober._PAGE", 2)
    kubectl("create", "namespace", namespace)
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"item-{number}"}} for number in range(5)]
    kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    resource = KubeReader(cluster_access).resources()[Kind("v1", "ConfigMap")]
    found = [text_at(item, "metadata", "name") for item in KubeProber(cluster_access).listed(resource, namespace)]
    assert sorted(name for name in found if name.startswith("item-")) == [f"item-{number}" for number in range(5)]
    assert len(found) == len(set(found))


def test_without_the_right_the_server_says_so(limited: KubeProber, cluster_access: ClusterAccess) -> None:
    """As an error with its status, which callers take for unknown."""
    resource = KubeReader(cluster_access).resources()[Kind("v1", "Node")]
    with pytest.raises(ApiError, match="nodes is forbidden") as caught:
        limited.listed(resource, "")
    assert caught.value.status == 403


def test_nothing_is_written(limited: KubeProber, control_plane: Sandbox, namespace: str) -> None:
    """Reviews are asked with POST, and the audit log counts them as what they are."""
    mark = control_plane.settle_audit()
    limited.identity()
    limited.may(Right("list", "", "pods", namespace))
    control_plane.settle_audit()
    records = [item for item in control_plane.audit.read(mark) if item.user.endswith(":asker")]
    assert {item.resource for item in records} >= {"selfsubjectreviews", "selfsubjectaccessreviews"}
    assert list(writes(records)) == []


def test_a_login_by_certificate_is_read(cluster_access: ClusterAccess) -> None:
    """So that its end is known before it comes."""
    certificate, key = Authority.new().issue("deployer", ends=timedelta(days=9))
    user = {"client-certificate-data": _encoded(certificate), "client-key-data": _encoded(key)}
    road = KubeProber(_access(cluster_access, {"server": "http://127.0.0.1:9"}, user)).road()
    assert road.login is not None
    assert road.login.subject == "deployer"
    assert not road.is_open


def test_an_address_that_is_none(cluster_access: ClusterAccess) -> None:
    """A port that is no number is a message, not a traceback."""
    with pytest.raises(ClusterError, match="is no address of an API server"):
        KubeProber(_access(cluster_access, {"server": "https://127.0.0.1:port"}, {})).road()


def test_warnings_are_read_as_headers_carry_them(cluster_access: ClusterAccess) -> None:
    """Several in one line, with quotes in them; other codes are no warnings of an API server."""
    header = '299 - "first \\"quoted\\"", 299 - "second", 110 - "stale"'
    resource = KubeReader(cluster_access).resources()[Kind("v1", "ConfigMap")]
    with serve(Answer(headers={"Warning": header})) as server:
        access = _access(cluster_access, {"server": server.url}, {})
        assert KubeProber(access).warnings(resource, "shop") == ('first "quoted"', "second")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _access(like: ClusterAccess, cluster: object, user: object) -> ClusterAccess:
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    return replace(like, kubeconfig=SecretText(json.dumps(document)))
