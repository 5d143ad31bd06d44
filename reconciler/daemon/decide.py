"""What to do now about one environment, given what happened. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.sync import Trigger, Why

# The strongest first: of several, a run names one. What people and commits ask for is done at once.
_BY_STRENGTH = (
    Trigger.USER,
    Trigger.COMMIT,
    Trigger.FOLDER,
    Trigger.SIGNAL,
    Trigger.START,
    Trigger.DRIFT,
    Trigger.RETRY,
    Trigger.INTERVAL,
)
_AT_ONCE = frozenset(_BY_STRENGTH[:5])


@dataclass(frozen=True, slots=True)
class Situation:
    """How things are; times are ticks of the daemon's clock.

    Attributes:
        leading: this replica acts for it.
        ready: there is a checkout that is valid.
        asked: what happened since the last run.
        due: when it is looked at, whatever happens.
        retry: when something that failed may be tried again; infinity: nothing did.
        quiet: until when it is left alone, since a cluster could not be reached, unless it is asked for.
    """

    leading: bool
    suspended: bool
    ready: bool
    asked: tuple[Why, ...]
    due: float
    retry: float = float("inf")
    quiet: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Go:
    """Run now."""

    why: Why


@dataclass(frozen=True, slots=True)
class Rest:
    """Do nothing until then, or until something happens."""

    until: float


def decide(situation: Situation, now: float) -> Go | Rest:
    """Run, or for how long not to."""
    if not (situation.leading and situation.ready) or situation.suspended:
        return Rest(float("inf"))
    if any(why.trigger in _AT_ONCE for why in situation.asked):
        return Go(strongest(situation.asked))
    if now < situation.quiet:
        return Rest(situation.quiet)
    return _in_quiet(situation, now)


def _in_quiet(situation: Situation, now: float) -> Go | Rest:
    """When nothing is urgent."""
    if situation.asked:
        return Go(strongest(situation.asked))
    if now >= situation.retry:
        return Go(Why(Trigger.RETRY))
    if now >= situation.due:
        return Go(Why(Trigger.INTERVAL))
    return Rest(min(situation.due, situation.retry))


def strongest(whys: Sequence[Why]) -> Why:
    """One for all of them; how many more of its kind there are is told in its detail."""
    first = min(whys, key=lambda why: _BY_STRENGTH.index(why.trigger))
    others = sum(why.trigger is first.trigger for why in whys) - 1
    return Why(first.trigger, f"{first.detail} and {others} more") if others and first.detail else first
