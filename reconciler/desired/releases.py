"""Releases: charts named, values merged, references filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.desired.documents import Step
from reconciler.desired.failure import on_failure
from reconciler.desired.identities import release_user
from reconciler.desired.problems import did_you_mean, unknown_key
from reconciler.desired.schema import ReleaseSpec
from reconciler.desired.scope import Namespaces, Scope
from reconciler.desired.secrets import SecretData
from reconciler.desired.values import Layer, LayerReader, ValuePlaces, merge_layers, split_path
from reconciler.errors import DesiredStateError, Location
from reconciler.model.desired import ChartRef, Release, Repository, Wait
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap, with_path

_INTO_LIST = re.compile(r"\[[0-9]+\]")
ARCHIVE_ENDINGS = (".tgz", ".tar.gz")


def wait_of(seconds: float | None) -> Wait | None:
    """A wait as the file has it: 0 is for ever."""
    return None if seconds is None else Wait(seconds or None)


class ReleaseResolver:
    """Resolves the releases of one file."""

    def __init__(
        self,
        scope: Scope,
        namespaces: Namespaces,
        repositories: Mapping[str, Repository],
        secret_data: Mapping[str, SecretData],
    ) -> None:
        self._scope = scope
        self._namespaces = namespaces
        self._repositories = repositories
        self._secret_data = secret_data
        self._reader = LayerReader(scope.inputs)

    def releases(self) -> Mapping[str, Release]:
        """All of them by their keys, in the order of the file. What they need is told by `needs.py`."""
        defaults = self._layers("defaults")
        found: dict[str, Release] = {}
        for key, spec in self._scope.spec.releases.items():
            release = self._release(key, spec, defaults)
            if release:
                found[key] = release
        self._refuse_twins(found)
        return found

    def _release(self, key: str, spec: ReleaseSpec, defaults: list[Layer]) -> Release | None:
        scope = self._scope
        where = scope.at("releases", key)
        identity = self._identity(key, spec)
        chart = None
        with scope.problems.collecting():
            chart = self._chart(key, spec)
        layers = [*defaults, *self._layers("releases", key)]
        values, pinned = self._fill_in(key, spec, merge_layers(layers))
        if identity is None or chart is None:
            return None
        seconds = spec.wait if spec.wait is not None else scope.spec.defaults.wait
        return Release(
            id=identity,
            chart_ref=chart,
            values=values,
            replicas=spec.replicas or {},
            sources=ValuePlaces(tuple(layers), pinned, where),
            wait=wait_of(seconds),
            history=spec.history or scope.spec.defaults.history,
            needs={},
            where=where,
            impersonate=release_user(scope, key, spec, identity.namespace),
            labels=spec.labels,
            on_failure=on_failure(spec.on_failure, scope.spec.defaults.on_failure),
        )

    def _identity(self, key: str, spec: ReleaseSpec) -> ReleaseId | None:
        scope = self._scope
        where = scope.at("releases", key)
        name = spec.namespace or scope.spec.defaults.namespace
        if name is None:
            scope.problems.add(
                f'"{key}" does not say its namespace', where, "add `namespace:`, here or under `defaults`"
            )
            return None
        if spec.cluster and scope.cluster(spec.cluster, "releases", key) is None:
            return None
        namespace = self._namespaces.pick(name, spec.cluster)
        if namespace is None:
            self._no_namespace(key, name, spec.cluster)
            return None
        return ReleaseId(namespace.id.cluster, namespace.id.name, spec.name or key)

    def _no_namespace(self, key: str, name: str, cluster: str | None) -> None:
        scope = self._scope
        own = scope.spec.releases[key].namespace is not None
        where = scope.at("releases", key, "namespace") if own else scope.at("defaults", "namespace")
        if name in self._namespaces.by_key and cluster:
            home = self._namespaces.by_key[name].id.cluster
            scope.problems.add(f'"{key}" is for cluster {cluster}, its namespace "{name}" is in {home}', where)
            return
        scope.missing("namespace", name, "namespaces", where)

    def _layers(self, *path: str) -> list[Layer]:
        node = self._scope.root.entries.get(path[0])
        spec = self._scope.spec.defaults if len(path) == 1 else self._scope.spec.releases[path[1]]
        layers: list[Layer] = []
        for i in range(len(spec.values)) if node else ():
            with self._scope.problems.collecting():
                layers.append(self._reader.read(self._scope.node(*path, "values", i)))
        return layers

    def _fill_in(
        self, key: str, spec: ReleaseSpec, values: JsonMap
    ) -> tuple[JsonMap, Mapping[tuple[Step, ...], Location]]:
        pinned: dict[tuple[Step, ...], Location] = {}
        for dotted in spec.values_from:
            path = split_path(dotted)
            pinned[path] = self._scope.at("releases", key, "valuesFrom", dotted)
            if _INTO_LIST.search(dotted):
                hint = "give the list as a whole in `values`"
                self._scope.problems.add(f'"{dotted}" goes into a list, which a path cannot', pinned[path], hint)
            with self._scope.problems.collecting():
                values = with_path(values, path, self._value(spec, dotted, pinned[path]))
        for dotted in spec.replicas or {}:
            pinned[split_path(dotted)] = self._scope.at("releases", key, "replicas")
        return values, pinned

    def _value(self, spec: ReleaseSpec, dotted: str, where: Location) -> str:
        source = spec.values_from[dotted]
        if source.secret is not None and source.key is not None:
            return self._from_secret(source.secret, source.key, where)
        text = self._scope.sources.text(source, where)
        if source.sensitive:
            self._scope.keep_secret(text)
        return text.reveal()

    def _from_secret(self, name: str, key: str, where: Location) -> str:
        if name not in self._secret_data:
            self._scope.missing("secret", name, "secrets", where)
            return ""
        data = self._secret_data[name]
        if key in data:
            return data[key].reveal()
        if key not in self._scope.spec.secrets[name].data:
            message, hint = unknown_key(f"secret {name}", key, key, data)
            raise DesiredStateError(message, where=where, hint=hint)
        return ""  # its source failed, and was reported there

    def _chart(self, key: str, spec: ReleaseSpec) -> ChartRef:
        scope = self._scope
        where = scope.node("releases", key, "chart").where
        name = spec.chart
        if name.startswith("oci://"):
            return ChartRef(None, name, spec.version, self._login_for(name), where)
        head, slash, _rest = name.partition("/")
        looks_local = name.startswith((".", "/")) or name.endswith(ARCHIVE_ENDINGS) or not slash
        if not looks_local and head in scope.known("repositories"):
            return ChartRef(None, name.removeprefix(f"{head}/"), spec.version, self._repositories.get(head), where)
        return ChartRef(self._local(name, head, looks_local=looks_local, where=where), None, spec.version, None, where)

    def _local(self, name: str, head: str, *, looks_local: bool, where: Location) -> Path:
        try:
            return self._scope.inputs.files.locate(name, where)
        except DesiredStateError as error:
            if looks_local or self._exists(head, where):
                raise
            known = self._scope.known("repositories")
            hint = did_you_mean(head, known) or f"add the repository under `repositories:`, or make the folder {head}"
            message = f'chart {name}: "{head}" is neither a repository of this file nor a folder beside it'
            raise DesiredStateError(message, where=where, hint=hint) from error

    def _exists(self, name: str, where: Location) -> bool:
        try:
            self._scope.inputs.files.locate(name, where)
        except DesiredStateError:
            return False
        return True

    def _login_for(self, url: str) -> Repository | None:
        fits = (repo for repo in self._repositories.values() if url.startswith(f"{repo.url}/"))
        return max(fits, key=lambda repo: len(repo.url), default=None)

    def _refuse_twins(self, found: Mapping[str, Release]) -> None:
        first: dict[ReleaseId, str] = {}
        for key, release in found.items():
            other = first.setdefault(release.id, key)
            if other != key:
                self._scope.problems.add(f'"{key}" and "{other}" are both {release.id}', release.where)
