"""Daemons of the tests, and the repository that they keep applied to the worker's control plane."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import requests

from tests.conftest import Kubectl
from tests.forks.process import environment
from tests.git_servers import Origin

MAIN = "main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}"
TOKEN = "correct-horse-battery"
CHART = "apiVersion: v2\nname: note\nversion: 0.1.0\n"

_NOTE = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}}
    data: {text: {{ .Values.text | quote }}}
"""
_SLOW = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: slow}
    spec:
      selector: {matchLabels: {app: slow}}
      template:
        metadata: {labels: {app: slow}}
        spec: {nodeSelector: {there: is-no-such-node}, containers: [{name: main, image: example.com/app:1}]}
"""
SLOW = {"charts/slow/templates/slow.yaml": _SLOW}


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

    @property
    def address(self) -> str:
        """Of its page, once it listens."""
        self.until(lambda: self.lines("listening"))
        return f"http://127.0.0.1:{self.lines('listening')[0]['port']}"

    def get(self, path: str) -> requests.Response:
        """What it answers."""
        return requests.get(f"{self.address}{path}", timeout=10)

    def act(self, environment: str, action: str, who: str = "Ada") -> None:
        """Act on its page, with the token."""
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{self.address}/environments/{environment}/{action}"
        assert requests.post(url, headers=bearer, data={"who": who}, timeout=10).status_code == 202

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

    def commit(
        self,
        message: str,
        body: str,
        clusters: str = MAIN,
        namespaces: str = "",
        more: Mapping[str, str] | None = None,
    ) -> str:
        """Commit an environment file with these releases, and the charts; gives the commit's name."""
        head = f"""
            apiVersion: reconciler/v1
            kind: Environment
            name: {self.name}
            clusters: {{{clusters}}}
            defaults: {{namespace: {self.namespace}}}
            namespaces: {{{self.namespace}: {{cluster: main}}{namespaces}}}
        """
        files = {
            "environments/env.yaml": dedent(head).lstrip() + dedent(body).lstrip(),
            "charts/note/Chart.yaml": CHART,
            "charts/note/values.yaml": "text: begin\n",
            "charts/note/templates/note.yaml": dedent(_NOTE),
            "charts/slow/Chart.yaml": CHART.replace("note", "slow"),
            **{name: dedent(text) for name, text in (more or {}).items()},
        }
        return self.origin.commit(message, files)

    @property
    def name(self) -> str:
        """The environment's."""
        return f"{self.namespace}-env"

    def write(self, more: str = "", state: str = "state", file: str = "sync.yaml", ready: str = "30m") -> None:
        """Write a Sync file, whose page takes TOKEN."""
        git = f"git: {{url: '{self.origin.url}', branch: main}}"
        text = f"""
            apiVersion: reconciler/v1
            kind: Sync
            source: {{{git}, environments: "environments/*.yaml"}}
            poll: 1s
            state: {state}
            server: {{listen: "127.0.0.1:0", token: {{env: STATUS_TOKEN}}, readyAfter: {ready}}}
        """
        (self.folder / file).write_text(dedent(text).lstrip() + more)

    def start(self, *options: str, **environ: str) -> Daemon:
        """Start a daemon."""
        program = Path(sys.executable).with_name("reconcile")
        log = self.folder / f"log-{len(self.running)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [str(program), "sync", *(options or ("-f", "sync.yaml"))],
                cwd=self.folder,
                env=environment({"RECONCILE_KUBECONFIG": self.kubeconfig, "STATUS_TOKEN": TOKEN, **environ}),
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


def release(text: str, name: str = "note") -> str:
    """A release whose ConfigMap has a text."""
    return f"releases:\n  {name}: {{chart: ../charts/note, values: [{{text: {text}}}]}}\n"
