"""What cannot work is said at plan time, by name and with a way out; nothing is applied."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.sandbox import Sandbox
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e


def _config(project: Project, name: str = "config") -> None:
    project.chart(name, {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")


@pytest.mark.parametrize("command", ["plan", "apply", "status"])
def test_an_unreachable_cluster_is_named(command: str, project: Project, kubeconfig: str) -> None:
    """One clear error with the cluster, its address and what to try."""
    _config(project)
    project.environment("releases: {app: {chart: charts/config}}")
    server = next(line for line in kubeconfig.splitlines() if "server:" in line).strip()

    done = project(command, RECONCILE_KUBECONFIG=kubeconfig.replace(server, "server: https://127.0.0.1:9"))

    assert done.code == 1
    assert done.err.startswith("cluster main: https://127.0.0.1:9 cannot be reached: connection refused\n  try: ")
    assert len(done.err.splitlines()) == 2


def test_bad_credentials_are_told_from_an_unreachable_cluster(project: Project, kubeconfig: str) -> None:
    """A refused token is called that, and the token is not printed."""
    _config(project)
    project.environment("releases: {app: {chart: charts/config}}")
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)

    done = project("plan", RECONCILE_KUBECONFIG=kubeconfig.replace(token, "a-wrong-token"))

    assert done.code == 1
    assert "cluster main" in done.err
    assert "refused the credentials (401 Unauthorized)" in done.err
    assert "a-wrong-token" not in done.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("/home/me/.kube/config", "it is none, neither as it stands nor in base64"),
        ("{clusters: [], contexts: [], users: []}", "it names no current context"),
        ("{clusters: []\n", "line 2"),
    ],
)
def test_a_kubeconfig_of_no_use(content: str, said: str, project: Project) -> None:
    """A path instead of the content, or a broken file, is an error at the line of the cluster."""
    _config(project)
    project.environment("releases: {app: {chart: charts/config}}")

    done = project("plan", RECONCILE_KUBECONFIG=content)

    assert done.code == 1
    assert done.err.startswith("env.yaml:")
    assert said in done.err


@pytest.fixture
def limited(project: Project, kubectl: Kubectl, kubeconfig: str) -> str:
    """The kubeconfig of a ServiceAccount that may read everything, and write nothing."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "serviceaccount", "reader")
    kubectl("create", "clusterrole", project.namespace, "--verb=get,list", "--resource=*.*")
    account = f"--serviceaccount={project.namespace}:reader"
    kubectl("create", "clusterrolebinding", project.namespace, f"--clusterrole={project.namespace}", account)
    kubectl("-n", project.namespace, "create", "role", "secrets", "--verb=get,list", "--resource=secrets")
    kubectl("-n", project.namespace, "create", "rolebinding", "secrets", "--role=secrets", account)
    made = kubectl("-n", project.namespace, "create", "token", "reader").strip()
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    return kubeconfig.replace(token, made)


def test_without_the_right_to_patch_a_plan_is_still_made(project: Project, limited: str) -> None:
    """The plan then shows what would be sent, and says that the server has not checked it."""
    _config(project)
    project.environment("namespaces: {NAMESPACE: {manage: false}}\nreleases: {app: {chart: charts/config}}")

    done = project("plan", RECONCILE_KUBECONFIG=limited)

    assert done.code == 2, done.text
    assert "not checked by the server: no right to patch it" in done.out


@pytest.mark.parametrize(
    ("lock", "resources"), [("true", ["leases"]), ("false", ["secrets", "configmaps"])], ids=["lock", "no lock"]
)
def test_missing_rights_are_named(lock: str, resources: list[str], project: Project, limited: str) -> None:
    """An apply without the rights fails with the verb, the resource and the namespace; a hint says what to ask for."""
    _config(project)
    project.environment(
        "namespaces: {NAMESPACE: {manage: false}}\nreleases: {app: {chart: charts/config}}\n"
        f"policy: {{lock: {{enabled: {lock}}}}}"
    )

    done = project("apply", RECONCILE_KUBECONFIG=limited)

    assert done.code == 1
    assert "forbidden" in done.text
    assert any(resource in done.text for resource in resources)
    assert "Traceback" not in done.text


