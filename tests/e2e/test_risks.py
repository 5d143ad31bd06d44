"""Each risk on a real API server: shown in the plan, and taken only with leave."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

RELEASE = "releases: {app: {chart: charts/app}}"


def chart(project: Project, text: str, values: str = DEPLOYMENT_VALUES, version: str = "0.1.0") -> None:
    """The chart of the release `app`, with one template."""
    project.chart("app", {"templates/app.yaml": text}, values, version)


def risks(project: Project, *options: str) -> dict[str, tuple[str, str]]:
    """The risks of a plan as risk → (object, leave)."""
    actions = project.document("plan", *options)["actions"]
    return {risk["risk"]: (risk["object"], risk["leave"]) for item in actions for risk in item["risks"]}


def live(kubectl: Kubectl, project: Project, kind: str, name: str = "app") -> Any:
    """A live object; None where there is none."""
    found = kubectl("-n", project.namespace, "get", kind, name, "--ignore-not-found", "-o", "json")
    return json.loads(found) if found else None


def uid(kubectl: Kubectl, project: Project, kind: str, name: str = "app") -> str:
    """Which object it is."""
    return str(live(kubectl, project, kind, name)["metadata"]["uid"])


STATEFUL_SET = """
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: app}
    spec:
      serviceName: {{ .Values.service }}
      replicas: {{ .Values.replicas }}
      selector: {matchLabels: {app: {{ .Values.label }}}}
      template:
        metadata: {labels: {app: {{ .Values.label }}}}
        spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: "example.com/app:1"}]}
"""
SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: app}
    spec: {clusterIP: {{ .Values.address }}, selector: {app: app}, ports: [{port: 80}]}
"""
JOB = """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: app}
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: {{ .Values.image }}}]}}}
"""
SELECTOR = DEPLOYMENT.replace("app: {{ .Release.Name }}", "app: {{ .Values.label }}")
IMMUTABLE = [
    pytest.param("deployment", SELECTOR, {"label": "one"}, {"label": "two"}, id="Deployment: selector"),
    pytest.param("service", SERVICE, {"address": '""'}, {"address": "None"}, id="Service: clusterIP"),
    pytest.param("job", JOB, {"image": "example.com/app:1"}, {"image": "example.com/app:2"}, id="Job: template"),
    pytest.param(
        "statefulset",
        STATEFUL_SET,
        {"service": "one", "replicas": 1, "label": "x"},
        {"service": "two", "replicas": 1, "label": "x"},
        id="StatefulSet: serviceName",
    ),
    pytest.param(
        "statefulset",
        STATEFUL_SET,
        {"service": "one", "replicas": 1, "label": "x"},
        {"service": "one", "replicas": 1, "label": "z"},
        id="StatefulSet: selector",
    ),
]


def _values(changes: dict[str, Any]) -> str:
    told = {"replicaCount": 1, "image": "example.com/app:1", **changes}
    return "".join(f"{key}: {value}\n" for key, value in told.items())


@pytest.mark.parametrize(("kind", "template", "before", "after"), IMMUTABLE)
def test_an_object_is_made_anew_with_leave_alone(
    kind: str, template: str, before: dict[str, Any], after: dict[str, Any], project: Project, kubectl: Kubectl
) -> None:
    """Without leave the release is blocked, with the flag in the reason; with it the object is another one."""
    chart(project, template, _values(before))
    project.environment(RELEASE)
    project.applied()
    old = uid(kubectl, project, kind)
    chart(project, template, _values(after))
    flag = f"--allow-recreate={kind}/{project.namespace}/app"

    refused, written = project.writes_during("apply")
    assert (refused.code, written) == (1, [])
    assert f"allow it with `--allow-recreate {kind}/{project.namespace}/app`" in refused.out
    assert project("apply", f"--allow-recreate={kind}/{project.namespace}/other").code == 1
    assert uid(kubectl, project, kind) == old

    planned = project("plan", flag)
    assert planned.code == 2, planned.text
    assert "! must recreate: " in planned.out
    project.applied(flag)
    assert uid(kubectl, project, kind) != old
    assert project("plan").code == 0


