"""Every form of a cluster's credentials, on the real API server, by both engines."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.cli.wiring import make_context
from reconciler.errors import ClusterError
from reconciler.flows.apply import apply
from reconciler.flows.context import Request
from reconciler.flows.plan import plan
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText
from reconciler.yaml.plain import load
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, Project

pytestmark = pytest.mark.e2e

FILE = """
apiVersion: reconciler/v1
kind: Environment
name: NAMESPACE
clusters: {main: CLUSTER}
defaults: {namespace: NAMESPACE}
namespaces: {NAMESPACE: {}}
releases: {app: {chart: charts/app}}
"""
engines = pytest.mark.parametrize("engine", ["library", "program"])


@dataclass(frozen=True)
class Server:
    """What the sandbox's kubeconfig says."""

    url: str
    authority: str
    token: str

    @classmethod
    def of(cls, kubeconfig: str) -> Server:
        """The one of this kubeconfig."""
        found: Any = load(kubeconfig)
        cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(cluster["server"], authority, user["token"])

    def kubeconfig(self, user: Mapping[str, Any]) -> str:
        """A kubeconfig with another user."""
        authority = base64.b64encode(self.authority.encode()).decode()
        cluster = {"server": self.url, "certificate-authority-data": authority}
        return json.dumps(
            {
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )


@pytest.fixture
def server(kubeconfig: str) -> Server:
    """The worker's API server."""
    return Server.of(kubeconfig)


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with one small chart."""
    project.chart("app", {"templates/map.yaml": CONFIG_MAP}, values="text: hello\n")
    return project


@pytest.fixture
def helm_in_path(helm_program: Path) -> str:
    """A PATH on which the helm of the sandbox is found first."""
    return f"{helm_program.parent}{os.pathsep}{os.environ['PATH']}"


def converges(project: Project, cluster: str, engine: str, **environ: str) -> None:
    """An apply with this cluster installs the release, and a plan then finds nothing to do."""
    project.write("env.yaml", FILE.replace("CLUSTER", cluster))
    project.applied("--engine", engine, **environ)
    planned = project("plan", "--engine", engine, **environ)
    assert planned.code == 0, planned.text


@engines
@pytest.mark.parametrize("form", ["plain", "base64", "base64 in lines"])
def test_the_content_in_a_variable(form: str, engine: str, shop: Project, kubeconfig: str, helm_in_path: str) -> None:
    """As it stands, and in base64 as `base64` and `base64 -w0` print it."""
    encoded = base64.b64encode(kubeconfig.encode()).decode()
    wrapped = base64.encodebytes(kubeconfig.encode()).decode()
    text = {"plain": kubeconfig, "base64": encoded, "base64 in lines": wrapped}[form]
    converges(shop, "{kubeconfig: {env: MINE}}", engine, MINE=text, PATH=helm_in_path)


@engines
def test_a_server_with_a_token(engine: str, shop: Project, server: Server, helm_in_path: str) -> None:
    """Without any kubeconfig."""
    shop.write("ca.crt", server.authority)
    cluster = f"{{server: '{server.url}', token: {{env: MINE}}, ca: {{file: ca.crt}}}}"
    converges(shop, cluster, engine, MINE=server.token, PATH=helm_in_path)


def test_a_wrong_token(shop: Project, server: Server) -> None:
    """One error that names the server and what to try, without the token."""
    shop.write("ca.crt", server.authority)
    cluster = f"{{server: '{server.url}', token: {{env: MINE}}, ca: {{file: ca.crt}}}}"
    shop.write("env.yaml", FILE.replace("CLUSTER", cluster))
    found = shop("plan", MINE="correct-horse-battery")
    assert found.code == 1
    assert "refused the credentials (401 Unauthorized)" in found.err
    assert "correct-horse" not in found.text


PLUGIN = """#!{python}
import json, pathlib
pathlib.Path({log!r}).open("a").write("ran\\n")
status = {{"token": {token!r}}}
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}}))
"""


@pytest.fixture
def login_program(tmp_path: Path, server: Server) -> Path:
    """A credentials plugin that prints a token which the sandbox takes, and notes that it ran."""
    program = tmp_path / "bin" / "give-token"
    program.parent.mkdir()
    program.write_text(PLUGIN.format(python=sys.executable, log=str(tmp_path / "ran"), token=server.token))
    program.chmod(0o755)
    return program


def by_plugin(server: Server) -> str:
    """A kubeconfig that logs in by it."""
    api = "client.authentication.k8s.io/v1"
    return server.kubeconfig({"exec": {"apiVersion": api, "command": "give-token", "interactiveMode": "Never"}})


@engines
def test_a_plugin_that_is_allowed(
    engine: str, shop: Project, server: Server, login_program: Path, helm_in_path: str
) -> None:
    """The API client and Helm each run it for their token."""
    path = f"{login_program.parent}{os.pathsep}{helm_in_path}"
    cluster = "{kubeconfig: {env: MINE}, plugins: [give-token]}"
    converges(shop, cluster, engine, MINE=by_plugin(server), PATH=path)
    assert (shop.folder / "ran").exists()


@engines
def test_a_plugin_that_is_not_allowed(
    engine: str, shop: Project, server: Server, login_program: Path, helm_in_path: str
) -> None:
    """Is not run: the error names it, the line of the cluster, and the key to set."""
    path = f"{login_program.parent}{os.pathsep}{helm_in_path}"
    shop.write("env.yaml", FILE.replace("CLUSTER", "{kubeconfig: {env: MINE}}"))
    found = shop("apply", "--engine", engine, MINE=by_plugin(server), PATH=path)
    assert found.code == 1
    assert not (shop.folder / "ran").exists()
    assert "env.yaml:4:12: cluster main: its kubeconfig logs in by `give-token`" in found.err
    assert 'add `plugins: ["give-token"]` to the cluster' in found.err


def test_files_named_by_a_variable_are_not_read(shop: Project, server: Server) -> None:
    """A variable could have any file of this machine sent to any server."""
    token = shop.write("token", server.token)
    shop.write("env.yaml", FILE.replace("CLUSTER", "{kubeconfig: {env: MINE}}"))
    found = shop("plan", MINE=server.kubeconfig({"tokenFile": str(token)}))
    assert found.code == 1
    assert "comes from a variable and names a file in `tokenFile`" in found.err


@engines
def test_in_a_pod(
    engine: str,
    shop: Project,
    server: Server,
    kubectl: Kubectl,
    namespace: str,
    helm_in_path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the token of a real ServiceAccount, which is read anew when the kubelet has renewed it."""
    kubectl("create", "namespace", f"{namespace}-ci")
    kubectl("create", "serviceaccount", "deployer", "-n", f"{namespace}-ci")
    account = f"{namespace}-ci:deployer"
    kubectl("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", f"--serviceaccount={account}")
    folder = shop.folder / "account"
    folder.mkdir()
    (folder / "ca.crt").write_text(server.authority)
    (folder / "token").write_text(kubectl("create", "token", "deployer", "-n", f"{namespace}-ci"))
    monkeypatch.chdir(shop.folder)
    monkeypatch.setenv("PATH", helm_in_path)
    parts = urlsplit(server.url)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(parts.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(parts.port))
    shop.write("env.yaml", FILE.replace("CLUSTER", "{kubeconfig: {inCluster: true}}"))
    context = make_context("env.yaml", engine)
    context = replace(context, inputs=replace(context.inputs, service_account=folder))
    request = Request("env.yaml")
    mark = shop.control_plane.settle_audit()
    assert apply(request, context, 4, lambda _: None, lambda _: None).converged
    assert plan(request, context).changes == 0
    shop.control_plane.settle_audit()
    writers = {item.user for item in shop.control_plane.audit.read(mark) if item.namespace == namespace}
    assert f"system:serviceaccount:{account}" in writers
    assert "admin" not in writers


def test_a_renewed_token_is_read_anew(server: Server, cluster_access: ClusterAccess, tmp_path: Path) -> None:
    """A reader lives longer than a token does."""
    token = tmp_path / "token"
    token.write_text("expired")
    text = SecretText(server.kubeconfig({"tokenFile": "token"}))
    reader = KubeReader(replace(cluster_access, kubeconfig=text, base=tmp_path))
    with pytest.raises(ClusterError, match="401"):
        reader.releases("default")
    token.write_text(f"{server.token}\n")
    assert reader.releases("no-such-namespace") == []
    token.unlink()
    with pytest.raises(ClusterError, match=r"its token in .* cannot be read: no such file"):
        reader.releases("default")
