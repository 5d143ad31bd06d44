"""The ServiceAccounts that pull secrets are attached to."""

from __future__ import annotations

import pytest

from tests.desired.project import HEAD, Project

SECRETS = (
    "secrets:\n"
    "  reg: {type: dockerconfigjson, name: real, registries: {r: {username: u, password: {env: TOKEN}}}}\n"
    "  more: {type: dockerconfigjson, registries: {s: {username: u, password: {env: TOKEN}}}}\n"
)


@pytest.mark.parametrize(
    ("namespaces", "found"),
    [
        ("{shop: {pullSecrets: [reg]}}", []),
        ("{shop: {pullSecrets: [reg], attachPullSecrets: false}}", []),
        ("{shop: {pullSecrets: [reg, more], attachPullSecrets: true}}", [("shop", "default", ("real", "more"))]),
        ("{shop: {attachPullSecrets: true}}", [("shop", "default", ())]),
        (
            "{a: {name: shop, manage: false, pullSecrets: [more], attachPullSecrets: [default, builder, default]}}",
            [("shop", "default", ("more",)), ("shop", "builder", ("more",))],
        ),
    ],
    ids=["not asked for", "false", "the default one", "nothing to attach", "by name"],
)
def test_accounts(namespaces: str, found: list[tuple[str, str, tuple[str, ...]]], project: Project) -> None:
    """True means `default`; secrets have the names that they have in the cluster."""
    desired = project.load(f"{HEAD}namespaces: {namespaces}\n{SECRETS}")
    assert [(item.id.namespace, item.id.name, item.secrets) for item in desired.accounts] == found


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("default", "env.yaml:5:21: namespaces.shop.attachPullSecrets: has to be true, or a list of ServiceAccounts"),
        (
            "[Bad_Name]",
            (
                "env.yaml:5:41: namespaces.shop.attachPullSecrets.0 is not valid: lower-case letters, digits, - and ., "
                "starting and ending with a letter or digit"
            ),
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(value: str, message: str, project: Project) -> None:
    """`path:line:col: message`."""
    assert project.mistakes(f"{HEAD}namespaces: {{shop: {{attachPullSecrets: {value}}}}}\n") == [message]
