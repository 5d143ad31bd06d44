"""Runs of a program: ended in time, with all that they started."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.adapters.git.runner import Bounds, Ended, Runner, Stop


def run(script: str, bounds: Bounds | None = None) -> Ended:
    """Run Python code."""
    return Runner(Path(sys.executable), {"A": "b"}).run(["-c", script], bounds or Bounds(20))


def test_what_it_says() -> None:
    """Output, errors and code, and nothing of our environment."""
    ended = run("import os, sys; print(sorted(os.environ)); print('bad', file=sys.stderr); sys.exit(3)")
    assert (ended.code, ended.err, ended.good) == (3, "bad\n", False)
    assert "'A'" in ended.out.decode()
    assert "PATH" not in ended.out.decode()


def test_more_than_a_pipe_holds() -> None:
    """On both streams at once."""
    ended = run("import sys\nfor _ in range(9): print('x' * 99_999); print('y' * 99_999, file=sys.stderr)")
    assert ended.good
    assert (len(ended.out), len(ended.err)) == (900_000, 900_000)


@pytest.mark.parametrize(
    ("script", "bounds", "stop"),
    [
        pytest.param("import time; time.sleep(60)", Bounds(0.5), Stop.LATE, id="sleeps"),
        pytest.param("while True: print('x' * 999)", Bounds(20, output=5_000), Stop.TOO_MUCH, id="talks"),
        pytest.param("print('x' * 9999)", Bounds(20, output=5_000), Stop.TOO_MUCH, id="talked"),
        pytest.param(
            "import os, time; os.close(1); os.close(2); time.sleep(60)", Bounds(0.5), Stop.LATE, id="is silent"
        ),
        pytest.param("import time; time.sleep(60)", Bounds(20, outgrown=lambda: True), Stop.TOO_MUCH, id="grows"),
        pytest.param("", Bounds(20, outgrown=lambda: True), Stop.TOO_MUCH, id="has grown"),
    ],
)
def test_bounds(script: str, bounds: Bounds, stop: Stop) -> None:
    """It is ended, and that is told."""
    began = time.monotonic()
    ended = run(script, bounds)
    assert (ended.stop, ended.good) == (stop, False)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("leader", ["time.sleep(60)", "pass"], ids=["waits", "ends before it"])
def test_what_it_started_ends_too(leader: str, tmp_path: Path) -> None:
    """Whether the program itself has ended or not."""
    child = f"import time; from pathlib import Path; time.sleep(3); Path({str(tmp_path / 'alive')!r}).touch()"
    started = run(
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); {leader}", Bounds(1)
    )
    assert started.stop is Stop.LATE
    time.sleep(3)
    assert not (tmp_path / "alive").exists()


def test_cancelled() -> None:
    """From another thread; what comes later ends at once."""
    runner = Runner(Path(sys.executable), {})
    threading.Timer(0.3, runner.cancel).start()
    began = time.monotonic()
    assert [runner.run(["-c", "import time; time.sleep(60)"], Bounds(50)).stop for _ in range(2)] == [
        Stop.CANCELLED
    ] * 2
    assert time.monotonic() - began < 10


def test_no_such_program() -> None:
    """Is for the caller to explain."""
    with pytest.raises(FileNotFoundError):
        Runner(Path("/nowhere/git"), {}).run([], Bounds(1))
