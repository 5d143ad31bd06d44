"""The releases of a helmfile → entries of an environment file, and the clusters and namespaces that they are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.desired.documents import MapNode, plain
from reconciler.desired.problems import Problems
from reconciler.errors import Location
from reconciler.importing.helmfile_labels import labels_at
from reconciler.importing.helmfile_nodes import items_under, text_under
from reconciler.importing.helmfile_values import Moved, Read, Values
from reconciler.model.identity import ReleaseId
from reconciler.model.importing import Note
from reconciler.model.json import Json, JsonMap, as_map, text_at

# As helm and helmfile have them.
_NAMESPACE, _TIMEOUT = "default", 300


@dataclass(frozen=True, slots=True)
class World:
    """What a helmfile refers to.

    Attributes:
        is_local: whether there is a file or folder of this name beside the helmfile.
    """

    moved: Moved
    read: Read
    is_local: Callable[[str], bool]


@dataclass
class Entries:
    """Makes the entries of one helmfile.

    Attributes:
        cluster: what the cluster is called whose context the helmfile does not name; `access` is its entry.
        notes: what has no counterpart is added here, as mistakes are to `problems`.
        clusters: those that the entries made so far are in, as they stand in the file; so are `namespaces`.
        origins: where the entries are from, with their clusters and namespaces.
    """

    root: MapNode
    cluster: str
    access: JsonMap
    world: World
    problems: Problems
    notes: list[Note]
    clusters: dict[str, Json] = field(default_factory=dict)
    namespaces: dict[str, JsonMap] = field(default_factory=dict)
    origins: dict[str, dict[str, Location]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._defaults = as_map(plain(self.root)).get("helmDefaults")
        self._common = labels_at(self.root, "commonLabels", "all releases")
        self.notes += self._common.notes

    def identity(self, node: MapNode) -> ReleaseId:
        """Which release it is."""
        namespace = text_under(node, "namespace") or text_under(self.root, "namespace") or _NAMESPACE
        return ReleaseId(self._context(node) or self.cluster, namespace, text_under(node, "name"))

    def _context(self, node: MapNode) -> str:
        return (
            text_under(node, "kubeContext")
            or text_at(self._defaults, "kubeContext")
            or text_under(self.root, "kubeContext")
        )

    def entry(self, node: MapNode, keys: Mapping[ReleaseId, str], repositories: JsonMap) -> JsonMap:
        """What stands in the file of a release; `keys` has all that are imported."""
        identity = self.identity(node)
        several = len({release.cluster for release in keys}) > 1
        context = self._context(node)
        self.clusters[identity.cluster] = {**self.access, **({"context": context} if context else {})}
        self._note_origin("releases", keys[identity], node)
        self._note_origin("clusters", identity.cluster, node, "kubeContext")
        values = self._values(node)
        self.notes += values.notes
        entry: dict[str, Json] = {
            "name": identity.name if keys[identity] != identity.name else None,
            "chart": self._chart(node, repositories),
            "version": text_under(node, "version") or None,
            "cluster": identity.cluster if several else None,
            "namespace": self._home(node, identity, several=several),
            "labels": self._labels(node),
            "needs": self._needs(node, identity, keys),
            "values": values.layers,
            "valuesFrom": values.references,
            **self._behaviour(node),
        }
        return {key: value for key, value in entry.items() if value not in (None, [], {})}

    def _note_origin(self, section: str, key: str, node: MapNode, named: str = "") -> None:
        """The first release tells, at the key of the helmfile where it says so."""
        self.origins.setdefault(section, {}).setdefault(key, node.keys.get(named, node.where))

    def _labels(self, node: MapNode) -> JsonMap:
        own = labels_at(node, "labels", f"release {text_under(node, 'name')}")
        self.notes += own.notes
        return {**self._common.kept, **own.kept}

    def _values(self, node: MapNode) -> Values:
        values = Values(self.world.moved, self.world.read)
        for item in items_under(node, "values"):
            with self.problems.collecting():
                values.add(item)
        for item in items_under(node, "secrets"):
            with self.problems.collecting():
                values.add_secrets(item)
        for key in ("set", "setString"):
            with self.problems.collecting():
                if key in node.entries:
                    values.add_set(node.entries[key], text=key == "setString")
        return values

    def _chart(self, node: MapNode, repositories: JsonMap) -> str:
        chart, where = text_under(node, "chart"), node.entries["chart"].where
        head = chart.partition("/")[0]
        if chart.startswith("oci://") or (head in repositories and not chart.startswith(".")):
            return chart
        if "://" not in chart and "::" not in chart and self.world.is_local(chart):
            moved = self.world.moved(chart)
            return moved if moved.startswith((".", "/")) else f"./{moved}"
        told = f"chart {chart}: {head} is no repository of the helmfile, and there is no such folder"
        self.problems.add(told, where, "add the repository to the helmfile, or pull the chart")
        return chart

    def _home(self, node: MapNode, identity: ReleaseId, *, several: bool) -> str:
        """The key of its namespace, which is noted."""
        key = f"{identity.cluster}-{identity.namespace}" if several else identity.namespace
        created = self._setting(node, "createNamespace") is not False
        before = self.namespaces.get(key, {"manage": False})
        named: dict[str, Json] = {"name": identity.namespace, "cluster": identity.cluster} if several else {}
        kept = created or "manage" not in before
        self._note_origin("namespaces", key, node, "namespace")
        self.namespaces[key] = named if kept and identity.namespace != _NAMESPACE else {**named, "manage": False}
        return key

    def _needs(self, node: MapNode, identity: ReleaseId, keys: Mapping[ReleaseId, str]) -> list[Json]:
        found: list[Json] = []
        for item in items_under(node, "needs"):
            parts = str(plain(item)).split("/")
            name, namespace, context = [*reversed(parts), *[""] * 3][:3]
            target = ReleaseId(context or identity.cluster, namespace or identity.namespace, name)
            if target in keys:
                found.append(keys[target])
                continue
            told = f"it needs {plain(item)}, which is no release that is imported"
            self.notes.append(Note(f"release {identity.name}", told, where=item.where, left_out=True))
        return found

    def _behaviour(self, node: MapNode) -> JsonMap:
        """How long is waited, what is kept, and what is done when it fails."""
        atomic = self._setting(node, "atomic") is True
        timeout = self._setting(node, "timeout")
        seconds = timeout if isinstance(timeout, int) and timeout else _TIMEOUT
        wait = f"{seconds}s" if atomic or self._setting(node, "wait") is True else None
        remedy: JsonMap = {"install": "uninstall", "upgrade": "rollback"}
        return {"wait": wait, "history": self._history(node), "onFailure": remedy if atomic else None}

    def _history(self, node: MapNode) -> int | None:
        most = self._setting(node, "historyMax")
        if most == 0:
            where = node.keys.get("historyMax", node.where)
            told = "a history without an end is not kept, but ten revisions"
            self.notes.append(Note(f"release {text_under(node, 'name')}", told, where=where))
        return most if isinstance(most, int) and most > 0 else None

    def _setting(self, node: MapNode, key: str) -> Json:
        own = as_map(plain(node)).get(key)
        return own if own is not None else as_map(self._defaults).get(key)
