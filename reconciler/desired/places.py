"""Clusters, repositories and namespaces: the places where things go to and come from."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.desired.schema import ClusterSpec, RepositorySpec
from reconciler.desired.scope import Namespaces, Scope
from reconciler.errors import DesiredStateError
from reconciler.model.desired import ClusterAccess, Namespace, Repository
from reconciler.model.identity import NamespaceId
from reconciler.model.json import as_map, text_at
from reconciler.model.secret import SecretText
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load


def clusters(scope: Scope) -> Mapping[str, ClusterAccess]:
    """Every cluster with its credentials."""
    found = {}
    for name, spec in scope.spec.clusters.items():
        with scope.problems.collecting():
            found[name] = _cluster(scope, name, spec)
    if not scope.known("clusters") and "clusters" in scope.written.entries:
        scope.problems.add("an environment needs at least one cluster", scope.at("clusters"))
    return found


def _cluster(scope: Scope, name: str, spec: ClusterSpec) -> ClusterAccess:
    where = scope.at("clusters", name)
    source = spec.kubeconfig
    base = scope.inputs.files.root
    if source.in_cluster:
        return ClusterAccess(name, None, spec.context, base, where)
    if source.file is not None:
        at = scope.node("clusters", name, "kubeconfig", "file").where
        path, text = scope.inputs.files.credential_text(source.file, at)
        return ClusterAccess(name, _kept(scope, text), spec.context, path.parent, where)
    if source.env is None:
        raise DesiredStateError(f"cluster {name} names no kubeconfig", where=where)
    at = scope.node("clusters", name, "kubeconfig", "env").where
    return ClusterAccess(name, _kept(scope, scope.sources.variable(source.env, at)), spec.context, base, where)


def _kept(scope: Scope, kubeconfig: str) -> SecretText:
    """A kubeconfig, of which what proves an identity is masked in all output."""
    try:
        users = as_map(load(kubeconfig)).get("users")
    except YamlError:
        users = None  # said, with the reason, when the cluster is connected to
    for entry in users if isinstance(users, list) else []:
        for key in _CREDENTIALS:
            scope.keep_secret(SecretText(text_at(entry, "user", key)))
    return SecretText(kubeconfig)


_CREDENTIALS = ("token", "password", "client-key-data")


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
    return Repository(name, spec.url.rstrip("/"), spec.username, password, ca_file, spec.plain_http)


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
