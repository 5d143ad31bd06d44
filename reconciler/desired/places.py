"""Repositories and namespaces: the places where things come from and go to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from reconciler.desired.problems import unknown_name
from reconciler.desired.schema import RepositorySpec
from reconciler.desired.scope import Namespaces, Scope
from reconciler.desired.sources import is_broken
from reconciler.errors import DesiredStateError
from reconciler.model.desired import Namespace, Repository
from reconciler.model.identity import NamespaceId
from reconciler.model.image import is_loopback
from reconciler.model.secret import SecretText


def repositories(scope: Scope) -> Mapping[str, Repository]:
    """Every repository with its login."""
    found = {}
    for name in scope.spec.repositories:
        with scope.problems.collecting():
            found[name] = repository(scope, name)
    return found


def repository(scope: Scope, name: str) -> Repository:
    """One repository with its login. Raises DesiredStateError: there is none of that name, or no login."""
    if name not in scope.spec.repositories:
        message, hint = unknown_name("repository", name, scope.known("repositories"))
        raise DesiredStateError(message, where=scope.at("repositories"), hint=hint)
    spec = scope.spec.repositories[name]
    files = scope.inputs.files
    password = ca_file = None
    if spec.password:
        password = scope.keep_secret(scope.sources.text(spec.password, scope.at("repositories", name, "password")))
    if spec.ca_file:
        ca_file = files.locate(spec.ca_file, scope.node("repositories", name, "caFile").where)
    where = scope.at("repositories", name)
    return Repository(name, spec.url.rstrip("/"), spec.username, password, ca_file, spec.plain_http, where)


def repository_at(url: str, username: str | None, password: str | None, ca_file: Path | None) -> Repository:
    """A repository by its address, by the rules of the file; one on this machine is spoken to without TLS.

    Raises:
        DesiredStateError: it is no address, holds credentials, or the login is no text.
    """
    try:
        RepositorySpec.model_validate({"url": url})
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        # The address is not shown: it may hold a password.
        raise DesiredStateError(f"the address of the repository is not valid: {reason}") from None
    for name, text in (("user", username), ("password", password)):
        if text and is_broken(text):
            raise DesiredStateError(f"the {name} of the repository is no UTF-8 text")
    host = urlsplit(url).netloc
    secret = SecretText(password) if password is not None else None
    return Repository(host, url.rstrip("/"), username, secret, ca_file, is_loopback(host) and ca_file is None)


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
