"""What the resolving modules share: the checked file, its nodes, and the ways to report and to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.desired.documents import MapNode, Node, Step, find, place
from reconciler.desired.problems import Problems, unknown_name
from reconciler.desired.schema import EnvironmentSpec
from reconciler.desired.sources import Sources
from reconciler.errors import Location
from reconciler.model.desired import Namespace
from reconciler.model.identity import NamespaceId
from reconciler.model.inputs import Inputs
from reconciler.model.secret import SecretText


@dataclass(frozen=True, slots=True)
class Scope:
    """One file being resolved.

    Attributes:
        spec: what it says, without its faulty parts.
        root: the nodes that `spec` was made from.
        written: all that stands in the file.
        sources: reads references.
        access: the same for what clusters are reached with, which has nothing to do with what is desired of them.
    """

    spec: EnvironmentSpec
    root: MapNode
    written: MapNode
    inputs: Inputs
    problems: Problems
    sources: Sources
    access: Sources
    revealed: list[SecretText] = field(default_factory=list, repr=False)

    def at(self, *path: Step) -> Location:
        """The place of what stands at `path`."""
        return place(self.root, path)

    def node(self, *path: Step) -> Node:
        """The node at `path`, or the nearest one above it."""
        return find(self.root, path)

    def known(self, section: str) -> list[str]:
        """All names in a section, faulty entries included: a reference to one of those is no second mistake."""
        node = self.written.entries.get(section)
        return list(node.entries) if isinstance(node, MapNode) else []

    def missing(self, kind: str, name: str, section: str, where: Location) -> None:
        """Note a reference to what is not there."""
        if name in self.known(section):
            return
        message, hint = unknown_name(kind, name, self.known(section))
        self.problems.add(message, where, hint)

    def keep_secret(self, secret: SecretText) -> SecretText:
        """Remember a secret, so that it is masked in all output."""
        self.revealed.append(secret)
        return secret

    def cluster(self, named: str | None, *path: Step) -> str | None:
        """The cluster that an entry is for; None, with the reason noted, when that cannot be told."""
        chosen = named or self.spec.defaults.cluster
        if chosen is None:
            return self._only_cluster(*path)
        if chosen in self.spec.clusters:
            return chosen
        where = self.at(*path, "cluster") if named else self.at("defaults", "cluster")
        self.missing("cluster", chosen, "clusters", where)
        return None

    def _only_cluster(self, *path: Step) -> str | None:
        names = self.known("clusters")
        if len(names) > 1:
            listed = ", ".join(names)
            hint = f"add `cluster:` here, or `defaults: {{cluster: …}}`; clusters: {listed}"
            self.problems.add(f"{path[-1]} does not say which cluster it is for", self.at(*path), hint)
        return names[0] if len(names) == 1 and names[0] in self.spec.clusters else None


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The resolved namespaces by their keys in the file; `unmanaged` are those that exist already."""

    by_key: Mapping[str, Namespace]
    unmanaged: frozenset[str]

    def pick(self, name: str, cluster: str | None) -> Namespace | None:
        """The namespace that a reference means: by key, or by name in a cluster that was given."""
        found = self.by_key.get(name)
        if found and cluster in (None, found.id.cluster):
            return found
        same = (ns for ns in self.by_key.values() if ns.id.name == name and ns.id.cluster == cluster)
        return next(same, None)

    @property
    def managed(self) -> tuple[Namespace, ...]:
        """Those that the environment keeps."""
        return tuple(ns for key, ns in self.by_key.items() if key not in self.unmanaged)

    @property
    def left_alone(self) -> frozenset[NamespaceId]:
        """The others."""
        return frozenset(ns.id for key, ns in self.by_key.items() if key in self.unmanaged)
