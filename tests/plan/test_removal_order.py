"""What goes before what, and what a removal that is blocked holds up."""

from __future__ import annotations

import pytest

from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.plan import Action, ActionKind
from reconciler.plan.removal_order import after, one_by_one

BLOCKED, UNINSTALL = ActionKind.BLOCKED, ActionKind.UNINSTALL


def action(target: Target, kind: ActionKind = UNINSTALL) -> Action:
    """That removes it."""
    return Action(kind, target, "", (), frozenset(), None)


def old(name: str) -> ReleaseId:
    """A release of the cluster that its name begins with."""
    return ReleaseId(name.partition("-")[0], "shop", name)


@pytest.mark.parametrize(
    ("releases", "needs"),
    [
        (["us-a", "eu-b", "us-c"], {"us-a": "", "eu-b": "us-a", "us-c": "eu-b"}),
        (["us-a!", "us-b"], {"us-a": "", "us-b": "us-a"}),
        (["us-a!", "eu-b", "eu-c"], {"us-a": "", "eu-b": "", "eu-c": "eu-b"}),
        (
            ["eu-a", "us-b!", "us-c", "eu-d", "us-e"],
            {"eu-a": "", "us-b": "eu-a", "us-c": "us-b", "eu-d": "eu-a", "us-e": "us-c"},
        ),
        (
            ["us-a!", "eu-b!", "us-c", "eu-d", "de-e"],
            {"us-a": "", "eu-b": "", "us-c": "us-a", "eu-d": "eu-b", "de-e": ""},
        ),
    ],
)
def test_releases_go_one_by_one(releases: list[str], needs: dict[str, str]) -> None:
    """Across clusters; but one that is blocked (`!`) holds up only those of its own."""
    actions = [action(old(name.rstrip("!")), BLOCKED if name.endswith("!") else UNINSTALL) for name in releases]
    made = {str(item.target.name): [need.name for need in item.needs] for item in one_by_one(actions)}
    assert made == {name: [need] if need else [] for name, need in needs.items()}


def test_what_a_namespace_comes_after() -> None:
    """All releases of its cluster, and what stands in it; nothing of another cluster or namespace."""
    shop, web = NamespaceId("us", "shop"), NamespaceId("us", "web")
    mine: list[Target] = [ReleaseId("us", "web", "a"), SecretId("us", "shop", "s"), AccountId("us", "shop", "default")]
    others: list[Target] = [
        ReleaseId("eu", "shop", "a"),
        SecretId("us", "web", "s"),
        SecretId("eu", "shop", "s"),
        AccountId("us", "web", "default"),
        web,
    ]
    assert after(action(shop), [action(target) for target in (*mine, *others)]).needs == set(mine)
