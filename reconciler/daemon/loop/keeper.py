"""One environment: what happened to it, what is done about it, and how it stands; in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.apply.executor import Haste
from reconciler.daemon.config.windows import may_change
from reconciler.daemon.loop.conditions import Obstacle, renewed
from reconciler.daemon.loop.decide import Go, Situation, decide
from reconciler.daemon.loop.following import Following
from reconciler.daemon.loop.obstacles import summed
from reconciler.daemon.loop.runner import Files, Guard, Ran, Runner
from reconciler.daemon.loop.settling import Settling
from reconciler.daemon.loop.showing import Last, after, last_of, limits, next_look, with_run, with_suspension
from reconciler.daemon.loop.signs import Signs
from reconciler.daemon.loop.turns import NotBegunError
from reconciler.daemon.loop.views import errors_of, obstacle_of
from reconciler.daemon.replicas.wishes import Wishes
from reconciler.daemon.source.origin import Checkout
from reconciler.daemon.surroundings import Surroundings
from reconciler.errors import DesiredStateError, ReconcilerError
from reconciler.flows.context import Request
from reconciler.flows.validate import validate
from reconciler.model.desired import Desired
from reconciler.model.sync import (
    ConditionKind,
    EnvironmentView,
    LeadershipChanged,
    Run,
    RunEnded,
    RunResult,
    Suspension,
    SuspensionChanged,
    Trigger,
    Why,
)

if TYPE_CHECKING:
    from reconciler.daemon.replicas.leading import Leadership

# Seconds of the longest wait: the machine may have slept in it.
_LONGEST = 60.0

# Triggers by which files that were not valid are looked at again.
_LOOK_ANEW = (Trigger.USER, Trigger.SIGNAL, Trigger.INTERVAL)


class Keeper:
    """Keeps one environment file applied.

    Args:
        ask_source: has the source asked for what is new.
    """

    def __init__(self, path: str, around: Surroundings, ask_source: Callable[[Why], None]) -> None:
        self.path = path
        self._around, self._ask_source = around, ask_source
        self._wishes = Wishes(path, around.memory, self._wished, shared=around.lead is not None)
        self._signs = Signs(f"keep {path}", around.pulse, around.clock.ticks)
        self._runner = Runner(around, self._signs)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = threading.Event()
        # What others tell it, under the lock.
        self._asked: list[Why] = []
        self._offer: Checkout | None = None
        self._source: Obstacle | None = None
        self._suspensions: tuple[Suspension, ...] = ()
        # By whom it was suspended when that was seen last; None: the Lease that says so was not seen yet.
        self._known: str | None = None if around.lead else self._wishes.suspended
        self._is_gone = False
        # What its own thread knows.
        self._rejected: Checkout | None = None
        self._files: Files | None = None
        self._invalid: Obstacle | None = None
        self._last: Last | None = None
        self._due, self._settling = float("-inf"), Settling()
        self._view = EnvironmentView(path.replace("/", "."), path)
        self._following = Following(around.watching, self.name)
        self._leadership: Leadership | None = None
        self._leader = ""
        self._thread = threading.Thread(target=self._live, name=f"keep {path}", daemon=True)

    @property
    def name(self) -> str:
        """The environment's; of a file that was never valid, its path, which is no other's either."""
        return self._view.name

    @property
    def good(self) -> Checkout | None:
        """The files that it keeps applied."""
        files = self._files
        return files.checkout if files else None

    def begin(self) -> None:
        """Keep it from now on."""
        self._thread.start()

    def end(self) -> None:
        """Keep it no longer; a run that is under way comes to its end by itself."""
        self._ended.set()
        self._wake.set()

    def drop(self) -> None:
        """As `end`; and nothing of it is shown, claimed or remembered from now on, whatever is under way."""
        with self._lock:
            self._is_gone = True
        self.end()
        self._following.end()
        self._around.board.drop(self.name, self.path)

    @property
    def is_looked_at(self) -> bool:
        """Whether the files that it was offered were looked at."""
        with self._lock:
            return self._offer is None and (self._files is not None or self._rejected is not None)

    @property
    def is_alive(self) -> bool:
        """Whether its thread is."""
        return self._thread.is_alive()

    def join(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def offer(self, checkout: Checkout, why: Why) -> None:
        """There are these files now."""
        with self._lock:
            self._offer, self._source = checkout, None
        self.ask(why)

    def ask(self, why: Why) -> None:
        """Something happened."""
        with self._lock:
            if why not in self._asked:
                self._asked.append(why)
        self._wake.set()

    def obstruct(self, obstacle: Obstacle | None) -> None:
        """The source gives nothing that can be used; None: it does again, and has nothing new."""
        with self._lock:
            self._source = obstacle
        self._wake.set()

    @property
    def wishes(self) -> Wishes:
        """What people ask of whoever leads."""
        return self._wishes

    def _wished(self, who: str) -> None:
        """Something else is wished; who asks for a look, or empty."""
        self._note_suspension(who)
        if who:
            self._ask_source(Why(Trigger.USER, who))
        if who and (self._is_leading or self._files is None):
            self.ask(Why(Trigger.USER, who))
        self._wake.set()

    def _note_suspension(self, who: str) -> None:
        now, known = self._wishes.suspended, self._known
        self._known = now
        if known is None or known == now:
            return
        suspension = Suspension(self._around.clock.now(), bool(now), now or who or "somebody")
        with self._lock:
            self._suspensions = with_suspension(self._suspensions, suspension)
        if self._is_leading:
            self._around.board.tell(SuspensionChanged(self.name, suspension))

    def _live(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            self._signs.turning()
            self._take_offer()
            step = decide(self._situation(), self._around.clock.ticks())
            if isinstance(step, Go):
                self._run(step.why)
            else:
                self._publish()
                self._signs.waiting()
                self._wake.wait(max(min(step.until - self._around.clock.ticks(), _LONGEST), 0.0))
        self._signs.waiting()
        if self._leadership:
            self._leadership.end()
        self._following.end()

    def _situation(self) -> Situation:
        files = self._files
        with self._lock:
            return Situation(
                # To look at files that were never valid is everybody's: nothing is written.
                leading=(self._is_leading or files is None) and self._around.haste() is Haste.NONE,
                suspended=bool(self._suspended()),
                ready=files is not None or self._rejected is not None,
                asked=tuple(self._asked),
                due=self._due,
                retry=self._runner.retry,
                quiet=self._runner.quiet(files) if files else float("-inf"),
                settling=self._settling.times(),
            )

    @property
    def _is_leading(self) -> bool:
        return self._around.lead is None or (self._leadership is not None and self._leadership.is_leading)

    def _suspended(self) -> str:
        """By whom; empty: it is not."""
        if who := self._wishes.suspended:
            return f"by {who}"
        return "by the Sync file" if self._around.keep(self.name).suspend else ""

    def _take_offer(self) -> None:
        with self._lock:
            offer, self._offer = self._offer, None
        if offer:
            self._look_at(offer)

    def _look_at(self, offer: Checkout) -> None:
        """Keep these files from now on, unless they are not valid."""
        self._signs.looking()
        clock = self._around.clock
        started, begun = clock.now(), clock.ticks()
        context = self._around.context(offer.folder, self.path)
        self._view = replace(self._view, seen=offer.commit or self._view.seen)
        try:
            self._accept(offer, validate(Request(self.path), context))
        except ReconcilerError as error:
            self._rejected, self._invalid = offer, obstacle_of(ConditionKind.INVALID, error)
            if self._files is None:
                self._due = clock.ticks() + self._around.keep(self.name).interval
            self._show(
                Run(
                    id=context.holder("sync").run,
                    environment=self.name,
                    why=Why(Trigger.COMMIT if offer.commit else Trigger.FOLDER),
                    commit=offer.commit,
                    started=started,
                    seconds=clock.ticks() - begun,
                    result=RunResult.INVALID,
                    changes=0,
                    message="the files are not valid; what was applied before stays",
                    errors=errors_of(error),
                )
            )

    def _accept(self, offer: Checkout, desired: Desired) -> None:
        """Raises DesiredStateError: its name is another's, or that it is valid cannot be remembered."""
        around = self._around
        with self._lock:
            if self._is_gone:
                return
            if not around.claim(desired.name, self.path):
                raise DesiredStateError(f"another file has the environment {desired.name}", hint="rename one of them")
            self._wishes.known_as(desired.name)
            if not around.lead:
                self._known = self._wishes.suspended
            if offer.commit:
                around.memory.accept(self.path, offer.commit)
        clusters = dict.fromkeys(release.id.cluster for release in desired.releases)
        self._rejected = self._invalid = None
        releases = frozenset(release.id for release in desired.releases)
        self._files = Files(offer, self.path, desired.name, tuple(clusters or desired.clusters), releases)
        self._rename(desired.name)
        around.introduce(desired.name, desired.clusters)

    def _rename(self, name: str) -> None:
        if name == self.name and (self._leadership or not self._around.lead):
            return
        self._around.board.drop(self.name, self.path)
        self._following.end()
        self._view = replace(self._view, name=name)
        self._following = Following(self._around.watching, name)
        if self._leadership:
            self._leadership.end()
        if self._around.lead:
            self._leadership = self._around.lead(name, self._lead_changed, self._wishes)
            self._leadership.begin()
        else:
            self._following.begin()

    def _lead_changed(self, holder: str, *, leading: bool) -> None:
        was, self._leader = self._leader, holder
        if leading or was != holder:
            self._around.board.tell(LeadershipChanged(self.name, leading, holder))
        if leading:
            self._following.begin()
            # What another replica made meanwhile is not known.
            self._runner.in_place.clear()
            self.ask(Why(Trigger.START))
        else:
            self._following.end()
        self._wake.set()

    def _run(self, why: Why) -> None:
        with self._lock:
            self._asked = []
        if self._rejected and why.trigger in _LOOK_ANEW and not why.about:
            # What it needs beside its files, such as a variable or a neighbour's name, may be there by now.
            self._look_at(self._rejected)
        files = self._files
        if files is None:
            return
        self._view = replace(self._view, running=why)
        self._publish()
        self._note(self._runner.run(files, why, Guard(self._acting, self._haste, self._following)))

    def _note(self, ran: Ran) -> None:
        around, before = self._around, self._last
        keep = around.keep(self.name)
        now, ticks, chance = around.clock.now(), around.clock.ticks(), around.chance()
        retries = {target: now + timedelta(seconds=until - ticks) for target, until in self._runner.waiting().items()}
        self._view = after(self._view, ran, retries)
        self._last = last_of(before, ran, self._view)
        self._settling = self._settling.after(keep, ran, ticks, chance)
        self._due = ticks + next_look(keep, ran, self._due - ticks, now, chance)
        if before and before.obstacles and self._last and not self._last.obstacles and not ran.turn.looked.whole:
            # Nothing is known to be wrong any more: make sure.
            self._due = ticks
        first = min(self._due, self._runner.retry, *self._settling.times().values())
        self._view = replace(self._view, due=now + timedelta(seconds=first - ticks))
        self._publish()
        around.board.tell(RunEnded(ran.run))

    @contextmanager
    def _acting(self) -> Iterator[None]:
        with self._leadership.acting() if self._leadership else nullcontext():
            if reason := self._stopped():
                raise NotBegunError(reason)
            yield

    def _stopped(self) -> str:
        """Why not even a look may be begun; empty: it may."""
        if self._is_gone:
            return "the source has it no longer"
        if self._around.haste() is not Haste.NONE:
            return "the daemon is about to end"
        who = self._suspended()
        return f"suspended {who}" if who else ""

    def _haste(self) -> Haste:
        around, lost = self._around, self._leadership is not None and self._leadership.is_lost
        if lost or around.haste() is Haste.AT_ONCE:
            return Haste.AT_ONCE
        goes_on = not self._stopped() and may_change(around.keep(self.name), around.clock.now())
        return Haste.NONE if goes_on else Haste.WIND_DOWN

    def _show(self, run: Run) -> None:
        self._view = replace(self._view, runs=with_run(self._view.runs, run))
        self._publish()
        self._around.board.tell(RunEnded(run))

    def _publish(self) -> None:
        """Tell how it stands, to the board."""
        around, view, last = self._around, self._view, self._last
        now = around.clock.now()
        keep = around.keep(self.name)
        with self._lock:
            source, suspensions = self._source, self._suspensions
        obstacles = [item for item in (source, self._invalid) if item]
        if not self._is_leading:
            obstacles.append(Obstacle(ConditionKind.STANDING_BY, f"{self._leader or 'another replica'} acts for it"))
        obstacles += [*limits(keep, last, now, self._suspended()), *summed(last.obstacles if last else ())]
        conditions = renewed(view.conditions, obstacles, now, ready=last is not None)
        self._view = replace(view, conditions=conditions, suspensions=suspensions)
        with self._lock:
            if not self._is_gone:
                around.board.put(self._view)
