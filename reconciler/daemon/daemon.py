"""The daemon: a source that is asked, and a keeper for each environment in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from reconciler.apply.executor import Haste
from reconciler.daemon.claims import Hurry, Names
from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.keeper import Keeper
from reconciler.daemon.source.origin import Checkout, Distrusted, Origin
from reconciler.daemon.surroundings import Surroundings
from reconciler.daemon.timing import Attempts, Polling
from reconciler.errors import DesiredStateError, DesiredStateErrors, ReconcilerError
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.sync import CommitSeen, ConditionKind, DriftSeen, SourceFailed, Trigger, Why

_SOURCE = "source"
# Seconds: more than all steps of a mirror take together by their own bounds, when it has to be made anew.
_ASKING = 3_600.0


@dataclass(frozen=True, slots=True)
class Asking:
    """How the source is asked.

    Attributes:
        polling: how often, as of now; None: only when somebody says that it may have changed.
    """

    origin: Origin
    polling: Callable[[], Polling] | None


class Daemon:
    """Implements `reconciler.model.sync.Controls`.

    Args:
        names: the same that the surroundings claim by.
        hurry: the same that they ask.
    """

    def __init__(self, asking: Asking, around: Surroundings, names: Names, hurry: Hurry) -> None:
        self._asking, self._around, self._names, self._hurry = asking, around, names, hurry
        self._keepers: dict[str, Keeper] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._reasons: list[Why] = []
        self._last: Checkout | None = None
        self._attempts: Attempts[str] = Attempts()
        self._thread = threading.Thread(target=self._follow, name="source", daemon=True)

    def begin(self) -> None:
        """Keep all environments from now on; the last good files first, should the source not answer."""
        for path in self._around.memory.paths():
            good = self._around.memory.good(path)
            checkout = self._asking.origin.recall(good) if good else None
            if checkout and path in checkout.paths:
                self._keeper(path).inbox.offer(checkout, Why(Trigger.START))
        self._thread.start()

    def wind_down(self) -> None:
        """Begin nothing more; what is under way comes to its end."""
        self._hurry.set(Haste.WIND_DOWN)
        self._ended.set()
        self._wake.set()
        for keeper in self._all():
            keeper.inbox.end()

    def stop(self) -> None:
        """End what is under way in order, as Ctrl-C does."""
        self._hurry.set(Haste.AT_ONCE)

    def join(self, seconds: float) -> bool:
        """Wait for the end of all runs, and give up the lead; whether it came in so many seconds."""
        until = self._around.clock.ticks() + seconds
        left = [not keeper.join(max(until - self._around.clock.ticks(), 0.0)) for keeper in self._all()]
        return not any(left)

    def close(self) -> None:
        """Forget the source."""
        self._asking.origin.close()

    @property
    def names(self) -> frozenset[str] | None:
        """The environments that there are; None: that is not known yet, as not all files were looked at."""
        keepers = self._all()
        known = self._last is not None and all(keeper.is_looked_at for keeper in keepers)
        return frozenset(keeper.name for keeper in keepers) if known else None

    @property
    def is_alive(self) -> bool:
        """Whether its threads are: the one that asks the source, and those of the environments."""
        return self._thread.is_alive() and all(keeper.is_alive for keeper in self._all())

    def sync(self, environment: str, who: str) -> None:
        """See Controls."""
        self._named(environment).wishes.sync(who)

    def suspend(self, environment: str, who: str) -> None:
        """See Controls."""
        self._named(environment).wishes.suspend(who)

    def resume(self, environment: str, who: str) -> None:
        """See Controls."""
        self._named(environment).wishes.resume(who)

    def pushed(self, detail: str) -> None:
        """See Controls."""
        self._ask_source(Why(Trigger.COMMIT, detail))

    def changed(self, detail: str) -> None:
        """Files of the folder changed."""
        self._ask_source(Why(Trigger.FOLDER, detail))

    def signalled(self) -> None:
        """Somebody asks for a look at everything."""
        self._ask_source(Why(Trigger.SIGNAL))
        for keeper in self._all():
            keeper.inbox.ask(Why(Trigger.SIGNAL))

    def drifted(self, environment: str, target: Target, found: str) -> None:
        """Somebody else changed or deleted what the environment has. One that is not known is passed over."""
        self._around.board.tell(DriftSeen(environment, target, found))
        about = (target,) if isinstance(target, ReleaseId) else ()
        for keeper in self._all():
            if keeper.name == environment:
                keeper.inbox.ask(Why(Trigger.DRIFT, found, about))

    def _ask_source(self, why: Why) -> None:
        with self._lock:
            self._reasons.append(why)
        self._wake.set()

    def _all(self) -> list[Keeper]:
        with self._lock:
            return list(self._keepers.values())

    def _named(self, environment: str) -> Keeper:
        for keeper in self._all():
            if keeper.name == environment:
                return keeper
        raise KeyError(environment)

    def _keeper(self, path: str) -> Keeper:
        with self._lock:
            keeper = self._keepers.get(path)
            if keeper is None:
                keeper = self._keepers[path] = Keeper(path, self._around, self._ask_source)
                keeper.begin()
            return keeper

    def _follow(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            with self._lock:
                reasons, self._reasons = self._reasons, []
            self._around.pulse.beat(_SOURCE, self._around.clock.ticks(), _ASKING)
            self._ask(reasons)
            self._around.pulse.end(_SOURCE)
            self._wake.wait(self._pause())

    def _pause(self) -> float | None:
        """Seconds until the source is asked again; None: until somebody says so."""
        now, chance = self._around.clock.ticks(), self._around.chance()
        if self._attempts.failures(_SOURCE):
            return max(self._attempts.ready_at(_SOURCE, "") - now, 0.0)
        polling = self._asking.polling
        return polling().next(0.0, chance) if polling else None

    def _ask(self, reasons: Iterable[Why]) -> None:
        try:
            self._took(self._asking.origin.ask(), list(reasons))
        except ReconcilerError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 (a bug here must not end the watch over the clusters)
            self._failed(ReconcilerError(f"a bug in reconciler: {type(error).__name__}", hint="report it"))
        else:
            self._attempts = self._attempts.succeeded(_SOURCE)

    def _took(self, found: Checkout | Distrusted, reasons: list[Why]) -> None:
        if isinstance(found, Distrusted):
            self._obstruct(Obstacle(ConditionKind.UNTRUSTED, found.message, _SIGN))
        else:
            self._found(found, reasons)

    def _failed(self, error: ReconcilerError) -> None:
        if self._ended.is_set():
            # A fetch that was under way is cut off at the end.
            return
        now, chance = self._around.clock.ticks(), self._around.chance()
        self._attempts = self._attempts.failed(_SOURCE, "", now, chance)
        kind = ConditionKind.INVALID if _is_invalid(error) else ConditionKind.SOURCE_FAILED
        self._obstruct(Obstacle(kind, error.message, error.hint))

    def _obstruct(self, obstacle: Obstacle) -> None:
        self._around.board.tell(SourceFailed(obstacle.message, obstacle.hint))
        for keeper in self._all():
            keeper.inbox.obstruct(obstacle)

    def _found(self, checkout: Checkout, reasons: list[Why]) -> None:
        if checkout == self._last and checkout.commit:
            for keeper in self._all():
                keeper.inbox.obstruct(None)
            return
        self._settle(checkout)
        if checkout.commit:
            self._around.board.tell(CommitSeen(checkout.commit, checkout.paths))
        for keeper in self._all():
            if keeper.path not in checkout.paths:
                self._drop(keeper)
        for path in checkout.paths:
            self._keeper(path).inbox.offer(checkout, _why(checkout, reasons))
        self._last = checkout

    def _settle(self, checkout: Checkout) -> None:
        """Make it the current one; the last good ones of the environments are not removed for it."""
        origin = self._asking.origin
        for commit in {good.commit for keeper in self._all() if (good := keeper.good)} - {None, checkout.commit}:
            if commit:
                origin.recall(commit)
        if checkout.commit:
            origin.switch(checkout.commit)

    def _drop(self, keeper: Keeper) -> None:
        """The source has it no longer: nothing is done about it any more, and what it applied stays."""
        keeper.drop()
        with self._lock:
            del self._keepers[keeper.path]
        self._names.give_up(keeper.path)
        self._around.memory.forget(keeper.path)


_SIGN = "sign it with a key that is trusted, or add the signer to `verify`"


def _is_invalid(error: ReconcilerError) -> bool:
    return isinstance(error, DesiredStateError | DesiredStateErrors)


def _why(checkout: Checkout, reasons: list[Why]) -> Why:
    if checkout.commit is None:
        why = reasons[-1] if reasons else Why(Trigger.START)
        return replace(why, detail="; ".join(filter(None, (why.detail, checkout.standing))))
    return Why(Trigger.COMMIT, checkout.commit.sha[:12])
