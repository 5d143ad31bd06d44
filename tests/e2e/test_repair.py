"""What went wrong once, and what others broke, is repaired; what cannot be is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e


def test_after_a_failed_upgrade_the_plan_shows_what_helm_will_do(project: Project, kubectl: Kubectl) -> None:
    """Helm compares with the last deployed revision: an object of that one is deleted, one of the failed is not."""
    named = CONFIG_MAP.replace("{{ .Release.Name }}", "{{ .Release.Name }}-NAME")
    first, second = ({f"templates/{name}.yaml": named.replace("NAME", name)} for name in ("old", "failed"))
    project.chart("app", {"templates/app.yaml": DEPLOYMENT, **first}, f"{DEPLOYMENT_VALUES}text: x\n")
    project.environment("releases: {app: {chart: charts/app, wait: 60s}}")
    project.applied()
    (project.folder / "charts/app/templates/old.yaml").unlink()
    project.chart("app", second, f"{DEPLOYMENT_VALUES}text: x\n")
    project.environment("releases: {app: {chart: charts/app, wait: 2s, values: [{nodeSelector: {no: where}}]}}")
    assert project("apply").code == 1
    (project.folder / "charts/app/templates/failed.yaml").unlink()
    project.environment("releases: {app: {chart: charts/app, wait: 60s}}")
    kubectl("-n", project.namespace, "get", "configmap", "app-failed")

    planned = project("plan").out
    project.applied()

    assert f"- ConfigMap {project.namespace}/app-failed" not in planned
    assert project.actions() == {}


def test_an_object_that_a_chart_has_twice_comes_to_rest(project: Project, kubectl: Kubectl) -> None:
    """Helm's install leaves either of the two, which the plan says; from the next apply on it is the last."""
    twice = {f"templates/{name}.yaml": CONFIG_MAP.replace("{text", f"{{from: {name}, text") for name in "ba"}
    project.chart("app", twice, "text: x\n")
    project.environment("releases: {app: {chart: charts/app}}")
    first = project("apply").text
    assert f"ConfigMap {project.namespace}/app is in its chart twice, with different content" in first
    project.applied()
    assert kubectl("-n", project.namespace, "get", "cm", "app", "-o", "jsonpath={.data.from}") == "b"
    assert project.actions() == {}

    project.environment("releases: {app: {chart: charts/app, values: [{text: y}]}}")
    assert "from" not in project("plan").out
    project.applied()
    assert project.actions() == {}


SCALER = """
    apiVersion: autoscaling/VERSION
    kind: HorizontalPodAutoscaler
    metadata: {name: app}
    spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app}}
"""


@pytest.mark.parametrize("engine", ["library", "program"])
def test_an_object_that_changes_its_version_is_the_same_one(
    engine: str, project: Project, kubectl: Kubectl, helm_program: Path
) -> None:
    """A chart goes from autoscaling/v1 to v2: nothing is dropped, neither in the plan nor after it."""
    helm = {"PATH": f"{helm_program.parent}:{os.environ['PATH']}"}
    uid = ("-n", project.namespace, "get", "hpa", "app", "-o", "jsonpath={.metadata.uid}")
    project.chart("app", {"templates/scaler.yaml": SCALER.replace("VERSION", "v1")})
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied("--engine", engine, **helm)
    first = kubectl(*uid)
    project.chart("app", {"templates/scaler.yaml": SCALER.replace("VERSION", "v2")})

    planned = project("plan").out
    project.applied("--engine", engine, **helm)

    assert f"- HorizontalPodAutoscaler {project.namespace}/app" not in planned
    assert kubectl(*uid) == first
    assert project.actions() == {}


DEFINITION = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: PLURAL.NAMESPACE.example.com}
    spec:
      group: NAMESPACE.example.com
      scope: Namespaced
      names: {kind: KIND, plural: PLURAL}
      versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
KINDS = ("Gadget", "Other")
GADGET = """
    apiVersion: NAMESPACE.example.com/v1
    kind: Gadget
    metadata: {name: app}
"""


