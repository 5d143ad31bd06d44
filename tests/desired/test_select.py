"""`--only`: a part of the desired state."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.desired.select import select
from reconciler.errors import DesiredStateError
from reconciler.model.desired import Desired
from tests.desired.project import HEAD, Project

TEXT = (
    HEAD.replace("{main:", "{b: {kubeconfig: {inCluster: true}}, main:")
    + """\
defaults: {cluster: main}
namespaces: {shop: {}, web: {}, far: {cluster: b}}
secrets: {db: {type: Opaque, data: {k: {env: TOKEN}}, namespaces: [shop, far]}}
releases:
  api: {chart: ./chart, namespace: shop, needs: [redis], labels: {tier: back}}
  redis: {chart: ./chart, namespace: shop, needs: [namespace/web]}
  web: {chart: ./chart, namespace: web}
  web-far: {chart: ./chart, namespace: far, name: web, labels: {tier: front, team: x}}
"""
)


@pytest.fixture
def desired(project: Project, chart: Mapping[str, str]) -> Desired:
    """Two clusters, three namespaces, four releases."""
    project.write(chart)
    return project.load(TEXT)


@pytest.mark.parametrize(
    ("selectors", "releases", "namespaces", "secrets", "clusters"),
    [
        ([], "shop/api shop/redis web/web far/web", "shop web far", "shop/db far/db", "b main"),
        (["api"], "shop/api", "shop", "shop/db", "main"),
        (["name=web"], "web/web far/web", "web far", "far/db", "b main"),
        (["we?"], "web/web far/web", "web far", "far/db", "b main"),
        (["*"], "shop/api shop/redis web/web far/web", "shop web far", "shop/db far/db", "b main"),
        (["namespace=shop"], "shop/api shop/redis", "shop", "shop/db", "main"),
        (["cluster=b"], "far/web", "far", "far/db", "b"),
        (["tier=front"], "far/web", "far", "far/db", "b"),
        (["tier=*"], "shop/api far/web", "shop far", "shop/db far/db", "b main"),
        (["tier!=front"], "shop/api shop/redis web/web", "shop web", "shop/db", "main"),
        (["name=web,tier=front"], "far/web", "far", "far/db", "b"),
        (["namespace!=shop, cluster!=b"], "web/web", "web", "", "main"),
        (["tier=back", "team=x"], "shop/api far/web", "shop far", "shop/db far/db", "b main"),
        (["api", "cluster=b"], "shop/api far/web", "shop far", "shop/db far/db", "b main"),
    ],
    ids=str,
)
def test_a_selector_picks_releases_with_the_places_that_they_stand_in(
    desired: Desired, selectors: list[str], releases: str, namespaces: str, secrets: str, clusters: str
) -> None:
    """Any of several selectors is enough; none means all."""
    found = select(desired, selectors)
    assert " ".join(f"{item.id.namespace}/{item.id.name}" for item in found.releases) == releases
    assert " ".join(item.id.name for item in found.namespaces) == namespaces
    assert " ".join(f"{item.id.namespace}/{item.id.name}" for item in found.secrets) == secrets
    assert " ".join(found.clusters) == clusters


def test_a_need_that_is_not_selected_is_remembered(desired: Desired) -> None:
    """It is looked at, and never applied."""
    found = select(desired, ["api"])
    [api] = found.releases
    assert [str(item) for item in api.needs] == ["release shop/redis"]
    assert [str(item.id) for item in found.unselected] == ["release shop/redis"]


def test_what_is_needed_can_be_selected_along(desired: Desired) -> None:
    """All of it: also what that needs, with the places where it stands."""
    found = select(desired, ["api"], with_needs=True)
    assert [item.id.name for item in found.releases] == ["api", "redis"]
    assert [item.id.name for item in found.namespaces] == ["shop", "web"]
    assert found.unselected == ()


@pytest.mark.parametrize(
    ("selector", "message", "hint"),
    [
        ("ap", "--only ap matches no release", 'did you mean "api"?'),
        ("zzz", "--only zzz matches no release", "there is: api, redis, web"),
        ("namespace=shp", "--only namespace=shp matches no release", 'did you mean "shop"?'),
        ("label=x", "--only label=x: no release has a label label", "known: name, namespace, cluster, team, tier"),
        ("teir=front", "--only teir=front: no release has a label teir", 'did you mean "tier"?'),
        ("teir!=front", "--only teir!=front: no release has a label teir", 'did you mean "tier"?'),
        ("tier=frnt", "--only tier=frnt matches no release", 'did you mean "front"?'),
        (
            "tier=front,name=api",
            "--only tier=front,name=api matches no release",
            "each part matches something, but no release matches all of them",
        ),
        ("", "--only  matches no release", "there is: api, redis, web"),
    ],
    ids=repr,
)
def test_a_selector_that_matches_nothing_is_a_mistake(desired: Desired, selector: str, message: str, hint: str) -> None:
    """Rather than a run that does nothing."""
    with pytest.raises(DesiredStateError) as caught:
        select(desired, ["api", selector])
    assert (caught.value.message, caught.value.hint) == (message, hint)
