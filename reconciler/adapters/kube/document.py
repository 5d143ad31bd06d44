"""A kubeconfig → the one context in use, complete in itself, and nothing in it that the environment does not allow.

The API client and both Helm engines are given what this module gives, so that a rule holds for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.errors import ClusterError
from reconciler.model.desired import ClusterAccess, is_exposed
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load

_CLUSTER_FILES = ("certificate-authority",)
_USER_FILES = ("client-certificate", "client-key", "tokenFile")
# What a kubeconfig says about impersonation: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo
_AS = ("as", "as-uid", "as-groups", "as-user-extra")


@dataclass(frozen=True, slots=True)
class Selected:
    """One context of a kubeconfig: the entries `cluster` and `user`, whose file names are absolute."""

    context: str
    cluster: JsonMap = field(repr=False)
    user: JsonMap = field(repr=False)

    def text(self) -> str:
        """A kubeconfig with nothing else in it."""
        name = self.context
        entries: JsonMap = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": self.cluster}],
            "users": [{"name": name, "user": self.user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
        return json.dumps(entries)


def selected(access: ClusterAccess) -> Selected:
    """The context that is used of a cluster's kubeconfig, as the user that the environment asks for.

    Raises:
        ClusterError: it is malformed or incomplete, names a context that it does not have, or asks for what is not
            allowed: a program to log in, files although it comes from a variable, others' files, a login without TLS.
    """
    if access.kubeconfig is None:
        raise ClusterError(
            f"cluster {access.name}: `inCluster` works only inside a pod, this is none",
            where=access.where,
            hint="outside of the cluster use `kubeconfig: {file: …}` or `{env: …}`, or `server` and `token`",
        )
    document = _parsed(access, access.kubeconfig.reveal())
    name = access.context or text_at(document, "current-context")
    context = _named(access, document, "context", name)
    cluster = dict(_named(access, document, "cluster", text_at(context, "cluster")))
    user = dict(_named(access, document, "user", text_at(context, "user")) if text_at(context, "user") else {})
    _check_server(access, text_at(cluster, "server"))
    _check_plugins(access, user)
    _place_files(access, cluster, _CLUSTER_FILES)
    _place_files(access, user, _USER_FILES)
    _place_command(access, user)
    return Selected(name, cluster, _as_whom(access, user))


def malformed(access: ClusterAccess, problem: str) -> ClusterError:
    """The error for a kubeconfig that cannot be used; `problem` must not quote it."""
    return ClusterError(
        f"cluster {access.name}: the kubeconfig is of no use: {problem}",
        where=access.where,
        hint="check it with `kubectl --kubeconfig FILE config view`; a variable has to hold the full content, no path",
    )


def _parsed(access: ClusterAccess, text: str) -> JsonMap:
    try:
        document = load(text)
    except YamlError as error:
        # The problem alone: the text around it may hold a token.
        raise malformed(access, f"line {error.mark.line + 1}: {error.problem}") from error
    if not isinstance(document, dict):
        raise malformed(access, "it is none, neither as it stands nor in base64")
    if not isinstance(document.get("clusters"), list):
        raise malformed(access, "it has no `clusters`")
    return document


def _named(access: ClusterAccess, document: JsonMap, kind: str, name: str) -> JsonMap:
    entries = document.get(f"{kind}s")
    by_name = {text_at(entry, "name"): entry for entry in entries} if isinstance(entries, list) else {}
    if name not in by_name:
        known = ", ".join(by_name) or "none"
        what = f'there is no {kind} "{name}" in it' if name else f"it names no current {kind}"
        raise ClusterError(
            f"cluster {access.name}: the kubeconfig is of no use: {what}",
            where=access.where,
            hint=f"set `context:` to one of: {known}" if kind == "context" else f"{kind}s in it: {known}",
        )
    return as_map(as_map(by_name[name]).get(kind))


def _check_server(access: ClusterAccess, server: str) -> None:
    if not server.startswith(("https://", "http://")):
        raise malformed(access, f'"{server}" is no address of an API server')
    if is_exposed(server):
        raise ClusterError(
            f"cluster {access.name}: {server} has no TLS, so that everybody on the way could read the credentials",
            where=access.where,
            hint="the `server` of the kubeconfig has to begin with https://; http:// is for this machine only",
        )


def _check_plugins(access: ClusterAccess, user: JsonMap) -> None:
    refused = [name for name in _plugins(user) if name not in access.plugins]
    if refused:
        name = refused[0]
        raise ClusterError(
            f"cluster {access.name}: its kubeconfig logs in by `{name}`, which the environment does not allow to run",
            where=access.where,
            hint=f"if you trust it, add `plugins: [{json.dumps(name)}]` to the cluster",
        )


def _plugins(user: JsonMap) -> Iterator[str]:
    """The programs and providers that a user's entry has run, as it writes them."""
    if "exec" in user:
        yield text_at(user, "exec", "command")
    if "auth-provider" in user:
        yield text_at(user, "auth-provider", "name")
        program = text_at(user, "auth-provider", "config", "cmd-path")
        if program:
            yield program


def _place_files(access: ClusterAccess, entry: dict[str, Json], keys: tuple[str, ...]) -> None:
    for key in keys:
        # As in kubectl, data that stands in the kubeconfig itself wins.
        if not entry.get(key) or entry.get(f"{key}-data"):
            continue
        if access.base is None:
            raise ClusterError(
                f"cluster {access.name}: its kubeconfig comes from a variable and names a file in `{key}`, "
                "which is not read",
                where=access.where,
                hint="put the content into the variable: `kubectl config view --raw --flatten --minify`",
            )
        placed = access.base.absolute() / str(entry[key])
        if access.within and not placed.resolve().is_relative_to(access.within):
            raise ClusterError(
                f"cluster {access.name}: its kubeconfig is in the project and names a file outside of it in `{key}`, "
                "which is not read",
                where=access.where,
                hint="put the content into the kubeconfig, or the kubeconfig beside the file",
            )
        entry[key] = str(placed)


def _place_command(access: ClusterAccess, user: dict[str, Json]) -> None:
    """As for kubectl: a bare name is searched in PATH, one with a slash is relative to the kubeconfig."""
    command = text_at(user, "exec", "command")
    if "/" not in command or command.startswith("/"):
        return
    if access.base is None:
        raise malformed(access, f"`{command}` is relative, and a variable lies in no folder")
    user["exec"] = {**as_map(user["exec"]), "command": str(access.base.absolute() / command)}


def _as_whom(access: ClusterAccess, user: JsonMap) -> JsonMap:
    asked = access.impersonate
    if asked is None:
        return user
    kept: dict[str, Json] = {key: value for key, value in user.items() if key not in _AS}
    groups: dict[str, Json] = {"as-groups": list(asked.groups)} if asked.groups else {}
    return {**kept, "as": asked.user, **groups}
