"""What would become of objects, asked of the real API server by dry runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, dig
from reconciler.model.manifest import object_id
from reconciler.model.observed import Obstacle, Preview, StoredRelease
from reconciler.model.secret import SecretText
from reconciler.observe.live import observe
from reconciler.observe.preview import Previewer
from reconciler.sandbox import AuditRecord, Sandbox, writes
from tests.conftest import Kubectl
from tests.observe.conftest import Installed, install, upgrade
from tests.plan.factories import NOW, config_map, desired, release

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Look:
    """One look at the sandbox."""

    previewer: Previewer
    release: ReleaseId
    stored: StoredRelease | None

    def upgrade(self, *items: JsonMap) -> dict[str, Preview]:
        """The previews of an upgrade to these objects, by the names of the objects."""
        found = self.previewer.upgrade(self.release, items, self.stored)
        return {str(item.id): item for item in found}

    @property
    def manifest(self) -> tuple[JsonMap, ...]:
        """The objects as the release has them."""
        assert self.stored
        return self.stored.objects


Looking = Callable[..., Look]


@pytest.fixture
def look(cluster_access: ClusterAccess) -> Looking:
    """Looks at a release."""

    def at(home: str, name: str = "app", access: ClusterAccess = cluster_access) -> Look:
        identity = ReleaseId("main", home, name)
        reader = KubeReader(access)
        observed = observe(desired(release(identity)), {"main": reader}, NOW)
        return Look(Previewer(reader, observed.clusters["main"]), identity, observed.release(identity))

    return at


def requests_during(control_plane: Sandbox, act: Callable[[], Any]) -> tuple[Any, list[AuditRecord]]:
    """What was asked of the server meanwhile, by us."""
    mark = control_plane.settle_audit()
    result = act()
    control_plane.settle_audit()
    ours = [item for item in control_plane.audit.read(mark) if item.user_agent.startswith("reconciler/")]
    return result, ours


def test_settled_objects_ask_nothing(installed: Installed, look: Looking, control_plane: Sandbox) -> None:
    """An upgrade that renders what is there already costs no request and shows nothing."""
    seen = look(installed.namespace)
    found, asked = requests_during(control_plane, lambda: seen.upgrade(*seen.manifest))
    assert (found, asked) == ({}, [])


def test_only_what_differs_is_asked(installed: Installed, look: Looking, control_plane: Sandbox) -> None:
    """One dry run for the object that would change; the answer has the server's defaults."""
    seen = look(installed.namespace)
    items = [{**item, "data": {"text": "changed"}} if item["kind"] == "ConfigMap" else item for item in seen.manifest]
    found, asked = requests_during(control_plane, lambda: seen.upgrade(*items))
    ((name, preview),) = found.items()
    assert name == f"ConfigMap {installed.namespace}/app"
    assert preview.verified
    assert dig(preview.before, "data", "text") == "hello"
    assert dig(preview.after, "data", "text") == "changed"
    assert [(item.verb, item.dry_run) for item in asked] == [("patch", True)]
    assert list(writes(asked)) == []


