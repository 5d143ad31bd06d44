"""Daemons under way, as processes of their own."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests
import yaml

from tests.git_servers import TOKEN, USERNAME
from tests.servers import free_port

_SECRET = "a-webhook-secret"
_KEPT = ("PATH", "HOME", "XDG_CACHE_HOME", "LANG")
REPOSITORY = "team/env"


@dataclass
class Replica:
    """One of them; it can be killed and started again.

    Attributes:
        name: whom its Leases name.
        folder: its own, with the Sync file.
    """

    name: str
    folder: Path
    kubeconfig: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def write(self, git_url: str, authority: str, lease: str) -> None:
        """Write the Sync file."""
        self.folder.mkdir(parents=True)
        (self.folder / "ca.pem").write_text(authority)
        git = {"url": f"{git_url}/{REPOSITORY}.git", "branch": "main", "username": USERNAME, "caFile": "ca.pem"}
        document = {
            "apiVersion": "reconciler/v1",
            "kind": "Sync",
            "source": {"git": {**git, "token": {"env": "GIT_TOKEN"}}, "environments": "env.yaml"},
            "poll": "60s",
            "state": "state",
            "server": {
                "listen": f"127.0.0.1:{self.port}",
                "webhooks": [{"provider": "github", "secret": {"env": "WEBHOOK_SECRET"}}],
            },
            "leader": {"kubeconfig": {"env": "RECONCILE_KUBECONFIG"}, "duration": lease},
        }
        (self.folder / "sync.yaml").write_text(yaml.safe_dump(document))

    def start(self) -> None:
        """Start it; its log is added to."""
        environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
        given = {"RECONCILE_KUBECONFIG": self.kubeconfig, "GIT_TOKEN": TOKEN, "WEBHOOK_SECRET": _SECRET}
        command = [str(Path(sys.executable).with_name("reconcile")), "sync", "-f", "sync.yaml"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env={**environ, **given, "LOGNAME": self.name}, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """By SIGKILL."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pushed(self, commit: str) -> bool:
        """Tell it of a push, as GitHub does; whether it was taken."""
        told = {"ref": "refs/heads/main", "after": commit, "repository": {"full_name": REPOSITORY}}
        body = json.dumps(told).encode()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-Hub-Signature-256": "sha256=" + hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest(),
        }
        try:
            url = f"http://127.0.0.1:{self.port}/webhooks/github"
            return requests.post(url, body, headers=headers, timeout=10).ok
        except requests.RequestException:
            return False

    @property
    def is_listening(self) -> bool:
        """Whether it answers by now."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    @property
    def megabytes(self) -> float:
        """The memory that it has in use."""
        return self._status()["VmRSS"] / 1024

    @property
    def cpu_seconds(self) -> float:
        """What it has used so far."""
        assert self.process
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self) -> Mapping[str, int]:
        """The sizes that Linux tells, in kB."""
        assert self.process
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
