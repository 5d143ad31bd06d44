"""Two entries of `clusters:` that reach one cluster: neither takes what the other keeps for something to remove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterIdentity, ClusterReader, Resource
from reconciler.model.desired import Desired
from reconciler.model.identity import NamespaceId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease
from reconciler.model.orphans import Orphans
from reconciler.observe.marked import find_marked
from reconciler.observe.orphans import find_orphans
from reconciler.observe.shared import told_apart
from tests.plan.factories import desired, namespace, release, stored

ONE = ClusterIdentity("https://one", None, "uid-1")


@dataclass
class Seen:
    """A cluster as one entry sees it, with these releases in the namespace `shop`, which is ours."""

    name: str
    identity_: ClusterIdentity
    releases_: Sequence[str]
    refuses: bool = False
    asked: list[str] = field(default_factory=list)

    def identity(self) -> ClusterIdentity:
        """Which cluster it is."""
        self.asked.append(self.name)
        return self.identity_

    def resources(self) -> dict[object, Resource]:
        """None that matters."""
        return {}

    def silent(self) -> tuple[str, ...]:
        """All answer."""
        return ()

    def metadata(self, resource: Resource, _home: str, _selector: str) -> Sequence[JsonMap]:
        """The namespace, and Helm's records."""
        ours = {"app.kubernetes.io/managed-by": "reconciler"}
        if self.refuses and resource.plural == "secrets":
            raise ApiError("forbidden", status=403, reason="")
        if resource.plural == "namespaces":
            return [{"metadata": {"name": "shop", "labels": ours, "managedFields": [{"manager": "reconciler"}]}}]
        return [
            {"metadata": {"namespace": "shop", "name": name, "labels": {"owner": "helm", "name": name}}}
            for name in self.releases_
        ]

    def releases(self, home: str) -> Sequence[StoredRelease]:
        """What the records say."""
        return [stored(ReleaseId(self.name, home, name)) for name in self.releases_]


def file(**releases: Sequence[str]) -> Desired:
    """An environment with an entry for each; the first one keeps the namespace."""
    wanted = [release(ReleaseId(cluster, "shop", name)) for cluster, names in releases.items() for name in names]
    kept = replace(namespace(), id=NamespaceId(next(iter(releases)), "shop"))
    made = desired(*wanted, namespaces=[kept])
    return replace(made, clusters={name: replace(made.clusters["main"], name=name) for name in releases})


def look(wanted: Desired, *seen: Seen) -> tuple[Orphans, ...]:
    """What is found."""
    return find_orphans(wanted, {item.name: cast(ClusterReader, item) for item in seen})


def holders(wanted: Desired, *seen: Seen) -> list[str]:
    """The entries that have the namespace."""
    marked = {item.name: find_marked(wanted, cast(ClusterReader, item)) for item in seen}
    found = told_apart(marked, wanted, {item.name: item.identity() for item in seen})
    return [name for name, item in found.items() if item.namespaces]


def told(found: Iterable[Orphans]) -> list[tuple[str, int, list[str]]]:
    """(Entry, how much is owned, its orphans)."""
    return [(item.cluster, item.owned, [release.stored.id.name for release in item.releases]) for item in found]


@pytest.mark.parametrize(
    "other",
    [ONE, replace(ONE, server="https://by-another-name"), replace(ONE, uid=None)],
    ids=["same", "another address", "a uid that may not be read"],
)
def test_what_another_entry_of_the_same_cluster_keeps(other: ClusterIdentity) -> None:
    """It is neither removed nor counted twice; what nobody asks for is the first one's that sees it."""
    seen = ["web", "api", "old"]
    found = look(file(us=["web"], eu=["api"]), Seen("us", ONE, seen), Seen("eu", other, seen))
    assert told(found) == [("us", 3, ["old"]), ("eu", 1, [])]
    assert [item.namespaces for item in found] == [(), ()]
    found = look(file(us=["web"], eu=["api"]), Seen("us", ONE, ["web"]), Seen("eu", other, seen))
    assert told(found) == [("us", 2, []), ("eu", 2, ["old"])]


def test_another_cluster_with_things_of_the_same_names() -> None:
    """A file that no longer has a release in one of them means that one."""
    another = replace(ONE, server="https://two", uid="uid-2")
    wanted = file(us=["web"], eu=["web"])
    wanted = replace(wanted, namespaces=(*wanted.namespaces, replace(namespace(), id=NamespaceId("eu", "shop"))))
    found = look(wanted, Seen("us", ONE, ["web"]), Seen("eu", another, ["web", "old"]))
    assert told(found) == [("us", 2, []), ("eu", 3, ["old"])]


def test_entries_that_only_a_third_one_ties_together() -> None:
    """One whose uid may not be read is known by its address."""
    seen = ["a", "b", "c"]
    hidden, named = replace(ONE, uid=None), replace(ONE, server="https://by-another-name")
    found = look(
        file(first=["a"], second=["b"], third=["c"]),
        Seen("first", hidden, seen),
        Seen("second", named, seen),
        Seen("third", ONE, seen),
    )
    assert told(found) == [("first", 2, []), ("second", 1, []), ("third", 1, [])]


def test_what_a_namespace_is_left_alone_by() -> None:
    """The entry that leaves it alone gives it up; the other one does not delete it."""
    wanted = replace(file(us=["web"], eu=["api"]), namespaces=(), left_alone=frozenset({NamespaceId("eu", "shop")}))
    assert holders(wanted, Seen("us", ONE, []), Seen("eu", ONE, [])) == ["eu"]


@pytest.mark.parametrize(("blind", "holder"), [("", "a"), ("a", "b"), ("ab", "c"), ("abc", "a"), ("ac", "b")])
def test_an_entry_that_sees_only_a_part(blind: str, holder: str) -> None:
    """It holds nothing that nobody asks for, while another one sees all: it cannot tell what else is in there."""
    wanted = replace(file(a=[], b=[], c=[]), namespaces=())
    assert holders(wanted, *(Seen(name, ONE, [], refuses=name in blind) for name in "abc")) == [holder]


def test_nobody_is_asked_for_nothing() -> None:
    """A plan in which each entry has only what it asks for costs no request more."""
    us, eu = Seen("us", ONE, ["web"]), Seen("eu", ONE, ["web"])
    wanted = file(us=["web"], eu=["web"])
    wanted = replace(wanted, namespaces=(*wanted.namespaces, replace(namespace(), id=NamespaceId("eu", "shop"))))
    assert told(look(wanted, us, eu)) == [("us", 2, []), ("eu", 2, [])]
    assert us.asked == eu.asked == []
