"""Definitions are made once and by nobody's force, and waited for: on the real API server."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from reconciler.adapters.kube.writer import KubeWriter
from reconciler.apply import definitions as module
from reconciler.apply.definitions import DEFINITION, await_served
from reconciler.errors import ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import dig, maps_at
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


def definition(group: str, plural: str = "gadgets", *versions: str) -> dict[str, Any]:
    """A definition of the kind Gadget."""
    schema = {"openAPIV3Schema": {"type": "object"}}
    listed = [
        {"name": version, "served": True, "storage": number == 0, "schema": schema}
        for number, version in enumerate(versions or ["v1"])
    ]
    names = {"kind": "Gadget", "plural": plural}
    return {
        "apiVersion": DEFINITION.api_version,
        "kind": DEFINITION.name,
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": listed},
    }


@pytest.fixture
def group(namespace: str, kubectl: Kubectl) -> Iterator[str]:
    """An API group for the test's definitions, which are gone afterwards."""
    name = f"{namespace}.example.com"
    yield name
    kubectl("delete", "crd", "--ignore-not-found", f"gadgets.{name}", f"others.{name}")


def _make(writer: KubeWriter, item: dict[str, Any]) -> ObjectId:
    writer.create(writer.resources()[DEFINITION], item, "helm")
    return ObjectId(DEFINITION, "", item["metadata"]["name"])


def test_a_kind_is_served_afterwards(cluster_access: ClusterAccess, group: str) -> None:
    """In each of its versions, to whoever asks which kinds there are; what defines no kind is not waited for."""
    writer = KubeWriter(cluster_access)
    made = _make(writer, definition(group, "gadgets", "v1", "v2"))
    await_served(writer, [ObjectId(Kind("v1", "ConfigMap"), "shop", "none"), made], Event())
    assert {Kind(f"{group}/{version}", "Gadget") for version in ("v1", "v2")} <= writer.resources().keys()


def test_one_that_is_there_is_left_as_it_is(cluster_access: ClusterAccess, group: str) -> None:
    """Somebody was faster, with a newer one."""
    writer = KubeWriter(cluster_access)
    _make(writer, definition(group, "gadgets", "v1", "v2"))
    made = _make(writer, definition(group))
    live = writer.fetch(writer.resources()[DEFINITION], "", made.name)
    assert [dig(version, "name") for version in maps_at(live, "spec", "versions")] == ["v1", "v2"]
    assert dig(live, "metadata", "generation") == 1


def test_one_that_is_never_served(cluster_access: ClusterAccess, group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another definition has its kind: the server's reason is told, after its time or when it is interrupted."""
    writer = KubeWriter(cluster_access)
    await_served(writer, [_make(writer, definition(group))], Event())
    made = _make(writer, definition(group, "others"))
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    told = f'the kind of CustomResourceDefinition others.{group} is not served: "Gadget.*" is already in use'
    with pytest.raises(ClusterError, match=told) as caught:
        await_served(writer, [made], Event())
    assert caught.value.hint == f"see `kubectl get crd others.{group} -o yaml`, then apply again"
    stopped = Event()
    stopped.set()
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    with pytest.raises(ClusterError, match="is not served"):
        await_served(writer, [made], stopped)
