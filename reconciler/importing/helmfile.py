"""A helmfile without templates → an environment. What has no counterpart is told with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.desired.documents import MapNode, ScalarNode, plain
from reconciler.desired.problems import Problems
from reconciler.errors import Location
from reconciler.importing.helmfile_keys import unknown_keys
from reconciler.importing.helmfile_nodes import items_under, maps_under, text_under
from reconciler.importing.helmfile_releases import Entries, World
from reconciler.importing.keys import release_keys
from reconciler.importing.origins import Origins
from reconciler.importing.variables import Variables
from reconciler.model.identity import ReleaseId
from reconciler.model.importing import Note
from reconciler.model.json import Json, JsonMap, as_map, dig, merge, text_at
from reconciler.model.secret import SecretText


@dataclass(frozen=True, slots=True)
class Converted:
    """The sections of an environment file, and where in the helmfile their entries are from."""

    sections: JsonMap
    origins: Origins
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

    def run(self) -> Converted:
        releases, repositories = maps_under(self.root, "releases"), maps_under(self.root, "repositories")
        self.notes += unknown_keys(self.root, releases, repositories)
        made = Entries(self.root, self.cluster, self.access, self.world, self.problems, self.notes)
        known = {text_under(item, "name"): self._repository(item) for item in repositories}
        values = self._environment_values()
        wanted = [item for item in releases if self._is_installed(item, values)]
        keys = release_keys(made.identity(item) for item in wanted)
        self._refuse_doubles([(made.identity(item), item.where) for item in wanted])
        entries = {keys[made.identity(item)]: made.entry(item, keys, known) for item in wanted}
        sections: dict[str, Json] = {
            "clusters": made.clusters or {self.cluster: self.access},
            "repositories": known,
            "namespaces": made.namespaces,
            "releases": entries,
        }
        kept = {key: value for key, value in sections.items() if value or key == "releases"}
        origins = {**made.origins, "repositories": {text_under(item, "name"): item.where for item in repositories}}
        return Converted(kept, origins, self.variables.meanings, tuple(self.notes))

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
        layers = [
            *items_under(self.root, "values"),
            *(items_under(chosen, "values") if isinstance(chosen, MapNode) else ()),
        ]
        values: JsonMap = {}
        for layer in layers:
            with self.problems.collecting():
                node = self.world.read(layer) if isinstance(layer, ScalarNode) else layer
                values = merge(values, as_map(plain(node)))
        return values

    def _is_installed(self, node: MapNode, values: JsonMap) -> bool:
        item, name = as_map(plain(node)), text_under(node, "name")
        if not name or not text_under(node, "chart"):
            self.problems.add("a release needs a `name` and a `chart`", node.where)
            return False
        if item.get("installed") is False:
            told = "the helmfile says `installed: false`; remove it with `helm uninstall`, if it is still there"
            self.notes.append(Note(f"release {name}", told, where=node.keys["installed"], left_out=True))
            return False
        return self._holds(node, text_at(item, "condition"), values) if item.get("condition") else True

    def _refuse_doubles(self, wanted: Sequence[tuple[ReleaseId, Location]]) -> None:
        first: dict[ReleaseId, Location] = {}
        for identity, where in wanted:
            if first.setdefault(identity, where) != where:
                self.problems.add(f"{identity} is there already, at {first[identity]}", where)

    def _holds(self, node: MapNode, condition: str, values: JsonMap) -> bool:
        found = dig(values, *condition.split("."))
        where = node.keys["condition"]
        if not isinstance(found, bool):
            told = f"the condition {condition} is neither true nor false in environment {self.environment}"
            self.problems.add(told, where, "say it under `values` of the helmfile's environment")
        elif not found:
            told = f"its condition {condition} is false in environment {self.environment}"
            self.notes.append(Note(f"release {text_under(node, 'name')}", told, where=where, left_out=True))
        return found is True
