"""Secrets: which go where, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.desired.registries import docker_config
from reconciler.desired.schema import SecretSpec
from reconciler.desired.scope import Namespaces, Scope
from reconciler.errors import Location
from reconciler.model.desired import SecretObject
from reconciler.model.identity import SecretId
from reconciler.model.secret import SecretText

DOCKER_CONFIG_TYPE = "kubernetes.io/dockerconfigjson"
DOCKER_CONFIG_KEY = ".dockerconfigjson"

SecretData = Mapping[str, SecretText]


def contents(scope: Scope) -> Mapping[str, SecretData]:
    """The data of every secret, by its key in the file."""
    return {key: _content(scope, key, spec) for key, spec in scope.spec.secrets.items()}


def secrets(scope: Scope, data: Mapping[str, SecretData], namespaces: Namespaces) -> tuple[SecretObject, ...]:
    """One object for each namespace that a secret is kept in."""
    homes = _homes(scope)
    found = [
        secret
        for key, spec in scope.spec.secrets.items()
        for secret in _objects(scope, key, spec, data[key], homes.get(key, []), namespaces)
    ]
    _refuse_twins(scope, found)
    return tuple({secret.id: secret for secret in found}.values())


def by_key(scope: Scope, found: Sequence[SecretObject]) -> Mapping[str, tuple[SecretId, ...]]:
    """Key in the file → the Secrets that it stands for, one for each namespace."""
    places: dict[Location, list[SecretId]] = {}
    for secret in found:
        places.setdefault(secret.where, []).append(secret.id)
    return {key: tuple(places.get(scope.at("secrets", key), ())) for key in scope.spec.secrets}


def _content(scope: Scope, key: str, spec: SecretSpec) -> SecretData:
    if spec.type == "dockerconfigjson":
        return {DOCKER_CONFIG_KEY: docker_config(scope, key, spec)}
    data = {}
    for name, source in spec.data.items():
        with scope.problems.collecting():
            data[name] = scope.keep_secret(scope.sources.text(source, scope.at("secrets", key, "data", name)))
    return data


Home = tuple[str, tuple[str | int, ...]]
"""A namespace's key, and the path of the place that names it."""


def _homes(scope: Scope) -> Mapping[str, list[Home]]:
    """Secret → the namespaces that it is asked for in, by the secret itself or by a namespace."""
    homes: dict[str, list[Home]] = {}
    for key, spec in scope.spec.secrets.items():
        homes[key] = [(name, ("secrets", key, "namespaces", i)) for i, name in enumerate(spec.namespaces)]
    for name, namespace in scope.spec.namespaces.items():
        for i, secret in enumerate(namespace.pull_secrets):
            _pull_secret(scope, homes, secret, (name, ("namespaces", name, "pullSecrets", i)))
    return homes


def _pull_secret(scope: Scope, homes: dict[str, list[Home]], secret: str, home: Home) -> None:
    where = scope.at(*home[1])
    if secret not in scope.spec.secrets:
        scope.missing("secret", secret, "secrets", where)
        return
    if scope.spec.secrets[secret].type != "dockerconfigjson":
        scope.problems.add(f'"{secret}" cannot pull images: its type is not dockerconfigjson', where)
    homes[secret].append(home)


def _objects(
    scope: Scope, key: str, spec: SecretSpec, data: SecretData, homes: list[Home], namespaces: Namespaces
) -> list[SecretObject]:
    if spec.cluster and scope.cluster(spec.cluster, "secrets", key) is None:
        return []
    found = []
    kind = DOCKER_CONFIG_TYPE if spec.type == "dockerconfigjson" else spec.type
    for name, path in homes:
        namespace = namespaces.pick(name, spec.cluster)
        if namespace is None:
            _no_namespace(scope, key, name, scope.at(*path), namespaces)
            continue
        identity = SecretId(namespace.id.cluster, namespace.id.name, spec.name or key)
        found.append(SecretObject(identity, kind, data, scope.at("secrets", key)))
    return found


def _no_namespace(scope: Scope, key: str, name: str, where: Location, namespaces: Namespaces) -> None:
    elsewhere = namespaces.by_key.get(name)
    if elsewhere is None:
        scope.missing("namespace", name, "namespaces", where)
        return
    cluster = scope.spec.secrets[key].cluster
    message = f'"{key}" is for cluster {cluster}, namespace "{name}" is in {elsewhere.id.cluster}'
    scope.problems.add(message, where)


def _refuse_twins(scope: Scope, found: list[SecretObject]) -> None:
    first: dict[SecretId, SecretObject] = {}
    for secret in found:
        other = first.setdefault(secret.id, secret)
        if other.where != secret.where:
            scope.problems.add(f"{secret.id} is here twice, first in line {other.where.line}", secret.where)