@pytest.mark.parametrize("engine", ["library", "program"])
def test_a_definition_that_is_there_is_left_as_it_is(
    engine: str, project: Project, kubectl: Kubectl, helm_program: Path
) -> None:
    """An older chart beside a newer operator: what is missing of its crds/ is made and used at once, and no more."""
    helm = {"PATH": f"{helm_program.parent}:{os.environ['PATH']}"}
    gadgets, others = (DEFINITION.replace("KIND", kind).replace("PLURAL", f"{kind.lower()}s") for kind in KINDS)
    project.chart("app", {"crds/a.yaml": gadgets, "crds/b.yaml": others, "templates/gadget.yaml": GADGET})
    second = "{name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}"
    newer = project.write("newer.yaml", others.replace("versions: [", f"versions: [{second}, "))
    kubectl("create", "-f", str(newer))
    versions = ("get", "crd", f"others.{project.namespace}.example.com", "-o", "jsonpath={.spec.versions[*].name}")
    project.environment("releases: {app: {chart: charts/app}}")

    planned = project("plan").out
    _, written = project.writes_during("apply", "--engine", engine, **helm)

    assert f"+ CustomResourceDefinition gadgets.{project.namespace}.example.com" in planned
    assert "CustomResourceDefinition others" not in planned
    assert kubectl(*versions).split() == ["v2", "v1"]
    defined = [item for item in written if item.resource == "customresourcedefinitions"]
    assert [item.name for item in defined] == [f"gadgets.{project.namespace}.example.com"]
    assert kubectl("-n", project.namespace, "get", f"gadgets.{project.namespace}.example.com", "-o", "name")
    assert project.actions() == {}


def test_an_empty_text_is_a_value(project: Project, kubectl: Kubectl) -> None:
    """A key, a label or an annotation without text is made, and missed when it is gone."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: ''\n")
    project.environment("""
        namespaces: {NAMESPACE: {}}
        releases: {app: {chart: charts/app}}
    """)
    project.applied()
    kubectl("-n", project.namespace, "patch", "cm", "app", "--type", "merge", "-p", '{"data":{"text":null}}')
    assert project.actions()["app"][0] == "correct"
    project.applied()
    assert "text" in kubectl("-n", project.namespace, "get", "cm", "app", "-o", "jsonpath={.data}")

    project.environment("""
        namespaces: {NAMESPACE: {labels: {gate: ""}, annotations: {note: ""}}}
        releases: {app: {chart: charts/app}}
    """)
    assert project.actions()[project.namespace][0] == "update"
    project.applied()
    assert '"gate":""' in kubectl("get", "ns", project.namespace, "-o", "jsonpath={.metadata.labels}")
    assert project.actions() == {}


def test_an_object_that_lost_its_marks_is_still_ours(project: Project, kubectl: Kubectl) -> None:
    """Somebody removed Helm's annotations: they are put back, and nothing is refused."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    marks = ["meta.helm.sh/release-name-", "meta.helm.sh/release-namespace-"]
    kubectl("-n", project.namespace, "annotate", "configmap", "app", *marks)

    assert project.actions()["app"][0] == "correct"
    project.applied()

    assert project.actions() == {}


