"""Repositories and namespaces."""

from __future__ import annotations

import pytest

from tests.desired.project import HEAD, Project

TWO = HEAD.replace("clusters: {main", "clusters: {b: {kubeconfig: {inCluster: true}}, main")


def test_a_repository_has_its_login_and_authority(project: Project) -> None:
    """The password is masked from then on; a slash at the end of the address does not matter."""
    project.write({"ca.pem": "x"})
    desired = project.load(
        HEAD + "repositories: {team: {url: 'https://a.example.com/a/', username: ci, "
        "password: {env: TOKEN}, caFile: ca.pem}}\n"
    )
    team = desired.repositories["team"]
    assert (team.url, team.username, team.ca_file) == ("https://a.example.com/a", "ci", project.root / "ca.pem")
    assert team.password
    assert team.password.reveal() == "correct-horse"
    assert "correct-horse" not in repr(desired)
    assert "correct-horse" not in desired.mask.text("401 for ci:correct-horse")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HEAD + "namespaces: {a: {}}\n", [("main", "a")]),
        (HEAD + "namespaces: {a: {name: shop}}\n", [("main", "shop")]),
        (HEAD + "namespaces: {a: {manage: false}}\n", []),
        (TWO + "defaults: {cluster: b}\nnamespaces: {a: {}, c: {cluster: main}}\n", [("b", "a"), ("main", "c")]),
        (TWO + "namespaces: {a: {cluster: b, name: x}, c: {cluster: main, name: x}}\n", [("b", "x"), ("main", "x")]),
    ],
    ids=["the only cluster", "named", "not managed", "default cluster", "one name in two clusters"],
)
def test_a_namespace_is_one_of_a_cluster(project: Project, text: str, found: list[tuple[str, str]]) -> None:
    """Its key is its name, the only or default cluster its own, unless it says otherwise."""
    assert [(item.id.cluster, item.id.name) for item in project.load(text).namespaces] == found


MISTAKES = {
    "unset variable": (
        HEAD.replace("KUBE", "NO_KUBE"),
        [
            "env.yaml:4:37: the environment variable NO_KUBE is not set",
            "  try: export NO_KUBE=… before running, or in CI",
        ],
    ),
    "empty variable": (
        HEAD.replace("KUBE", "EMPTY"),
        ["env.yaml:4:37: the environment variable EMPTY is empty", "  try: export EMPTY=… before running, or in CI"],
    ),
    "missing kubeconfig": (
        HEAD.replace("{env: KUBE}", "{file: kubeconfg}"),
        ["env.yaml:4:38: there is no kubeconfg", '  try: did you mean "kubeconfig"?'],
    ),
    "unset password": (
        HEAD + "repositories: {r: {url: 'https://a', username: u, password: {env: UNSET}}}\n",
        ["env.yaml:5:51: the environment variable UNSET is not set", "  try: export UNSET=… before running, or in CI"],
    ),
    "authority outside": (
        HEAD + "repositories: {r: {url: 'https://a', caFile: /etc/ssl/ca.pem}}\n",
        [
            "env.yaml:5:46: /etc/ssl/ca.pem lies outside the project",
            "  try: the project is ROOT; copy what it needs into it",
        ],
    ),
    "unknown cluster": (
        HEAD + "namespaces: {a: {cluster: mian}}\n",
        ['env.yaml:5:18: there is no cluster "mian"', '  try: did you mean "main"?'],
    ),
    "no cluster said": (
        TWO + "namespaces: {a: {}}\n",
        [
            "env.yaml:5:14: a does not say which cluster it is for",
            "  try: add `cluster:` here, or `defaults: {cluster: …}`; clusters: b, main",
        ],
    ),
    "two of one identity": (
        HEAD + "namespaces:\n  a: {name: shop}\n  shop: {}\n",
        ['env.yaml:7:3: "shop" and "a" are both namespace shop of cluster main'],
    ),
}


@pytest.mark.parametrize(("text", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(project: Project, text: str, messages: list[str]) -> None:
    """`path:line:col: message`, and what to try."""
    project.write({"kubeconfig": "x"})
    assert project.mistakes(text) == messages
