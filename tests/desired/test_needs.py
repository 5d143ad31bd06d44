"""`needs`: what a name stands for, how long it is waited for, and mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.desired.needs import DEFAULT_READY
from reconciler.model.desired import Desired, Wait
from reconciler.model.identity import ReleaseId
from reconciler.model.naming import name_of
from tests.desired.project import HEAD, Project

TEXT = (
    HEAD.replace("{main:", "{ops: {kubeconfig: {inCluster: true}}, main:")
    + """\
defaults: {cluster: main, namespace: shop}
namespaces: {shop: {}, web: {name: web-1}, there: {manage: false}, tools: {cluster: ops}}
secrets: {db: {type: Opaque, data: {k: {env: TOKEN}}, namespaces: [shop, web]}}
releases:
  redis: {chart: ./chart, wait: 90s}
  cache: {chart: ./chart, name: memcached}
  policy: {chart: ./chart, namespace: tools}
"""
)
TEN = Wait(10.0)


@pytest.fixture
def shop(project: Project, chart: Mapping[str, str]) -> Project:
    """A project with a chart."""
    project.write(chart)
    return project


def needs(desired: Desired, name: str = "api") -> dict[str, Wait | None]:
    """What the release of that name needs, by names in the cluster."""
    [found] = [release for release in desired.releases if release.id.name == name]
    return {name_of(target): wait for target, wait in found.needs.items()}


@pytest.mark.parametrize(
    ("need", "targets"),
    [
        ("redis", {"release/shop/redis": Wait(90.0)}),
        ("cache", {"release/shop/memcached": DEFAULT_READY}),
        ("release/redis", {"release/shop/redis": Wait(90.0)}),
        ("release/shop/memcached", {"release/shop/memcached": DEFAULT_READY}),
        ("release/tools/*", {"release/tools/policy": DEFAULT_READY}),
        ("ops:release/*", {"release/tools/policy": DEFAULT_READY}),
        ("namespace/web", {"namespace/web-1": None}),
        ("namespace/web-1", {"namespace/web-1": None}),
        ("namespace/there", {"namespace/there": None}),
        ("secret/db", {"secret/shop/db": None, "secret/web-1/db": None}),
        ("secret/web-1/db", {"secret/web-1/db": None}),
        ("cluster/ops", {"namespace/tools": None, "release/tools/policy": DEFAULT_READY}),
        ("{target: redis}", {"release/shop/redis": Wait(90.0)}),
        ("{target: redis, ready: 10s}", {"release/shop/redis": TEN}),
        ("{target: redis, ready: 0}", {"release/shop/redis": Wait(None)}),
        ("{target: redis, ready: false}", {"release/shop/redis": None}),
        ("{target: cluster/ops, ready: 10s}", {"namespace/tools": None, "release/tools/policy": TEN}),
    ],
)
def test_a_need_stands_for_targets(shop: Project, need: str, targets: dict[str, Wait | None]) -> None:
    """By its key in the file, by its name in the cluster, or all of a cluster; a release is waited for."""
    desired = shop.load(f"{TEXT}  api: {{chart: ./chart, needs: [{need if '{' in need else repr(need)}]}}\n")
    assert needs(desired) == targets


def test_namespaces_and_secrets_may_need_things_too(shop: Project) -> None:
    """A namespace that a policy has to be there for, a secret that an operator has to be there for."""
    text = TEXT.replace("web: {name: web-1}", "web: {name: web-1, needs: [policy]}")
    text = text.replace("namespaces: [shop, web]}", "namespaces: [shop, web], needs: [redis]}")
    desired = shop.load(text)
    redis, policy = ReleaseId("main", "shop", "redis"), ReleaseId("ops", "tools", "policy")
    assert {item.id.name: set(item.needs) for item in desired.namespaces} == {
        "shop": set(),
        "web-1": {policy},
        "tools": set(),
    }
    assert [set(item.needs) for item in desired.secrets] == [{redis}, {redis}]


# (what follows the text, the messages); a release `api` is in line 12
MISTAKES = {
    "unknown key": ("needs: [rdis]", ['env.yaml:12:33: there is no release "rdis"', '  try: did you mean "redis"?']),
    "unknown namespace": (
        "needs: [namespace/wbe]",
        ['env.yaml:12:33: there is no namespace "wbe"', '  try: did you mean "web"?'],
    ),
    "unknown secret": (
        "needs: [secret/dba]",
        ['env.yaml:12:33: there is no secret "dba"', '  try: did you mean "db"?'],
    ),
    "unknown cluster": (
        "needs: [cluster/opps]",
        ['env.yaml:12:33: there is no cluster "opps"', '  try: did you mean "ops"?'],
    ),
    "unknown name": (
        "needs: [release/shop/rediss]",
        [
            'env.yaml:12:33: there is no release, secret or namespace "release/shop/rediss"',
            '  try: did you mean "release/shop/redis"?',
        ],
    ),
    "unknown kind": (
        "needs: [relase/shop/redis]",
        [
            'env.yaml:12:33: there is no release, secret or namespace "relase/shop/redis"',
            '  try: did you mean "release/shop/redis"?',
        ],
    ),
    "no name": (
        "needs: ['']",
        ['env.yaml:12:33: there is no release ""', "  try: known: api, cache, policy, redis"],
    ),
    "no duration": (
        "needs: [{target: redis, ready: true}]",
        [
            "env.yaml:12:49: releases.api.needs.0.ready: a duration such as 90s or 5m; 0: for ever; false: not at all",
        ],
    ),
    "itself": (
        "needs: [api]",
        ["env.yaml:12:33: a circle of needs: release shop/api → release shop/api (env.yaml:12:33)"],
    ),
    "its own cluster": (
        "needs: [cluster/main]",
        ["env.yaml:12:33: a circle of needs: release shop/api → release shop/api (env.yaml:12:33)"],
    ),
}


@pytest.mark.parametrize(("entry", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(shop: Project, entry: str, messages: list[str]) -> None:
    """At the very need."""
    assert shop.mistakes(f"{TEXT}  api: {{chart: ./chart, {entry}}}\n") == messages


def test_a_circle_is_told_step_by_step(shop: Project) -> None:
    """With the place of each need, and where it follows from the place of a thing itself."""
    text = TEXT.replace("shop: {}", "shop: {needs: [policy]}").replace(
        "namespace: tools}", "namespace: tools, needs: [secret/shop/db]}"
    )
    [told] = shop.mistakes(text)
    assert told == (
        "env.yaml:6:29: a circle of needs: namespace shop → release tools/policy (env.yaml:6:29) → "
        "secret shop/db (env.yaml:11:54) → namespace shop (its namespace)"
    )


def test_a_namespace_of_others_cannot_need(shop: Project) -> None:
    """Nothing is done about it, so nothing can come before it."""
    text = TEXT.replace("there: {manage: false}", "there: {manage: false, needs: [redis]}")
    assert shop.mistakes(text) == [
        "env.yaml:6:44: namespaces.there: `manage: false` leaves it to others, so it cannot come after what it `needs`"
    ]


def test_a_need_of_a_faulty_entry_is_no_second_mistake(shop: Project) -> None:
    """One mistake, one message."""
    text = TEXT.replace("namespace: tools}", "namespace: toools}") + "  api: {chart: ./chart, needs: [policy]}\n"
    assert shop.mistakes(text) == [
        'env.yaml:11:28: there is no namespace "toools"',
        '  try: did you mean "tools"?',
    ]
