"""What people installed with `helm`, imported: the file asks for just what is live."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from reconciler.sandbox import writes
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

Helm = Callable[..., None]
IMPORT = ("import", "cluster", "--kubeconfig-env", "RECONCILE_KUBECONFIG")
_SETTINGS = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}}
    data: {all: {{ .Values | toJson | quote }}, file: {{ .Files.Get "notes.txt" | quote }}}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}-hook, annotations: {helm.sh/hook: "post-install,post-upgrade"}}
    data: {a: b}
"""
_VALUES = """
    auth: {user: shop, password: "s3cr:et #1", existingSecret: elsewhere}
    hosts: [{name: a.example.com, paths: [/, "/b"]}, {name: b.example.com}]
    "dotted.key": {apiToken: tok-1234, nothing: null, empty: "", number: 1e3, big: 123456789012, yes: "yes"}
    text: |
      two
      lines
    url: postgres://app:pw-5678@db/x
"""
SECRETS = ("s3cr:et #1", "tok-1234", "pw-5678", "t0ken-of-registry")


@pytest.fixture
def helm(project: Project, kubectl: Kubectl, helm_program: Path) -> Helm:
    """Runs `helm` in the project's folder, as people do, on its namespace, which exists."""
    kubectl("create", "namespace", project.namespace)
    config = project.control_plane.kubeconfig_path

    def run(*arguments: str) -> None:
        command = [str(helm_program), "--kubeconfig", str(config), "-n", project.namespace, *arguments]
        done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return run


def variables(out: str) -> dict[str, str]:
    """The variables that an import asks for, with what a person would put there."""
    known = {
        "APP_AUTH_PASSWORD": SECRETS[0],
        "APP_DOTTED_KEY_API_TOKEN": SECRETS[1],
        "APP_URL": "postgres://app:pw-5678@db/x",
        "REGISTRY_REGISTRY_EXAMPLE_COM_PASSWORD": SECRETS[3],
    }
    assert set(known) <= set(out.split())
    return known


