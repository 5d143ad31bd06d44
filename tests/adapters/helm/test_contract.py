"""What every engine promises, tried on each against a real API server."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.adapters.helm import make_engine
from reconciler.errors import ChartError, ClusterError, EngineError, Location
from reconciler.model.desired import ClusterAccess, Impersonation, Wait
from reconciler.model.engine import Capabilities
from reconciler.model.secret import SecretText

from .charts import LOOKUP, POD, crd, full_chart, read, removing, rendering, returning, write_chart, writing

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.chart import Chart
    from reconciler.model.engine import Engine, WriteRequest

    from .cluster import Cluster

NOWHERE = {"nodeSelector": {"never": "there"}}

# What JSON, YAML and templates may each read differently.
NASTY = {
    "emoji": "🚀 é ü",
    "control": "\x7f\x85\u2028\ufeff",
    "quote": "'\"\\{{ }}",
    "off": "off",
    "n": None,
    "big": 12345678,
}


@pytest.fixture
def chart(tmp_path: Path, engine: Engine) -> Chart:
    return read(write_chart(tmp_path / "plain"), engine)


@pytest.fixture
def pod(tmp_path: Path, engine: Engine) -> Chart:
    return read(write_chart(tmp_path / "pod", files={"templates/pod.yaml": POD}), engine)


def data(rendered: Any, path: str = "plain/templates/map.yaml") -> dict[str, str]:
    """The data of a rendered ConfigMap."""
    found: dict[str, str] = yaml.safe_load(rendered[path])["data"]
    return found


def values(data: dict[str, str]) -> Any:
    """The values that the template saw."""
    return json.loads(base64.b64decode(data["values"]))


def test_renders_without_a_cluster(engine: Engine, tmp_path: Path) -> None:
    """Hooks are included; notes, partials, empty templates and CRDs are not; an offline lookup finds nothing."""
    rendered = engine.render(rendering(read(full_chart(tmp_path), engine)))
    assert sorted(rendered) == [
        "full/charts/renamed/templates/map.yaml",
        "full/charts/sub/templates/map.yaml",
        "full/templates/hook.yaml",
        "full/templates/lookup.yaml",
        "full/templates/map.yaml",
    ]
    assert data(rendered, "full/templates/lookup.yaml") == {"found": "nothing"}


def test_capabilities_and_upgrade_reach_the_templates(engine: Engine, chart: Chart) -> None:
    """What the request says about the cluster is what templates see, offline as well."""
    capabilities = Capabilities("v1.31.7", ("example.com/v1", "example.com/v1/Widget"))
    seen = data(engine.render(rendering(chart, upgrade=True, capabilities=capabilities)))
    assert (seen["kube"], seen["widgets"], seen["mode"]) == ("v1.31.7", "true", "upgrade")
    assert data(engine.render(rendering(chart)))["mode"] == "install"


def test_values_arrive_as_they_are(engine: Engine, chart: Chart) -> None:
    """No character of a value is read differently on the way to the templates."""
    seen = values(data(engine.render(rendering(chart, {"deep": NASTY}))))["deep"]
    assert {key: seen.get(key) for key in NASTY} == NASTY


def test_a_broken_template_is_an_error_of_the_chart(engine: Engine, tmp_path: Path) -> None:
    """The error names the chart, the release and the template's line."""
    broken = read(write_chart(tmp_path / "broken", files={"templates/a.yaml": '{{ fail "no way" }}'}), engine)
    with pytest.raises(ChartError, match=r"render chart broken 1.0.0 for release shop/demo.*a\.yaml.*no way"):
        engine.render(rendering(broken))


def test_both_engines_render_the_same_objects(tmp_path: Path, helm_program: Path) -> None:
    """Subcharts by condition and alias, hooks, values: object by object the same."""
    library, program = (make_engine(name, program=helm_program, environ={}) for name in ("library", "program"))
    chart = read(full_chart(tmp_path), library)
    capabilities = Capabilities("v1.35.0", ("v1",))
    for given in ({}, {"sub": {"enabled": False}}, {"renamed": {"nameOverride": "x"}, "sub": NASTY}):
        request = rendering(chart, given, capabilities=capabilities)
        assert objects(library.render(request)) == objects(program.render(request))


def objects(rendered: Any) -> dict[str, Any]:
    """Template path → its objects."""
    return {path: list(yaml.safe_load_all(text)) for path, text in rendered.items()}


