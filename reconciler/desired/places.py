"""Repositories and namespaces: the places where things come from and go to."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.schema import RepositorySpec
from reconciler.desired.scope import Namespaces, Scope
from reconciler.model.desired import Namespace, Repository
from reconciler.model.identity import NamespaceId


def repositories(scope: Scope) -> Mapping[str, Repository]:
    """Every repository with its login."""
    found = {}
    for name, spec in scope.spec.repositories.items():
        with scope.problems.collecting():
            found[name] = _repository(scope, name, spec)
    return found


def _repository(scope: Scope, name: str, spec: RepositorySpec) -> Repository:
    files = scope.inputs.files
    password = ca_file = None
    if spec.password:
        password = scope.keep_secret(scope.sources.text(spec.password, scope.at("repositories", name, "password")))
    if spec.ca_file:
        ca_file = files.locate(spec.ca_file, scope.node("repositories", name, "caFile").where)
    where = scope.at("repositories", name)
    return Repository(name, spec.url.rstrip("/"), spec.username, password, ca_file, spec.plain_http, where)


def namespaces(scope: Scope) -> Namespaces:
    """Every namespace with its cluster."""
    found: dict[str, Namespace] = {}
    taken: dict[NamespaceId, str] = {}
    for key, spec in scope.spec.namespaces.items():
        cluster = scope.cluster(spec.cluster, "namespaces", key)
        if cluster is None:
            continue
        where = scope.at("namespaces", key)
        identity = NamespaceId(cluster, spec.name or key)
        if identity in taken:
            scope.problems.add(f'"{key}" and "{taken[identity]}" are both {identity} of cluster {cluster}', where)
        taken.setdefault(identity, key)
        found[key] = Namespace(identity, spec.labels, spec.annotations, where)
    unmanaged = frozenset(key for key, spec in scope.spec.namespaces.items() if not spec.manage)
    return Namespaces(found, unmanaged)