@pytest.fixture
def live(project: Project, helm: Helm, kubectl: Kubectl) -> Project:
    """A namespace with releases of all shapes, and a pull secret; the charts are not there any more."""
    project.chart("app", {"templates/all.yaml": _SETTINGS, "notes.txt": "hello\n"}, "text: x\n")
    project.chart("web", {"templates/web.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES, version="1.2.3+build.5")
    project.write("app-values.yaml", _VALUES)
    helm("install", "app", "charts/app", "-f", "app-values.yaml")
    helm("install", "web", "charts/web", "--set", "replicaCount=2")
    helm("upgrade", "web", "charts/web", "--set", "replicaCount=3")
    kubectl("label", "namespace", project.namespace, "team=shop")
    kubectl(
        *("-n", project.namespace, "create", "secret", "docker-registry", "registry"),
        *("--docker-server=registry.example.com", "--docker-username=ci", f"--docker-password={SECRETS[3]}"),
    )
    (project.folder / "charts").rename(project.folder / "gone")
    return project


def importing(project: Project, *options: str) -> tuple[str, ...]:
    """How the project's namespace is imported. Under a name of its own: what others with it had would be pruned."""
    return (*IMPORT, "--name", project.namespace, "-n", project.namespace, *options)


def imported(project: Project, *options: str) -> tuple[str, dict[str, object]]:
    """Import the project's namespace; what was printed, and the file."""
    done = project.run(*importing(project, *options))
    assert done.code == 0, done.text
    return done.out, yaml.safe_load((project.folder / f"{project.namespace}.yaml").read_text())


def test_a_plan_of_what_was_imported_shows_no_changes(live: Project) -> None:
    """Values of all kinds, a file, a hook, several revisions, a pull secret: nothing to do, and nothing is written.

    Then one value is changed, and only its release is upgraded: it becomes ours.
    """
    out, file = imported(live)
    given = variables(out)
    assert live.run("validate", "-e", f"{live.namespace}.yaml", **given).code == 0
    planned = live.run("plan", "-e", f"{live.namespace}.yaml", **given)
    assert planned.code == 0, planned.text
    assert live.run("status", "-e", f"{live.namespace}.yaml", **given).text.count("in sync") == 2

    assert isinstance(file["releases"], dict)
    assert file["releases"]["web"]["chart"] == "charts/web-1.2.3+build.5.tgz"
    path = live.folder / f"{live.namespace}.yaml"
    path.write_text(path.read_text().replace("replicaCount: 3", "replicaCount: 2"))
    document = json.loads(live.run("plan", "-e", f"{live.namespace}.yaml", "-o", "json", **given).out)
    changed = {item["target"]["name"]: item["reason"] for item in document["actions"] if item["kind"] != "none"}
    assert list(changed) == ["web"]
    assert "takes over a release that was not installed by reconciler" in changed["web"]
    assert live.run("apply", "-e", f"{live.namespace}.yaml", **given).code == 0
    assert live.run("plan", "-e", f"{live.namespace}.yaml", **given).code == 0


def test_no_secret_is_written_or_printed(live: Project) -> None:
    """In no file, archives aside from what the chart itself holds, and not on the terminal."""
    out, file = imported(live)
    written = "".join(path.read_text() for path in live.folder.rglob("*.yaml") if "gone" not in path.parts)
    written = written.replace((live.folder / "app-values.yaml").read_text(), "")
    for secret in SECRETS:
        assert secret not in written
        assert base64.b64encode(secret.encode()).decode() not in written
        assert secret not in out
    assert file["secrets"] == {
        "registry": {
            "type": "dockerconfigjson",
            "registries": {
                "registry.example.com": {
                    "username": "ci",
                    "password": {"env": "REGISTRY_REGISTRY_EXAMPLE_COM_PASSWORD"},
                }
            },
        }
    }
    assert file["namespaces"] == {
        live.namespace: {"manage": False, "labels": {"team": "shop"}, "pullSecrets": ["registry"]}
    }


def test_an_import_writes_nothing_to_the_cluster_and_nothing_over_files(live: Project) -> None:
    """The same import again changes nothing; another content is refused, and stays, but for `--force`."""
    mark = live.control_plane.settle_audit()
    imported(live)
    live.control_plane.settle_audit()
    assert list(writes(live.control_plane.audit.read(mark), user="admin")) == []

    assert live.run(*importing(live)).code == 0
    (live.folder / f"{live.namespace}.yaml").write_text("mine\n")
    refused = live.run(*importing(live))
    assert refused.code == 1
    assert f"there is {live.namespace}.yaml already" in refused.err
    assert (live.folder / f"{live.namespace}.yaml").read_text() == "mine\n"
    assert live.run(*importing(live, "--force")).code == 0


def test_a_chart_with_subcharts_has_to_be_named(project: Project, helm: Helm) -> None:
    """Helm does not keep subcharts: without the chart the release is left out, and said to be; with it, no changes."""
    project.chart(
        "parent", {"templates/a.yaml": CONFIG_MAP.replace("Release.Name }}", "Release.Name }}-a")}, "text: a\n"
    )
    project.chart("child", {"templates/b.yaml": CONFIG_MAP}, "text: b\n")
    (project.folder / "charts/parent/charts").mkdir()
    (project.folder / "charts/child").rename(project.folder / "charts/parent/charts/child")
    helm("install", "both", "charts/parent")
    arguments = importing(project)

    done = project.run(*arguments)
    assert done.code == 2
    assert f"release {project.namespace}/both: left out: no chart parent 0.1.0 was found" in done.out
    assert f"ConfigMap {project.namespace}/both" in done.out

    done = project.run(*arguments, "--chart", "charts/parent", "--force")
    assert done.code == 0, done.text
    assert project.run("plan", "-e", f"{project.namespace}.yaml").code == 0


def test_a_secret_in_a_list_is_not_written(project: Project, helm: Helm) -> None:
    """A reference cannot go there, so nothing is written until somebody says that it may stand in the file."""
    project.chart("app", {"templates/all.yaml": _SETTINGS})
    project.write("v.yaml", 'users: [{name: a, password: "pw-in-a-list"}]\n')
    helm("install", "app", "charts/app", "-f", "v.yaml")
    done = project.run(*importing(project, "-d", "envs"))
    assert done.code == 1
    assert "users[0].password of release app" in done.err
    assert "pw-in-a-list" not in done.text
    assert not (project.folder / "envs").exists()
    assert project.run(*importing(project, "-d", "envs", "--plain", "users[0].password")).code == 0
    assert project.run("plan", "-e", f"envs/{project.namespace}.yaml").code == 0


def test_a_secret_of_the_chart_itself_is_not_written(project: Project, helm: Helm) -> None:
    """A chart that is rebuilt has its own values, which nobody sees in a list of files; leave is for these alone."""
    project.chart("app", {"templates/all.yaml": _SETTINGS}, "db: {PGPASSWORD: pw-of-the-chart}\n")
    helm("install", "app", "charts/app", "--set", "db.PGPASSWORD=pw-of-the-release")
    done = project.run(*importing(project, "-d", "envs"))
    assert done.code == 1
    assert "app:db.PGPASSWORD" in done.err
    assert "pw-of" not in done.text
    assert not (project.folder / "envs").exists()
    done = project.run(*importing(project, "-d", "envs", "--plain", "app:db.PGPASSWORD"))
    assert done.code == 0, done.text
    assert "APP_DB_PGPASSWORD" in done.out


def test_a_hostile_release_is_left_out(project: Project, helm: Helm, kubectl: Kubectl) -> None:
    """What is stored may say anything: a chart whose name or files lead elsewhere makes no file, and stops nothing."""
    project.chart("app", {"templates/all.yaml": CONFIG_MAP}, "text: x\n")
    for name in ("good", "named", "filed"):
        helm("install", name, "charts/app")
    for name, change in (("named", _renamed), ("filed", _with_a_hostile_file)):
        secret = json.loads(
            kubectl("-n", project.namespace, "get", "secret", f"sh.helm.release.v1.{name}.v1", "-o", "json")
        )
        change_stored(secret, change)
        kubectl("-n", project.namespace, "replace", "-f", "-", stdin=json.dumps(secret))
    done = project.run(*importing(project, "-d", "envs"))
    assert done.code == 2, done.text
    assert list(yaml.safe_load((project.folder / f"envs/{project.namespace}.yaml").read_text())["releases"]) == ["good"]
    assert not (project.folder / "evil").exists()
    assert sorted(path.name for path in (project.folder / "envs").rglob("*.tgz")) == ["app-0.1.0.tgz"]


def change_stored(secret: dict[str, dict[str, str]], change: Callable[[dict[str, object]], None]) -> None:
    """Change the chart in a stored release."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    release = json.loads(gzip.decompress(packed))
    change(release["chart"])
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    secret["data"]["release"] = base64.b64encode(packed).decode()


def _renamed(chart: dict[str, object]) -> None:
    metadata = chart["metadata"]
    assert isinstance(metadata, dict)
    metadata["name"] = "../../evil"


def _with_a_hostile_file(chart: dict[str, object]) -> None:
    templates = chart["templates"]
    assert isinstance(templates, list)
    templates.append({"name": "templates/../../../evil", "data": base64.b64encode(b"x").decode()})
