"""Charts from everywhere, secrets from everywhere, several clusters, parts of an environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from reconciler.adapters.helm.manager import load_library
from reconciler.sandbox import writes
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, Project
from tests.servers import PASSWORD, USERNAME, index, serve

pytestmark = pytest.mark.e2e


@pytest.fixture
def archives(project: Project) -> Path:
    """A folder with charts `config` 1.0.0 and 1.1.0, packed."""
    for version in ("1.0.0", "1.1.0"):
        project.chart("config", {"templates/config.yaml": CONFIG_MAP}, f"text: from {version}\n", version)
        load_library().package(project.folder / "charts/config", destination=project.folder / "dist")
    return project.folder / "dist"


def _text(kubectl: Kubectl, project: Project, name: str = "app") -> str:
    return kubectl("-n", project.namespace, "get", "configmap", name, "-o", "jsonpath={.data.text}")


def test_a_chart_from_an_archive(project: Project, archives: Path, kubectl: Kubectl) -> None:
    """A release can name a .tgz; naming the next version is an upgrade, with both versions in the reason."""
    project.environment("releases: {app: {chart: dist/config-1.0.0.tgz}}")
    project.applied()
    assert _text(kubectl, project) == "from 1.0.0"

    project.environment("releases: {app: {chart: dist/config-1.1.0.tgz}}")
    kind, reason = project.actions()["app"]
    project.applied()

    assert (kind, reason) == ("upgrade", "chart 1.0.0 → 1.1.0")
    assert _text(kubectl, project) == "from 1.1.0"
    assert archives.is_dir()


@pytest.mark.parametrize("engine", ["library", "program"])
def test_a_chart_from_a_private_http_repository(
    engine: str, project: Project, archives: Path, kubectl: Kubectl, helm_program: Path
) -> None:
    """`repository/name` with a version, by user and password; the password is nowhere in the output."""
    with serve(archives, authenticated=True) as server:
        index(archives, "")
        project.environment(f"""
            repositories:
              team: {{url: "{server.url}", username: {USERNAME}, password: {{env: REPOSITORY_PASSWORD}}}}
            releases: {{app: {{chart: team/config, version: 1.0.0}}}}
        """)
        options = {"PATH": f"{helm_program.parent}:/usr/bin:/bin", "XDG_CACHE_HOME": str(project.folder / "cache")}
        wrong = project("plan", "--engine", engine, REPOSITORY_PASSWORD="wrong-password", **options)
        done = project.applied("--engine", engine, REPOSITORY_PASSWORD=PASSWORD, **options)
        again, written = project.writes_during("apply", "--engine", engine, REPOSITORY_PASSWORD=PASSWORD, **options)

    assert wrong.code == 1
    assert wrong.err.startswith("env.yaml:")
    assert "wrong-password" not in wrong.text
    assert PASSWORD not in done.text
    assert (again.code, written) == (0, [])
    assert _text(kubectl, project) == "from 1.0.0"


def test_a_chart_from_a_registry(project: Project, archives: Path, registry: str, kubectl: Kubectl) -> None:
    """`oci://` with the login of the repository that its URL belongs to."""
    library = load_library()
    with library.RegistryClient(credentials_file=project.folder / "login.json", plain_http=True) as client:
        client.login(registry, USERNAME, PASSWORD, plain_http=True)
        client.push(archives / "config-1.1.0.tgz", f"oci://{registry}/charts", plain_http=True)
    project.environment(f"""
        repositories:
          images: {{url: "oci://{registry}", username: {USERNAME}, password: {{env: TOKEN}}, plainHttp: true}}
        releases: {{app: {{chart: "oci://{registry}/charts/config", version: 1.1.0}}}}
    """)

    project.applied(TOKEN=PASSWORD, XDG_CACHE_HOME=str(project.folder / "cache"))

    assert _text(kubectl, project) == "from 1.1.0"


def test_dependencies_are_built_when_missing(project: Project, kubectl: Kubectl) -> None:
    """A chart that depends on another by `file://` is applied as it stands in git, and its folder stays as it is."""
    project.chart("part", {"templates/config.yaml": CONFIG_MAP}, "text: part\n")
    project.chart("whole", {})
    project.write(
        "charts/whole/Chart.yaml",
        """
        apiVersion: v2
        name: whole
        version: 1.0.0
        dependencies: [{name: part, version: 0.1.0, repository: "file://../part"}]
        """,
    )
    project.environment("releases: {app: {chart: charts/whole, values: [{part: {text: of the whole}}]}}")

    project.applied(XDG_CACHE_HOME=str(project.folder / "cache"))

    assert _text(kubectl, project) == "of the whole"
    assert not (project.folder / "charts/whole/charts").exists()


def test_secrets_never_show(project: Project, kubectl: Kubectl) -> None:
    """Values from variables, files and SOPS reach the cluster, and no output of any command shows one."""
    key = pyrage.x25519.Identity.generate()
    project.write("link.txt", "postgres://shop:link-password@db/shop\n")
    project.write("plain.yaml", "login:\n  token: sops-token-value\n")
    sops = Path(sys.executable).with_name("sops")
    encrypt = [str(sops), "--encrypt", "--age", str(key.to_public()), "--in-place", "plain.yaml"]
    subprocess.run(encrypt, cwd=project.folder, check=True, env={"HOME": str(project.folder)})
    template = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ .Release.Name }}, annotations: {link: {{ .Values.db.link | quote }}}}
        data:
          link: {{ .Values.db.link | quote }}
          encoded: {{ .Values.db.token | b64enc }}
          number: {{ .Values.pin | quote }}
    """
    project.chart("app", {"templates/app.yaml": template}, "db: {link: '', token: ''}\npin: ''\n")
    project.environment("""
        secrets:
          app: {type: Opaque, data: {password: {env: PASSWORD}, token: {sops: plain.yaml, key: login.token}},
                namespaces: [NAMESPACE]}
        releases:
          app:
            chart: charts/app
            valuesFrom:
              db.link: {file: link.txt}
              db.token: {secret: app, key: token}
              pin: {env: PIN}
    """)
    environ = {"PASSWORD": "opaque-password", "PIN": "48151623", "SOPS_AGE_KEY": str(key)}

    runs = [
        project(command, *options, **environ)
        for command, *options in (
            ("validate",),
            ("render",),
            ("plan", "--full"),
            ("plan", "-o", "json"),
            ("apply", "--full"),
            ("status",),
        )
    ]
    project.chart("app", {"templates/app.yaml": template + "\n          {{ fail .Values.db.link }}\n"}, "db: {}\n")
    runs.append(project("plan", **environ))

    printed = "".join(run.text for run in runs)
    for secret in ("link-password", "sops-token-value", "opaque-password", "48151623", "c29wcy10b2tlbi12YWx1ZQ"):
        assert secret not in printed
    assert [run.code for run in runs] == [0, 0, 2, 2, 0, 0, 1], printed
    link = kubectl("-n", project.namespace, "get", "cm", "app", "-o", "jsonpath={.data.link}")
    assert link == "postgres://shop:link-password@db/shop"
    token = kubectl("-n", project.namespace, "get", "secret", "app", "-o", "jsonpath={.data.token}")
    assert token == "c29wcy10b2tlbi12YWx1ZQ=="


