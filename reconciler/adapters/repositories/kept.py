"""Indexes that were downloaded before, kept with what the server needs to say that they are still good."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.repositories.index import dump_index, read_index
from reconciler.model.json import text_at

if TYPE_CHECKING:
    from reconciler.adapters.repositories.index import Index
    from reconciler.model.desired import Repository

# How a question for what is known names it: RFC 9110, section 13.1.
_VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
# Of the parsed form; another one is read anew from the server.
_FORM = 1


# What changes twice within a second has the same date both times: RFC 9110, section 8.8.2.2.
_RESOLUTION = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """An index, and the headers that ask whether there is a newer one."""

    index: Index
    conditions: Mapping[str, str]


class IndexCache:
    """Keeps indexes in a folder that only this user can read.

    What a login is shown belongs to that login: the file's name is made from the address and, by a random key
    that never leaves the folder, from user and password. So an index is found only by who could download it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, repository: Repository) -> KeptIndex | None:
        """What is kept for this repository and login; None when there is nothing, or it is damaged."""
        try:
            head, _, body = self._file(repository).read_text(encoding="utf-8").partition("\n")
            conditions = json.loads(head)
            if conditions.pop("form") != _FORM:
                return None
            return KeptIndex(read_index(body), {name: text_at(conditions, name) for name in conditions})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, repository: Repository, index: Index, headers: Mapping[str, str]) -> None:
        """Remember an index, if the server gave what to ask for it by. A disk that is full only costs time."""
        told = [name for name in _VALIDATORS if name in headers]
        conditions = {_VALIDATORS[name]: headers[name] for name in told if name == "ETag" or _is_settled(headers)}
        if not conditions:
            return
        with contextlib.suppress(OSError):
            target = self._file(repository)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".index-") as private:
                made = Path(private) / "new"
                made.write_text(f"{json.dumps({'form': _FORM, **conditions})}\n{dump_index(index)}", encoding="utf-8")
                made.replace(target)

    def _file(self, repository: Repository) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        password = repository.password.reveal() if repository.password else ""
        login = "\0".join([repository.url, repository.username or "", password])
        name = hashlib.blake2b(login.encode(), key=self._key(), digest_size=24).hexdigest()
        return self._folder / f"{name}.index"

    def _key(self) -> bytes:
        path = self._folder / "key"
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".key-") as private:
                made = Path(private) / "new"
                made.touch(mode=0o600)
                made.write_bytes(secrets.token_bytes(32))
                # A link fails where another process was first; then its key is the one.
                with contextlib.suppress(FileExistsError):
                    os.link(made, path)
        return path.read_bytes()[:64]


def _is_settled(headers: Mapping[str, str]) -> bool:
    """Whether the date of the last change was over when the server answered, so that a later change has a later one."""
    try:
        changed, answered = (parsedate_to_datetime(headers[name]) for name in ("Last-Modified", "Date"))
        return answered - changed >= _RESOLUTION
    except (KeyError, ValueError, TypeError, OverflowError):
        return False
