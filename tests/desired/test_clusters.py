"""Clusters, and every form that their credentials can have."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.files import Files
from reconciler.desired.load import load
from reconciler.errors import DesiredStateErrors
from reconciler.model.desired import ClusterAccess
from tests.desired.project import ENVIRON, HEAD, Project

KUBECONFIG = "apiVersion: v1\nclusters: [{name: c}]\nusers: [{name: u, user: {token: correct-horse-token}}]\n"
ENCODED = base64.b64encode(KUBECONFIG.encode()).decode()
PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
CLUSTER = "{main: {kubeconfig: {env: KUBE}}}"


def with_cluster(text: str) -> str:
    """An environment whose only cluster is this one."""
    return HEAD.replace(CLUSTER, f"{{main: {text}}}")


def document(access: ClusterAccess) -> Any:
    """The kubeconfig of a cluster, parsed."""
    assert access.kubeconfig is not None
    return json.loads(access.kubeconfig.reveal())


def test_a_kubeconfig_comes_from_a_variable_a_file_or_the_pod(project: Project) -> None:
    """With its context, and the folder from which its relative paths are read; a variable has none."""
    project.write({"kube/config": "kind: Config # correct-horse\n", "home/.kube/config": "home # correct-horse\n"})
    text = HEAD.replace(
        CLUSTER,
        "{a: {kubeconfig: {env: KUBE}, context: ctx, plugins: [aws]}, b: {kubeconfig: {file: kube/config}},"
        " c: {kubeconfig: {file: ~/.kube/config}}, d: {kubeconfig: {inCluster: true}}}",
    )
    clusters = project.load(text, environ={"KUBE": "env # correct-horse"}).clusters
    assert {
        name: (item.kubeconfig and item.kubeconfig.reveal(), item.context, item.base) for name, item in clusters.items()
    } == {
        "a": ("env # correct-horse", "ctx", None),
        "b": ("kind: Config # correct-horse\n", None, project.root / "kube"),
        "c": ("home # correct-horse\n", None, project.root / "home/.kube"),
        "d": (None, None, project.inputs().service_account),
    }
    assert clusters["a"].plugins == {"aws"}
    assert [clusters[name].within for name in "abd"] == [None, project.root, None]
    assert "correct-horse" not in repr(clusters)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(KUBECONFIG, id="as it stands"),
        pytest.param(ENCODED, id="base64"),
        pytest.param(f"  {ENCODED}\n", id="with spaces around"),
        pytest.param("\r\n".join(ENCODED[i : i + 60] for i in range(0, len(ENCODED), 60)), id="in lines"),
    ],
)
def test_a_variable_holds_a_kubeconfig_as_it_stands_or_in_base64(text: str, project: Project) -> None:
    """As CI systems keep it; what proves an identity is masked in each form."""
    desired = project.load(HEAD, environ={"KUBE": text})
    kept = desired.clusters["main"].kubeconfig
    assert kept
    assert kept.reveal() == KUBECONFIG
    assert "correct-horse" not in desired.mask.text("401 for correct-horse-token")
    assert ENCODED not in desired.mask.text(f"KUBE={ENCODED}") or text == KUBECONFIG


@pytest.mark.parametrize("text", ["no kubeconfig", "bm8gY29uZmln", "/home/me/.kube/config", "a: [", "%%%"])
def test_what_is_no_kubeconfig_is_left_as_it_is(text: str, project: Project) -> None:
    """Whoever checks the files only needs no credentials; connecting says what is wrong."""
    kept = project.load(HEAD, environ={"KUBE": text}).clusters["main"].kubeconfig
    assert kept
    assert kept.reveal() == text


@pytest.mark.parametrize(
    ("ca", "found"),
    [
        pytest.param("", None, id="none: the system's"),
        pytest.param(", ca: {file: ca.crt}", PEM, id="a file"),
        pytest.param(", ca: {env: CA}", PEM, id="a variable"),
        pytest.param(", ca: {env: CA_DATA}", PEM, id="in base64"),
    ],
)
def test_a_server_with_a_token(ca: str, found: str | None, project: Project) -> None:
    """Becomes a kubeconfig, so that everything after it knows one form only; the token is masked."""
    project.write({"ca.crt": PEM + "\n"})
    text = with_cluster(f"{{server: 'https://api.example.com:6443', token: {{env: TOKEN}}{ca}}}")
    data = base64.b64encode(PEM.encode()).decode()
    desired = project.load(text, environ={**ENVIRON, "TOKEN": "correct-horse\n", "CA": PEM, "CA_DATA": data})
    access = desired.clusters["main"]
    expected = {"server": "https://api.example.com:6443"}
    if found:
        expected["certificate-authority-data"] = data
    assert document(access)["clusters"] == [{"name": "cluster", "cluster": expected}]
    assert document(access)["users"] == [{"name": "user", "user": {"token": "correct-horse"}}]
    assert (access.base, access.context) == (None, None)
    assert "correct-horse" not in desired.mask.text("401 for correct-horse") + repr(desired)


@pytest.mark.parametrize(
    ("host", "server"), [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_in_a_pod(host: str, server: str, project: Project) -> None:
    """The address from its variables, the token as a file, since the kubelet renews it."""
    project.write({"env.yaml": with_cluster("{kubeconfig: {inCluster: true}}")})
    environ = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"}
    inputs = replace(project.inputs(environ=environ), service_account=project.root / "account")
    access = load("env.yaml", inputs).clusters["main"]
    assert document(access)["clusters"][0]["cluster"] == {"server": server, "certificate-authority": "ca.crt"}
    assert document(access)["users"][0]["user"] == {"tokenFile": "token"}
    assert access.base == project.root / "account"


MISTAKES = {
    "two ways": (
        "{kubeconfig: {env: KUBE}, server: 'https://a', token: {env: TOKEN}}",
        ["env.yaml:4:12: clusters.main: exactly one of `kubeconfig`, `server` is needed, 2 given"],
    ),
    "none": ("{}", ["env.yaml:4:12: clusters.main: exactly one of `kubeconfig`, `server` is needed, none given"]),
    "no token": ("{server: 'https://a'}", ["env.yaml:4:12: clusters.main: `server` needs a `token`"]),
    "a token beside a kubeconfig": (
        "{kubeconfig: {env: KUBE}, token: {env: TOKEN}}",
        ["env.yaml:4:12: clusters.main: `token` and `ca` go with `server`; a kubeconfig has its own"],
    ),
    "plugins without a kubeconfig": (
        "{server: 'https://a', token: {env: TOKEN}, plugins: [aws]}",
        ["env.yaml:4:12: clusters.main: `context` and `plugins` go with a `kubeconfig`"],
    ),
    "no address": (
        "{server: a.example.com, token: {env: TOKEN}}",
        ["env.yaml:4:19: clusters.main.server: has to be the https:// address of an API server"],
    ),
    "no TLS": (
        "{server: 'http://a.example.com', token: {env: TOKEN}}",
        [
            (
                "env.yaml:4:19: clusters.main.server: has to begin with https://, since all that is sent could be "
                "read; http is for this machine"
            )
        ],
    ),
    "a token in the file": (
        "{server: 'https://a', token: correct-horse}",
        [
            "env.yaml:4:40: clusters.main.token: has to be a map",
            "  try: a secret does not stand in the file: {env: NAME}, {file: …} or {sops: …, key: …} says where it is",
        ],
    ),
    "an unset token": (
        "{server: 'https://a', token: {env: UNSET}}",
        ["env.yaml:4:40: the environment variable UNSET is not set", "  try: export UNSET=… before running, or in CI"],
    ),
    "no authority": (
        "{server: 'https://a', token: {env: TOKEN}, ca: {env: TOKEN}}",
        [
            "env.yaml:4:61: this is no certificate authority: it has to be PEM, or PEM in base64",
            "  try: it begins with -----BEGIN CERTIFICATE-----; a kubeconfig has it under `certificate-authority-data`",
        ],
    ),
}


@pytest.mark.parametrize(("cluster", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(cluster: str, messages: list[str], project: Project) -> None:
    """`path:line:col: message`, and what to try; never what a secret holds."""
    assert project.mistakes(with_cluster(cluster)) == messages


@pytest.mark.parametrize(
    ("kubeconfig", "refused"),
    [("{file: kube}", True), ("{file: ../other/kube}", True), ("{file: ~/kube}", False), ("{env: KUBE}", False)],
)
def test_a_kubeconfig_of_a_repository_runs_nothing(tmp_path: Path, kubeconfig: str, *, refused: bool) -> None:
    """Where whoever pushes is not who runs this; nor does one of another commit. It names files of its commit alone."""
    project = Project(tmp_path / "checkouts/this")
    for folder in ("checkouts/this", "checkouts/other", "home"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "kube").write_text(KUBECONFIG)
    project.write({"env.yaml": with_cluster(f"{{kubeconfig: {kubeconfig}, plugins: [sh]}}")})
    files = Files(project.root, project.root, tmp_path / "home")
    inputs = replace(project.inputs(), files=files, environ={"KUBE": KUBECONFIG}, checkouts=tmp_path / "checkouts")
    if refused:
        with pytest.raises(DesiredStateErrors, match="a kubeconfig in the repository may run no program"):
            load("env.yaml", inputs)
        project.write({"env.yaml": with_cluster(f"{{kubeconfig: {kubeconfig}}}")})
    assert load("env.yaml", inputs).clusters["main"].within == (project.root if refused else None)
