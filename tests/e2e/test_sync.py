"""`reconcile sync` on the control plane, with a real repository: what it does unattended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP
from tests.git_servers import Origin, make_origin

pytestmark = pytest.mark.e2e

CHART = "apiVersion: v2\nname: note\nversion: 0.1.0\n"


@dataclass
class Daemon:
    """A daemon under way."""

    process: subprocess.Popen[bytes]
    log: Path

    def lines(self, event: str, **facts: str) -> list[Mapping[str, object]]:
        """What it has logged of one kind."""
        found = []
        for line in self.log.read_text().splitlines():
            if line.startswith("{"):
                told = json.loads(line)
                if told.get("event") == event and all(told.get(key) == value for key, value in facts.items()):
                    found.append(told)
        return found

    def until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, seconds: float = 60) -> int:
        """Its exit code."""
        return self.process.wait(seconds)


@dataclass
class Kept:
    """A repository, and daemons that keep it applied."""

    origin: Origin
    folder: Path
    namespace: str
    kubeconfig: str
    kubectl: Kubectl
    running: list[Daemon] = field(default_factory=list)

    def commit(self, message: str, body: str, name: str = "env") -> str:
        """Commit an environment file with these releases; gives the commit's name."""
        head = f"""
            apiVersion: reconciler/v1
            kind: Environment
            name: {self.namespace}-{name}
            clusters: {{main: {{kubeconfig: {{env: RECONCILE_KUBECONFIG}}}}}}
            defaults: {{namespace: {self.namespace}}}
            namespaces: {{{self.namespace}: {{}}}}
        """
        files = {
            f"environments/{name}.yaml": dedent(head).lstrip() + dedent(body).lstrip(),
            "charts/note/Chart.yaml": CHART,
            "charts/note/values.yaml": "text: begin\n",
            "charts/note/templates/note.yaml": dedent(CONFIG_MAP),
        }
        return self.origin.commit(message, files)

    def write(self, more: str = "", source: str | None = None) -> Path:
        """Write a Sync file."""
        git = f"git: {{url: '{self.origin.url}', branch: main}}"
        text = f"""
            apiVersion: reconciler/v1
            kind: Sync
            source: {{{source or git}, environments: "environments/*.yaml"}}
            poll: 1s
            state: state
            server: {{listen: "127.0.0.1:0"}}
        """
        path = self.folder / "sync.yaml"
        path.write_text(dedent(text).lstrip() + dedent(more).lstrip())
        return path

    def start(self, *options: str, **environ: str) -> Daemon:
        """Start a daemon."""
        program = Path(sys.executable).with_name("reconcile")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
        log = self.folder / f"log-{len(self.running)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [str(program), "sync", *(options or ("-f", "sync.yaml"))],
                cwd=self.folder,
                env={**kept, "RECONCILE_KUBECONFIG": self.kubeconfig, **environ},
                stdout=file,
                stderr=file,
            )
        daemon = Daemon(process, log)
        self.running.append(daemon)
        return daemon

    def text(self, name: str) -> str:
        """The text in a release's ConfigMap; empty: there is none."""
        found = self.kubectl(
            "get", "configmap", name, "-n", self.namespace, "--ignore-not-found", "-o", "jsonpath={.data.text}"
        )
        return found.strip()


@pytest.fixture
def kept(tmp_path: Path, namespace: str, kubeconfig: str, kubectl: Kubectl) -> Iterator[Kept]:
    """A repository and its daemons, which end with the test."""
    made = Kept(make_origin(tmp_path / "origin"), tmp_path, namespace, kubeconfig, kubectl)
    yield made
    for daemon in made.running:
        daemon.process.kill()
        daemon.process.wait()


def release(text: str, name: str = "note") -> str:
    """A release whose ConfigMap has a text."""
    return f"releases: {{{name}: {{chart: ../charts/note, values: [{{text: {text}}}]}}}}\n"


def test_commits(kept: Kept) -> None:
    """A good commit is applied; a bad one leaves the last good one, from which drift is corrected still, and is told
    with the place of each mistake; the next good one is applied; the end is in order."""
    kept.commit("First", release("first"))
    kept.write("defaults: {interval: 2s}\n")
    daemon = kept.start()
    daemon.until(lambda: kept.text("note") == "first")
    kept.commit("Bad", "relaeses: {}\n")
    daemon.until(lambda: "environments/env.yaml:7:1" in daemon.log.read_text())
    kept.kubectl("patch", "configmap", "note", "-n", kept.namespace, "--type=merge", '-p={"data":{"text":"mine"}}')
    daemon.until(lambda: kept.text("note") == "first")
    kept.commit("Good again", release("third"))
    daemon.until(lambda: kept.text("note") == "third")
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0, daemon.log.read_text()