def test_drift_is_seen_though_the_chart_is_the_same(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """An object that somebody changed is asked for, even when the rendered one is as before."""
    kubectl("-n", installed.namespace, "patch", "cm", "app", "--type", "merge", "-p", '{"data":{"text":"x"}}')
    seen = look(installed.namespace)
    assert list(seen.upgrade(*seen.manifest)) == [f"ConfigMap {installed.namespace}/app"]


def test_hooks_are_no_objects(installed: Installed, look: Looking) -> None:
    """Helm runs them beside the release."""
    seen = look(installed.namespace)
    hook = {**config_map("hook"), "metadata": {"name": "hook", "annotations": {"helm.sh/hook": "pre-upgrade"}}}
    assert seen.upgrade(*seen.manifest, hook) == {}


def test_what_is_no_longer_rendered_is_deleted(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """A deletion needs no dry run; what is gone already is none, and what is to be kept stays."""
    seen = look(installed.namespace)
    found = seen.upgrade(*(item for item in seen.manifest if item["kind"] != "ConfigMap"))
    (deleted,) = found.values()
    assert (deleted.after, deleted.verified) == (None, True)
    assert dig(deleted.before, "data", "text") == "hello"
    assert deleted.id == ObjectId(Kind("v1", "ConfigMap"), installed.namespace, "app")

    kubectl("-n", installed.namespace, "delete", "cm", "app")
    seen = look(installed.namespace)
    assert seen.upgrade(*(item for item in seen.manifest if item["kind"] != "ConfigMap")) == {}


def test_an_object_under_another_version_stays(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """Both versions show the same object: the upgrade changes it, drops nothing, and it still is the release's."""
    home = installed.namespace
    target: JsonMap = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"}
    old: JsonMap = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "app", "labels": {"app.kubernetes.io/managed-by": "Helm"}},
        "spec": {"maxReplicas": 3, "scaleTargetRef": target},
    }
    kubectl("-n", home, "apply", "-f", "-", stdin=json.dumps(old))
    seen = look(home)
    assert seen.stored
    before = (*seen.manifest, old)
    seen = replace(seen, stored=replace(seen.stored, objects=before, base=before))
    (found,) = seen.upgrade(*seen.manifest[:-1], {**old, "apiVersion": "autoscaling/v2"}).values()
    assert (found.id.kind.api_version, found.refusal, found.obstacles) == ("autoscaling/v2", None, frozenset())
    assert found.before
    assert found.after


def test_what_somebody_keeps_by_hand_stays(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """The same annotation on the live object alone, which Helm looks at before it deletes."""
    kubectl("-n", installed.namespace, "annotate", "cm", "app", "helm.sh/resource-policy=keep")
    seen = look(installed.namespace)
    assert seen.upgrade(*(item for item in seen.manifest if item["kind"] != "ConfigMap")) == {}


def _without_map(seen: Look) -> list[JsonMap]:
    return [item for item in seen.manifest if item["kind"] != "ConfigMap"]


def test_what_lost_its_label_is_deleted_too(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """Helm asks for it by name, so the lists, which go by the label, do not tell."""
    kubectl("-n", installed.namespace, "label", "cm", "app", "app.kubernetes.io/managed-by-")
    seen = look(installed.namespace)
    (deleted,) = seen.upgrade(*_without_map(seen)).values()
    assert (deleted.after, deleted.refusal) == (None, None)
    assert dig(deleted.before, "data", "text") == "hello"


def test_what_a_failed_revision_dropped_is_deleted_too(installed: Installed, look: Looking) -> None:
    """Helm compares with the last deployed one, and only kinds of the newest one are listed."""
    seen = look(installed.namespace)
    rest = tuple(_without_map(seen))
    objects = {key: item for key, item in seen.previewer.observed.objects.items() if key.kind.name != "ConfigMap"}
    observed = replace(seen.previewer.observed, objects=objects)
    assert seen.stored
    seen = replace(
        seen, previewer=replace(seen.previewer, observed=observed), stored=replace(seen.stored, objects=rest)
    )
    assert list(seen.upgrade(*rest)) == [f"ConfigMap {installed.namespace}/app"]


def test_what_another_release_has_by_now_is_not_deleted(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """Helm would delete it all the same; the refusal says how to keep it."""
    home = installed.namespace
    kubectl("-n", home, "annotate", "--overwrite", "cm", "app", "meta.helm.sh/release-name=other")
    seen = look(home)
    (dropped,) = seen.upgrade(*_without_map(seen)).values()
    assert dropped.refusal == (
        f"ConfigMap {home}/app is no longer in the chart, and belongs to release {home}/other by now; Helm would "
        "delete it all the same: annotate it with `helm.sh/resource-policy=keep`"
    )
    kubectl("-n", home, "annotate", "cm", "app", "helm.sh/resource-policy=keep")
    seen = look(home)
    assert seen.upgrade(*_without_map(seen)) == {}


KEPT = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}
"""


def test_what_the_chart_keeps_is_deleted_when_the_cluster_no_longer_does(
    installed: Installed, look: Looking, kubectl: Kubectl
) -> None:
    """Helm looks at the live object alone, whatever its own manifest says: so does the plan."""
    home = installed.namespace
    install(installed, "kept", KEPT)
    assert look(home, "kept").upgrade() == {}
    kubectl("-n", home, "annotate", "cm", "kept", "helm.sh/resource-policy-")
    (dropped,) = look(home, "kept").upgrade().values()
    assert (dropped.after, dropped.refusal) == (None, None)

    upgrade(installed, "kept", "")
    assert kubectl("-n", home, "get", "cm", "kept", "--ignore-not-found") == ""


MAP = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: maps}
    data: {text: hello}
"""
MORE = MAP.replace("hello", "hello, more: text")
# Helm goes by kinds: a Secret comes before a ConfigMap, a Service after it. The server refuses both.
FAILS_BEFORE = """\
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: maps}
    type: kubernetes.io/tls
"""
FAILS_AFTER = """\
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: maps}
    spec: {ports: [{port: 100000}]}
"""


@pytest.mark.parametrize(
    "failed",
    [
        pytest.param([MORE + FAILS_AFTER], id="one that wrote a field"),
        pytest.param([MORE + FAILS_AFTER, MAP + FAILS_BEFORE], id="and one after it that wrote nothing"),
    ],
)
def test_what_failed_revisions_wrote_is_taken_back(
    failed: list[str], installed: Installed, look: Looking, kubectl: Kubectl
) -> None:
    """The chart is as it was deployed, and the live object holds all of it; what it holds beyond that goes."""
    home = installed.namespace
    install(installed, "maps", MAP)
    for objects in failed:
        with pytest.raises(subprocess.CalledProcessError):
            upgrade(installed, "maps", objects)
    seen = look(home, "maps")
    assert seen.stored
    (found,) = seen.upgrade(*seen.stored.base).values()
    assert dig(found.before, "data") == {"text": "hello", "more": "text"}
    assert dig(found.after, "data") == {"text": "hello"}

    upgrade(installed, "maps", MAP)
    assert json.loads(kubectl("-n", home, "get", "cm", "maps", "-o", "jsonpath={.data}")) == {"text": "hello"}
    seen = look(home, "maps")
    assert seen.upgrade(*seen.manifest) == {}


def test_a_first_install(installed: Installed, look: Looking) -> None:
    """Everything is new, and the server says what it would store."""
    seen = look(installed.namespace, "fresh")
    (preview,) = seen.upgrade(config_map("fresh", a="1")).values()
    assert (preview.before, preview.verified, preview.refusal) == (None, True, None)
    assert dig(preview.after, "metadata", "annotations", "meta.helm.sh/release-name") == "fresh"
    assert dig(preview.after, "metadata", "creationTimestamp")


def test_a_namespace_that_does_not_exist_yet(namespace: str, look: Looking, control_plane: Sandbox) -> None:
    """Nothing can be asked there: the plan shows what would be sent, and says that nobody has checked it."""
    seen = look(namespace)
    secret: JsonMap = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "text"}}
    found, asked = requests_during(control_plane, lambda: seen.upgrade(config_map("app"), secret))
    for preview in found.values():
        assert (preview.verified, preview.note) == (False, f"namespace {namespace} does not exist yet")
    assert dig(found[f"Secret {namespace}/s"].after, "data", "a") == "dGV4dA=="
    assert asked == []


def test_an_unknown_kind(installed: Installed, look: Looking) -> None:
    """Its definition may come with the release."""
    thing: JsonMap = {"apiVersion": "example.com/v1", "kind": "Unknown", "metadata": {"name": "x"}}
    (preview,) = look(installed.namespace).previewer.upgrade(
        ReleaseId("main", installed.namespace, "new"), [thing], None
    )
    assert (preview.verified, preview.refusal) == (False, None)
    assert preview.note == "the cluster does not serve Unknown.example.com/v1 yet"


@pytest.fixture
def reader_only(
    installed: Installed, kubectl: Kubectl, kubeconfig: str, cluster_access: ClusterAccess
) -> ClusterAccess:
    """Somebody who may read everything and write nothing."""
    home = installed.namespace
    kubectl("-n", home, "create", "serviceaccount", "reader")
    kinds = "configmaps,secrets,namespaces,clusterroles.rbac.authorization.k8s.io"
    kubectl("create", "clusterrole", home, "--verb=get,list", f"--resource={kinds}")
    kubectl("create", "clusterrolebinding", home, f"--clusterrole={home}", f"--serviceaccount={home}:reader")
    token = kubectl("-n", home, "create", "token", "reader").strip()
    old = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    return replace(cluster_access, kubeconfig=SecretText(kubeconfig.replace(old, token)))


def test_without_the_right_to_patch(installed: Installed, look: Looking, reader_only: ClusterAccess) -> None:
    """A plan is still of use: what would be sent, on top of what is there."""
    seen = look(installed.namespace, access=reader_only)
    items = [{**item, "data": {"more": "x"}} if item["kind"] == "ConfigMap" else item for item in seen.manifest]
    (preview,) = seen.upgrade(*items).values()
    assert (preview.verified, preview.refusal) == (False, None)
    assert preview.note == "no right to patch it, so this is what would be sent"
    assert dig(preview.after, "data") == {"text": "hello", "more": "x"}


def test_a_policy_that_forbids_is_a_refusal(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """A quota answers 403 as well, but with rights it has nothing to do: Helm would be refused too."""
    kubectl("-n", installed.namespace, "create", "quota", "none", "--hard=count/configmaps=0")
    refusals: list[str | None] = [None]
    for _ in range(50):  # the quota holds once its controller has counted
        (preview,) = look(installed.namespace, "new").upgrade(config_map("new")).values()
        refusals.append(preview.refusal)
        if preview.refusal:
            break
    assert "exceeded quota" in str(refusals[-1])


@pytest.mark.parametrize(
    ("item", "said"),
    [
        pytest.param({**config_map("new"), "typo": 1}, "field not declared in schema", id="an unknown field"),
        pytest.param(config_map("Not A Name"), "Invalid value", id="an invalid name"),
        pytest.param(config_map("new", a=1), "expected string", id="a wrong type"),
        pytest.param({"apiVersion": "v1", "kind": "ConfigMap", "data": {}}, "has no metadata.name", id="no name"),
        pytest.param(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "x-"}},
            "has no metadata.name",
            id="made up",
        ),
    ],
)
def test_what_the_server_refuses(item: JsonMap, said: str, installed: Installed, look: Looking) -> None:
    """It is told at its object, and the rest of the plan goes on."""
    found = look(installed.namespace, "new").upgrade(item, config_map("fine"))
    (bad,) = (preview for preview in found.values() if preview.refusal)
    assert said in str(bad.refusal)
    assert str(bad.refusal).startswith("ConfigMap")
    assert len(found) == 2


