"""Credentials by a program that a kubeconfig names under `exec`, run as client-go runs it.

The protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins. The
`kubernetes` library has one too, without a limit of time, and it fails itself where a program fails at a terminal.
"""

from __future__ import annotations

import json
import os
import subprocess  # an adapter: the one way to ask a plugin
from collections.abc import Mapping
from pathlib import Path

from reconciler.adapters.groups import end_group
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import Json, JsonMap, as_map, dig, maps_at, text_at

# Seconds, where nobody sees what it says: one that asks a cloud takes one or two, one that waits for a person for ever.
TIMEOUT = 30.0
# Of what it said when it failed, the last characters.
_WORDS = 2000
_KIND = "ExecCredential"
# The extension of a cluster's entry that is meant for plugins.
_EXTENSION = "client.authentication.k8s.io/exec"


class ProgramError(Exception):
    """It gave no credentials; the text says why, and holds nothing that it printed as an answer."""


def ask_program(access: ClusterAccess, cluster: JsonMap, plugin: JsonMap, limit: float = TIMEOUT) -> JsonMap:
    """The `status` of the credentials that the program of a user's `exec` gives.

    Raises:
        ProgramError: it gave none.
    """
    # Whoever sits at a terminal reads what it says there, such as an address to log in at, and takes the time for it.
    is_seen = os.isatty(2)
    is_interactive = is_seen and os.isatty(0) and plugin.get("interactiveMode") != "Never"
    told = {"KUBERNETES_EXEC_INFO": json.dumps(_info(plugin, cluster, is_interactive=is_interactive))}
    environ = {**os.environ, **_variables(plugin), **told}
    process = _started(_command(plugin), access.base, environ, is_interactive=is_interactive, is_seen=is_seen)
    return _status(_answer(process, None if is_seen else limit), text_at(plugin, "apiVersion"))


def _command(plugin: JsonMap) -> list[str]:
    arguments = plugin.get("args") or []
    command = [plugin.get("command"), *(arguments if isinstance(arguments, list) else [arguments])]
    texts = [word for word in command if isinstance(word, str)]
    if len(texts) < len(command) or not texts[0]:
        raise ProgramError("the kubeconfig's `exec` has to have a `command`, and `args` that are texts")
    return texts


def _variables(plugin: JsonMap) -> dict[str, str]:
    """What it is given beside ours; a value that is left out is empty, as with client-go."""
    given = plugin.get("env") or []
    variables: dict[str, str] = {}
    for item in given if isinstance(given, list) else [given]:
        name, value = dig(item, "name"), dig(item, "value")
        if not isinstance(name, str) or not isinstance(value, str | None):
            raise ProgramError("names and values of `env` in the kubeconfig's `exec` have to be texts")
        variables[name] = value or ""
    return variables


def _info(plugin: JsonMap, cluster: JsonMap, *, is_interactive: bool) -> JsonMap:
    spec: dict[str, Json] = {"interactive": is_interactive}
    if plugin.get("provideClusterInfo") is True:
        spec["cluster"] = _with_config(cluster)
    return {"apiVersion": plugin.get("apiVersion"), "kind": _KIND, "spec": spec}


def _with_config(cluster: JsonMap) -> JsonMap:
    for extension in maps_at(cluster, "extensions"):
        if extension.get("name") == _EXTENSION:
            return {**cluster, "config": extension.get("extension")}
    return cluster


def _started(
    command: list[str], folder: Path | None, environ: Mapping[str, str], *, is_interactive: bool, is_seen: bool
) -> subprocess.Popen[bytes]:
    """The program; one that nobody sees has a session of its own, so that it can be ended with all that it starts."""
    try:
        return subprocess.Popen(  # noqa: S603 (the environment allows it by name; nothing goes through a shell)
            command,
            cwd=folder,
            env=environ,
            stdin=None if is_interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if is_seen else subprocess.PIPE,
            start_new_session=not is_seen,
        )
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ProgramError(f"{command[0]} cannot be started: {reason}") from error


def _answer(process: subprocess.Popen[bytes], limit: float | None) -> bytes:
    """What it prints. One without a limit is seen."""
    with process:
        try:
            answer, words = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise ProgramError(f"it gave no answer within {limit:g} s") from error
        finally:
            if limit is not None:
                end_group(process)
    if process.returncode:
        said = "what it says is above" if words is None else words.decode(errors="replace").strip()[-_WORDS:]
        raise ProgramError(f"it exited with {process.returncode}" + (f": {said}" if said else ""))
    return answer


def _status(answer: bytes, version: str) -> JsonMap:
    try:
        document: Json = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise ProgramError("what it printed is no JSON") from error
    if (text_at(document, "apiVersion"), text_at(document, "kind")) != (version, _KIND):
        raise ProgramError(f"what it printed is no {_KIND} of the version that the kubeconfig asks for: `{version}`")
    return as_map(dig(document, "status"))