def test_several_clusters(project: Project, kubectl: Kubectl) -> None:
    """Each release goes to the cluster of its namespace, and an output names the clusters."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("""
        namespaces:
          here: {name: NAMESPACE, cluster: main}
          there: {name: NAMESPACE-eu, cluster: eu}
        releases:
          app: {chart: charts/config, namespace: here}
          app-eu: {name: app, chart: charts/config, namespace: there, needs: [app], values: [{text: bonjour}]}
    """)
    text = (project.folder / "env.yaml").read_text()
    both = "clusters: {main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}, eu: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}"
    (project.folder / "env.yaml").write_text(
        text.replace("clusters: {main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}", both)
    )

    done = project.applied()

    assert f"release {project.namespace}-eu/app [eu]" in done.out
    assert _text(kubectl, project) == "hello"
    found = kubectl("-n", f"{project.namespace}-eu", "get", "cm", "app", "-o", "jsonpath={.data.text}")
    assert found == "bonjour"
    assert {item["cluster"] for item in project.document("status")["releases"]} == {"main", "eu"}


def test_only_a_part(project: Project, kubectl: Kubectl) -> None:
    """`--only` applies the releases that it names, with their namespace, and nothing else.

    A release that needs one that is neither selected nor in place is refused.
    """
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("""
        releases:
          one: {chart: charts/config}
          two: {chart: charts/config, needs: [one]}
          three: {chart: charts/config}
    """)

    refused = project("apply", "--only", "t*")
    assert refused.code == 1
    assert "which was not selected and is not installed: select it as well" in refused.out
    project.applied("--only", "one")
    project.applied("--only", "t*")

    names = kubectl("-n", project.namespace, "get", "configmaps", "-o", "name").split()
    assert {"configmap/one", "configmap/two", "configmap/three"} <= set(names)
    wrong = project("plan", "--only", "onne")
    assert wrong.code == 1
    assert 'did you mean "one"?' in wrong.err


def test_replicas_win_over_the_values(project: Project) -> None:
    """`replicas` sets the chart's value whatever the layers say; a chart without such a value is an error."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP.replace("text", "replicaCount")}, "replicaCount: 1\n")
    project.chart("none", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/app, values: [{replicaCount: 2}], replicas: 5}}")
    assert 'replicaCount: "5"' in project("render").out.replace("'", '"')

    project.environment("releases: {app: {chart: charts/none, replicas: 5}}")
    done = project("plan")

    assert done.code == 1
    assert "replicas cannot be set" in done.err


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_shop(environment: str, project: Project, kubeconfig: str) -> None:
    """The example applies as it stands; a second apply writes nothing, and status is well."""
    root = Path(__file__).parents[2]
    environ = {
        "KUBECONFIG_CONTENT": kubeconfig,
        "REGISTRY_TOKEN": "registry-token",
        "IMAGE_TAG": "1.4.2",
        "DATABASE_URL": "postgres://shop:shop-password@db/shop",
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(project.folder / "cache")),
    }
    file = str(root / f"examples/shop/{environment}.yaml")

    done = project.run("apply", "-e", file, **environ)
    assert done.code == 0, done.text
    mark = project.control_plane.settle_audit()
    again = project.run("apply", "-e", file, **environ)
    project.control_plane.settle_audit()

    assert again.code == 0, again.text
    assert list(writes(project.control_plane.audit.read(mark), user="admin")) == []
    status = project.run("status", "-e", file, "-o", "json", **environ)
    assert json.loads(status.out)["well"] is True, status.out


def test_the_demo_environment(project: Project) -> None:
    """`environments/demo.yaml` converges, and a second apply changes nothing."""
    file = str(Path(__file__).parents[2] / "environments/demo.yaml")
    environ = {
        "DEMO_REGISTRY_TOKEN": "registry-token",
        "DEMO_DB_PASSWORD": "db-password",
        "DEMO_DATABASE_URL": "postgres://demo:link-password@db/demo",
    }

    assert project.run("apply", "-e", file, **environ).code == 0
    again = project.run("apply", "-e", file, **environ)

    assert again.code == 0
    assert "8 unchanged" in again.out