@pytest.mark.e2e
def test_lookup_asks_the_cluster(engine: Engine, cluster_access: ClusterAccess, tmp_path: Path) -> None:
    """With a cluster in the request, `lookup` finds what is there."""
    chart = read(write_chart(tmp_path / "look", files={"templates/l.yaml": LOOKUP}), engine)
    rendered = engine.render(rendering(chart, cluster=cluster_access))
    assert data(rendered, "look/templates/l.yaml") == {"found": "kube-system"}


@pytest.mark.e2e
def test_an_install_is_a_helm_release(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """Revision 1 is deployed, with our labels and description; the objects' field manager is `helm`."""
    engine.install(writing(chart, cluster_access, namespace, {"a": 1}))
    [revision] = cluster.revisions(namespace, "demo")
    assert revision["labels"]["reconciler-environment"] == "test"
    assert (revision["info"]["status"], revision["info"]["description"]) == ("deployed", "as the test wants it")
    made = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/demo")
    assert [(item["manager"], item["operation"]) for item in made["metadata"]["managedFields"]] == [("helm", "Apply")]


@pytest.mark.e2e
def test_an_upgrade_replaces_the_values(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """No value of an earlier revision is left; the history is cut to its limit."""
    engine.install(writing(chart, cluster_access, namespace, {"a": 1, "gone": True}))
    for number in range(4):
        engine.upgrade(writing(chart, cluster_access, namespace, {"a": number} if number < 3 else {}))
    revisions = cluster.revisions(namespace, "demo")
    assert [item["version"] for item in revisions] == [3, 4, 5]
    assert not revisions[-1].get("config")
    made = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/demo")
    assert values(made["data"]) == {}


@pytest.mark.e2e
def test_desired_state_wins_over_a_change_by_hand(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """A field that a person has set with kubectl is ours again after the next upgrade, without a conflict."""
    engine.install(writing(chart, cluster_access, namespace))
    path = f"/api/v1/namespaces/{namespace}/configmaps/demo"
    cluster.patch(path, {"data": {"mode": "by hand"}})
    engine.upgrade(writing(chart, cluster_access, namespace))
    assert cluster.get(path)["data"]["mode"] == "upgrade"


@pytest.mark.e2e
def test_a_failed_install_can_be_upgraded(
    engine: Engine, pod: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """A wait that elapses is an error and leaves the release failed; the next upgrade puts it right."""
    with pytest.raises(EngineError, match=r"install release .*/demo with chart pod 1.0.0.*wait of 2 s elapsed"):
        engine.install(writing(pod, cluster_access, namespace, NOWHERE, wait=Wait(2)))
    assert cluster.statuses(namespace, "demo") == ["failed"]
    cluster.delete(f"/api/v1/namespaces/{namespace}/pods/demo?gracePeriodSeconds=0")
    engine.upgrade(writing(pod, cluster_access, namespace, wait=Wait(60)))
    assert cluster.statuses(namespace, "demo")[-1] == "deployed"


@pytest.mark.e2e
@pytest.mark.parametrize("seconds", [None, 900.0])
def test_cancel_ends_a_long_wait(
    engine: Engine, pod: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str, seconds: float | None
) -> None:
    """The call returns within seconds, by when the release is stored as failed; an upgrade works after it."""
    request = writing(pod, cluster_access, namespace, NOWHERE, wait=Wait(seconds))
    errors: list[EngineError] = []
    worker = threading.Thread(target=lambda: errors.append(_failure(engine, request)))
    worker.start()
    _until(lambda: cluster.statuses(namespace, "demo") == ["pending-install"])
    time.sleep(0.5)
    began = time.monotonic()
    engine.cancel()
    worker.join(20)
    assert time.monotonic() - began < 5
    assert cluster.statuses(namespace, "demo") == ["failed"]
    assert "it was cancelled" in str(errors[0])
    assert engine.lingers == (engine.name == "library")
    cluster.delete(f"/api/v1/namespaces/{namespace}/pods/demo?gracePeriodSeconds=0")
    engine.upgrade(writing(pod, cluster_access, namespace))
    assert cluster.statuses(namespace, "demo")[-1] == "deployed"


@pytest.mark.e2e
def test_cancel_ends_an_upgrade(
    engine: Engine, pod: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """The revision under way is failed, the one before stays deployed, and the next upgrade takes its place."""
    engine.install(writing(pod, cluster_access, namespace, wait=Wait(60)))
    pair = read(
        write_chart(
            pod.path.parent / "pair",
            files={"templates/p.yaml": POD.replace("{{ .Release.Name }}", "pod-{{ .Release.Revision }}")},
        ),
        engine,
    )
    request = writing(pair, cluster_access, namespace, NOWHERE, wait=Wait(None))
    errors: list[EngineError] = []
    worker = threading.Thread(target=lambda: errors.append(_failure(engine, request, "upgrade")))
    worker.start()
    _until(lambda: cluster.statuses(namespace, "demo")[-1] == "pending-upgrade")
    time.sleep(0.5)
    engine.cancel()
    worker.join(20)
    assert cluster.statuses(namespace, "demo") == ["deployed", "failed"]
    assert "cannot upgrade" in str(errors[0])
    engine.upgrade(writing(pod, cluster_access, namespace, wait=Wait(60)))
    assert cluster.statuses(namespace, "demo") == ["superseded", "failed", "deployed"]


@pytest.mark.e2e
def test_a_rollback_makes_an_earlier_revision_the_next_one(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """With its values, objects and labels; what a person changed in between is put back."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/demo"
    engine.install(writing(chart, cluster_access, namespace, {"a": 1}))
    engine.upgrade(replace(writing(chart, cluster_access, namespace, {"a": 2}), labels={"other": "label"}))
    cluster.patch(path, {"data": {"mode": "by hand"}})

    engine.rollback(returning(cluster_access, namespace, 1))

    last = cluster.revisions(namespace, "demo")[-1]
    assert cluster.statuses(namespace, "demo") == ["superseded", "superseded", "deployed"]
    assert (last["version"], last["config"], last["info"]["description"]) == (3, {"a": 1}, "Rollback to 1")
    assert last["labels"]["reconciler-environment"] == "test"
    made = cluster.get(path)["data"]
    assert (values(made)["a"], made["mode"]) == (1, "install")


@pytest.mark.e2e
def test_the_deployed_revision_outlives_those_that_fail(
    engine: Engine, tmp_path: Path, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """However short the history is: it is what the next upgrade is compared with, and what a rollback goes back to."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {{ .Values.data | toJson }}\n"
    odd = read(write_chart(tmp_path / "odd", files={"templates/map.yaml": text}), engine)
    engine.install(writing(odd, cluster_access, namespace, {"data": {"a": "1"}}))
    for number in range(4):
        refused = replace(writing(odd, cluster_access, namespace, {"data": {"a": number}}), history=2)
        assert "cannot upgrade" in str(_failure(engine, refused, "upgrade"))
        assert cluster.statuses(namespace, "demo") == ["deployed", "failed"]

    engine.rollback(returning(cluster_access, namespace, 1, history=2))

    assert cluster.statuses(namespace, "demo") == ["superseded", "deployed"]
    assert [item["version"] for item in cluster.revisions(namespace, "demo")] == [1, 6]


@pytest.mark.e2e
def test_a_rollback_to_what_is_not_there_is_an_error(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """And nothing has changed."""
    engine.install(writing(chart, cluster_access, namespace))
    with pytest.raises(EngineError, match=r"roll release .*/demo back to revision 7 on cluster main: .*7"):
        engine.rollback(returning(cluster_access, namespace, 7))
    assert cluster.statuses(namespace, "demo") == ["deployed"]


@pytest.mark.e2e
def test_an_uninstall_removes_a_release_and_its_history(
    engine: Engine, tmp_path: Path, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """What the chart marks to be kept stays; a second time is no error."""
    names = {"plain": "{}", "kept": "{helm.sh/resource-policy: keep}"}
    files = {
        f"templates/{name}.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, annotations: {marks}}}\n"
        for name, marks in names.items()
    }
    maps = read(write_chart(tmp_path / "maps", files=files), engine)
    engine.install(writing(maps, cluster_access, namespace))
    engine.upgrade(writing(maps, cluster_access, namespace, {"a": 1}))

    for _ in range(2):
        engine.uninstall(removing(cluster_access, namespace))

    left = {item["metadata"]["name"] for item in cluster.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]}
    assert left == {"kept", "kube-root-ca.crt"}
    assert cluster.revisions(namespace, "demo") == []


@pytest.mark.e2e
def test_an_uninstall_that_cannot_read_the_history_fails(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """Only what is not there need not be removed; Helm's own `--ignore-not-found` takes each failure for that."""
    engine.install(writing(chart, cluster_access, namespace))
    nobody = cluster_access.acting_as(Impersonation("nobody"))
    with pytest.raises(EngineError, match=r"uninstall release .*/demo on cluster main.*forbidden"):
        engine.uninstall(removing(nobody, namespace))
    assert cluster.statuses(namespace, "demo") == ["deployed"]


@pytest.mark.e2e
def test_an_uninstall_that_waits_ends_when_all_is_gone(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """An object that a finalizer holds is waited for, and the error says that the time was over."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/demo"
    engine.install(writing(chart, cluster_access, namespace, wait=Wait(60)))
    cluster.patch(path, {"metadata": {"finalizers": ["example.com/held"]}})
    with pytest.raises(EngineError, match=r"uninstall release .*/demo on cluster main.*wait of 2 s elapsed"):
        engine.uninstall(removing(cluster_access, namespace, Wait(2)))
    cluster.patch(path, {"metadata": {"finalizers": None}})
    engine.install(writing(chart, cluster_access, namespace, wait=Wait(60)))
    engine.uninstall(removing(cluster_access, namespace, Wait(60)))
    assert "demo" not in {item["metadata"]["name"] for item in cluster.get(path.removesuffix("/demo"))["items"]}


@pytest.mark.e2e
def test_cancel_ends_an_uninstall(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, cluster: Cluster, namespace: str
) -> None:
    """The release is left as uninstalling, and uninstalling it again ends it."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/demo"
    engine.install(writing(chart, cluster_access, namespace, wait=Wait(60)))
    cluster.patch(path, {"metadata": {"finalizers": ["example.com/held"]}})
    errors: list[EngineError] = []

    def remove() -> None:
        with pytest.raises(EngineError) as caught:
            engine.uninstall(removing(cluster_access, namespace, Wait(None)))
        errors.append(caught.value)

    worker = threading.Thread(target=remove)
    worker.start()
    _until(lambda: cluster.statuses(namespace, "demo") == ["uninstalling"])
    time.sleep(0.5)
    began = time.monotonic()
    engine.cancel()
    worker.join(20)
    assert time.monotonic() - began < 5
    assert "it was cancelled" in str(errors[0])
    assert engine.lingers == (engine.name == "library")
    assert cluster.statuses(namespace, "demo") == ["uninstalling"]
    cluster.patch(path, {"metadata": {"finalizers": None}})
    engine.uninstall(removing(cluster_access, namespace, Wait(60)))
    assert cluster.revisions(namespace, "demo") == []


def _failure(engine: Engine, request: WriteRequest, verb: str = "install") -> EngineError:
    with pytest.raises(EngineError) as caught:
        getattr(engine, verb)(request)
    return caught.value


def _until(condition: Any) -> None:
    for _ in range(150):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError("the condition did not come true")


@pytest.mark.e2e
def test_an_object_of_another_release_is_left_alone(
    engine: Engine, chart: Chart, cluster_access: ClusterAccess, namespace: str
) -> None:
    """The error tells which object it is and which release it belongs to."""
    engine.install(writing(chart, cluster_access, namespace, {"nameOverride": "shared"}))
    with pytest.raises(EngineError, match="invalid ownership metadata") as caught:
        engine.install(writing(chart, cluster_access, namespace, {"nameOverride": "shared"}, name="second"))
    assert f"ConfigMap shared in namespace {namespace} belongs to release {namespace}/demo" in str(caught.value.hint)


@pytest.mark.e2e
def test_new_kinds_are_seen_by_the_next_release(
    engine: Engine, cluster_access: ClusterAccess, cluster: Cluster, group: str, tmp_path: Path
) -> None:
    """A chart that asks for a kind is rendered with it, right after another release has brought it."""
    namespace = group.partition(".")[0]
    kind = f"{{{{ .Capabilities.APIVersions.Has `{group}/v1/Gadget` | quote }}}}"
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: '{{{{ .Release.Name }}}}'}}\ndata: {{has: {kind}}}\n"
    asks = read(write_chart(tmp_path / "asks", files={"templates/a.yaml": text}), engine)
    brings = read(write_chart(tmp_path / "brings", files={"templates/crd.yaml": crd(group)}), engine)
    engine.install(writing(asks, cluster_access, namespace, name="before"))
    engine.install(writing(brings, cluster_access, namespace, name="brings"))
    _until(lambda: group in str(cluster.get("/apis")))
    engine.install(writing(asks, cluster_access, namespace, name="after"))
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert [cluster.get(f"{path}/{name}")["data"]["has"] for name in ("before", "after")] == ["false", "true"]


@pytest.mark.e2e
def test_many_releases_at_once(
    engine: Engine, cluster_access: ClusterAccess, cluster: Cluster, group: str, tmp_path: Path
) -> None:
    """Releases of one chart with subcharts, from several threads: each gets the subcharts of its own values."""
    namespace = group.partition(".")[0]
    chart = read(full_chart(tmp_path, group), engine)
    requests = []
    for number in range(6):
        name = f"r{number}"
        given = {
            "sub": {"enabled": number % 2 == 0, "nameOverride": f"{name}-sub"},
            "renamed": {"nameOverride": f"{name}-o"},
        }
        requests.append(writing(chart, cluster_access, namespace, given, name=name))
    workers = [threading.Thread(target=engine.install, args=[request]) for request in requests]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    items = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]
    names = {item["metadata"]["name"] for item in items}
    assert {name for name in names if name.endswith("-sub")} == {"r0-sub", "r2-sub", "r4-sub"}
    assert all(cluster.statuses(namespace, f"r{number}") == ["deployed"] for number in range(6))


@pytest.mark.e2e
def test_weak_rights_are_an_error(engine: Engine, chart: Chart, namespace: str, weak_access: ClusterAccess) -> None:
    """What the user may not do is refused by the server, and the error says so."""
    with pytest.raises(EngineError, match=r"on cluster main: .*(forbidden|401|credentials)") as caught:
        engine.install(writing(chart, weak_access, namespace))
    assert caught.value.hint


@pytest.fixture
def weak_access(cluster_access: ClusterAccess) -> ClusterAccess:
    """The same cluster, as a user whose token it does not know."""
    config = yaml.safe_load(cluster_access.kubeconfig.reveal() if cluster_access.kubeconfig else "{}")
    config["users"][0]["user"] = {"token": "nobody-knows-this-token"}
    text = SecretText(yaml.safe_dump(config))
    return ClusterAccess("main", text, None, cluster_access.base, cluster_access.where)


def test_an_unreachable_cluster_is_named(engine: Engine, chart: Chart, tmp_path: Path) -> None:
    """The error names the cluster, and not the token for it."""
    text = """{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}],
        users: [{name: u, user: {token: s3cr3t-t0ken}}]}"""
    access = ClusterAccess("far", SecretText(text), None, tmp_path, Location("env.yaml", 2, 3))
    with pytest.raises(EngineError, match=r"on cluster far: .*connection refused") as caught:
        engine.install(writing(chart, access, "shop"))
    assert "is cluster far up" in str(caught.value.hint)
    assert "s3cr3t" not in str(caught.value)


def test_a_context_that_is_not_there_is_an_error(engine: Engine, chart: Chart, tmp_path: Path) -> None:
    """A mistyped context does not fall back to another cluster."""
    text = """{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c}}],
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}], users: []}"""
    access = ClusterAccess("far", SecretText(text), "prod", tmp_path, Location("env.yaml", 2, 3))
    with pytest.raises(ClusterError, match='no context "prod"'):
        engine.install(writing(chart, access, "shop"))


@pytest.mark.e2e
def test_definitions_are_left_alone(
    engine: Engine, cluster_access: ClusterAccess, cluster: Cluster, group: str, tmp_path: Path
) -> None:
    """Helm would force the chart's definition over a newer one that is there, and take versions away."""
    newer = yaml.safe_load(crd(group))
    newer["spec"]["versions"].append({**newer["spec"]["versions"][0], "name": "v2", "storage": False})
    cluster.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", newer)
    chart = read(write_chart(tmp_path / "older", files={"crds/gadget.yaml": crd(group)}), engine)

    engine.install(writing(chart, cluster_access, group.partition(".")[0]))

    found = cluster.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{group}")
    assert [version["name"] for version in found["spec"]["versions"]] == ["v1", "v2"]
    assert found["metadata"]["generation"] == 1
