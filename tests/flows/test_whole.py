"""What all clusters have of an environment: the trouble of one of them is no other one's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from reconciler.errors import ApiError
from reconciler.flows.whole import survey
from reconciler.model.cluster import ClusterIdentity, ClusterReader, Resource
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease
from tests.plan.factories import desired, release, stored

US, EU = ReleaseId("us", "shop", "web"), ReleaseId("eu", "shop", "api")
WANTED = desired(release(US), release(EU))


@dataclass
class Entry:
    """One of the entries of one cluster, with the releases `web`, `api` and `old`; `broken` is what it fails at."""

    name: str
    broken: str = ""
    asked: list[str] = field(default_factory=list)

    def identity(self) -> ClusterIdentity:
        """Which cluster it is."""
        self._ask("identity")
        return ClusterIdentity("https://one", None, "uid-1")

    def metadata(self, resource: Resource, _home: str, _selector: str) -> Sequence[JsonMap]:
        """Helm's records."""
        self._ask(resource.plural)
        return [
            {"metadata": {"namespace": "shop", "name": name, "labels": {"owner": "helm", "name": name}}}
            for name in ("web", "api", "old")
            if resource.plural == "secrets"
        ]

    def releases(self, home: str) -> Sequence[StoredRelease]:
        """What the records say."""
        self._ask("releases")
        return [stored(ReleaseId(self.name, home, name)) for name in ("web", "api", "old")]

    def resources(self) -> dict[object, Resource]:
        """None that matters."""
        return {}

    def silent(self) -> tuple[str, ...]:
        """All answer."""
        return ()

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what == self.broken:
            raise ApiError(f"cluster {self.name}: etcd is down", status=500, reason="")


def found(*entries: Entry) -> dict[str, list[str] | str]:
    """Entry → the names of its orphans, or why they cannot be told."""
    readers = {item.name: cast(ClusterReader, item) for item in entries}
    whole = survey(WANTED, readers)

    def one(reader: ClusterReader) -> list[str] | str:
        try:
            return [item.stored.id.name for item in whole.orphans(reader).releases]
        except ApiError as error:
            return error.message

    return {name: one(reader) for name, reader in readers.items()}


def test_each_thing_is_one_entrys() -> None:
    """And each cluster is listed once, however many are looked at."""
    us, eu = Entry("us"), Entry("eu")
    assert found(us, eu) == {"us": ["old"], "eu": []}
    assert [sorted(item.asked) for item in (us, eu)] == [
        ["identity", "namespaces", "releases", "secrets"],
        ["identity", "namespaces", "secrets"],
    ]


@pytest.mark.parametrize("broken", ["secrets", "identity"])
def test_a_cluster_that_does_not_answer(broken: str) -> None:
    """It says so itself; the others are looked at without it."""
    assert found(Entry("us", broken), Entry("eu")) == {"us": "cluster us: etcd is down", "eu": ["web", "old"]}


def test_one_cluster_alone() -> None:
    """Nobody asks which one it is."""
    assert found(us := Entry("us")) == {"us": ["api", "old"]}
    assert "identity" not in us.asked