def test_a_webhook_that_does_not_answer_stops_only_what_it_guards(project: Project, kubectl: Kubectl) -> None:
    """The plan is made all the same and says so; the guarded release fails, the others are applied."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    other = f"{project.namespace}-other"
    project.environment("""
        namespaces: {NAMESPACE: {labels: {guarded: "yes"}}, NAMESPACE-other: {}}
        releases:
          guarded: {chart: charts/app}
          free: {chart: charts/app, namespace: NAMESPACE-other}
    """)
    kubectl("create", "namespace", project.namespace)
    kubectl("label", "namespace", project.namespace, "guarded=yes")
    hook = f"""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {{name: {project.namespace}}}
        webhooks:
          - name: guard.example.com
            clientConfig: {{url: "https://127.0.0.1:9/"}}
            rules: [{{apiGroups: [""], apiVersions: [v1], operations: ["*"], resources: [configmaps]}}]
            failurePolicy: Fail
            sideEffects: None
            admissionReviewVersions: [v1]
            namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {project.namespace}}}}}
    """
    kubectl("apply", "-f", "-", stdin=hook)
    try:
        planned, done = project("plan"), project("apply")
    finally:
        kubectl("delete", "validatingwebhookconfiguration", project.namespace)

    assert planned.code == 2, planned.text
    assert "an admission webhook does not answer" in planned.out
    assert done.code == 1
    assert "guard.example.com" in done.out
    assert "configmap/free" in kubectl("-n", other, "get", "configmaps", "-o", "name")
    project.applied()


def test_a_namespace_that_nobody_makes_is_said_at_plan_time(project: Project) -> None:
    """`manage: false` for a namespace that does not exist blocks its releases, with a way out."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("namespaces: {NAMESPACE: {manage: false}}\nreleases: {app: {chart: charts/app}}")

    done, written = project.writes_during("apply")

    assert (done.code, written) == (1, [])
    assert "does not exist, and `manage: false` leaves it to others: create it" in done.out
    assert project("status").code == 2


def test_a_job_that_removes_itself_is_not_made_again(project: Project, kubectl: Kubectl) -> None:
    """A finished Job that its time to live took away is no drift."""
    job = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: {{ .Release.Name }}}
        spec:
          ttlSecondsAfterFinished: 1
          template: {spec: {restartPolicy: Never, containers: [{name: main, image: "example.com/job:1"}]}}
    """
    project.chart("app", {"templates/job.yaml": job})
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    kubectl("-n", project.namespace, "wait", "--for=delete", "job/app", "--timeout=60s")

    done, written = project.writes_during("apply")

    assert (done.code, written) == (0, [])
    assert project("status").code == 0


def test_status_sees_namespaces_and_secrets(project: Project, kubectl: Kubectl) -> None:
    """A secret that somebody deleted makes `status` exit with 2, and is named."""
    project.environment("""
        secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    """)
    project.applied(DB_PASSWORD="a-password")
    assert project("status", DB_PASSWORD="a-password").code == 0
    kubectl("-n", project.namespace, "delete", "secret", "db")

    done = project("status", DB_PASSWORD="a-password")

    assert done.code == 2
    assert f"secret {project.namespace}/db  does not exist" in done.out
    assert project.document("status", DB_PASSWORD="a-password")["others"][0]["target"]["name"] == "db"


@pytest.mark.parametrize("command", ["render", "plan", "apply"])
def test_what_a_template_says_of_a_secret_is_masked(command: str, project: Project) -> None:
    """A chart that quotes a value in its failure does not give it away."""
    project.chart(
        "app", {"templates/a.yaml": '{{ fail (printf "bad password %s" .Values.password) }}'}, "password: ''\n"
    )
    project.environment("releases: {app: {chart: charts/app, valuesFrom: {password: {env: DB_PASSWORD}}}}")

    done = project(command, DB_PASSWORD="hunter2-secret")

    assert done.code == 1
    assert "bad password ••••••" in done.text
    assert "hunter2-secret" not in done.text


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_ends_a_run_in_order(number: signal.Signals, project: Project, kubeconfig: str) -> None:
    """No release stays pending, and no kubeconfig stays on the disk."""
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app, wait: 0, values: [{nodeSelector: {no: where}}]}}")
    scratch = tempfile.mkdtemp(dir=project.folder)
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("reconcile")), "apply", "-e", "env.yaml"],
        cwd=project.folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(project.folder),
            "TMPDIR": scratch,
            "RECONCILE_KUBECONFIG": kubeconfig,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 30
    while "pending-install" not in project("status").out and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 1, output
    assert "failed" in project("status").out
    left = [path.name for path in Path(scratch).iterdir() if path.name != ".cache"]
    assert left == []
