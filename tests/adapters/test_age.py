"""Encryption by age, both ways."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest

from reconciler.adapters.age import check_recipients, decrypt, encrypt
from reconciler.errors import DesiredStateError

ONE, OTHER, STRANGER = (pyrage.x25519.Identity.generate() for _ in range(3))


def _file(folder: Path, *lines: object) -> Path:
    path = folder / "key.txt"
    path.write_text("\n".join(map(str, lines)))
    return path


@pytest.mark.parametrize("identity", [ONE, OTHER], ids=["one", "other"])
def test_each_recipient_can_open_it(identity: object, tmp_path: Path) -> None:
    """A file of identities is as age-keygen makes it, and may hold several."""
    sealed = encrypt(b"text", [str(ONE.to_public()), str(OTHER.to_public())])
    assert sealed.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    assert decrypt(sealed, _file(tmp_path, "# created: today", "", STRANGER, f"  {identity}")) == b"text"


def test_nobody_else_can(tmp_path: Path) -> None:
    """The error names the file, and no key."""
    with pytest.raises(DesiredStateError, match=r"cannot be opened with the identities in .*key\.txt") as found:
        decrypt(encrypt(b"text", [str(ONE.to_public())]), _file(tmp_path, STRANGER))
    assert str(STRANGER) not in str(found.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("# nothing",), "holds no identity of age"),
        (("AGE-SECRET-KEY-1WRONG",), "holds a line that is no identity of age"),
        ((ONE, "secret-by-mistake"), "holds a line that is no identity of age"),
    ],
    ids=["empty", "broken", "something else"],
)
def test_a_file_that_holds_no_identities(lines: tuple[object, ...], message: str, tmp_path: Path) -> None:
    """What stands in it is not quoted."""
    with pytest.raises(DesiredStateError, match=message) as found:
        decrypt(encrypt(b"text", [str(ONE.to_public())]), _file(tmp_path, *lines))
    assert all(str(line) not in str(found.value) for line in lines)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, or no text."""
    with pytest.raises(DesiredStateError, match="cannot be read: no such file"):
        decrypt(encrypt(b"text", [str(ONE.to_public())]), tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(DesiredStateError, match="is no file of identities: it is no UTF-8 text"):
        decrypt(encrypt(b"text", [str(ONE.to_public())]), tmp_path / "binary")


def test_a_damaged_text(tmp_path: Path) -> None:
    """An error, as with a wrong key."""
    with pytest.raises(DesiredStateError, match="cannot be opened"):
        decrypt("no age at all", _file(tmp_path, ONE))


def test_a_recipient_that_is_none() -> None:
    """It is told before anything is done; a private key that was given by mistake is not repeated."""
    check_recipients([str(ONE.to_public())])
    with pytest.raises(DesiredStateError, match=r"age1wrong is no recipient of age"):
        check_recipients(["age1wrong"])
    with pytest.raises(DesiredStateError, match="this is no recipient of age") as found:
        check_recipients([str(ONE)])
    assert str(ONE) not in str(found.value)
