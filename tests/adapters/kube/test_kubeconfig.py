"""Kubeconfigs in all their forms → connections."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.kube.kubeconfig import Connection, connection
from reconciler.errors import ClusterError, Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText

WHERE = Location("env.yaml", 4, 9)
PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
DATA = base64.b64encode(PEM.encode()).decode()


def access(
    text: str | None, base: Path | None, context: str | None = None, plugins: Iterable[str] = ()
) -> ClusterAccess:
    """The cluster `main` with this kubeconfig."""
    kept = SecretText(text) if text is not None else None
    return ClusterAccess("main", kept, context, base, WHERE, frozenset(plugins))


def document(cluster: Mapping[str, Any] | None = None, user: Mapping[str, Any] | None = None) -> str:
    """A kubeconfig with one of each."""
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://api.example.com:6443/", **(cluster or {})}}],
            "users": [{"name": "u", "user": user or {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def expected(**changes: Any) -> Connection:
    """A connection to it, by its plainest form."""
    plain = {**dict.fromkeys(Connection.__slots__), "impersonation": ()}
    return Connection(**{**plain, "server": "https://api.example.com:6443", "verify": True, **changes})


@pytest.mark.parametrize(
    ("cluster", "user", "changes"),
    [
        pytest.param({}, {}, {}, id="nobody"),
        pytest.param({}, {"token": "t0ken"}, {"token": "t0ken"}, id="token"),
        pytest.param({}, {"token": "t0ken\n"}, {"token": "t0ken"}, id="token with a line end"),
        pytest.param(
            {},
            {"as": "jane", "as-groups": ["a", "b"], "as-uid": "7", "as-user-extra": {"example.com/x": ["y"]}},
            {
                "impersonation": (
                    ("Impersonate-User", "jane"),
                    ("Impersonate-Uid", "7"),
                    ("Impersonate-Group", "a"),
                    ("Impersonate-Group", "b"),
                    ("Impersonate-Extra-example.com%2Fx", "y"),
                )
            },
            id="impersonation",
        ),
        pytest.param({}, {"username": "me", "password": "p"}, {"basic": ("me", "p")}, id="basic"),
        pytest.param(
            {"certificate-authority-data": DATA},
            {"client-certificate-data": DATA, "client-key-data": DATA},
            {"authority": PEM, "certificate": PEM, "key": PEM},
            id="certificates inline",
        ),
        pytest.param(
            {"certificate-authority": "ca.crt"},
            {"client-certificate": "sub/me.crt", "client-key": "sub/me.key"},
            {"authority": "ca", "certificate": "certificate", "key": "key"},
            id="certificates in files beside it",
        ),
        pytest.param(
            {"certificate-authority-data": DATA, "certificate-authority": "missing"},
            {},
            {"authority": PEM},
            id="data wins",
        ),
        pytest.param(
            {"certificate-authority-data": f"{DATA[:20]}\n{DATA[20:]}\n"},
            {},
            {"authority": PEM},
            id="data in several lines",
        ),
        pytest.param({"insecure-skip-tls-verify": True}, {}, {"verify": False}, id="insecure"),
        pytest.param({"insecure-skip-tls-verify": False}, {}, {}, id="not insecure"),
        pytest.param({"insecure-skip-tls-verify": "true"}, {}, {}, id="a text is no permission"),
        pytest.param({"tls-server-name": "k.example.com"}, {}, {"tls_server_name": "k.example.com"}, id="name"),
        pytest.param({"proxy-url": "http://p:3128"}, {}, {"proxy": "http://p:3128"}, id="proxy"),
        pytest.param({"server": "http://127.0.0.1:8080"}, {}, {"server": "http://127.0.0.1:8080"}, id="http"),
    ],
)
def test_forms(cluster: Any, user: Any, changes: Any, tmp_path: Path) -> None:
    """Each way to say where a cluster is and who we are, as kubectl reads it."""
    (tmp_path / "sub").mkdir()
    for name, text in {
        "ca.crt": "ca",
        "sub/me.crt": "certificate",
        "sub/me.key": "key",
    }.items():
        (tmp_path / name).write_text(text)
    assert connection(access(document(cluster, user), tmp_path)) == expected(**changes)


def test_no_credentials_in_a_repr(tmp_path: Path) -> None:
    """A connection that turns up in a log or a traceback shows nothing."""
    found = connection(access(document({}, {"token": "s3cret-token", "username": "u", "password": "s3cret"}), tmp_path))
    assert "s3cret" not in repr(found)


def test_the_context_of_the_environment_wins(tmp_path: Path) -> None:
    """Over the kubeconfig's current one."""
    two = json.loads(document())
    two["clusters"].append({"name": "other", "cluster": {"server": "https://other.example.com"}})
    two["contexts"].append({"name": "second", "context": {"cluster": "other"}})
    assert connection(access(json.dumps(two), tmp_path, "second")).server == "https://other.example.com"
    assert connection(access(json.dumps(two), tmp_path)).server == "https://api.example.com:6443"


