"""What is written down about a running sandbox, so that another process finds it again."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.sandbox.processes import Process

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a sandbox, all on 127.0.0.1."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    scheduler: int
    kwok: int


@dataclass(frozen=True, slots=True)
class SandboxState:
    """One sandbox as it was started.

    Attributes:
        server: the URL of the API server.
        processes: those started so far, in the order in which they were started.
        versions: (program, version) of what it runs.
        stages: names the content of the kwok stages; compared, to see whether they changed.
        ready: whether it got as far as being usable.
    """

    name: str
    server: str
    kubeconfig: Path
    audit_log: Path
    ports: Ports
    processes: tuple[Process, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    stages: str = ""
    ready: bool = False

    def process(self, name: str) -> Process | None:
        """The process of one program, or None if it was not started."""
        return next((process for process in self.processes if process.name == name), None)


def save(state: SandboxState, path: Path) -> None:
    """Write the state in one step: a reader sees the old one or the new one."""
    document = {"version": _VERSION, **asdict(state)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(document, indent=2, default=str) + "\n", encoding="utf-8")
    temporary.replace(path)


def load(path: Path) -> SandboxState | None:
    """The state in the file; None when there is none that this version can read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("version") != _VERSION:
            return None
        return SandboxState(
            name=document["name"],
            server=document["server"],
            kubeconfig=Path(document["kubeconfig"]),
            audit_log=Path(document["audit_log"]),
            ports=Ports(**document["ports"]),
            processes=tuple(Process(**process) for process in document["processes"]),
            versions=tuple((name, version) for name, version in document["versions"]),
            stages=document["stages"],
            ready=document["ready"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Missing, cut short, or by another version: what it describes is then found by its command lines.
        return None
