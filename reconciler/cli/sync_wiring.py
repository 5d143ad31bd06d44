"""A Sync file → the daemon and its surroundings; it runs until a signal ends it."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.kube.watch import KubeWatcher
from reconciler.adapters.watching import watching
from reconciler.cli.sync_site import serve_site
from reconciler.cli.wiring import cache_folder, make_context, make_holder, make_leases
from reconciler.daemon.board import LiveBoard
from reconciler.daemon.claims import Hurry, Names
from reconciler.daemon.config.load import SyncFile
from reconciler.daemon.config.settings import Fresh, Settings
from reconciler.daemon.config.strays import Strays
from reconciler.daemon.daemon import Asking, Daemon
from reconciler.daemon.loop.slots import Slots
from reconciler.daemon.memory import Memory
from reconciler.daemon.replicas.leading import Candidate, Changed, Leadership
from reconciler.daemon.replicas.shares import Balance, Shares
from reconciler.daemon.replicas.wishes import Wishes
from reconciler.daemon.source.origin import FolderOrigin, GitOrigin
from reconciler.daemon.source.repository import git_source
from reconciler.daemon.surroundings import Surroundings
from reconciler.daemon.telling.observers import Observers, make_observers
from reconciler.daemon.watch.drift import DriftWatch
from reconciler.desired.clusters import lone_cluster
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Target
from reconciler.model.policy import LockPolicy
from reconciler.model.source import GitSource

# Seconds between two looks at the threads, and after what was to end in order: then the process ends as it is.
_BEAT, _LAST = 5.0, 15.0
STOPPED_HARD = 1


def run_daemon(read: Callable[[], SyncFile], engine: str, grace: float, *, watch: bool) -> int:
    """Run until a signal; the exit code. `read` reads the Sync file, now and when somebody asks for that.

    Raises:
        DesiredStateErrors: the file is not valid.
    """
    file, signals = read(), Signals()
    settings = Settings(file.spec, read)
    with ExitStack() as ends:
        observers = make_observers(file.spec, file.secret)
        ends.callback(observers.close)
        made = _make(file, settings, engine, observers)
        daemon, board = made.daemon, made.board
        ends.callback(daemon.close)
        if watch and file.spec.source.folder:
            ends.enter_context(_watched(_folder_of(file), daemon))
        ends.callback(serve_site(file, made.source, board, daemon, observers).stop)
        daemon.begin()
        _wait(made, settings, signals, observers)
        return _end(daemon, signals, grace)


class Signals:
    """Signals as notes: Python runs a handler between any two lines of the main thread, so it does next to nothing."""

    def __init__(self) -> None:
        self.news = threading.Event()
        self.ends = 0
        self.hangups = 0
        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), self._end)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._hang_up)

    def _end(self, _number: int, _frame: object) -> None:
        self.ends += 1
        self.news.set()

    def _hang_up(self, _number: int, _frame: object) -> None:
        self.hangups += 1
        self.news.set()


def _wait(made: _Made, settings: Settings, signals: Signals, observers: Observers) -> None:
    """Until the first signal that ends it."""
    clock, daemon, answered = SystemClock(), made.daemon, 0
    strays = Strays(lambda: settings.named, lambda: daemon.names, made.board)
    while not signals.ends:
        if daemon.is_alive:
            observers.pulse.beat("loop", clock.ticks())
        if signals.hangups != answered:
            answered = signals.hangups
            settings.read_anew()
            daemon.signalled()
        strays.look()
        signals.news.wait(_BEAT)
        signals.news.clear()


def _end(daemon: Daemon, signals: Signals, grace: float) -> int:
    """What is under way gets `grace`, then it is ended in order; what does not end then is left to die with us."""
    daemon.wind_down()
    if _joined(daemon, grace, lambda: signals.ends > 1):
        return 0
    daemon.stop()
    if _joined(daemon, _LAST, lambda: signals.ends > 2):  # noqa: PLR2004 (one asks, the next hurries, the third insists)
        return 0
    sys.stderr.flush()
    os._exit(STOPPED_HARD)


def _joined(daemon: Daemon, seconds: float, hurried: Callable[[], bool]) -> bool:
    clock = SystemClock()
    until = clock.ticks() + seconds
    while clock.ticks() < until and not hurried():
        if daemon.join(min(0.2, max(until - clock.ticks(), 0.0))):
            return True
    return daemon.join(0.0)


@dataclass(frozen=True, slots=True)
class _Made:
    """A daemon, how all stands, and the repository that it follows, if it is none of a folder."""

    daemon: Daemon
    board: LiveBoard
    source: GitSource | None


def _make(file: SyncFile, settings: Settings, engine: str, observers: Observers) -> _Made:
    names, hurry, clock = Names(lambda name: observers.introduce(name, {})), Hurry(), SystemClock()
    state = _state_folder(file)
    heard, own = observers.metrics.asked, file.variables()
    source = Fresh("source", partial(git_source, file), clock.ticks) if file.spec.source.git else None
    board = LiveBoard([observers.tell])

    def drifted(environment: str, target: Target, found: str) -> None:
        daemon.drifted(environment, target, found)

    around = Surroundings(
        context=lambda folder, path: make_context(
            path, engine, heard, folder, own, folder.resolve().parent if source else None
        ),
        keep=settings.keep,
        claim=names.claim,
        lead=_leaders(file, clock),
        board=board,
        memory=Memory(state / "state.json"),
        clock=clock,
        chance=random.random,
        slots=Slots(file.spec.runs, observers.metrics.waiting),
        haste=hurry,
        watching=DriftWatch(lambda access: KubeWatcher(access, heard), drifted),
        pulse=observers.pulse,
        introduce=observers.introduce,
    )
    daemon = Daemon(_asking(file, source, state, settings), around, names, hurry)
    return _Made(daemon, board, source() if source else None)


def _asking(file: SyncFile, source: Fresh[GitSource] | None, state: Path, settings: Settings) -> Asking:
    environments = file.spec.source.environments
    if source is None:
        from reconciler.adapters.git.local import standing  # noqa: PLC0415 (of no use to mirrors)

        return Asking(FolderOrigin(_folder_of(file), environments, standing), None)
    from reconciler.adapters.git.mirror import GitMirror  # noqa: PLC0415 (of no use to folders)

    return Asking(GitOrigin(GitMirror(source(), state, os.environ), source), settings.polling)


def _folder_of(file: SyncFile) -> Path:
    """The folder of the source, as seen from the Sync file."""
    return (file.base / (file.spec.source.folder or "")).resolve()


def _state_folder(file: SyncFile) -> Path:
    """The one that the file names, as seen from it; else one for this source in the cache folder."""
    if file.spec.state:
        return (file.base / file.spec.state).resolve()
    told = file.spec.source.model_dump_json()
    folder = f"{_folder_of(file)}" if file.spec.source.folder else ""
    return cache_folder() / "sync" / hashlib.sha256(f"{told}{folder}".encode()).hexdigest()[:16]


def _leaders(file: SyncFile, clock: SystemClock) -> Callable[[str, Changed, Wishes], Leadership] | None:
    spec = file.spec.leader
    if spec is None:
        return None
    access: ClusterAccess = lone_cluster(spec.kubeconfig, spec.context, file.at("leader"), file.inputs)
    policy = LockPolicy(namespace=spec.namespace, duration=spec.duration)
    who = make_holder("sync")
    candidate = Candidate(f"{who.who}/sync/{uuid4().hex[:12]}", spec.duration, clock, Shares())
    Balance(candidate.shares, spec.duration).begin()

    def lead(name: str, changed: Changed, wishes: Wishes) -> Leadership:
        return Leadership(wishes.kept_with(make_leases(access, f"sync-{name}", policy)), candidate, changed)

    return lead


@contextmanager
def _watched(folder: Path, daemon: Daemon) -> Iterator[None]:
    """Changes of the folder's files are told to the daemon."""
    ended = threading.Event()
    with watching(folder) as watch:

        def follow() -> None:
            while not ended.is_set():
                changed = watch.wait(1.0)
                if changed:
                    daemon.changed(f"{min(changed)}" + (f" and {len(changed) - 1} more" if len(changed) > 1 else ""))

        thread = threading.Thread(target=follow, name="folder", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
