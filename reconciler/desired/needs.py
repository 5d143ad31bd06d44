"""`needs`: names → what has to be in place, across releases, secrets, namespaces and clusters."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.desired.graph import find_cycle
from reconciler.desired.problems import unknown_name
from reconciler.desired.schema.needs import NeedSpec
from reconciler.desired.scope import Scope
from reconciler.errors import Location
from reconciler.model.desired import Desired, Needs, Wait
from reconciler.model.graph import graph
from reconciler.model.identity import NamespaceId, ReleaseId, Target
from reconciler.model.naming import matches, name_of

# As long as Helm waits when nobody says how long.
DEFAULT_READY = Wait(300.0)

# What a name begins with → the section of the file that it is in.
_SECTIONS = {"namespace": "namespaces", "secret": "secrets", "release": "releases"}

Keys = Mapping[str, Mapping[str, tuple[Target, ...]]]
"""Section → key in the file → what it stands for in the clusters."""


def with_needs(scope: Scope, desired: Desired, keys: Keys) -> Desired:
    """The desired state with what each of its entries needs; names of nothing, and circles, are noted."""
    resolver = _Resolver.of(scope, desired, keys)
    needs: dict[Target, Needs] = {}
    for section, key, specs in _written(scope):
        targets = keys[section].get(key, ())
        needs |= dict.fromkeys(targets, resolver.needs_of((section, key), specs, targets))
    made = replace(
        desired,
        namespaces=tuple(replace(item, needs=needs.get(item.id, {})) for item in desired.namespaces),
        secrets=tuple(replace(item, needs=needs.get(item.id, {})) for item in desired.secrets),
        releases=tuple(replace(item, needs=needs.get(item.id, {})) for item in desired.releases),
    )
    resolver.refuse_circle(made)
    return made


def _written(scope: Scope) -> list[tuple[str, str, Sequence[NeedSpec]]]:
    spec = scope.spec
    return [
        *(("namespaces", key, entry.needs) for key, entry in spec.namespaces.items()),
        *(("secrets", key, secret.needs) for key, secret in spec.secrets.items()),
        *(("releases", key, release.needs) for key, release in spec.releases.items()),
    ]


@dataclass(frozen=True, slots=True)
class _Resolver:
    """Resolves the needs of one file, and remembers where each was written."""

    scope: Scope
    keys: Keys
    targets: tuple[Target, ...]
    waits: Mapping[Target, Wait | None]
    places: dict[tuple[Target, Target], Location] = field(default_factory=dict)

    @classmethod
    def of(cls, scope: Scope, desired: Desired, keys: Keys) -> _Resolver:
        targets = dict.fromkeys(item for entries in keys.values() for items in entries.values() for item in items)
        return cls(scope, keys, tuple(targets), {release.id: release.wait for release in desired.releases})

    def needs_of(self, entry: tuple[str, str], specs: Sequence[NeedSpec], needers: Sequence[Target]) -> Needs:
        needs: dict[Target, Wait | None] = {}
        for i, spec in enumerate(specs):
            where = self.scope.at(*entry, "needs", i)
            for target in self._named(spec.target, where):
                needs[target] = self._patience(spec, target)
                self.places.update({(needer, target): where for needer in needers})
        return needs

    def refuse_circle(self, made: Desired) -> None:
        cycle = find_cycle(graph(made))
        if cycle:
            steps = list(itertools.pairwise(cycle))
            where = next(self.places[step] for step in steps if step in self.places)
            path = "".join(f" → {need} ({self._because(needer, need)})" for needer, need in steps)
            self.scope.problems.add(f"a circle of needs: {cycle[0]}{path}", where)

    def _named(self, name: str, where: Location) -> Sequence[Target]:
        kind, slash, key = name.partition("/")
        if not slash:
            kind, key = "release", name
        if kind == "cluster":
            return self._of_cluster(key, where)
        section = _SECTIONS.get(kind)
        if section and key in self.keys[section]:
            return self.keys[section][key]
        found = [target for target in self.targets if matches(name, target.cluster, target)] if slash else []
        if not found:
            self._unknown(name, kind, key, where)
        return found

    def _of_cluster(self, name: str, where: Location) -> Sequence[Target]:
        if name not in self.scope.spec.clusters:
            self.scope.missing("cluster", name, "clusters", where)
        return [target for target in self.targets if target.cluster == name]

    def _unknown(self, name: str, kind: str, key: str, where: Location) -> None:
        if kind in _SECTIONS and "/" not in key:
            self.scope.missing(kind, key, _SECTIONS[kind], where)
            return
        message, hint = unknown_name("release, secret or namespace", name, map(name_of, self.targets))
        self.scope.problems.add(message, where, hint)

    def _patience(self, spec: NeedSpec, target: Target) -> Wait | None:
        if not isinstance(target, ReleaseId) or spec.ready is False:
            return None
        if spec.ready is None:
            return self.waits.get(target) or DEFAULT_READY
        return Wait(float(spec.ready) or None)

    def _because(self, needer: Target, need: Target) -> str:
        where = self.places.get((needer, need))
        if where:
            return str(where)
        return "its namespace" if isinstance(need, NamespaceId) else "of its namespace"
