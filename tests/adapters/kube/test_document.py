"""What is taken from a kubeconfig, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.adapters.kube.document import selected
from reconciler.errors import ClusterError
from reconciler.model.desired import Impersonation
from tests.adapters.kube.test_kubeconfig import WHERE, access, document

FOLDER = Path("/home/me/.kube")


def test_only_the_context_in_use_is_taken() -> None:
    """Helm is given nothing of the other clusters and users that the kubeconfig knows."""
    several = json.loads(document({}, {"token": "mine"}))
    several["clusters"].append({"name": "other", "cluster": {"server": "https://other.example.com"}})
    several["users"].append({"name": "other", "user": {"token": "theirs", "exec": {"command": "evil"}}})
    several["contexts"].append({"name": "other", "context": {"cluster": "other", "user": "other"}})
    text = selected(access(json.dumps(several), FOLDER)).text()
    assert json.loads(text) == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "x", "cluster": {"server": "https://api.example.com:6443/"}}],
        "users": [{"name": "x", "user": {"token": "mine"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }


def test_what_is_selected_shows_nothing() -> None:
    """In a log or a traceback."""
    assert "s3cret" not in repr(selected(access(document({}, {"token": "s3cret"}), FOLDER)))


def test_relative_paths_are_those_beside_the_kubeconfig() -> None:
    """Wherever Helm reads its copy; a bare command is searched in PATH, as kubectl does."""
    user = {"client-certificate": "../a.crt", "client-key": "/abs/a.key", "tokenFile": "t"}
    found = selected(access(document({"certificate-authority": "ca.crt"}, user), FOLDER))
    assert found.cluster["certificate-authority"] == "/home/me/.kube/ca.crt"
    assert found.user == {
        "client-certificate": "/home/me/.kube/../a.crt",
        "client-key": "/abs/a.key",
        "tokenFile": "/home/me/.kube/t",
    }


@pytest.mark.parametrize(
    ("command", "found"), [("aws", "aws"), ("./login", "/home/me/.kube/login"), ("/bin/login", "/bin/login")]
)
def test_an_allowed_command(command: str, found: str) -> None:
    """It has to be allowed as the kubeconfig writes it, and is looked for as kubectl does."""
    chosen = selected(access(document({}, {"exec": {"command": command}}), FOLDER, plugins=[command]))
    assert chosen.user["exec"] == {"command": found}


@pytest.mark.parametrize(
    ("user", "allowed", "named"),
    [
        pytest.param({"exec": {"command": "aws"}}, [], "aws", id="a command"),
        pytest.param({"exec": {"command": "/tmp/aws"}}, ["aws"], "/tmp/aws", id="one of the same name elsewhere"),  # noqa: S108 - a name
        pytest.param({"exec": {"command": "./aws"}}, ["aws"], "./aws", id="one beside the kubeconfig"),
        pytest.param({"exec": None}, ["aws"], "", id="no command at all"),
        pytest.param({"auth-provider": {"name": "oidc"}}, ["aws"], "oidc", id="a provider"),
        pytest.param(
            {"auth-provider": {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}},
            ["gcp"],
            "/bin/sh",
            id="the program of a provider",
        ),
        pytest.param({"exec": {"command": "aws"}, "token": "t"}, [], "aws", id="beside a token"),
    ],
)
def test_what_runs_programs_is_refused(user: Any, allowed: list[str], named: str) -> None:
    """Unless the environment names it: the error says what it is, where the cluster stands, and which key to set."""
    with pytest.raises(ClusterError) as caught:
        selected(access(document({}, user), FOLDER, plugins=allowed))
    assert f"its kubeconfig logs in by `{named}`, which the environment does not allow to run" in caught.value.message
    assert f'add `plugins: ["{named}"]` to the cluster' in str(caught.value.hint)
    assert caught.value.where == WHERE


@pytest.mark.parametrize(
    ("cluster", "user", "key"),
    [
        ({"certificate-authority": "/etc/ssl/ca.crt"}, {}, "certificate-authority"),
        ({}, {"tokenFile": "/var/run/token"}, "tokenFile"),
        ({}, {"client-certificate": "me.crt"}, "client-certificate"),
        ({}, {"client-certificate-data": "eA==", "client-key": "me.key"}, "client-key"),
    ],
)
def test_a_kubeconfig_from_a_variable_names_no_files(cluster: Any, user: Any, key: str) -> None:
    """Whoever sets the variable shall not have a file of this machine read and sent to a server of theirs."""
    with pytest.raises(ClusterError, match=f"comes from a variable and names a file in `{key}`") as caught:
        selected(access(document(cluster, user), None))
    assert "--flatten" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("named", "read"),
    [
        ("token", True),
        ("../token", True),
        ("../../token", False),
        ("/var/run/secrets/token", False),
        ("out/token", False),
    ],
)
def test_a_kubeconfig_of_a_project_names_files_of_the_project(tmp_path: Path, named: str, *, read: bool) -> None:
    """Whoever may write into it shall not have any other file of this machine sent to a server of theirs."""
    (tmp_path / "project/kube").mkdir(parents=True)
    (tmp_path / "project/kube/out").symlink_to(tmp_path)
    of_project = access(document({}, {"tokenFile": named}), tmp_path / "project/kube")
    confined = replace(of_project, within=tmp_path / "project")
    if read:
        assert selected(confined) == selected(of_project)
        return
    with pytest.raises(ClusterError, match="is in the project and names a file outside of it in `tokenFile`"):
        selected(confined)


def test_a_kubeconfig_from_a_variable_that_is_complete() -> None:
    """Data wins over the name of a file, which then is not read; a command has to be found without a folder."""
    user = {"client-key": "me.key", "client-key-data": "eA==", "exec": {"command": "aws"}}
    assert selected(access(document({}, user), None, plugins=["aws"])).user == user
    with pytest.raises(ClusterError, match=r"`\./aws` is relative, and a variable lies in no folder"):
        selected(access(document({}, {"exec": {"command": "./aws"}}), None, plugins=["./aws"]))


@pytest.mark.parametrize(
    ("server", "refused"),
    [
        ("https://api.example.com", False),
        ("http://127.0.0.1:8080", False),
        ("http://localhost:8080/x", False),
        ("http://[::1]:8080", False),
        ("http://api.example.com", True),
        ("http://127.0.0.1.example.com", True),
        ("http://127.0.0.1@example.com", True),
        ("http://[", True),
    ],
)
def test_without_tls_only_on_this_machine(server: str, *, refused: bool) -> None:
    """A token is not sent where everybody on the way can read it."""
    text = document({"server": server})
    if refused:
        with pytest.raises(ClusterError, match="has no TLS"):
            selected(access(text, FOLDER))
    else:
        assert selected(access(text, FOLDER)).cluster["server"] == server


def test_the_environment_says_as_whom() -> None:
    """Its user takes the place of all that the kubeconfig says about impersonation."""
    user = {"token": "t", "as": "other", "as-groups": ["x"], "as-uid": "1", "as-user-extra": {"a": ["b"]}}
    asked = access(document({}, user), FOLDER)
    assert selected(asked).user == user
    jane = replace(asked, impersonate=Impersonation("jane", ("team",)))
    assert selected(jane).user == {"token": "t", "as": "jane", "as-groups": ["team"]}
    account = replace(asked, impersonate=Impersonation("system:serviceaccount:shop:deployer"))
    assert selected(account).user == {"token": "t", "as": "system:serviceaccount:shop:deployer"}


def test_outside_of_a_pod() -> None:
    """`inCluster` does not fall back to whatever kubeconfig the user happens to have."""
    with pytest.raises(ClusterError, match="works only inside a pod, this is none"):
        selected(access(None, FOLDER))


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["exec", "command", "user", "cluster", "clusters", "users", "contexts", "name", "server"]
                ),
                x,
            )
        ),
    )
)
def test_any_document_is_taken_or_refused(parts: Any) -> None:
    """A kubeconfig of whatever shape is no bug of ours."""
    base = json.loads(document())
    for text in (json.dumps(parts), json.dumps({**base, "users": parts}), document({}, {"exec": parts})):
        try:
            selected(access(text, None))
        except ClusterError:
            continue
