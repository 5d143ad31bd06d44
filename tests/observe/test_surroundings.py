"""What else is in a cluster: only what is worth reading, and what may not be read is said to be so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn, cast

from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.surroundings import Unread
from reconciler.observe.surroundings import fetch_all, look_around

KINDS = {
    Kind("v1", name): Resource(Kind("v1", name), f"{name.lower()}s", namespaced=name != "Node")
    for name in ("Service", "Pod", "Node", "ResourceQuota", "LimitRange", "Secret")
}
FORBIDDEN = ApiError("cluster main: it is forbidden", status=403, reason="Forbidden")


@dataclass
class Cluster:
    """Answers lists, and remembers what it was asked."""

    quotas: Sequence[JsonMap] = ()
    forbidden: frozenset[str] = frozenset()
    asked: set[tuple[str, str]] = field(default_factory=set)
    name: str = "main"

    def listed(self, resource: Resource, namespace: str) -> Sequence[JsonMap]:
        """One object of each kind, unless it is forbidden."""
        self.asked.add((resource.plural, namespace))
        if resource.plural in self.forbidden:
            raise FORBIDDEN
        return self.quotas if resource.plural == "resourcequotas" else ({"kind": resource.kind.name},)

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """A Secret `there`, none of another name; a forbidden one."""
        self.asked.add((resource.plural, f"{namespace}/{name}"))
        if name == "forbidden":
            raise FORBIDDEN
        return {"kind": "Secret"} if name == "there" else None

    def _never(self, *_: object) -> NoReturn:
        raise AssertionError("not asked for here")

    acting_as = road = identity = version = may = warnings = _never


def test_only_quotas_are_always_read() -> None:
    """And LimitRanges only where there is a quota to count against."""
    cluster = Cluster()
    found = look_around(cluster, KINDS, {"shop", "web"}, services=False, hosts=False, nodes=False)
    assert cluster.asked == {("resourcequotas", "shop"), ("resourcequotas", "web")}
    assert (found.quotas, found.limits) == ({"shop": (), "web": ()}, {})
    cluster = Cluster(quotas=({"kind": "ResourceQuota"},))
    found = look_around(cluster, KINDS, {"shop"}, services=False, hosts=False, nodes=False)
    assert list(found.limits) == ["shop"]


def test_what_is_asked_for_is_read_in_all_namespaces() -> None:
    """Ports are the cluster's, whoever has them."""
    cluster = Cluster()
    found = look_around(cluster, KINDS, set(), services=True, hosts=True, nodes=False)
    assert cluster.asked == {("services", ""), ("pods", ""), ("nodes", "")}
    assert [found.services, found.pods, found.nodes] == [({"kind": kind},) for kind in ("Service", "Pod", "Node")]


def test_what_may_not_be_read_is_told_and_ends_nothing() -> None:
    """With the server's reason."""
    cluster = Cluster(forbidden=frozenset({"services", "resourcequotas"}))
    found = look_around(cluster, KINDS, {"shop"}, services=True, hosts=False, nodes=True)
    assert found.services == Unread("cluster main: it is forbidden")
    assert found.quotas == {"shop": Unread("cluster main: it is forbidden")}
    assert found.limits == {}
    assert found.nodes == ({"kind": "Node"},)


def test_objects_by_name() -> None:
    """There, not there, forbidden, and of a kind that is not served."""
    wanted = [ObjectId(Kind("v1", "Secret"), "shop", name) for name in ("there", "gone", "forbidden")]
    wanted.append(ObjectId(Kind("example.com/v1", "Thing"), "shop", "x"))
    reader = cast(ClusterReader, Cluster())
    assert list(fetch_all(reader, KINDS, wanted).values()) == [
        {"kind": "Secret"},
        None,
        Unread("cluster main: it is forbidden"),
        Unread("the cluster does not serve Thing.example.com/v1"),
    ]
