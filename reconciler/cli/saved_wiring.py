"""Arguments → what saved plans are made and opened with; beside `wiring`, it alone reads the process's surroundings."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from reconciler import __version__
from reconciler.adapters.files import project_root, write_file
from reconciler.adapters.plan_key import given_key, key_in, own_key
from reconciler.errors import DesiredStateError, SavedPlanError
from reconciler.flows.saved import Decrypt, Encrypt, Saving
from reconciler.model.saved import Origin
from reconciler.model.secret import SecretText

KEY_VARIABLE = "RECONCILE_PLAN_KEY"
# A plan of 500 releases with all their objects has a tenth of it.
_LARGEST = 100_000_000
_SALT_BYTES = 16


def make_saving(
    target: Path, lifetime: timedelta, made_by: str | None, recipients: tuple[str, ...], key_file: Path | None
) -> Saving:
    """How a plan is saved in a file. Raises DesiredStateError: the key or a recipient cannot be used."""
    origin = Origin(made_by or _who(), datetime.now(UTC).replace(microsecond=0), __version__, lifetime)
    salt = secrets.token_bytes(_SALT_BYTES)
    return Saving(origin, plan_key(key_file), salt, _encryption(recipients), partial(_keep, target))


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _encryption(recipients: tuple[str, ...]) -> Encrypt | None:
    if not recipients:
        return None
    from reconciler.adapters import age  # noqa: PLC0415 - few need it

    age.check_recipients(recipients)
    return partial(age.encrypt, recipients=recipients)


def decryption(identities: Path | None) -> Decrypt | None:
    """What opens a plan's secrets with the identities in a file; None: they are read from where they come from."""
    if identities is None:
        return None
    from reconciler.adapters import age  # noqa: PLC0415 - few need it

    return partial(age.decrypt, identities=identities)


def plan_key(key_file: Path | None) -> SecretText:
    """The key of saved plans: in a file, in RECONCILE_PLAN_KEY, or this user's own. Raises DesiredStateError."""
    if key_file is not None:
        return key_in(key_file)
    given = os.environ.get(KEY_VARIABLE)
    return given_key(given, KEY_VARIABLE) if given else own_key(_state())


def _state() -> Path:
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "reconciler"


def _keep(target: Path, text: str) -> None:
    try:
        write_file(target, text.encode(), private=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DesiredStateError(f"the plan cannot be saved in {target}: {reason}") from error


def read_plan(path: Path) -> str:
    """The text of a saved plan. Raises SavedPlanError: it is none; DesiredStateError: it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise SavedPlanError(f"{path} is no saved plan: it is larger than {_LARGEST:,} bytes")
        return content.decode()
    except UnicodeDecodeError:
        raise SavedPlanError(f"{path} is no saved plan: it is no UTF-8 text") from None
    except OSError as error:
        raise DesiredStateError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error


def find_environment(called: str) -> str:
    """An environment file of the project that we stand in, as it is called from here.

    Raises:
        SavedPlanError: there is none of that name.
    """
    cwd = Path.cwd()
    root = project_root(cwd / "any", cwd)
    path = root / called
    if not path.exists():
        hint = "run this in the project that the plan was made for, or name the file with -e"
        raise SavedPlanError(f"the plan is for {called}, which is not in {root}", hint=hint)
    return os.path.relpath(path, cwd)
