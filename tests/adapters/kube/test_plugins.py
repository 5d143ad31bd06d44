"""Credentials plugins: real programs that print an ExecCredential."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.kube.kubeconfig import Connection, connection
from reconciler.adapters.kube.leases import KubeLeases
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ApiError, ClusterError
from reconciler.model.policy import LockPolicy
from tests.adapters.kube.servers import Answer, Authority, serve, status
from tests.adapters.kube.test_kubeconfig import DATA, PEM, WHERE, access, document

API = "client.authentication.k8s.io/v1"


def plugin(folder: Path, body: str, **settings: Any) -> dict[str, Any]:
    """A user whose credentials the script `body` gives; it lies beside the kubeconfig."""
    script = folder / "plugin"
    script.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n")
    script.chmod(0o755)
    return {"exec": {"apiVersion": API, "command": "./plugin", "interactiveMode": "Never", **settings}}


def connected(text: str, folder: Path) -> Connection:
    """The connection by a kubeconfig whose plugins are all allowed."""
    return connection(access(text, folder, plugins=["./plugin", "no-such-program", "", "oidc"]))


def prints(status: Any) -> str:
    """A script that prints credentials."""
    credential = {"apiVersion": API, "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(credential)!r})"


def test_a_token(tmp_path: Path) -> None:
    """With the rest of the kubeconfig as it stands; files and the program are looked for beside it."""
    (tmp_path / "ca.crt").write_text(PEM)
    cluster = {"certificate-authority": "ca.crt", "tls-server-name": "k.example.com", "proxy-url": "http://p:1"}
    found = connected(document(cluster, plugin(tmp_path, prints({"token": "t0ken"}))), tmp_path)
    assert (found.token, found.authority, found.tls_server_name) == ("t0ken", PEM, "k.example.com")
    assert (found.server, found.proxy, found.verify) == ("https://api.example.com:6443", "http://p:1", True)
    assert found.certificate is None


def test_an_insecure_cluster(tmp_path: Path) -> None:
    """Also with a plugin."""
    user = plugin(tmp_path, prints({"token": "t"}))
    assert connected(document({"insecure-skip-tls-verify": True}, user), tmp_path).verify is False


def test_a_certificate(tmp_path: Path) -> None:
    """A plugin can give a client certificate with its key instead."""
    certificate, key = Authority.new().issue("me")
    user = plugin(tmp_path, prints({"clientCertificateData": certificate, "clientKeyData": key}))
    found = connected(document({"certificate-authority-data": DATA}, user), tmp_path)
    assert (found.certificate, found.key, found.token) == (certificate, key, None)


def test_arguments_and_environment(tmp_path: Path) -> None:
    """They reach the program, with the cluster when it asks for it."""
    body = f"""
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
token = "-".join([*sys.argv[1:], os.environ["REGION"], info["spec"]["cluster"]["server"]])
print(json.dumps({{"apiVersion": "{API}", "kind": "ExecCredential", "status": {{"token": token}}}}))
"""
    user = plugin(
        tmp_path, body, args=["get", "token"], env=[{"name": "REGION", "value": "eu"}], provideClusterInfo=True
    )
    found = connected(document({}, user), tmp_path)
    assert found.token == "get-token-eu-https://api.example.com:6443/"


@pytest.mark.parametrize(
    ("body", "settings", "said"),
    [
        pytest.param("sys.exit('please run `cloud login` first')", {}, "please run `cloud login` first", id="exits"),
        pytest.param("print('no JSON')", {}, "what it printed is no JSON", id="no JSON"),
        pytest.param(prints({}), {}, "gave neither a token nor a certificate", id="nothing in it"),
        pytest.param(prints({"clientCertificateData": "x"}), {}, "gave neither a token nor a certificate", id="no key"),
        pytest.param(prints(None), {}, "gave neither a token nor a certificate", id="no status"),
        pytest.param("print('{}')", {}, "no ExecCredential", id="empty"),
        pytest.param("", {"command": "no-such-program"}, "no-such-program", id="missing"),
        pytest.param(prints({"token": "t"}), {"apiVersion": "other/v1"}, "asks for: `other/v1`", id="another version"),
        pytest.param(prints({"token": "t"}), {"apiVersion": None}, "asks for: ``", id="no version"),
        pytest.param("", {"command": None}, "command", id="no command"),
        pytest.param("", {"args": [1]}, "`args` that are texts", id="arguments that are none"),
        pytest.param("", {"env": [{"name": "A=B", "value": "c"}]}, "cannot be started: illegal", id="no variable"),
    ],
)
def test_a_plugin_that_fails(
    body: str, settings: dict[str, Any], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One error with the plugin's own words; nothing else is printed, and nobody goes on without credentials."""
    user = plugin(tmp_path, body, **settings)
    with pytest.raises(ClusterError, match="cluster main: its credentials plugin failed") as caught:
        connected(document({}, user), tmp_path)
    assert said in caught.value.message
    assert caught.value.where == WHERE
    assert capfd.readouterr() == ("", "")


