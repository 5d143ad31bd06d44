"""What is known after a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.daemon.memory import Memory, Remembered
from reconciler.errors import DesiredStateError
from tests.daemon.stories import COMMIT


def test_a_restart(tmp_path: Path) -> None:
    """The suspension and the last good commit are known; what is forgotten is not."""
    memory = Memory(tmp_path / "state.json")
    memory.change("a.yaml", lambda known: replace(known, suspended="ada"))
    memory.change("a.yaml", lambda known: replace(known, good=COMMIT))
    memory.change("b.yaml", lambda known: replace(known, good=COMMIT))
    memory.forget("b.yaml")
    again = Memory(tmp_path / "state.json")
    assert again.of("a.yaml") == Remembered("ada", COMMIT)
    assert (again.paths(), again.of("b.yaml")) == (("a.yaml",), Remembered())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"environments": 1}', '{"environments": {"a.yaml": {"good": {}}}}'])
def test_a_broken_file(tmp_path: Path, text: str) -> None:
    """It is begun anew."""
    (tmp_path / "state.json").write_text(text)
    assert Memory(tmp_path / "state.json").of("a.yaml") == Remembered()


def test_it_cannot_be_written(tmp_path: Path) -> None:
    """Nothing is believed that would be lost with the process."""
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "state.json")
    with pytest.raises(DesiredStateError, match="cannot be written"):
        memory.change("a.yaml", lambda known: replace(known, suspended="ada"))
    assert memory.of("a.yaml") == Remembered()
