"""A sandbox: a real control plane on this machine, found again by its name."""

from __future__ import annotations

import datetime
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError
from reconciler.sandbox import boot, processes
from reconciler.sandbox.api import connect
from reconciler.sandbox.audit import AuditLog
from reconciler.sandbox.catalog import CONTROL_PLANE, current_platform
from reconciler.sandbox.locks import exclusive
from reconciler.sandbox.paths import programs_folder, sandbox_paths, sandboxes_folder
from reconciler.sandbox.programs import ensure
from reconciler.sandbox.progress import Progress, silent
from reconciler.sandbox.stages import fingerprint, stages_text
from reconciler.sandbox.state import SandboxState, load

if TYPE_CHECKING:
    from reconciler.sandbox.catalog import Sources

_SETTLE_SECONDS = 10.0
_POLL = 0.02


class Condition(StrEnum):
    """How a sandbox is: usable, or there in part (a run was killed, or a process died), or not there."""

    RUNNING = "running"
    STALE = "stale"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One component: `alive` is about the very process that was started."""

    name: str
    pid: int
    alive: bool


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """What is known about a sandbox, and why it is not running if it is not."""

    name: str
    condition: Condition
    reason: str
    server: str | None = None
    kubeconfig: Path | None = None
    processes: tuple[ProcessStatus, ...] = ()

    @property
    def running(self) -> bool:
        return self.condition is Condition.RUNNING


class Sandbox:
    """One sandbox by its name.

    Args:
        name: sandboxes of different names run side by side.
        home: the folder that holds the sandboxes' folders; `$RECONCILE_SANDBOX_HOME`, else in the user's
            cache folder, when None.
        programs: the folder of the prepared programs; in the user's cache folder when None.
        sources: where programs that are not prepared yet may come from.
    """

    def __init__(
        self,
        name: str = "default",
        home: Path | None = None,
        *,
        programs: Path | None = None,
        sources: Sources | None = None,
    ) -> None:
        self.name = name
        self._paths = sandbox_paths(sandboxes_folder(os.environ) if home is None else home, name)
        self._programs = programs_folder(os.environ) if programs is None else programs
        self._sources = sources

    @property
    def folder(self) -> Path:
        """Everything of this sandbox; `logs/` in it holds what each component printed."""
        return self._paths.root

    @property
    def kubeconfig_path(self) -> Path:
        """An administrator's kubeconfig, with the authority and the token inside."""
        return self._paths.kubeconfig

    @property
    def audit_log_path(self) -> Path:
        """The log of every request that the API server has answered."""
        return self._paths.audit_log

    @property
    def audit(self) -> AuditLog:
        """The audit log, to read."""
        return AuditLog(self._paths.audit_log)

    def up(self, progress: Progress = silent, stages: Path | None = None) -> SandboxState:
        """Make the sandbox run; one that runs already is used as it is.

        A stale one is replaced, and with it its data.

        Args:
            progress: told each step and how long it took.
            stages: a file of kwok stages to add or replace, see `stages_text`. A running sandbox gets them too,
                keeping its data; None leaves a running one with those that it has.

        Raises:
            SandboxError: a program cannot be prepared, or a component does not start.
        """
        text = stages_text(stages)
        with exclusive(self._paths.lock, progress, f"it works on the sandbox {self.name}"):
            state = load(self._paths.state)
            if state and not self._trouble(state):
                if stages is None or state.stages == fingerprint(text):
                    return state
                progress("restarting kwok with other stages")
                return boot.restart_kwok(self._paths, self._prepare(progress), state, text, progress)
            self._clear(progress)
            return self._boot(text, progress)

    def down(self, progress: Progress = silent) -> bool:
        """Stop the sandbox and delete its data; False: there was none.

        Raises:
            SandboxError: a process cannot be stopped.
        """
        with exclusive(self._paths.lock, progress, f"it works on the sandbox {self.name}"):
            ran = boot.end(self._paths)
            existed = self._paths.root.exists()
            if existed:
                shutil.rmtree(self._paths.root)
            return ran or existed

    def status(self) -> SandboxStatus:
        """How the sandbox is now."""
        state = load(self._paths.state)
        if state is None:
            return self._status_without_state()
        trouble = self._trouble(state)
        return SandboxStatus(
            self.name,
            Condition.STALE if trouble else Condition.RUNNING,
            trouble or "the API server is ready",
            state.server,
            state.kubeconfig,
            tuple(ProcessStatus(each.name, each.pid, processes.alive(each)) for each in state.processes),
        )

    def settle_audit(self) -> int:
        """Wait until all requests answered so far are in the audit log; returns the offset of its end.

        The API server logs a request just after answering it, so a look right after an answer can miss it.

        Raises:
            SandboxError: the sandbox is not running.
        """
        marker = f"/version?settle={uuid.uuid4().hex}"
        start = self.audit.mark()
        with connect(self._paths.component_kubeconfig("sandbox"), self._paths.ca) as api:
            answered = api.get(marker) is not None
        deadline = time.monotonic() + _SETTLE_SECONDS
        while answered and time.monotonic() < deadline:
            if any(record.uri == marker for record in self.audit.read(start)):
                return self.audit.mark()
            time.sleep(_POLL)
        raise SandboxError(f"the sandbox {self.name} does not answer, or does not log its requests")

    def _status_without_state(self) -> SandboxStatus:
        if self._paths.root.exists():
            return SandboxStatus(self.name, Condition.STALE, f"{self._paths.root} is there, but no state in it")
        return SandboxStatus(self.name, Condition.ABSENT, "it was never started, or was stopped")

    def _trouble(self, state: SandboxState) -> str | None:
        """Why what is written down cannot be used as it is; None: it can."""
        if not state.ready:
            return "its start was not finished"
        if state.versions != boot.VERSIONS:
            return "it runs other versions"
        dead = [process.name for process in state.processes if not processes.alive(process)]
        dead += [name for name in CONTROL_PLANE if state.process(name) is None]
        if dead:
            return f"not running: {', '.join(dead)}"
        try:
            with connect(self._paths.component_kubeconfig("sandbox"), self._paths.ca) as api:
                return None if api.ready() else "the API server is not ready"
        except SandboxError as error:
            return error.message

    def _clear(self, progress: Progress) -> None:
        status = self.status()
        if status.condition is not Condition.ABSENT:
            progress(f"replacing the sandbox {self.name}: {status.reason}")
        boot.end(self._paths)

    def _prepare(self, progress: Progress) -> dict[str, Path]:
        return ensure(CONTROL_PLANE, progress, folder=self._programs, sources=self._sources)

    def _boot(self, stages: str, progress: Progress) -> SandboxState:
        programs = self._prepare(progress)
        now = datetime.datetime.now(datetime.UTC)
        start = time.monotonic()
        state = boot.boot(self._paths, programs, current_platform(), stages, now, progress)
        progress(f"the sandbox {self.name} is up in {time.monotonic() - start:.1f} s")
        return state


def sandbox_names(home: Path | None = None) -> list[str]:
    """The names of the sandboxes that are there, running or not."""
    folder = sandboxes_folder(os.environ) if home is None else home
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
