"""Starting: what happens when it goes wrong. Stand-ins for the programs fail on purpose."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from reconciler.errors import SandboxError
from reconciler.sandbox import boot
from reconciler.sandbox.catalog import CONTROL_PLANE, Platform
from reconciler.sandbox.paths import SandboxPaths
from reconciler.sandbox.processes import strays
from reconciler.sandbox.progress import Progress, silent


def stand_ins(folder: Path, script: str) -> dict[str, Path]:
    programs = {name: folder / name for name in CONTROL_PLANE}
    for path in programs.values():
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
    return programs


def start(paths: SandboxPaths, programs: dict[str, Path], tell: Progress = silent) -> None:
    now = datetime.datetime.now(datetime.UTC)
    boot.boot(paths, programs, Platform("linux", "amd64"), "", now, tell)


def test_a_component_that_dies_is_quoted(tmp_path: Path) -> None:
    """The error shows the end of its log, and where the log is; the log is kept."""
    paths = SandboxPaths(tmp_path / "a")
    with pytest.raises(SandboxError, match="etcd died") as caught:
        start(paths, stand_ins(tmp_path, "echo no space left; exit 3"))
    assert "no space left" in str(caught.value)
    assert str(paths.log("etcd")) in str(caught.value)
    assert paths.log("etcd").read_text(encoding="utf-8") == "no space left\n"


def test_a_taken_port_is_tried_again_with_others(tmp_path: Path) -> None:
    """A few times, because another program may take a port just after it was found free."""
    told: list[str] = []
    with pytest.raises(boot.PortTakenError):
        start(
            SandboxPaths(tmp_path / "a"), stand_ins(tmp_path, "echo bind: address already in use; exit 1"), told.append
        )
    assert told == ["a port was taken meanwhile; starting again with others"] * 2


def test_an_interrupted_start_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a component is awaited ends what was started."""
    paths = SandboxPaths(tmp_path / "a")
    pipe = tmp_path / "pipe"  # nobody writes to it, so its reader waits
    os.mkfifo(pipe)
    seen: list[int] = []

    def interrupt(_url: str, _ca: Path) -> bool:
        seen.extend(each.pid for each in strays(paths.root, ["sh"]))
        raise KeyboardInterrupt

    monkeypatch.setattr(boot, "healthy", interrupt)
    with pytest.raises(KeyboardInterrupt):
        start(paths, stand_ins(tmp_path, f"read line < {pipe}"))
    assert len(seen) == 1
    assert strays(paths.root, ["sh"]) == []
