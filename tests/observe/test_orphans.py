"""What the file no longer has, looked at by name: what is in a namespace, or that it cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from reconciler.errors import ApiError
from reconciler.model.attachment import ACCOUNT
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease
from reconciler.observe.orphans import find_orphans
from tests.plan.factories import desired

_OLD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": "old",
        "labels": {"app.kubernetes.io/managed-by": "reconciler", "reconciler/environment": "staging"},
        "managedFields": [{"manager": "reconciler"}],
    },
}
_DB: dict[str, Any] = {"metadata": {**_OLD["metadata"], "namespace": "shop", "name": "db"}}
_KINDS = {
    kind: Resource(kind, plural, namespaced=True)
    for kind, plural in ((Kind("v1", "ConfigMap"), "configmaps"), (ACCOUNT, "serviceaccounts"))
}


@dataclass
class World:
    """A cluster with the namespace `old`, in which a list of ConfigMaps is refused by this status; 0: it is not."""

    status: int
    dead: tuple[str, ...] = ()
    closed: str = ""
    name: str = "main"

    def resources(self) -> Mapping[Kind, Resource]:
        """What is served."""
        return _KINDS

    def releases(self, _namespace: str) -> Sequence[StoredRelease]:
        """None."""
        return ()

    def silent(self) -> tuple[str, ...]:
        """Servers that do not answer."""
        return self.dead

    def fetch(self, resource: Resource, _namespace: str, _name: str) -> JsonMap | None:
        """The namespace."""
        if resource.plural == self.closed:
            raise ApiError("forbidden", status=403, reason="")
        return _OLD

    def metadata(self, resource: Resource, home: str, _selector: str, *, exact: bool = False) -> Sequence[JsonMap]:
        """Exact lists are about what is in the namespace."""
        if not exact:
            secrets = [_DB] if self.closed == "secrets" else []
            return [_OLD] if resource.plural == "namespaces" else secrets
        if self.status and resource.plural == "configmaps":
            raise ApiError(f"no {resource.plural} in {home}", status=self.status, reason="")
        return [{"metadata": {"name": resource.plural}}]


def test_what_is_in_a_namespace() -> None:
    """Of each kind that can be removed."""
    (found,) = find_orphans(desired(), {"main": cast(ClusterReader, World(0))})
    (old,) = found.namespaces
    assert [text_at(item, "metadata", "name") for item in old.contents] == ["configmaps", "serviceaccounts"]
    assert old.unread is None


@pytest.mark.parametrize("status", [403, 503])
def test_a_kind_that_cannot_be_listed(status: int) -> None:
    """Hides what may be in there, which the plan has to know."""
    (found,) = find_orphans(desired(), {"main": cast(ClusterReader, World(status))})
    (old,) = found.namespaces
    assert (old.contents, old.unread) == ((), "no configmaps in old")


def test_whoever_is_not_known_sees_nothing() -> None:
    """Credentials that are refused say nothing about the namespace: the look has failed."""
    with pytest.raises(ApiError):
        find_orphans(desired(), {"main": cast(ClusterReader, World(401))})


@pytest.mark.parametrize("kind", ["namespaces", "secrets"])
def test_what_may_be_listed_and_not_read(kind: str) -> None:
    """It stays, and the plan says so."""
    (found,) = find_orphans(desired(), {"main": cast(ClusterReader, World(0, closed=kind))})
    if kind == "namespaces":
        assert [(item.id.name, item.item, item.unread) for item in found.namespaces] == [("old", {}, "forbidden")]
    else:
        assert [(item.id.name, item.item, item.unread) for item in found.secrets] == [("db", {}, "forbidden")]


def test_a_server_that_does_not_answer() -> None:
    """Its kinds are not even known, and a list of nothing would look like an empty namespace."""
    (found,) = find_orphans(desired(), {"main": cast(ClusterReader, World(0, ("metrics.k8s.io/v1beta1",)))})
    (old,) = found.namespaces
    assert (old.contents, old.unread) == ((), "the server of metrics.k8s.io/v1beta1 does not answer")
