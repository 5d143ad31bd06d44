"""References to secrets → the secrets."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.desired.problems import unknown_key
from reconciler.desired.schema import Source, ValueSource
from reconciler.desired.values import split_path
from reconciler.errors import DesiredStateError, Location
from reconciler.model.inputs import Inputs
from reconciler.model.json import Json
from reconciler.model.oci import Credentials
from reconciler.model.references import References
from reconciler.model.secret import SecretText


class Sources:
    """Reads what references point at; each encrypted file is opened once.

    With other `references` than those of the inputs, these have the last word.
    """

    def __init__(self, inputs: Inputs, references: References | None = None) -> None:
        self._inputs = inputs
        self._references = references or inputs.references
        self._opened: dict[Path, Json] = {}

    def text(self, source: Source | ValueSource, where: Location) -> SecretText:
        """What the source holds.

        Raises:
            DesiredStateError: the variable is unset, the file missing, or the key not in it.
        """
        if source.env is not None:
            return SecretText(self.variable(source.env, where))
        if source.file is not None:
            return SecretText(self._file(source.file, where))
        if source.sops is None or source.key is None:
            raise DesiredStateError("this source names neither `env`, `file` nor `sops`", where=where)
        return SecretText(self._sops(source.sops, source.key, where))

    def variable(self, name: str, where: Location) -> str:
        """The environment variable's text; unset and empty are errors, since an empty secret is never meant."""
        return self._references.text(f"env {name}", lambda: self._variable(name, where))

    def credential_file(self, name: str, where: Location) -> str:
        """The text of a file with credentials, which may lie anywhere; see ProjectFiles."""
        return self._references.text(f"file {name}", lambda: self._inputs.files.credential_text(name, where)[1])

    def login(self, helper: str, server: str, where: Location) -> Credentials:
        """The login that a credential helper has for a registry; see CredentialHelpers."""
        pair = json.loads(
            self._references.text(f"helper {helper} {server}", lambda: self._login(helper, server, where))
        )
        return Credentials(pair[0], SecretText(pair[1]))

    def _login(self, helper: str, server: str, where: Location) -> str:
        """As text: the user and the password, in JSON."""
        given = self._inputs.helpers.login(helper, server, where)
        return json.dumps([given.username, given.password.reveal()])

    def _variable(self, name: str, where: Location) -> str:
        if name in self._inputs.withheld:
            raise DesiredStateError(
                f"the environment variable {name} is the daemon's own, which no environment file is given",
                where=where,
                hint="put what it needs into a variable of its own",
            )
        value = self._inputs.environ.get(name)
        if value and is_broken(value):
            raise DesiredStateError(f"the environment variable {name} is no UTF-8 text", where=where)
        if value:
            return value
        state = "is not set" if value is None else "is empty"
        raise DesiredStateError(
            f"the environment variable {name} {state}", where=where, hint=f"export {name}=… before running, or in CI"
        )

    def _file(self, name: str, where: Location) -> str:
        called = self._inputs.files.called(name, where)
        return self._references.text(f"file {called}", lambda: self._file_text(name, where))

    def _file_text(self, name: str, where: Location) -> str:
        path = self._inputs.files.locate(name, where)
        text = self._inputs.files.secret_text(path, where)
        return text.removesuffix("\n").removesuffix("\r")

    def _sops(self, name: str, key: str, where: Location) -> str:
        called = self._inputs.files.called(name, where)
        return self._references.text(f"sops {called} {key}", lambda: self._sops_text(name, key, where))

    def _sops_text(self, name: str, key: str, where: Location) -> str:
        path = self._inputs.files.locate(name, where)
        if path not in self._opened:
            self._opened[path] = self._inputs.decryptor.decrypt(path, where)
        return _dig(self._opened[path], key, name, where)


def is_broken(text: str) -> bool:
    """Whether the text holds halves of characters: bytes of a variable that are no UTF-8, or an escape of JSON."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _dig(values: Json, key: str, name: str, where: Location) -> str:
    value = values
    for step in split_path(key):
        known = list(value) if isinstance(value, dict) else []
        if step not in known:
            message, hint = unknown_key(name, key, step, known)
            raise DesiredStateError(message, where=where, hint=hint)
        value = value[step]  # type: ignore[call-overload, index]  # `known` is only filled from a dict
    if isinstance(value, dict | list) or value is None:
        raise DesiredStateError(f'"{key}" in {name} is no single value', where=where)
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
