"""One environment: what happened to it, what is done about it, and how it stands; in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from reconciler.apply.executor import Haste
from reconciler.daemon.config.windows import may_change
from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.decide import Go, Situation, decide
from reconciler.daemon.loop.following import Following
from reconciler.daemon.loop.inbox import Inbox
from reconciler.daemon.loop.intake import Intake
from reconciler.daemon.loop.runner import Guard, Runner
from reconciler.daemon.loop.signs import Signs
from reconciler.daemon.loop.standing import Standing
from reconciler.daemon.replicas.wishes import Wishes
from reconciler.daemon.source.origin import Checkout
from reconciler.daemon.surroundings import Surroundings
from reconciler.errors import DesiredStateError, NotBegunError
from reconciler.model.desired import Desired
from reconciler.model.sync import (
    ConditionKind,
    LeadershipChanged,
    Run,
    RunEnded,
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

    Attributes:
        inbox: what others tell it.
        wishes: what people ask of whoever leads.
    """

    def __init__(self, path: str, around: Surroundings, ask_source: Callable[[Why], None]) -> None:
        self.path, self.inbox = path, Inbox()
        self.wishes = Wishes(path, around.memory, self._wished, shared=around.lead is not None)
        self._around, self._ask_source = around, ask_source
        self._signs = Signs(f"keep {path}", around.pulse, around.clock.ticks)
        self._runner = Runner(around, self._signs)
        self._standing = Standing(path, around, self.inbox)
        # By whom it was suspended when that was seen last; None: the Lease that says so was not seen yet.
        self._known: str | None = None if around.lead else self.wishes.suspended
        self._intake = Intake(path, around)
        self._following = Following(around.watching, self.name)
        self._leadership: Leadership | None = None
        self._leader = ""
        self._thread = threading.Thread(target=self._live, name=f"keep {path}", daemon=True)

    @property
    def name(self) -> str:
        """The environment's; of a file that was never valid, its path, which is no other's either."""
        return self._standing.name

    @property
    def good(self) -> Checkout | None:
        """The files that it keeps applied."""
        files = self._intake.files
        return files.checkout if files else None

    @property
    def is_looked_at(self) -> bool:
        """Whether the files that it was offered were looked at."""
        return not self.inbox.has_offer and self._intake.has_looked

    @property
    def is_alive(self) -> bool:
        """Whether its threads are: its own, and the one that tries to lead."""
        return self._thread.is_alive() and (self._leadership is None or self._leadership.is_alive)

    def begin(self) -> None:
        """Keep it from now on; `inbox.end` ends that, and a run that is under way comes to its end by itself."""
        self._thread.start()

    def drop(self) -> None:
        """Nothing of it is shown, claimed or remembered from now on, whatever is under way."""
        self.inbox.drop()
        self._following.end()
        self._around.board.drop(self.name, self.path)

    def join(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _wished(self, who: str) -> None:
        """Something else is wished; who asks for a look, or empty."""
        self._note_suspension(who)
        if who:
            self._ask_source(Why(Trigger.USER, who))
        if who and (self._is_leading or self._intake.files is None):
            self.inbox.ask(Why(Trigger.USER, who))
        self.inbox.wake()

    def _note_suspension(self, who: str) -> None:
        now, known = self.wishes.suspended, self._known
        self._known = now
        if known is None or known == now:
            return
        suspension = Suspension(self._around.clock.now(), bool(now), now or who or "somebody")
        self.inbox.note(suspension)
        if self._is_leading:
            self._around.board.tell(SuspensionChanged(self.name, suspension))

    def _live(self) -> None:
        while not self.inbox.is_ended:
            self._signs.turning()
            if offer := self.inbox.turn():
                self._look_at(offer)
            step = decide(self._situation(), self._around.clock.ticks())
            if isinstance(step, Go):
                self._run(step.why)
            else:
                self._publish()
                self._signs.waiting()
                self.inbox.wait(max(min(step.until - self._around.clock.ticks(), _LONGEST), 0.0))
        self._signs.waiting()
        if self._leadership:
            self._leadership.end()
        self._following.end()

    def _situation(self) -> Situation:
        files = self._intake.files
        return Situation(
            # To look at files that were never valid is everybody's: nothing is written.
            leading=(self._is_leading or files is None) and self._around.haste() is Haste.NONE,
            suspended=bool(self._suspended()),
            ready=self._intake.has_looked,
            asked=self.inbox.asked,
            due=self._standing.due,
            retry=self._runner.retry,
            quiet=self._runner.quiet(files) if files else float("-inf"),
            settling=self._standing.settling(),
        )

    @property
    def _is_leading(self) -> bool:
        return self._around.lead is None or (self._leadership is not None and self._leadership.is_leading)

    def _suspended(self) -> str:
        """By whom; empty: it is not."""
        if who := self.wishes.suspended:
            return f"by {who}"
        return "by the Sync file" if self._around.keep(self.name).suspend else ""

    def _look_at(self, offer: Checkout) -> None:
        self._signs.looking()
        self._standing.saw(offer.commit)
        found = self._intake.look_at(offer, self.name, self._claim)
        if isinstance(found, Run):
            if self._intake.files is None:
                self._standing.due = self._around.clock.ticks() + self._around.keep(self.name).interval
            self._standing.invalid(found)
            self._told(found)
        elif found:
            self._rename(found.name)
            with self.inbox.present() as is_present:
                if is_present:
                    self._around.introduce(found.name, found.clusters)

    def _claim(self, desired: Desired, offer: Checkout) -> bool:
        """Whether the source still has it.

        Raises:
            DesiredStateError: its name is another's, or that it is valid cannot be remembered.
        """
        around = self._around
        with self.inbox.present() as is_present:
            if is_present:
                if not around.claim(desired.name, self.path):
                    message = f"another file has the environment {desired.name}"
                    raise DesiredStateError(message, hint="rename one of them")
                self.wishes.known_as(desired.name)
                if not around.lead:
                    self._known = self.wishes.suspended
                if offer.commit:
                    around.memory.accept(self.path, offer.commit)
            return is_present

    def _rename(self, name: str) -> None:
        if name == self.name and (self._leadership or not self._around.lead):
            return
        self._following.end()
        self._standing.rename(name)
        self._following = Following(self._around.watching, name)
        if self._leadership:
            self._leadership.end()
        if self._around.lead:
            self._leadership = self._around.lead(name, self._lead_changed, self.wishes)
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
            self.inbox.ask(Why(Trigger.START))
        else:
            self._following.end()
        self.inbox.wake()

    def _run(self, why: Why) -> None:
        self.inbox.answered()
        if self._intake.rejected and why.trigger in _LOOK_ANEW and not why.about:
            # What it needs beside its files, such as a variable or a neighbour's name, may be there by now.
            self._look_at(self._intake.rejected)
        files = self._intake.files
        if files is None:
            return
        self._standing.running(why)
        self._publish()
        ran = self._runner.run(files, why, Guard(self._acting, self._haste, self._following))
        self._standing.note(ran, self._runner.waiting(), self._runner.retry)
        self._told(ran.run)

    @contextmanager
    def _acting(self) -> Iterator[None]:
        with self._leadership.acting() if self._leadership else nullcontext():
            if reason := self._stopped():
                raise NotBegunError(reason)
            yield

    def _stopped(self) -> str:
        """Why not even a look may be begun; empty: it may."""
        if self.inbox.is_gone:
            return "the source has it no longer"
        if self._around.haste() is not Haste.NONE:
            return "the daemon is about to end"
        who = self._suspended()
        return f"suspended {who}" if who else ""

    def _haste(self) -> Haste:
        around, lost = self._around, self._leadership is not None and self._leadership.is_lost
        if around.haste() is Haste.AT_ONCE:
            return Haste.AT_ONCE
        # Without the lead too, what Helm has begun goes on under the lock of the apply: the engine cannot break it off.
        goes_on = not lost and not self._stopped() and may_change(around.keep(self.name), around.clock.now())
        return Haste.NONE if goes_on else Haste.WIND_DOWN

    def _told(self, run: Run) -> None:
        """A run has ended, and the board shows it before whoever is told looks there."""
        self._publish()
        self._around.board.tell(RunEnded(run))

    def _publish(self) -> None:
        self._standing.publish(self._obstacles(), self._suspended())

    def _obstacles(self) -> Iterator[Obstacle]:
        """What is in the way, beside what runs have found."""
        yield from (obstacle for obstacle in (self.inbox.source, self._intake.invalid) if obstacle)
        if not self._is_leading:
            yield Obstacle(ConditionKind.STANDING_BY, f"{self._leader or 'another replica'} acts for it")
