"""What a terminal shows while a command works."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP

CLEAR_LINE = "\x1b[2K"


def in_terminal(arguments: list[str], cwd: Path, environ: dict[str, str]) -> str:
    """All that a program writes to its terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvpe(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color", **environ})  # noqa: S606 - our own
    written = b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        try:
            chunk = os.read(terminal, 65536) if ready else b""
        except OSError:
            chunk = b""
        if not chunk:
            break
        written += chunk
    os.close(terminal)
    os.waitpid(pid, 0)
    return written.decode()


@pytest.mark.e2e
def test_lines_that_stay_are_never_glued_to_the_moving_one(
    tmp_path: Path, kubeconfig: str, namespace: str, kubectl: Kubectl
) -> None:
    """On a terminal a moving line names what is under way, gives way to each line that stays, and colours are there."""
    kubectl("create", "namespace", namespace)
    (tmp_path / "chart/templates").mkdir(parents=True)
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (tmp_path / "chart/values.yaml").write_text("text: hello\n")
    (tmp_path / "chart/templates/config.yaml").write_text(dedent(CONFIG_MAP))
    (tmp_path / "env.yaml").write_text(
        f"apiVersion: reconciler/v1\nkind: Environment\nname: {namespace}\n"
        "clusters: {main: {kubeconfig: {env: KUBECONFIG_TEXT}}}\n"
        f"namespaces: {{{namespace}: {{}}}}\n"
        f"releases: {{app: {{chart: chart, namespace: {namespace}}}}}\n"
    )
    program = str(Path(sys.executable).with_name("reconcile"))

    shown = in_terminal([program, "apply", "-e", "env.yaml"], tmp_path, {"KUBECONFIG_TEXT": kubeconfig})

    assert "looking at the clusters" in shown
    stays = re.compile(r"[^\n]*\x1b\[32m✓\x1b\[0m [^\n]*")
    lines = [line for line in shown.split("\n") if stays.match(line)]
    assert len(lines) == 2
    for line in lines:
        assert "under" not in line.rpartition(CLEAR_LINE)[2]
        assert line.rpartition(CLEAR_LINE)[2].startswith("\x1b[32m✓")