def test_a_namespace_on_its_way_out_is_not_applied_to(project: Project, kubectl: Kubectl) -> None:
    """The server would take it, and then remove it with all that was applied; the next run makes it anew."""
    _config(project)
    project.environment("namespaces: {NAMESPACE: {}}\nreleases: {app: {chart: charts/config}}")
    project.applied()
    held = '{"metadata": {"finalizers": ["example.com/held"]}}'
    kubectl("-n", project.namespace, "patch", "configmap", "app", "-p", held)
    kubectl("delete", "namespace", project.namespace, "--wait=false")
    kubectl("wait", "--for=condition=NamespaceFinalizersRemaining", f"namespace/{project.namespace}", "--timeout=60s")

    done = project("apply")

    assert done.code == 1
    assert "it is being deleted since" in done.out
    kubectl("-n", project.namespace, "patch", "configmap", "app", "-p", '{"metadata": {"finalizers": null}}')
    kubectl("wait", "--for=delete", f"namespace/{project.namespace}", "--timeout=60s")
    project.applied()
    assert project.actions() == {}


def test_an_immutable_field_is_found_at_plan_time(project: Project) -> None:
    """A change that the server would refuse blocks the release in the plan, with the server's reason."""
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    changed = DEPLOYMENT.replace("app: {{ .Release.Name }}", "app: other")
    project.chart("app", {"templates/app.yaml": changed}, DEPLOYMENT_VALUES)

    done, written = project.writes_during("apply")

    assert (done.code, written) == (1, [])
    assert "field is immutable" in done.out


def test_an_unknown_field_is_found_at_plan_time(project: Project, kubectl: Kubectl) -> None:
    """A typo in a template, which the server would drop in silence, blocks the release in the plan."""
    kubectl("create", "namespace", project.namespace)
    project.chart("app", {"templates/app.yaml": DEPLOYMENT.replace("replicas:", "replcas:")}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}")

    done = project("plan")

    assert done.code == 1
    assert ".spec.replcas: field not declared in schema" in done.out


def test_an_unknown_field_is_found_before_an_install_into_a_new_namespace(project: Project, kubectl: Kubectl) -> None:
    """What could not be checked at plan time is checked before Helm writes anything."""
    project.chart("app", {"templates/app.yaml": DEPLOYMENT.replace("replicas:", "replcas:")}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}")

    done = project("apply")

    assert done.code == 1
    assert ".spec.replcas: field not declared in schema" in done.out
    assert kubectl("-n", project.namespace, "get", "secrets", "-o", "name") == ""


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        pytest.param("", "exists already and belongs to no release", id="nobody's"),
        pytest.param("meta.helm.sh/release-name=other", "belongs to release", id="another release's"),
    ],
)
def test_objects_of_others_are_not_taken(owner: str, said: str, project: Project, kubectl: Kubectl) -> None:
    """An object that exists already blocks the release, is named with its owner, and stays as it is."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "configmap", "app", "--from-literal=text=mine")
    if owner:
        here = f"meta.helm.sh/release-namespace={project.namespace}"
        kubectl("-n", project.namespace, "annotate", "configmap", "app", owner, here)
    _config(project)
    project.environment("namespaces: {NAMESPACE: {manage: false}}\nreleases: {app: {chart: charts/config}}")

    done, written = project.writes_during("apply")

    assert (done.code, written) == (1, [])
    assert said in done.out
    assert kubectl("-n", project.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "mine"


def test_a_secret_of_others_is_not_taken(project: Project, kubectl: Kubectl) -> None:
    """A Secret that reconciler did not make blocks, and stays as it is."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "secret", "generic", "db", "--from-literal=password=mine")
    project.environment("""
        namespaces: {NAMESPACE: {manage: false}}
        secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    """)

    done, written = project.writes_during("apply", DB_PASSWORD="a-password")

    assert (done.code, written) == (1, [])
    assert "was not made by reconciler" in done.out


