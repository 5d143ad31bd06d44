"""Encryption to people and machines by age (https://age-encryption.org/v1), over PyPI's pyrage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyrage

from reconciler.errors import DesiredStateError

_LONGEST_FILE = 100_000
_SECRET = "AGE-SECRET-KEY-"  # noqa: S105 - how a key begins


def check_recipients(recipients: Sequence[str]) -> None:
    """Raises DesiredStateError: one of them is no recipient."""
    for recipient in recipients:
        _recipient(recipient)


def encrypt(content: bytes, recipients: Sequence[str]) -> str:
    """The content in age's armoured form, which each of the recipients can open."""
    sealed: bytes = pyrage.encrypt(content, [_recipient(text) for text in recipients], armored=True)
    return sealed.decode()


def decrypt(sealed: str, identities: Path) -> bytes:
    """What was encrypted to one of the identities in a file. Raises DesiredStateError: none of them can open it."""
    try:
        opened: bytes = pyrage.decrypt(sealed.encode(), list(_identities(identities)))
    except pyrage.DecryptError as error:
        raise DesiredStateError(
            f"the secrets of the plan cannot be opened with the identities in {identities}: {error}",
            hint="it takes the private key of one of the recipients that `--age-recipient` named",
        ) from error
    return opened


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        # A private key that was given by mistake is not repeated.
        shown = "this" if text.upper().startswith(_SECRET) else text
        raise DesiredStateError(
            f"{shown} is no recipient of age: {error}", hint="a recipient begins with age1; `age-keygen -y` shows it"
        ) from None


def _identities(path: Path) -> Iterator[pyrage.x25519.Identity]:
    """The identities in a file as `age-keygen` makes it: one in a line, # begins a comment."""
    lines = [line.strip() for line in _text(path).splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise DesiredStateError(f"{path} holds no identity of age", hint="`age-keygen -o FILE` makes one")
    for line in found:
        try:
            yield pyrage.x25519.Identity.from_str(line)
        except pyrage.IdentityError:
            problem = f"{path} holds a line that is no identity of age"
            raise DesiredStateError(problem, hint=f"an identity begins with {_SECRET}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode()
    except UnicodeDecodeError as error:
        raise DesiredStateError(f"{path} is no file of identities: it is no UTF-8 text") from error
    except OSError as error:
        raise DesiredStateError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