REFUSED = status(401, "Unauthorized", "Unauthorized")


def counting(folder: Path, *given: Any) -> dict[str, Any]:
    """A user whose plugin gives these credentials, one after the other, the last one again and again."""
    body = f"""
given, runs = {list(given)!r}, open("runs", "a+")
runs.write("x")
status = given[min(runs.tell(), len(given)) - 1]
print(json.dumps({{"apiVersion": "{API}", "kind": "ExecCredential", "status": status}}))
"""
    return plugin(folder, body)


@pytest.mark.usefixtures("no_proxy")
def test_a_token_that_expires(tmp_path: Path) -> None:
    """The plugin is asked for another one, and then the server once more: a lock outlives its first token."""
    user = counting(tmp_path, {"token": "old"}, {"token": "new"})
    with serve(REFUSED, Answer(body="{}")) as server:
        found = access(document({"server": server.url}, user), tmp_path, plugins=["./plugin"])
        leases = KubeLeases(found, "staging", LockPolicy())
        assert leases.read()
        assert leases.read()
    assert [sent["Authorization"] for _, _, sent, _ in server.requests] == ["Bearer old", "Bearer new", "Bearer new"]


@pytest.mark.usefixtures("no_proxy")
def test_a_token_that_is_refused(tmp_path: Path) -> None:
    """The same one is not sent again, and another one once."""
    user = counting(tmp_path, {"token": "old"}, {"token": "new"})
    with serve(REFUSED) as server:
        made = Transport("main", connected(document({"server": server.url}, user), tmp_path))
        for _ in range(2):
            with pytest.raises(ApiError, match="refused the credentials"):
                made.get("/x")
    assert [sent["Authorization"] for _, _, sent, _ in server.requests] == ["Bearer old", "Bearer new", "Bearer new"]


@pytest.mark.usefixtures("no_proxy")
def test_a_certificate_that_expires(tmp_path: Path) -> None:
    """It is shown to the server over a new connection."""
    authority = Authority.new()
    pairs = [authority.issue(name) for name in ("old", "new")]
    user = counting(tmp_path, *({"clientCertificateData": shown, "clientKeyData": key} for shown, key in pairs))
    with serve(REFUSED, Answer(), tls=authority.context(tmp_path, "127.0.0.1", clients=True)) as server:
        trusted = base64.b64encode(authority.pem.encode()).decode()
        cluster = {"server": server.url, "certificate-authority-data": trusted}
        assert Transport("main", connected(document(cluster, user), tmp_path)).get("/x") == {"ok": True}
    assert [dict(part[0] for part in shown["subject"])["commonName"] for shown in server.subjects] == ["old", "new"]


def test_an_identity_provider(tmp_path: Path) -> None:
    """The `auth-provider` of old kubeconfigs is read by the official library."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 4_000_000_000}).encode()).decode().rstrip("=")
    token = f"e30.{claims}.c2ln"
    user = {"auth-provider": {"name": "oidc", "config": {"id-token": token}}}
    found = connected(document({"certificate-authority-data": DATA}, user), tmp_path)
    assert (found.token, found.authority) == (token, PEM)