@pytest.fixture
def foreign(project: Project, kubectl: Kubectl) -> Project:
    """A project whose release has a ConfigMap that somebody made by hand."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "configmap", "app", "--from-literal=text=mine", "--from-literal=more=x")
    chart(project, CONFIG_MAP, "text: hello\n")
    return project


def test_an_object_of_nobody_is_adopted_with_leave(foreign: Project, kubectl: Kubectl) -> None:
    """The plan lists it with the fields that will change; what others have in it stays; afterwards it is ours."""
    foreign.environment("namespaces: {NAMESPACE: {manage: false}}\n" + RELEASE)
    flag = f"--allow=takes-ownership=configmap/{foreign.namespace}/app"
    refused, written = foreign.writes_during("apply")
    assert (refused.code, written) == (1, [])
    assert flag.replace("=", " ", 1) in refused.out

    assert risks(foreign, flag) == {"takes-ownership": (f"ConfigMap {foreign.namespace}/app", "allow")}
    planned = foreign("plan", flag)
    assert planned.code == 2, planned.text
    assert 'data.text: "mine" → "hello"' in planned.out
    foreign.applied(flag)

    found = live(kubectl, foreign, "configmap")
    assert found["data"] == {"text": "hello", "more": "x"}
    assert found["metadata"]["annotations"]["meta.helm.sh/release-name"] == "app"
    assert foreign.actions() == {}
    kubectl("-n", foreign.namespace, "patch", "cm", "app", "-p", '{"data":{"text":"drifted"}}')
    foreign.applied()


def test_the_policy_can_give_leave_to_adopt(foreign: Project, kubectl: Kubectl) -> None:
    """For the objects that it names, and no others."""
    kubectl("-n", foreign.namespace, "create", "configmap", "other")
    release = "namespaces: {NAMESPACE: {manage: false}}\n" + RELEASE.replace("app:", "other: {chart: charts/app}, app:")
    foreign.environment(release + '\npolicy: {adopt: ["configmap/NAMESPACE/app"]}')
    done = foreign("apply")
    assert done.code == 1
    assert live(kubectl, foreign, "configmap")["data"]["text"] == "hello"
    assert "data" not in live(kubectl, foreign, "configmap", "other")


def test_a_secret_of_nobody_is_adopted_with_leave(project: Project, kubectl: Kubectl) -> None:
    """One of the environment's own, too; neither its old value nor its new one is shown."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "secret", "generic", "db", "--from-literal=password=the-old-one")
    project.environment("""
        namespaces: {NAMESPACE: {manage: false}}
        secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    """)
    flag, password = f"--allow=takes-ownership=secret/{project.namespace}/db", {"DB_PASSWORD": "the-new-one"}
    assert project("plan", **password).code == 1
    shown = project("plan", flag, "-o", "json", **password)
    assert shown.code == 2, shown.text
    for text in ("the-old-one", "the-new-one"):
        assert text not in shown.text
        assert base64.b64encode(text.encode()).decode() not in shown.text
    project.applied(flag, **password)
    data = live(kubectl, project, "secret", "db")["data"]
    assert base64.b64decode(data["password"]).decode() == "the-new-one"
    assert project("plan", **password).code == 0


