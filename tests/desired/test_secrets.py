"""Secrets: which go where, and what they hold."""

from __future__ import annotations

import base64
import json

import pytest

from tests.desired.project import HEAD, Project

SPACES = "namespaces: {shop: {}, web: {}}\n"
OPAQUE = "secrets: {db: {type: Opaque, data: {password: {env: TOKEN}}, namespaces: [shop, web]}}\n"


def test_an_opaque_secret_is_kept_in_each_of_its_namespaces(project: Project) -> None:
    """With its data, which nothing shows."""
    desired = project.load(HEAD + SPACES + OPAQUE)
    assert [str(item.id) for item in desired.secrets] == ["secret shop/db", "secret web/db"]
    assert {item.type for item in desired.secrets} == {"Opaque"}
    assert [item.data["password"].reveal() for item in desired.secrets] == ["correct-horse"] * 2
    assert "correct-horse" not in repr(desired)


def test_a_pull_secret_is_made_of_its_logins(project: Project) -> None:
    """As `docker login` writes it; the whole, the password and the encoded pair are masked."""
    desired = project.load(
        HEAD + "namespaces: {shop: {pullSecrets: [reg]}}\n"
        "secrets: {reg: {type: dockerconfigjson,\n"
        "  registries: {r.example.com: {username: ci, password: {env: TOKEN}}}}}\n"
    )
    [secret] = desired.secrets
    assert (str(secret.id), secret.type) == ("secret shop/reg", "kubernetes.io/dockerconfigjson")
    content = secret.data[".dockerconfigjson"].reveal()
    pair = base64.b64encode(b"ci:correct-horse").decode()
    assert json.loads(content) == {
        "auths": {"r.example.com": {"username": "ci", "password": "correct-horse", "auth": pair}}
    }
    for text in (content, pair, "correct-horse", base64.b64encode(content.encode()).decode()):
        assert text not in desired.mask.text(f"refused: {text}")
    assert pair not in repr(desired)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SPACES + "secrets: {db: {type: Opaque}}\n", []),
        (SPACES + "secrets: {db: {type: Opaque, name: link, namespaces: [shop]}}\n", ["secret shop/link"]),
        (
            "namespaces: {shop: {name: real, manage: false}}\nsecrets: {db: {type: Opaque, namespaces: [shop]}}\n",
            ["secret real/db"],
        ),
        (
            (
                "namespaces: {shop: {pullSecrets: [reg]}}\nsecrets: {reg: {type: dockerconfigjson, namespaces: [shop], "
                "registries: {r: {username: u, password: {env: TOKEN}}}}}\n"
            ),
            ["secret shop/reg"],
        ),
    ],
    ids=["nowhere", "named", "in an existing namespace", "asked for twice"],
)
def test_a_secret_is_named_and_placed(project: Project, text: str, found: list[str]) -> None:
    """By its key, or its name; in the namespace that a key means."""
    assert [str(item.id) for item in project.load(HEAD + text).secrets] == found


MISTAKES = {
    "unset variable": (
        SPACES + OPAQUE.replace("TOKEN", "UNSET"),
        ["env.yaml:6:37: the environment variable UNSET is not set", "  try: export UNSET=… before running, or in CI"],
    ),
    "empty variable": (
        SPACES + OPAQUE.replace("TOKEN", "EMPTY"),
        ["env.yaml:6:37: the environment variable EMPTY is empty", "  try: export EMPTY=… before running, or in CI"],
    ),
    "missing file": (
        SPACES + OPAQUE.replace("env: TOKEN", "file: password.text"),
        ["env.yaml:6:37: there is no password.text", '  try: did you mean "password.txt"?'],
    ),
    "file outside": (
        SPACES + OPAQUE.replace("env: TOKEN", "file: ../password"),
        [
            "env.yaml:6:37: ../password lies outside the project",
            "  try: the project is ROOT; copy what it needs into it",
        ],
    ),
    "unknown namespace": (
        SPACES + OPAQUE.replace("web]", "wbe]"),
        ['env.yaml:6:81: there is no namespace "wbe"', '  try: did you mean "web"?'],
    ),
    "unknown pull secret": (
        "namespaces: {shop: {pullSecrets: [rgistry]}}\nsecrets: {registry: {type: Opaque}}\n",
        ['env.yaml:5:35: there is no secret "rgistry"', '  try: did you mean "registry"?'],
    ),
    "pull secret, and no secrets at all": (
        "namespaces: {shop: {pullSecrets: [registry]}}\n",
        ['env.yaml:5:35: there is no secret "registry"', "  try: there is no secret in this file yet"],
    ),
    "pull secret of another type": (
        "namespaces: {shop: {pullSecrets: [db]}}\nsecrets: {db: {type: Opaque}}\n",
        ['env.yaml:5:35: "db" cannot pull images: its type is not dockerconfigjson'],
    ),
    "two of one identity": (
        SPACES
        + "secrets:\n  a: {type: Opaque, name: x, namespaces: [shop]}\n  x: {type: Opaque, namespaces: [shop]}\n",
        ["env.yaml:8:3: secret shop/x is here twice, first in line 7"],
    ),
    "unset password of a registry": (
        (
            "secrets:\n  reg:\n    type: dockerconfigjson\n    registries:\n"
            "      r.example.com: {username: ci, password: {env: UNSET}}\n"
        ),
        ["env.yaml:9:37: the environment variable UNSET is not set", "  try: export UNSET=… before running, or in CI"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(project: Project, text: str, messages: list[str]) -> None:
    """`path:line:col: message`, and what to try; never what a secret holds."""
    project.write({"password.txt": "correct-horse"})
    assert project.mistakes(HEAD + text) == messages


def test_a_secret_is_for_the_cluster_of_its_namespace(project: Project) -> None:
    """A secret that names another one is a mistake."""
    text = (
        HEAD.replace("clusters: {main", "clusters: {b: {kubeconfig: {inCluster: true}}, main")
        + "namespaces: {shop: {cluster: b}}\nsecrets: {db: {type: Opaque, namespaces: [shop]}}\n"
    )
    assert project.load(text).secrets[0].id.cluster == "b"
    assert project.mistakes(text.replace("type: Opaque", "type: Opaque, cluster: main")) == [
        'env.yaml:6:58: "db" is for cluster main, namespace "shop" is in b'
    ]
    assert project.mistakes(text.replace("type: Opaque", "type: Opaque, cluster: mian")) == [
        'env.yaml:6:30: there is no cluster "mian"',
        '  try: did you mean "main"?',
    ]
