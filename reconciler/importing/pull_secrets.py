"""Live pull secrets → entries that say who logs in where, and which variable holds the password."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.importing.variables import Variables
from reconciler.model.docker_config import logins
from reconciler.model.importing import Note
from reconciler.model.json import Json, JsonMap, maps_at, text_at
from reconciler.model.manifest import owner
from reconciler.model.ownership import ENVIRONMENT

_DATA = ("data", ".dockerconfigjson")


@dataclass
class PullSecrets:
    """The pull secrets of an environment; the same one in several namespaces is one entry.

    Attributes:
        entries: key → entry, as they stand in the file.
        homes: namespace → the keys of those that are in it.
    """

    environment: str
    variables: Variables
    entries: dict[str, JsonMap] = field(default_factory=dict)
    homes: dict[str, list[str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    _contents: dict[str, object] = field(default_factory=dict, repr=False)

    def add(self, namespace: str, secrets: Iterable[JsonMap]) -> None:
        """The pull secrets that were found in a namespace; those that somebody else keeps are left alone."""
        for item in secrets:
            if owner(item) is None and not maps_at(item, "metadata", "ownerReferences"):
                self._add(namespace, text_at(item, "metadata", "name"), item)

    def _add(self, namespace: str, name: str, item: JsonMap) -> None:
        other = text_at(item, "metadata", "labels", ENVIRONMENT)
        subject = f"secret {namespace}/{name}"
        if other not in ("", self.environment):
            self.notes.append(Note(subject, f'it belongs to the environment "{other}"', left_out=True))
            return
        known = logins(text_at(item, *_DATA))
        if known is None:
            problem = "it holds no user and password, but an identity token or something else"
            self.notes.append(Note(subject, problem, "add it to the file by hand", left_out=True))
            return
        key = self._key(namespace, name, known)
        registries: dict[str, Json] = {
            host: {
                "username": login.username,
                "password": {
                    "env": self.variables.name([key, host, "password"], login.password, f"{host} in {subject}")
                },
            }
            for host, login in known.items()
        }
        named: dict[str, Json] = {} if key == name else {"name": name}
        self.entries[key] = {"type": "dockerconfigjson", **named, "registries": registries}
        self._contents[key] = known
        self.homes.setdefault(namespace, []).append(key)

    def _key(self, namespace: str, name: str, content: object) -> str:
        names = (name, f"{namespace}-{name}", *(f"{namespace}-{name}-{i}" for i in range(2, len(self.entries) + 3)))
        return next(key for key in names if self._contents.get(key, content) == content)
