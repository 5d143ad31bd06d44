"""The key of saved plans."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.adapters.plan_key import given_key, key_in, own_key
from reconciler.errors import DesiredStateError

GOOD = "0123456789abcdef" * 4


def _file(folder: Path, text: bytes = GOOD.encode(), mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(text)
    path.chmod(mode)
    return path


def test_a_key_that_is_given(tmp_path: Path) -> None:
    """In a variable or a file, line ends aside."""
    assert given_key(f" {GOOD}\n", "RECONCILE_PLAN_KEY").reveal() == GOOD
    assert key_in(_file(tmp_path, f"{GOOD}\n".encode())).reveal() == GOOD


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620], ids=oct)
def test_a_file_that_others_may_read(mode: int, tmp_path: Path) -> None:
    """It is refused, as ssh does."""
    with pytest.raises(DesiredStateError, match="can be read or changed by other users"):
        key_in(_file(tmp_path, mode=mode))


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"short", "is shorter than 32 characters"), (b"\xff" * 40, "it is no UTF-8 text"), (b"", "is shorter")],
    ids=["short", "no text", "empty"],
)
def test_a_key_that_could_be_guessed(text: bytes, message: str, tmp_path: Path) -> None:
    """Too short, or none; it is not quoted."""
    with pytest.raises(DesiredStateError, match=message) as found:
        key_in(_file(tmp_path, text))
    assert "short " not in str(found.value)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """Said with its name."""
    with pytest.raises(DesiredStateError, match=r"the key in .*none cannot be used: no such file"):
        key_in(tmp_path / "none")


def test_a_key_of_our_own_is_made_once(tmp_path: Path) -> None:
    """Also by several runs at once; it is nobody else's to read, and nothing else is left in the folder."""
    folder = tmp_path / "state" / "reconciler"
    with ThreadPoolExecutor(8) as pool:
        keys = {key.reveal() for key in pool.map(lambda _: own_key(folder), range(8))}
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert [path.name for path in folder.iterdir()] == ["plan.key"]
    assert stat.S_IMODE((folder / "plan.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A container may have no home."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(DesiredStateError, match="cannot be used: not a directory"):
        own_key(tmp_path / "state" / "reconciler")