OWNED = """
    apiVersion: v1
    kind: Namespace
    metadata: {name: {{ .Release.Namespace }}-owned}
    ---
    apiVersion: v1
    kind: Namespace
    metadata: {name: {{ .Release.Namespace }}-kept, annotations: {helm.sh/resource-policy: keep}}
"""
SECRET = """
    apiVersion: v1
    kind: Secret
    metadata: {name: db}
"""


def test_what_a_release_has_is_not_the_environment_s(
    project: Project, kubectl: Kubectl, helm_program: Path, control_plane: Sandbox
) -> None:
    """A namespace of a release stays its own, but for one that Helm would leave; a release that brings a Secret of the
    environment is not begun."""
    kubectl("create", "namespace", project.namespace)
    project.chart("base", {"templates/namespace.yaml": OWNED})
    project.chart("app", {"templates/secret.yaml": SECRET})
    command = [str(helm_program), "--kubeconfig", str(control_plane.kubeconfig_path), "-n", project.namespace]
    subprocess.run([*command, "install", "base", "charts/base"], cwd=project.folder, check=True, capture_output=True)
    project.environment("""
        namespaces: {NAMESPACE: {manage: false}, NAMESPACE-owned: {}, NAMESPACE-kept: {}}
        secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
        releases: {app: {chart: charts/app, namespace: NAMESPACE}}
    """)

    done, written = project.writes_during("apply", DB_PASSWORD="a-password")

    assert done.code == 1
    assert f"it belongs to release {project.namespace}/base; here, set `manage: false` on it" in done.out
    assert f"Secret {project.namespace}/db is an object of the environment itself too" in done.out
    assert {(item.resource, item.name) for item in written if item.resource != "leases"} == {
        ("secrets", "db"),
        ("namespaces", f"{project.namespace}-kept"),
    }


def test_a_release_of_another_environment_is_not_taken(project: Project) -> None:
    """Two environments that name the same release do not fight: the second one is refused."""
    _config(project)
    project.environment("releases: {app: {chart: charts/config}}")
    project.applied()
    text = (project.folder / "env.yaml").read_text()
    (project.folder / "env.yaml").write_text(text.replace(f"name: {project.namespace}\n", "name: another\n", 1))

    done, written = project.writes_during("apply")

    assert (done.code, written) == (1, [])
    assert f'belongs to the environment "{project.namespace}"' in done.out


def test_a_release_by_plain_helm_is_taken_over_and_listed(
    project: Project, kubectl: Kubectl, helm_program: Path, control_plane: Sandbox
) -> None:
    """A release that somebody installed with helm stays as it is until something differs: then it becomes ours.

    The plan announces the upgrade; a chart of the same version with another content is a difference, too.
    """
    _config(project)
    kubectl("create", "namespace", project.namespace)
    command = [str(helm_program), "--kubeconfig", str(control_plane.kubeconfig_path), "-n", project.namespace]
    subprocess.run([*command, "install", "app", "charts/config"], cwd=project.folder, check=True, capture_output=True)
    project.environment("namespaces: {NAMESPACE: {manage: false}}\nreleases: {app: {chart: charts/config}}")

    assert project.actions() == {}
    assert project.writes_during("apply")[1] == []

    project.chart(
        "config", {"templates/config.yaml": CONFIG_MAP.replace("{text", "{more: here, text")}, "text: hello\n"
    )
    kind, reason = project.actions()["app"]
    project.applied()

    assert kind == "upgrade"
    assert "takes over a release that was not installed by reconciler" in reason
    assert project.actions() == {}


def test_a_broken_template_blocks_its_release_alone(project: Project, kubectl: Kubectl) -> None:
    """A template that fails is reported with its chart; the other releases are applied."""
    _config(project)
    project.chart("broken", {"templates/config.yaml": "{{ fail `no good` }}"})
    project.environment("releases: {bad: {chart: charts/broken}, good: {chart: charts/config}}")

    done = project("apply")

    assert done.code == 1
    assert "no good" in done.out
    assert "configmap/good" in kubectl("-n", project.namespace, "get", "cm", "-o", "name")
