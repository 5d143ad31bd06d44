"""Logins at container registries → what a pull secret holds, always in the same form."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from reconciler.desired.documents import Step
from reconciler.desired.problems import unknown_key
from reconciler.desired.schema import DockerConfigSource, RegistryLogin, SecretSpec
from reconciler.desired.scope import Scope
from reconciler.desired.sources import is_broken
from reconciler.errors import DesiredStateError, Location
from reconciler.model.docker_config import login_in
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.oci import Credentials
from reconciler.model.secret import SecretText

# Docker Hub's entry has had this address since before there were other registries; helpers know it by no other.
_DOCKER_HUB = "https://index.docker.io/v1/"
_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
# What a helper calls the user when it gives an identity token instead of a password.
_TOKEN_USER = "<token>"  # noqa: S105 - the name of a user


def docker_config(scope: Scope, key: str, spec: SecretSpec) -> SecretText:
    """The content of a pull secret: a login for each host. Logins under `registries` win over a config.json."""
    logins: dict[str, Json] = {}
    with scope.problems.collecting():
        if spec.docker_config:
            taken = _Config.read(scope, spec.docker_config, ("secrets", key, "dockerConfig"))
            logins |= taken.logins(set(spec.registries))
    for host, login in spec.registries.items():
        with scope.problems.collecting():
            path = ("secrets", key, "registries", host)
            logins[host] = _login(scope, host, _credentials(scope, host, login, *path), scope.at(*path))
    document = json.dumps({"auths": logins}, sort_keys=True, separators=(",", ":"))
    return scope.keep_secret(SecretText(document))


def _credentials(scope: Scope, host: str, login: RegistryLogin, *path: Step) -> Credentials:
    if login.helper is not None:
        return _by_helper(scope, login.helper, host, scope.at(*path, "helper"))
    if login.username is None or login.password is None:
        raise DesiredStateError(f"{host} has no login", where=scope.at(*path))
    return Credentials(login.username, scope.sources.text(login.password, scope.at(*path, "password")))


def _by_helper(scope: Scope, helper: str, host: str, where: Location) -> Credentials:
    server = _DOCKER_HUB if host in _HUB_HOSTS else host
    given = scope.sources.login(helper, server, where)
    scope.keep_secret(given.password)
    if given.username == _TOKEN_USER:
        raise _identity_token(host, where)
    return given


def _login(scope: Scope, host: str, login: Credentials, where: Location) -> JsonMap:
    """An entry as `docker login` writes it, of which the password and the encoded pair are masked."""
    if is_broken(login.username) or is_broken(login.password.reveal()):
        raise DesiredStateError(f"the login for {host} is no UTF-8 text", where=where)
    password = scope.keep_secret(login.password).reveal()
    pair = base64.b64encode(f"{login.username}:{password}".encode()).decode()
    scope.keep_secret(SecretText(pair))
    return {"username": login.username, "password": password, "auth": pair}


def _identity_token(host: str, where: Location) -> DesiredStateError:
    return DesiredStateError(
        f"the login for {host} is an identity token, which nodes cannot pull images with",
        where=where,
        hint=f"give {host} a `username` and a `password` under `registries`; most registries have tokens for that",
    )


class _Config:
    """A config.json of Docker: https://docs.docker.com/reference/cli/docker/login/#credential-stores."""

    def __init__(self, scope: Scope, spec: DockerConfigSource, document: JsonMap, path: tuple[Step, ...]) -> None:
        self._scope = scope
        self._spec = spec
        self._path = path
        self._auths = as_map(document.get("auths"))
        self._helpers = {host: str(name) for host, name in as_map(document.get("credHelpers")).items()}
        self._store = text_at(document, "credsStore")

    @classmethod
    def read(cls, scope: Scope, spec: DockerConfigSource, path: tuple[Step, ...]) -> _Config:
        """The file or variable. Raises DesiredStateError: it is none; its text is not quoted."""
        where = scope.at(*path)
        if spec.file is not None:
            text = scope.sources.credential_file(spec.file, scope.node(*path, "file").where)
        else:
            text = scope.sources.variable(spec.env or "", scope.node(*path, "env").where)
        try:
            document: Json = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            name = spec.file or f"the environment variable {spec.env}"
            raise DesiredStateError(
                f"{name} is no config.json of Docker: it is no JSON, or no map",
                where=where,
                hint="it is what `docker login` writes to ~/.docker/config.json",
            )
        found = cls(scope, spec, document, path)
        found.mask()
        return found

    def mask(self) -> None:
        """Remember all that proves an identity, of hosts too that nobody asks for."""
        for entry in self._auths.values():
            for key in ("auth", "password", "identitytoken", "registrytoken"):
                self._scope.keep_secret(SecretText(text_at(entry, key)))

    def logins(self, without: set[str]) -> Mapping[str, JsonMap]:
        """Host → entry, for the hosts that are asked for, in the file's own words; those `without` are not needed."""
        places = {host: self._scope.at(*self._path, "hosts", i) for i, host in enumerate(self._spec.hosts)}
        known = dict.fromkeys([*self._auths, *self._helpers])
        wanted = places or dict.fromkeys(known, self._scope.at(*self._path))
        if not wanted:
            raise DesiredStateError("this config.json has no logins", where=self._scope.at(*self._path))
        found = {}
        for host, where in wanted.items():
            with self._scope.problems.collecting():
                if host not in without:
                    found[host] = _login(self._scope, host, self._credentials(host, list(known), where), where)
        return found

    def _credentials(self, host: str, known: list[str], where: Location) -> Credentials:
        helper = self._helpers.get(host) or self._store
        entry = as_map(self._auths.get(host))
        plain = login_in(entry)
        if host not in known and not helper:
            message, hint = unknown_key("this config.json", host, host, known)
            raise DesiredStateError(message, where=where, hint=hint)
        if helper and (host in self._helpers or plain is None):
            return self._by_helper(helper, host, where)
        if plain is None:
            if text_at(entry, "identitytoken"):
                raise _identity_token(host, where)
            raise DesiredStateError(
                f"this config.json has no user and password for {host}", where=where, hint=f"`docker login {host}`"
            )
        return plain

    def _by_helper(self, helper: str, host: str, where: Location) -> Credentials:
        if helper not in self._spec.helpers:
            raise DesiredStateError(
                f"this config.json keeps the login for {host} with the credential helper {json.dumps(helper)}, "
                "which the environment does not allow to run",
                where=where,
                hint=f"if you trust it, add `helpers: [{json.dumps(helper)}]` to `dockerConfig`",
            )
        return _by_helper(self._scope, helper, host, where)
