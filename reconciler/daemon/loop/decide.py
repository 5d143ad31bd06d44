"""What to do now about one environment, given what happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.model.identity import ReleaseId, Target
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
# A run about more releases than these looks at all: it costs hardly more then.
MOST = 50


@dataclass(frozen=True, slots=True)
class Situation:
    """How things are; times are ticks of the daemon's clock.

    Attributes:
        leading: this replica acts for it.
        ready: there is a checkout that is valid.
        asked: what happened since the last run.
        due: when all of it is looked at, whatever happens.
        retry: when something that failed may be tried again; infinity: nothing did.
        quiet: until when it is left alone, since a cluster could not be reached, unless it is asked for.
        settling: what is looked at again by itself → when.
    """

    leading: bool
    suspended: bool
    ready: bool
    asked: tuple[Why, ...]
    due: float
    retry: float = float("inf")
    quiet: float = float("-inf")
    settling: Mapping[Target, float] = field(default_factory=dict)


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
    """When nothing is urgent. Drift that comes all the time does not put off what else is due."""
    whole = now >= min(situation.due, situation.retry)
    settling = [target for target, at in situation.settling.items() if at <= now]
    if situation.asked:
        why = strongest(situation.asked)
        return Go(replace(why, about=_bounded([*why.about, *settling]) if why.about and not whole else ()))
    if whole:
        return Go(Why(Trigger.RETRY if now >= situation.retry else Trigger.INTERVAL))
    if settling:
        return Go(Why(Trigger.INTERVAL, _and_more(str(settling[0]), settling), _bounded(settling)))
    return Rest(min(situation.due, situation.retry, *situation.settling.values()))


def strongest(whys: Sequence[Why]) -> Why:
    """One for all of them; how many more of its kind there are is told in its detail."""
    first = min(whys, key=lambda why: _BY_STRENGTH.index(why.trigger))
    same = [why for why in whys if why.trigger is first.trigger]
    detail = _and_more(first.detail, same)
    about = _bounded(release for why in same for release in why.about) if all(why.about for why in same) else ()
    return Why(first.trigger, detail, about)


def _and_more(first: str, all_of_them: Sequence[object]) -> str:
    return f"{first} and {len(all_of_them) - 1} more" if first and len(all_of_them) > 1 else first


def _bounded(targets: Iterable[Target]) -> tuple[ReleaseId, ...]:
    """Each once; none, which stands for all, of too many, and where it is not about releases alone."""
    found = set(targets)
    releases = sorted(target for target in found if isinstance(target, ReleaseId))
    return tuple(releases) if len(releases) == len(found) <= MOST else ()