def broken(**changes: Any) -> str:
    """A kubeconfig with other parts."""
    return json.dumps({**json.loads(document()), **changes})


@pytest.mark.parametrize(
    ("text", "context", "said", "hint"),
    [
        pytest.param("", None, "neither as it stands nor in base64", "full content", id="empty"),
        pytest.param("/home/me/.kube/config", None, "neither as it stands", "full content", id="a path"),
        pytest.param("kind: Config", None, "it has no `clusters`", "full content", id="no clusters"),
        pytest.param("a: [1", None, "line 2: ", "kubectl", id="no YAML"),
        pytest.param("\x00", None, "line 1: ", "kubectl", id="binary"),
        pytest.param(document(), "nope", 'there is no context "nope" in it', "one of: x", id="context"),
        pytest.param(broken(**{"current-context": ""}), None, "it names no current context", "one of: x", id="none"),
        pytest.param(broken(contexts=[]), None, 'there is no context "x" in it', "one of: none", id="no contexts"),
        pytest.param(
            broken(contexts="x"), None, 'there is no context "x" in it', "one of: none", id="contexts: a text"
        ),
        pytest.param(broken(clusters=[]), None, 'there is no cluster "c" in it', "clusters in it: none", id="cluster"),
        pytest.param(broken(users=[{"name": "v"}]), None, 'there is no user "u" in it', "users in it: v", id="user"),
        pytest.param(document({"server": ""}), None, '"" is no address of an API server', "kubectl", id="no server"),
        pytest.param(document({"server": "api.example.com"}), None, "is no address", "kubectl", id="no scheme"),
        pytest.param(
            document({"certificate-authority-data": "%%%"}),
            None,
            "`certificate-authority-data` is no base64",
            "",
            id="b64",
        ),
        pytest.param(
            document({}, {"client-key-data": base64.b64encode(b"\xff").decode()}),
            None,
            "`client-key-data` is no base64",
            "kubectl",
            id="no text",
        ),
        pytest.param(
            document({}, {"client-key": "missing"}),
            None,
            "missing cannot be read: no such file or directory",
            "",
            id="file",
        ),
        pytest.param(document({}, {"client-key": "."}), None, "cannot be read: is a directory", "", id="a folder"),
        pytest.param(document({}, {"client-key": "a\x00b"}), None, "cannot be read", "", id="an impossible name"),
    ],
)
def test_of_no_use(text: str, context: str | None, said: str, hint: str, tmp_path: Path) -> None:
    """One error at the cluster's place in the environment file, with what is wrong and what to do."""
    with pytest.raises(ClusterError) as caught:
        connection(access(text, tmp_path, context))
    assert caught.value.message.startswith("cluster main: the kubeconfig is of no use: ")
    assert said in caught.value.message
    assert hint in str(caught.value.hint)
    assert caught.value.where == WHERE


def test_a_broken_kubeconfig_is_not_quoted(tmp_path: Path) -> None:
    """The text around a mistake may hold a token."""
    with pytest.raises(ClusterError) as caught:
        connection(access("users: [{user: {token: s3cret-token", tmp_path))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("given", [{"tokenFile": "token"}, {"tokenFile": "token", "token": "x"}])
def test_a_token_in_a_file_stays_there(given: Any, tmp_path: Path) -> None:
    """It may be renewed at any time; as in kubectl it wins over a token that stands in the kubeconfig."""
    found = connection(access(document({}, given), tmp_path))
    assert (found.token, found.token_file) == (None, tmp_path / "token")
