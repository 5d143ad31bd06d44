"""Start a control plane: in order, watched, and with nothing left running when it fails."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError
from reconciler.sandbox import processes
from reconciler.sandbox.api import connect, healthy
from reconciler.sandbox.catalog import CONTROL_PLANE, PROGRAMS, Platform
from reconciler.sandbox.certificates import write_certificates
from reconciler.sandbox.components import HOST, commands, free_ports
from reconciler.sandbox.configuration import write_configuration
from reconciler.sandbox.files import write_private
from reconciler.sandbox.nodes import create_nodes, nodes_ready
from reconciler.sandbox.stages import fingerprint
from reconciler.sandbox.state import SandboxState, load, save

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reconciler.sandbox.api import Api
    from reconciler.sandbox.paths import SandboxPaths
    from reconciler.sandbox.progress import Progress

_POLL = 0.05
_PATIENCE = 90.0
# Seconds; short, because there is nothing to save: the data is deleted next.
_GRACE = 2.0
_LOG_LINES = 15
_PORT_ATTEMPTS = 3
_PORT_TAKEN = "address already in use"
_DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"

VERSIONS = tuple((name, PROGRAMS[name].version) for name in CONTROL_PLANE)


class PortTakenError(SandboxError):
    """Somebody else took a port between its being found free and its being used."""


def boot(
    paths: SandboxPaths,
    programs: Mapping[str, Path],
    platform: Platform,
    stages: str,
    now: datetime.datetime,
    progress: Progress,
) -> SandboxState:
    """Start a sandbox in a fresh folder; returns when pods can be scheduled.

    Raises:
        SandboxError: a component died or did not become ready; nothing is left running, the logs are kept.
    """
    for attempt in range(1, _PORT_ATTEMPTS + 1):
        try:
            return _attempt(paths, programs, platform, stages, now, progress)
        except PortTakenError:
            if attempt == _PORT_ATTEMPTS:
                raise
            progress("a port was taken meanwhile; starting again with others")
    raise AssertionError("unreachable")


def end(paths: SandboxPaths) -> bool:
    """Stop whatever runs of a sandbox: what is written down, and what a killed run had no time to.

    Returns whether anything ran.
    """
    state = load(paths.state)
    known = list(state.processes) if state else []
    running = [process for process in known if processes.alive(process)]
    # The API server cannot end well without etcd, nor etcd while the API server is connected.
    processes.stop([process for process in running if process.name != "etcd"], _GRACE)
    processes.stop([process for process in running if process.name == "etcd"], _GRACE)
    strays = processes.strays(paths.root, CONTROL_PLANE)
    processes.stop(strays, _GRACE)
    return bool(running or strays)


def restart_kwok(
    paths: SandboxPaths, programs: Mapping[str, Path], state: SandboxState, stages: str, progress: Progress
) -> SandboxState:
    """Give a running sandbox other stages, keeping everything in it.

    Raises:
        SandboxError: kwok died of them; its log says why.
    """
    old = state.process("kwok")
    if old is not None:
        processes.stop([old])
    kept = tuple(process for process in state.processes if process.name != "kwok")
    launch = _Launch(paths, programs, replace(state, processes=kept, stages=""), progress)
    write_private(paths.stages, stages)
    launch.start("kwok")
    launch.wait("kwok", lambda: healthy(_kwok_url(state), paths.ca))
    return launch.record(replace(launch.state, stages=fingerprint(stages)))


class _Launch:
    """One start: what has been started so far is on disk at every moment."""

    def __init__(
        self, paths: SandboxPaths, programs: Mapping[str, Path], state: SandboxState, progress: Progress
    ) -> None:
        self.paths = paths
        self.state = state
        self._commands = commands(programs, paths, state.ports)
        self._progress = progress
        self._began: dict[str, float] = {}

    def record(self, state: SandboxState) -> SandboxState:
        save(state, self.paths.state)
        self.state = state
        return state

    def start(self, name: str) -> None:
        # A clean environment: Go's proxy settings and kwok's own folder in the home are not to matter.
        environment = {"HOME": str(self.paths.root), "PATH": "/usr/bin:/bin"}
        self._began[name] = time.monotonic()
        process = processes.spawn(name, self._commands[name], self.paths.log(name), environment)
        self.record(replace(self.state, processes=(*self.state.processes, process)))

    def wait(self, name: str, ready: Callable[[], bool], what: str = "ready") -> None:
        """Until `ready()`; every started process must stay alive meanwhile."""
        began = self._began.get(name, time.monotonic())
        deadline = time.monotonic() + _PATIENCE
        while not ready():
            self._check_alive()
            if time.monotonic() > deadline:
                raise SandboxError(f"{name} did not become {what} in {_PATIENCE:.0f} s\n{_tail(self.paths.log(name))}")
            time.sleep(_POLL)
        self._progress(f"{name} {what} in {time.monotonic() - began:.1f} s")

    def _check_alive(self) -> None:
        for process in self.state.processes:
            if not processes.alive(process):
                said = _tail(self.paths.log(process.name))
                error = PortTakenError if _PORT_TAKEN in said else SandboxError
                raise error(f"{process.name} died while the sandbox was starting\n{said}")


def _attempt(
    paths: SandboxPaths,
    programs: Mapping[str, Path],
    platform: Platform,
    stages: str,
    now: datetime.datetime,
    progress: Progress,
) -> SandboxState:
    if paths.root.exists():
        shutil.rmtree(paths.root)
    paths.root.mkdir(mode=0o700, parents=True)
    ports = free_ports()
    name, server = paths.root.name, f"https://{HOST}:{ports.api_server}"
    state = SandboxState(name, server, paths.kubeconfig, paths.audit_log, ports, versions=VERSIONS)
    write_certificates(paths, now)
    write_configuration(paths, name, server)
    write_private(paths.stages, stages)
    try:
        launch = _Launch(paths, programs, state, progress)
        _start(launch, platform)
        return launch.record(replace(launch.state, ready=True, stages=fingerprint(stages)))
    except BaseException:
        # Also on Ctrl-C: nothing may be left running.
        end(paths)
        raise


def _start(launch: _Launch, platform: Platform) -> None:
    paths, ports = launch.paths, launch.state.ports
    launch.start("etcd")
    launch.wait("etcd", lambda: healthy(f"http://{HOST}:{ports.etcd}/health", paths.ca))
    with connect(paths.component_kubeconfig("sandbox"), paths.ca) as api:
        launch.start("kube-apiserver")
        launch.wait("kube-apiserver", api.ready)
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            launch.start(name)
        create_nodes(api, platform, ports.kwok)
        _wait_until_usable(launch, api)


def _wait_until_usable(launch: _Launch, api: Api) -> None:
    ca, ports = launch.paths.ca, launch.state.ports
    launch.wait("kwok", lambda: healthy(_kwok_url(launch.state), ca))
    launch.wait("kube-scheduler", lambda: healthy(f"https://{HOST}:{ports.scheduler}/readyz", ca))
    launch.wait("kube-controller-manager", lambda: healthy(f"https://{HOST}:{ports.controller_manager}/healthz", ca))
    launch.wait("kube-controller-manager", lambda: api.get(_DEFAULT_ACCOUNT) is not None, "effective")
    launch.wait("kwok", lambda: nodes_ready(api), "playing ready nodes")


def _kwok_url(state: SandboxState) -> str:
    return f"http://{HOST}:{state.ports.kwok}/healthz"


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    except OSError:
        lines = []
    return "\n".join([f"the end of {log}:", *(f"  {line}" for line in lines)])
