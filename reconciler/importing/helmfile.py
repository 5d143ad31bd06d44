"""A helmfile without templates → an environment. What has no counterpart is told with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode, plain
from reconciler.desired.problems import Problems
from reconciler.importing.helmfile_keys import unknown_keys
from reconciler.importing.helmfile_labels import labels_at
from reconciler.importing.helmfile_values import Moved, Read, Values
from reconciler.importing.keys import release_keys
from reconciler.importing.variables import Variables
from reconciler.model.identity import ReleaseId
from reconciler.model.importing import Note
from reconciler.model.json import Json, JsonMap, as_map, dig, merge, text_at
from reconciler.model.secret import SecretText

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


@dataclass(frozen=True, slots=True)
class Converted:
    """The sections of an environment file."""

    sections: JsonMap
    variables: Mapping[str, str]
    notes: tuple[Note, ...]

    @property
    def releases(self) -> JsonMap:
        """Those that it has."""
        return as_map(self.sections["releases"])


def convert(root: MapNode, environment: str, cluster: str, access: JsonMap, world: World) -> Converted:
    """The environment that a helmfile describes, for one of its environments.

    Args:
        cluster: what the cluster is called whose context the helmfile does not name; `access` is its entry.

    Raises:
        DesiredStateErrors: every mistake, and everything that cannot be told without helmfile.
    """
    problems = Problems()
    made = _Conversion(root, environment, cluster, access, world, problems).run()
    problems.raise_all()
    return made


@dataclass
class _Conversion:
    root: MapNode
    environment: str
    cluster: str
    access: JsonMap
    world: World
    problems: Problems
    notes: list[Note] = field(default_factory=list)
    variables: Variables = field(default_factory=Variables)
    clusters: dict[str, Json] = field(default_factory=dict)
    namespaces: dict[str, JsonMap] = field(default_factory=dict)

    def run(self) -> Converted:
        releases, repositories = _items(self.root, "releases"), _items(self.root, "repositories")
        self.notes += unknown_keys(self.root, releases, repositories)
        self.defaults = as_map(plain(self.root)).get("helmDefaults")
        self.common = labels_at(self.root, "commonLabels", "all releases")
        self.notes += self.common.notes
        known = {text_at(plain(item), "name"): self._repository(item) for item in repositories}
        values = self._environment_values()
        wanted = [item for item in releases if self._is_installed(item, values)]
        keys = release_keys(self._identity(item) for item in wanted)
        entries = {keys[self._identity(item)]: self._release(item, keys, known) for item in wanted}
        sections: dict[str, Json] = {
            "clusters": self.clusters or {self.cluster: self.access},
            "repositories": known,
            "namespaces": self.namespaces,
            "releases": entries,
        }
        kept = {key: value for key, value in sections.items() if value or key == "releases"}
        return Converted(kept, self.variables.meanings, tuple(self.notes))

    def _repository(self, node: MapNode) -> JsonMap:
        item = as_map(plain(node))
        name, url = text_at(item, "name"), text_at(item, "url")
        address = f"oci://{url.removeprefix('oci://')}" if item.get("oci") else url
        found: dict[str, Json] = {"url": address.rstrip("/")}
        if text_at(item, "username") or item.get("oci"):
            found |= self._login(name, item)
        if text_at(item, "caFile"):
            found["caFile"] = self.world.moved(text_at(item, "caFile"))
        return found

    def _login(self, name: str, item: JsonMap) -> JsonMap:
        username, password = text_at(item, "username"), text_at(item, "password")
        if not username:
            return {}
        variable = self.variables.name([name, "password"], SecretText(password), f"the password of repository {name}")
        return {"username": username, "password": {"env": variable}}

    def _environment_values(self) -> JsonMap:
        """The values that conditions are about; nothing else here needs them."""
        environments = self.root.entries.get("environments")
        chosen = environments.entries.get(self.environment) if isinstance(environments, MapNode) else None
        if chosen is None and self.environment != "default":
            known = list(environments.entries) if isinstance(environments, MapNode) else []
            where = environments.where if environments else self.root.where
            told = f"it has no environment {self.environment}"
            self.problems.add(told, where, f"there is: {', '.join(known) or 'none but default'}")
        layers = [*_list(self.root, "values"), *(_list(chosen, "values") if isinstance(chosen, MapNode) else ())]
        values: JsonMap = {}
        for layer in layers:
            with self.problems.collecting():
                node = self.world.read(layer) if isinstance(layer, ScalarNode) else layer
                values = merge(values, as_map(plain(node)))
        return values

    def _is_installed(self, node: MapNode, values: JsonMap) -> bool:
        item, name = as_map(plain(node)), _text(node, "name")
        if not name or not _text(node, "chart"):
            self.problems.add("a release needs a `name` and a `chart`", node.where)
            return False
        if item.get("installed") is False:
            told = "the helmfile says `installed: false`; remove it with `helm uninstall`, if it is still there"
            self.notes.append(Note(f"release {name}", told, where=node.keys["installed"], left_out=True))
            return False
        return self._holds(node, text_at(item, "condition"), values) if item.get("condition") else True

    def _holds(self, node: MapNode, condition: str, values: JsonMap) -> bool:
        found = dig(values, *condition.split("."))
        where = node.keys["condition"]
        if not isinstance(found, bool):
            told = f"the condition {condition} is neither true nor false in environment {self.environment}"
            self.problems.add(told, where, "say it under `values` of the helmfile's environment")
        elif not found:
            told = f"its condition {condition} is false in environment {self.environment}"
            self.notes.append(Note(f"release {_text(node, 'name')}", told, where=where, left_out=True))
        return found is True

    def _identity(self, node: MapNode) -> ReleaseId:
        namespace = _text(node, "namespace") or _text(self.root, "namespace") or _NAMESPACE
        return ReleaseId(self._context(node) or self.cluster, namespace, _text(node, "name"))

    def _context(self, node: MapNode) -> str:
        return _text(node, "kubeContext") or text_at(self.defaults, "kubeContext") or _text(self.root, "kubeContext")

    def _release(self, node: MapNode, keys: Mapping[ReleaseId, str], repositories: JsonMap) -> JsonMap:
        identity = self._identity(node)
        several = len({release.cluster for release in keys}) > 1
        context = self._context(node)
        self.clusters[identity.cluster] = {**self.access, **({"context": context} if context else {})}
        values = self._values(node)
        self.notes += values.notes
        entry: dict[str, Json] = {
            "name": identity.name if keys[identity] != identity.name else None,
            "chart": self._chart(node, repositories),
            "version": _text(node, "version") or None,
            "cluster": identity.cluster if several else None,
            "namespace": self._home(node, identity, several=several),
            "labels": self._labels(node),
            "needs": self._needs(node, identity, keys),
            "values": values.layers,
            "valuesFrom": values.references,
            **self._behaviour(node),
        }
        return {key: value for key, value in entry.items() if value not in (None, [], {})}

    def _labels(self, node: MapNode) -> JsonMap:
        own = labels_at(node, "labels", f"release {_text(node, 'name')}")
        self.notes += own.notes
        return {**self.common.kept, **own.kept}

    def _values(self, node: MapNode) -> Values:
        values = Values(self.world.moved, self.world.read)
        for item in _list(node, "values"):
            with self.problems.collecting():
                values.add(item)
        for item in _list(node, "secrets"):
            with self.problems.collecting():
                values.add_secrets(item)
        for key in ("set", "setString"):
            with self.problems.collecting():
                if key in node.entries:
                    values.add_set(node.entries[key], text=key == "setString")
        return values

    def _chart(self, node: MapNode, repositories: JsonMap) -> str:
        chart, where = _text(node, "chart"), node.entries["chart"].where
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
        self.namespaces[key] = named if kept and identity.namespace != _NAMESPACE else {**named, "manage": False}
        return key

    def _needs(self, node: MapNode, identity: ReleaseId, keys: Mapping[ReleaseId, str]) -> list[Json]:
        found: list[Json] = []
        for item in _list(node, "needs"):
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
            self.notes.append(Note(f"release {_text(node, 'name')}", told, where=where))
        return most if isinstance(most, int) and most > 0 else None

    def _setting(self, node: MapNode, key: str) -> Json:
        own = as_map(plain(node)).get(key)
        return own if own is not None else as_map(self.defaults).get(key)


def _items(node: MapNode, key: str) -> list[MapNode]:
    return [item for item in _list(node, key) if isinstance(item, MapNode)]


def _list(node: MapNode, key: str) -> list[Node]:
    found = node.entries.get(key)
    return list(found.items) if isinstance(found, ListNode) else []


def _text(node: MapNode, key: str) -> str:
    found = node.entries.get(key)
    return found.text if isinstance(found, ScalarNode) and found.value is not None else ""
