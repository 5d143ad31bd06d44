"""What carries the environment's label, by metadata; and what is missing where lists are not allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.identity import NamespaceId, ReleaseId, SecretId
from reconciler.model.json import JsonMap
from reconciler.observe.marked import find_marked
from tests.plan.factories import desired, namespace, release

OURS: dict[str, Any] = {
    "labels": {"app.kubernetes.io/managed-by": "reconciler"},
    "managedFields": [{"manager": "reconciler"}],
}


def item(name: str, home: str = "", **metadata: Any) -> JsonMap:
    """The metadata of an object."""
    return {"metadata": {"name": name, "namespace": home, **metadata}}


def revision(name: str, home: str = "shop") -> JsonMap:
    """The Secret of a release."""
    return item(f"sh.helm.release.v1.{name}.v1", home, labels={"owner": "helm", "name": name})


@dataclass
class Lists:
    """A cluster that only lists: (plural, namespace) → items, or the status of the refusal."""

    answers: dict[tuple[str, str], list[JsonMap] | int]
    name: str = "main"
    asked: list[tuple[str, str]] = field(default_factory=list)

    def metadata(self, resource: Resource, home: str, _selector: str) -> Sequence[JsonMap]:
        """One list."""
        self.asked.append((resource.plural, home))
        answer = self.answers[resource.plural, home]
        if isinstance(answer, int):
            raise ApiError(f"cannot list {resource.plural}", status=answer, reason="")
        return answer


def test_two_lists_tell_all() -> None:
    """Copies by others, and what is in a namespace that is being deleted, are left out."""
    spaces = [item("shop", **OURS), item("copy", labels=OURS["labels"]), item("end", **OURS, deletionTimestamp="t")]
    secrets = [revision("api"), item("db", "shop", **OURS), item("copy", "shop", labels=OURS["labels"])]
    secrets += [revision("ends", "end"), item("ends", "end", **OURS)]
    cluster = Lists({("namespaces", ""): spaces, ("secrets", ""): secrets})
    found = find_marked(desired(), cast(ClusterReader, cluster))
    assert found.releases == {ReleaseId("main", "shop", "api")}
    assert found.secrets == {SecretId("main", "shop", "db")}
    assert found.namespaces == {NamespaceId("main", "shop")}
    assert (len(found.all), found.gaps, len(cluster.asked)) == (3, (), 2)


def test_without_the_right_to_list_everywhere() -> None:
    """The namespaces of the environment are looked at, and each thing that is not seen is told."""
    answers: dict[tuple[str, str], list[JsonMap] | int] = {
        ("namespaces", ""): 403,
        ("secrets", ""): 403,
        ("secrets", "shop"): [revision("old")],
        ("secrets", "closed"): 403,
    }
    wanted = desired(release(), namespaces=[namespace("closed")])
    found = find_marked(wanted, cast(ClusterReader, Lists(answers)))
    assert found.releases == {ReleaseId("main", "shop", "old")}
    assert [gap.partition(":")[0] for gap in found.gaps] == [
        "namespaces that the file no longer has are not seen",
        "releases and secrets that the file no longer has are seen only in the namespaces that it has",
        "what the file no longer has is not seen in namespace closed",
    ]


def test_any_other_refusal_is_an_error() -> None:
    """A server in trouble is no gap."""
    with pytest.raises(ApiError):
        find_marked(desired(), cast(ClusterReader, Lists({("namespaces", ""): [], ("secrets", ""): 500})))
