"""Programs that hand out credentials: what they are told, and for how long they are waited for."""

from __future__ import annotations

import json
import os
import pty
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from reconciler.adapters.kube.programs import ProgramError, ask_program
from reconciler.model.json import Json, JsonMap
from tests.adapters.kube.test_kubeconfig import access

API = "client.authentication.k8s.io/v1"
# Prints what it was told, as a token.
TELLING = """
import json, os
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
print(json.dumps({**info, "status": {"token": json.dumps(info["spec"])}}))
"""


def shell(script: str, **settings: Json) -> JsonMap:
    """The `exec` of a user that runs this script."""
    return {"apiVersion": API, "command": "sh", "args": ["-c", script], **settings}


@contextmanager
def terminal() -> Iterator[int]:
    """This process at a terminal; gives the other end of it."""
    other, ours = pty.openpty()
    before = [os.dup(number) for number in (0, 2)]
    for number in (0, 2):
        os.dup2(ours, number)
    try:
        yield other
    finally:
        for number, kept in zip((0, 2), before, strict=True):
            os.dup2(kept, number)
            os.close(kept)
        os.close(ours)
        os.close(other)


def until_gone(process: int) -> None:
    """Wait until a process has ended, though nobody may have waited for it."""
    end = time.monotonic() + 5
    while (stat := Path(f"/proc/{process}/stat")).exists() and stat.read_text().split()[2] != "Z":
        assert time.monotonic() < end
        time.sleep(0.02)


def test_one_that_never_answers_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """A run would wait for it for ever, and so would whoever waits for the run."""
    begun = time.monotonic()
    with pytest.raises(ProgramError, match=r"no answer within 0\.3 s"):
        ask_program(access("{}", tmp_path), {}, shell("sleep 60 & echo $! > child; wait"), limit=0.3)
    assert time.monotonic() - begun < 10
    until_gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("given", [{"name": "X", "value": 1}, {"name": ["X"], "value": "1"}, {"value": "1"}, "X=1"])
def test_a_variable_that_is_no_text_is_refused(tmp_path: Path, given: Json) -> None:
    """As by client-go; it would be another one for the program."""
    with pytest.raises(ProgramError, match="`env`"):
        ask_program(access("{}", tmp_path), {}, shell("exit 1", env=[given]))


@pytest.mark.parametrize(("given", "told"), [({"value": "1"}, "1"), ({}, ""), ({"value": None}, "")])
def test_a_variable(tmp_path: Path, given: JsonMap, told: str) -> None:
    """One without a value is empty."""
    answer = json.dumps({"apiVersion": API, "kind": "ExecCredential", "status": {"token": "t"}})
    plugin = shell(f"test \"$X\" = '{told}' && echo '{answer}'", env=[{"name": "X", **given}])
    assert ask_program(access("{}", tmp_path), {}, plugin) == {"token": "t"}


def test_at_a_terminal_it_says_there_why_it_failed(tmp_path: Path) -> None:
    """And the error says where that is."""
    with terminal() as other:
        with pytest.raises(ProgramError, match="it exited with 1: what it says is above"):
            ask_program(access("{}", tmp_path), {}, shell("echo login expired >&2; exit 1"))
        assert os.read(other, 100) == b"login expired\r\n"


def test_at_a_terminal_there_is_no_limit(tmp_path: Path) -> None:
    """Whoever sits there may have to log in somewhere first."""
    script = f"""sleep 0.3; echo '{{"apiVersion": "{API}", "kind": "ExecCredential", "status": {{"token": "t"}}}}'"""
    with terminal():
        assert ask_program(access("{}", tmp_path), {}, shell(script), limit=0.1) == {"token": "t"}


@pytest.mark.parametrize(
    ("mode", "at_terminal", "told"),
    [
        ("IfAvailable", True, "true"),
        ("Always", True, "true"),
        ("Never", True, "false"),
        ("IfAvailable", False, "false"),
    ],
)
def test_it_is_told_whether_it_may_ask(mode: str, at_terminal: bool, told: str, tmp_path: Path) -> None:  # noqa: FBT001 (a table's)
    """It reads from the terminal only then."""
    (tmp_path / "plugin").write_text(TELLING)
    with terminal() if at_terminal else nullcontext():
        status = ask_program(access("{}", tmp_path), {}, shell("exec python3 plugin", interactiveMode=mode))
    assert status == {"token": f'{{"interactive": {told}}}'}


def test_it_is_told_of_the_cluster_what_is_meant_for_it(tmp_path: Path) -> None:
    """Its extension in the kubeconfig is the plugin's own configuration."""
    (tmp_path / "plugin").write_text(TELLING)
    extensions: list[Json] = [
        {"name": "other"},
        {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "us"}},
    ]
    cluster: JsonMap = {"server": "https://x", "extensions": extensions}
    status = ask_program(access("{}", tmp_path), cluster, shell("exec python3 plugin", provideClusterInfo=True))
    assert '"config": {"audience": "us"}' in str(status["token"])
