"""The key that saved plans are sealed with: given, or of this user on this machine, made when it is first needed."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from reconciler.errors import DesiredStateError
from reconciler.model.seal import SHORTEST_KEY
from reconciler.model.secret import SecretText

_LONGEST = 10_000
_MAKE = "`openssl rand -hex 32` makes a good one"


def given_key(text: str, source: str) -> SecretText:
    """A key as it was given. Raises DesiredStateError: it could be guessed; `source` names where it is from."""
    key = text.strip()
    if len(key) < SHORTEST_KEY:
        problem = f"the key in {source} is shorter than {SHORTEST_KEY} characters, and could be guessed"
        raise DesiredStateError(problem, hint=_MAKE)
    return SecretText(key)


def key_in(path: Path) -> SecretText:
    """The key in a file. Raises DesiredStateError: it cannot be read, others may read it, or it could be guessed."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_LONGEST).decode()
    except UnicodeDecodeError as error:
        raise DesiredStateError(f"{path} is no key: it is no UTF-8 text", hint=_MAKE) from error
    except OSError as error:
        raise _unusable(path, error) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        problem = f"the key in {path} can be read or changed by other users of this machine"
        raise DesiredStateError(problem, hint=f"chmod 600 {path}; if others may have read it, make another one")
    return given_key(text, str(path))


def own_key(folder: Path) -> SecretText:
    """This user's key in a folder of this user; made when there is none. Raises as `key_in`."""
    path = folder / "plan.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    except OSError as error:
        raise _unusable(path, error) from error
    return key_in(path)


def _make(path: Path) -> None:
    """A new key, unless there is one: of two runs at once, one wins, and nobody sees half a key."""
    if path.exists():
        return
    made = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        if not path.exists():
            os.link(made, path)
    except FileExistsError:
        pass  # the other one was quicker
    finally:
        made.unlink()


def _unusable(path: Path, error: OSError) -> DesiredStateError:
    return DesiredStateError(f"the key in {path} cannot be used: {(error.strerror or str(error)).lower()}", hint=_MAKE)
