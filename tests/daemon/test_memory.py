"""What is known after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.daemon.memory import Memory
from reconciler.errors import DesiredStateError
from tests.daemon.stories import COMMIT


def test_a_restart(tmp_path: Path) -> None:
    """The suspensions and the last good commits are known; what is forgotten or resumed is not."""
    memory = Memory(tmp_path / "state.json")
    for name in ("shop", "bank"):
        memory.suspend(name, "ada")
    memory.suspend("bank", "")
    for path in ("a.yaml", "b.yaml"):
        memory.accept(path, COMMIT)
    memory.forget("b.yaml")
    again = Memory(tmp_path / "state.json")
    assert (again.suspended("shop"), again.suspended("bank")) == ("ada", "")
    assert (again.paths(), again.good("a.yaml"), again.good("b.yaml")) == (("a.yaml",), COMMIT, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, ("", "")),
        ({"shop": "ada"}, ("", "ada")),
        ({"bank": "ben"}, ("", "ben")),
        ({"shop": "ada", "bank": "ben"}, ("", "ben")),
    ],
)
def test_another_name(tmp_path: Path, before: dict[str, str], after: tuple[str, str]) -> None:
    """It is suspended when either was: nobody has resumed it."""
    memory = Memory(tmp_path / "state.json")
    for name, who in before.items():
        memory.suspend(name, who)
    memory.rename("shop", "bank")
    assert (memory.suspended("shop"), memory.suspended("bank")) == after


@pytest.mark.parametrize("text", ["", "{", "[]", '{"good": 1}', '{"good": {"a.yaml": {}}, "suspended": {"shop": 1}}'])
def test_a_broken_file(tmp_path: Path, text: str) -> None:
    """It is begun anew."""
    (tmp_path / "state.json").write_text(text)
    memory = Memory(tmp_path / "state.json")
    assert (memory.paths(), memory.good("a.yaml"), memory.suspended("shop")) == ((), None, "")


def test_it_cannot_be_written(tmp_path: Path) -> None:
    """Nothing is believed that would be lost with the process."""
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "state.json")
    with pytest.raises(DesiredStateError, match="cannot be written"):
        memory.suspend("shop", "ada")
    assert memory.suspended("shop") == ""
