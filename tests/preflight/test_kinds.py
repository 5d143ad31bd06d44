"""Kinds that are not served, and what servers say of those that are."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind
from reconciler.model.preflight import Area, Status
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.kinds import kind_checks, served_checks, unserved
from tests.preflight.objects import PLACES, WHERE, rendered

CONFIG_MAP = Kind("v1", "ConfigMap")
INGRESS = Kind("networking.k8s.io/v1", "Ingress")
RESOURCES = {
    CONFIG_MAP: Resource(CONFIG_MAP, "configmaps", namespaced=True),
    INGRESS: Resource(INGRESS, "ingresses", namespaced=True),
}


def definition(kind: str = "Thing", *versions: str) -> dict[str, Any]:
    """A CustomResourceDefinition."""
    listed = [{"name": version} for version in versions or ("v1",)]
    spec = {"group": "example.com", "names": {"kind": kind}, "versions": listed}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}


@pytest.mark.parametrize(
    ("item", "message", "hint"),
    [
        pytest.param(
            rendered("Ingress", version="extensions/v1beta1"),
            "the cluster does not serve Ingress in extensions/v1beta1",
            "it serves it in networking.k8s.io/v1: use that in the chart, or a newer version of the chart",
            id="an old version",
        ),
        pytest.param(
            rendered("Thing", version="example.com/v1"),
            "the cluster does not serve Thing in example.com/v1",
            "install what brings this kind first (a release that others `need`), or correct apiVersion and kind",
            id="a kind that nobody brings",
        ),
    ],
)
def test_what_is_not_served(item: RenderedObject, message: str, hint: str) -> None:
    """With the version in which the cluster has the kind, if it has."""
    (found,) = kind_checks(unserved([item, item], [], RESOURCES), PLACES)
    assert (found.area, found.status, found.message, found.hint) == (Area.API, Status.FAILED, message, hint)
    assert found.where == WHERE


@pytest.mark.parametrize("how", ["crds/", "a template", "an aggregated API server"])
def test_kinds_of_the_environments_own(how: str) -> None:
    """They come with it."""
    items = [rendered("Thing", version="example.com/v1")]
    definitions = []
    if how == "crds/":
        definitions = [definition()]
    elif how == "a template":
        spec = definition()["spec"]
        items.append(rendered("CustomResourceDefinition", spec=spec, version="apiextensions.k8s.io/v1"))
    else:
        spec = {"group": "example.com", "version": "v1"}
        items.append(rendered("APIService", spec=spec, version="apiregistration.k8s.io/v1"))
    served = {**RESOURCES, **{item.id.kind: RESOURCES[CONFIG_MAP] for item in items[1:]}}
    assert list(unserved(items, definitions, served)) == []


def test_another_version_of_an_own_kind_is_not_served() -> None:
    """A definition serves the versions that it lists."""
    items = [rendered("Thing", version="example.com/v2")]
    assert [found.kind.api_version for found in unserved(items, [definition("Thing", "v1")], RESOURCES)] == [
        "example.com/v2"
    ]


def test_what_the_server_says_of_a_kind() -> None:
    """A deprecation is a warning in the server's own words, at the place of a release that uses it."""
    said = [(CONFIG_MAP, ()), (INGRESS, ("Ingress is deprecated",))]
    fine, old = served_checks(said, "main", {CONFIG_MAP: WHERE, INGRESS: WHERE})
    assert (fine.status, fine.subject, fine.where) == (Status.OK, "ConfigMap in v1", None)
    assert (old.status, old.message, old.where) == (Status.WARNING, "Ingress is deprecated", WHERE)