CLAIM = """
    {{- if .Values.keep }}
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: app}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    {{- end }}
"""
DEFINITION = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: things.{{ .Release.Namespace }}.example.com}
    spec:
      group: {{ .Release.Namespace }}.example.com
      names: {kind: Thing, plural: things}
      scope: Namespaced
      versions:
        - &version
          {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
        - {<<: *version, name: v2, served: {{ .Values.served }}, storage: false}
"""
BIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: app}
    data: {text: {{ repeat (int .Values.size) "x" }}}
"""
SHOWN = [
    pytest.param("restarts-pods", DEPLOYMENT, {}, {"image": "example.com/app:2"}, "Deployment", id="restarts pods"),
    pytest.param("scales-to-zero", DEPLOYMENT, {}, {"replicaCount": 0}, "Deployment", id="scales to zero"),
    pytest.param("near-size-limit", BIG, {"size": 10}, {"size": 900_000}, "ConfigMap", id="near the size limit"),
]
ASKED = [
    pytest.param(
        "deletes-data", CLAIM, {"keep": "true"}, {"keep": "false"}, "persistentvolumeclaim", id="deletes data"
    ),
    pytest.param(
        "drops-crd-version",
        DEFINITION,
        {"served": "true"},
        {"served": "false"},
        "customresourcedefinition",
        id="drops a CRD version",
    ),
]


@pytest.mark.parametrize(("risk", "template", "before", "after", "kind"), SHOWN)
def test_a_risk_is_shown(
    risk: str, template: str, before: dict[str, Any], after: dict[str, Any], kind: str, project: Project
) -> None:
    """In the plan, as text and JSON; by default it is taken, and when the policy says never it is not."""
    chart(project, template, _values(before))
    project.environment(RELEASE)
    project.applied()
    chart(project, template, _values(after))
    assert risks(project) == {risk: (f"{kind} {project.namespace}/app", "allow")}
    assert f"! {risk.replace('-', ' ')}: {kind} {project.namespace}/app" in project("plan").out

    project.environment(RELEASE + f"\npolicy: {{risks: {{{risk}: never}}}}")
    refused, written = project.writes_during("apply", f"--allow={risk}")
    assert (refused.code, written) == (3, [])
    assert f"✗ refused ({risk})" in refused.out
    project.environment(RELEASE)
    project.applied()
    assert risks(project) == {}


@pytest.mark.parametrize(("risk", "template", "before", "after", "kind"), ASKED)
def test_a_risk_takes_leave(
    risk: str, template: str, before: dict[str, Any], after: dict[str, Any], kind: str, project: Project
) -> None:
    """Without it nothing at all is applied, exit 3; with the flag that the refusal names it is."""
    project.chart("other", {"templates/other.yaml": CONFIG_MAP}, "text: one\n")
    chart(project, template, _values(before))
    releases = "releases: {app: {chart: charts/app}, other: {chart: charts/other}}"
    project.environment(releases)
    project.applied()
    chart(project, template, _values(after))
    project.chart("other", {"templates/other.yaml": CONFIG_MAP}, "text: two\n")

    refused, written = project.writes_during("apply")
    assert (refused.code, written, project("plan").code) == (3, [], 3)
    (refusal,) = project.document("plan")["refusals"]
    flag = refusal["hint"].split("`")[1]
    assert flag.startswith(f"--allow {risk}={kind}/")
    assert project("plan", f"--allow={risk}={kind}/*/another").code == 3
    project.applied(*flag.split())
    assert project("plan").code == 0


def test_a_downgrade_is_shown(project: Project) -> None:
    """Of the release itself; the policy can ask for a flag."""
    chart(project, CONFIG_MAP, "text: x\n", "0.2.0")
    project.environment(RELEASE + "\npolicy: {risks: {downgrade: ask}}")
    project.applied()
    chart(project, CONFIG_MAP, "text: x\n", "0.1.0")
    assert project("apply").code == 3
    assert "! downgrade: chart app 0.2.0 → 0.1.0" in project("plan").out
    project.applied("--allow=downgrade")


def test_drift_that_cannot_be_corrected_is_made_anew_with_leave(project: Project, kubectl: Kubectl) -> None:
    """Somebody deleted the Service and made another one of its name: the release's own is put back."""
    chart(project, SERVICE, "address: None\n")
    project.environment(RELEASE)
    project.applied()
    found = live(kubectl, project, "service")
    kubectl("-n", project.namespace, "delete", "service", "app")
    theirs = {"spec": {"selector": {"app": "app"}, "ports": [{"port": 80}]}}
    item = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app"}, **theirs}
    kubectl("-n", project.namespace, "create", "-f", "-", stdin=json.dumps(item))

    assert project("apply").code == 1
    project.applied(f"--allow-recreate=service/{project.namespace}/app")
    assert live(kubectl, project, "service")["spec"]["clusterIP"] == found["spec"]["clusterIP"] == "None"
    assert project("plan").code == 0


def test_the_pods_of_a_stateful_set_stay(project: Project, kubectl: Kubectl) -> None:
    """The new one takes them over, so nothing that it serves is interrupted."""
    values = {"service": "one", "replicas": 2, "label": "x"}
    chart(project, STATEFUL_SET, _values(values))
    project.environment("releases: {app: {chart: charts/app, wait: 2m}}")
    project.applied()
    pods = [uid(kubectl, project, "pod", f"app-{at}") for at in range(2)]
    chart(project, STATEFUL_SET, _values({**values, "service": "two"}))
    project.applied(f"--allow-recreate=statefulset/{project.namespace}/app")
    assert pods == [uid(kubectl, project, "pod", f"app-{at}") for at in range(2)]
    (owner,) = live(kubectl, project, "pod", "app-0")["metadata"]["ownerReferences"]
    assert owner["uid"] == uid(kubectl, project, "statefulset")


def test_a_deletion_that_was_interrupted_is_made_good(project: Project, kubectl: Kubectl) -> None:
    """A run that was killed after the deletion left the object missing; the next one needs no leave to make it."""
    chart(project, JOB, "image: example.com/app:1\n")
    project.environment(RELEASE)
    project.applied()
    chart(project, JOB, "image: example.com/app:2\n")
    kubectl("-n", project.namespace, "delete", "job", "app")
    project.applied()
    found = live(kubectl, project, "job")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert found == "example.com/app:2"
    assert project("plan").code == 0


def test_an_adoption_that_was_interrupted_is_made_good(foreign: Project, kubectl: Kubectl) -> None:
    """A run that was killed after the mark left the object to its release; the next one takes it."""
    foreign.environment("namespaces: {NAMESPACE: {manage: false}}\n" + RELEASE)
    home = foreign.namespace
    owner = ("meta.helm.sh/release-name=app", f"meta.helm.sh/release-namespace={home}")
    kubectl("-n", home, "annotate", "cm", "app", *owner)
    kubectl("-n", home, "label", "cm", "app", "app.kubernetes.io/managed-by=Helm")
    foreign.applied()
    assert live(kubectl, foreign, "configmap")["data"] == {"text": "hello", "more": "x"}


def test_the_program_engine_adopts_too(foreign: Project, kubectl: Kubectl, helm_program: Any) -> None:
    """The marks are what both engines know an owner by."""
    foreign.environment("namespaces: {NAMESPACE: {manage: false}}\n" + RELEASE)
    path = f"{helm_program.parent}:/usr/bin:/bin"
    foreign.applied("--allow=takes-ownership", "--engine=program", PATH=path)
    assert live(kubectl, foreign, "configmap")["data"]["text"] == "hello"


def test_a_claim_that_lost_its_label_takes_leave_too(project: Project, kubectl: Kubectl) -> None:
    """Helm deletes what it dropped by name, whatever its labels."""
    project.chart("app", {"templates/claim.yaml": CLAIM}, "keep: true\n")
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    kubectl("-n", project.namespace, "label", "pvc", "app", "app.kubernetes.io/managed-by-")
    project.environment("releases: {app: {chart: charts/app, values: [{keep: false}]}}")

    refused = project("apply")

    assert refused.code == 3, refused.text
    assert f"--allow deletes-data=persistentvolumeclaim/{project.namespace}/app" in refused.text
    project.applied("--allow=deletes-data")
    left = live(kubectl, project, "pvc")
    assert left is None or left["metadata"]["deletionTimestamp"]


def test_what_was_handed_over_is_not_deleted(project: Project, kubectl: Kubectl) -> None:
    """An object that another release has by now blocks the release that drops it, until it is marked to be kept."""
    project.chart("app", {"templates/big.yaml": f"    {{{{- if .Values.size }}}}{BIG}    {{{{- end }}}}"}, "size: 1\n")
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    mark = ("-n", project.namespace, "annotate", "--overwrite", "cm", "app")
    kubectl(*mark, "meta.helm.sh/release-name=other")
    project.environment("releases: {app: {chart: charts/app, values: [{size: 0}]}}")

    blocked = project("apply")
    first = live(kubectl, project, "configmap", "app")
    kubectl(*mark, "helm.sh/resource-policy=keep")
    project.applied()

    assert blocked.code == 1
    assert f"belongs to release {project.namespace}/other by now" in blocked.text
    assert live(kubectl, project, "configmap", "app")["metadata"]["uid"] == first["metadata"]["uid"]