def test_an_object_of_another_release(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """It is not taken, whatever leave there is; its owner is named."""
    home = installed.namespace
    kubectl("-n", home, "create", "configmap", "new")
    kubectl(
        "-n", home, "annotate", "cm", "new", "meta.helm.sh/release-name=app", f"meta.helm.sh/release-namespace={home}"
    )
    (preview,) = look(home, "new").upgrade(config_map("new")).values()
    said = f"ConfigMap {home}/new exists already and belongs to release {home}/app: rename one of the two"
    assert (preview.refusal, preview.obstacles, preview.verified) == (said, frozenset(), False)


def test_an_object_of_nobody(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """It is refused until leave is given; what it would become then is asked all the same."""
    home = installed.namespace
    kubectl("-n", home, "create", "configmap", "new", "--from-literal=a=theirs")
    (preview,) = look(home, "new").upgrade(config_map("new", a="ours")).values()
    assert str(preview.refusal).startswith(f"ConfigMap {home}/new exists already and belongs to no release")
    assert (preview.obstacles, preview.verified) == (frozenset({Obstacle.UNOWNED}), True)
    assert dig(preview.after, "data", "a") == "ours"


def test_an_object_of_nobody_that_the_server_refuses(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """Then no leave helps, and there is nothing to ask for."""
    home = installed.namespace
    kubectl("-n", home, "create", "configmap", "new")
    (preview,) = look(home, "new").upgrade({**config_map("new"), "typo": 1}).values()
    assert "field not declared in schema" in str(preview.refusal)
    assert preview.obstacles == frozenset()


def _secret(kind: str, **data: str) -> JsonMap:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "new"}, "type": kind, "data": data}


@pytest.mark.parametrize(
    ("item", "obstacles"),
    [
        pytest.param(_secret("other", a="eA=="), {Obstacle.IMMUTABLE, Obstacle.UNOWNED}, id="an immutable field"),
        pytest.param(_secret("other", **{"no key": "eA=="}), set(), id="something else as well"),
    ],
)
def test_a_field_that_cannot_change(
    item: JsonMap, obstacles: set[Obstacle], installed: Installed, look: Looking, kubectl: Kubectl
) -> None:
    """Making the object anew helps only where nothing else is wrong with it."""
    home = installed.namespace
    kubectl("-n", home, "create", "secret", "generic", "new")
    (preview,) = look(home, "new").upgrade(item).values()
    assert preview.refusal
    assert set(preview.obstacles) == obstacles
    assert not preview.verified


def test_an_object_in_another_namespace(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """It is looked for where it says, and its owner is the release all the same."""
    there = f"{installed.namespace}-x"
    kubectl("create", "namespace", there)
    item = {**config_map("new"), "metadata": {"name": "new", "namespace": there}}
    (preview,) = look(installed.namespace).previewer.upgrade(
        ReleaseId("main", installed.namespace, "new"), [item], None
    )
    assert preview.verified
    assert preview.id.namespace == there


def test_confirm(installed: Installed, look: Looking, kubectl: Kubectl) -> None:
    """A suspect that the server finds to be the same changes nothing; a real one does."""
    home = installed.namespace
    kubectl("-n", home, "patch", "cm", "app", "--type", "merge", "-p", '{"data":{"text":"x"}}')
    seen = look(home)
    resources = seen.previewer.observed.resources
    suspects = [
        (object_id(item, seen.release, resources), item) for item in seen.manifest if item["kind"] == "ConfigMap"
    ]
    (preview,) = seen.previewer.confirm(seen.release, suspects)
    assert (dig(preview.before, "data", "text"), dig(preview.after, "data", "text")) == ("x", "hello")


def test_what_the_environment_itself_keeps(installed: Installed, look: Looking) -> None:
    """Namespaces and Secrets are asked for as our own field manager."""
    seen = look(installed.namespace)
    identity = ObjectId(Kind("v1", "Namespace"), "", installed.namespace)
    item: JsonMap = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": installed.namespace, "labels": {"team": "blue"}},
    }
    live = next(iter(seen.previewer.observed.namespaces.values()))
    preview = seen.previewer.own(identity, item, live)
    assert dig(preview.after, "metadata", "labels", "team") == "blue"
    managed = dig(preview.after, "metadata", "managedFields")
    assert isinstance(managed, list)
    assert "reconciler" in {dig(entry, "manager") for entry in managed}


def test_definitions(installed: Installed, look: Looking) -> None:
    """Those of a chart's crds/ that exist are left as they are, others are shown as new, each once."""
    installed.define("Gadget", "gadgets")
    group = f"{installed.namespace}.example.com"
    version: JsonMap = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object"}},
    }

    def definition(plural: str) -> JsonMap:
        names: JsonMap = {"kind": plural.title(), "plural": plural}
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
        }

    seen = look(installed.namespace)
    found = seen.previewer.definitions(seen.release, [definition("gadgets"), *[definition("others")] * 2])
    assert [(item.id.name, item.verified, item.is_ahead) for item in found] == [(f"others.{group}", True, True)]
