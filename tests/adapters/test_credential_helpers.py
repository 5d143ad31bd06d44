"""Docker's credential helpers: real programs, well-behaved and otherwise."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from reconciler.adapters.credential_helpers import MAX_BYTES, CredentialPrograms
from reconciler.errors import DesiredStateError, Location

WHERE = Location("env.yaml", 7, 9)
GOOD = """
import json, sys
assert sys.argv[1:] == ["get"]
server = sys.stdin.read()
print(json.dumps({"ServerURL": server, "Username": "for " + server, "Secret": "correct-horse"}))
"""


def helper(folder: Path, body: str, name: str = "test") -> None:
    """A program docker-credential-NAME."""
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!{sys.executable}\n{body}\n")
    program.chmod(0o755)


def programs(folder: Path, timeout: float = 10.0) -> CredentialPrograms:
    """The helpers in a folder."""
    return CredentialPrograms({"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "REGION": "eu"}, timeout)


def test_a_login(tmp_path: Path) -> None:
    """The address goes to stdin, the login comes from stdout; what stderr says is nobody's business."""
    helper(tmp_path, f"{GOOD}\nprint('debug', file=sys.stderr)")
    found = programs(tmp_path).login("test", "r.example.com", WHERE)
    assert (found.username, found.password.reveal()) == ("for r.example.com", "correct-horse")
    assert "correct-horse" not in repr(found)


def test_it_has_the_environment(tmp_path: Path) -> None:
    """Helpers of clouds find their account there."""
    helper(tmp_path, 'import os; print(\'{"Username": "%s", "Secret": "x"}\' % os.environ[\'REGION\'])')
    assert programs(tmp_path).login("test", "r", WHERE).username == "eu"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param("print('credentials not found in native keychain'); exit(1)", "has no login for r", id="unknown"),
        pytest.param("print('correct-horse'); exit(3)", "failed with exit code 3 when asked for r", id="fails"),
        pytest.param("print('correct-horse')", "no JSON with Username and Secret", id="no JSON"),
        pytest.param("print('[' * 50_000)", "no JSON with Username and Secret", id="deep"),
        pytest.param('print(\'{"Username": "correct-horse"}\')', "no JSON with Username and Secret", id="no secret"),
        pytest.param("print('[1]')", "no JSON with Username and Secret", id="no map"),
        pytest.param(f"print('correct-horse' * {MAX_BYTES})", f"printed more than {MAX_BYTES:,} bytes", id="too much"),
        pytest.param("import time\nwhile True: print('correct-horse' * 99)", "printed more than", id="endless"),
        pytest.param("import sys; sys.stdin.close(); exit(2)", "failed with exit code 2", id="does not read"),
    ],
)
def test_a_helper_that_gives_none(body: str, said: str, tmp_path: Path) -> None:
    """One error at its place, with what to try; nothing that it printed is shown."""
    helper(tmp_path, body)
    with pytest.raises(DesiredStateError) as caught:
        programs(tmp_path).login("test", "r", WHERE)
    assert said in caught.value.message
    assert caught.value.message.startswith("docker-credential-test ")
    assert caught.value.where == WHERE
    assert "correct-horse" not in str(caught.value)


def test_a_helper_that_waits_for_ever(tmp_path: Path) -> None:
    """Is ended in time, with what it started."""
    helper(tmp_path, "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])")
    began = time.monotonic()
    with pytest.raises(DesiredStateError, match=r"gave no login for r within 0\.5 s"):
        programs(tmp_path, timeout=0.5).login("test", "r", WHERE)
    assert time.monotonic() - began < 10


def test_a_helper_that_is_not_there(tmp_path: Path) -> None:
    """Its name is said; a file that cannot be run is told too."""
    with pytest.raises(DesiredStateError, match="there is no program docker-credential-nope in PATH"):
        programs(tmp_path).login("nope", "r", WHERE)
    (tmp_path / "docker-credential-bad").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "docker-credential-bad").chmod(0o755)
    with pytest.raises(DesiredStateError, match="docker-credential-bad cannot be started: exec format error"):
        programs(tmp_path).login("bad", "r", WHERE)
