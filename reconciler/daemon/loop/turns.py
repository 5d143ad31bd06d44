"""One turn on an environment: the flow of the command line, for all of it or for a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.daemon.looked import EVERYTHING, NOTHING, Looked
from reconciler.errors import (
    ChartError,
    ClusterError,
    DesiredStateError,
    DesiredStateErrors,
    LockLostError,
    ReconcilerError,
)
from reconciler.flows.apply import Conduct
from reconciler.flows.context import Context, Request
from reconciler.flows.keep import Kept, keep
from reconciler.flows.planning import Found
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.outcome import ActionOutcome


@dataclass(frozen=True, slots=True)
class Scope:
    """The clusters that an environment's releases go to, and what of them a turn is about.

    Attributes:
        now: the clusters that it is about; others could not be reached lately, and are left alone for a while.
        only: the releases on these that it is about, with what they need; none: all.
    """

    clusters: tuple[str, ...]
    now: tuple[str, ...]
    only: tuple[ReleaseId, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is about all of them."""
        return len(self.now) == len(self.clusters)

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """For each cluster the selectors of what it is about."""
        if not self.only:
            return {name: (f"cluster={name}",) for name in self.now}
        return {
            name: tuple(_selector(release) for release in self.only if release.cluster == name)
            for name in sorted({release.cluster for release in self.only})
        }


def _selector(release: ReleaseId) -> str:
    """Names of Kubernetes have neither commas nor wildcards."""
    return f"name={release.name},namespace={release.namespace},cluster={release.cluster}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn.

    Attributes:
        kept: of each part that could be looked at, at its beginning at least.
        reached: the clusters that were looked at, in whole.
        unreachable: cluster → why it could not be looked at.
        trouble: why no more was done; None where nothing stood in the way.
        only: the releases that it was about; none: all.
        looked: what it has looked at.
    """

    kept: tuple[Kept, ...] = ()
    reached: tuple[str, ...] = ()
    unreachable: Mapping[str, ReconcilerError] = field(default_factory=dict)
    trouble: ReconcilerError | None = None
    only: tuple[ReleaseId, ...] = ()
    looked: Looked = NOTHING

    @property
    def outcomes(self) -> tuple[ActionOutcome, ...]:
        """What became of each action, over all parts."""
        return tuple(item for part in self.kept for item in part.outcomes)

    @property
    def is_invalid(self) -> bool:
        """Whether the trouble lies in the files."""
        return isinstance(self.trouble, DesiredStateError | DesiredStateErrors | ChartError)


def take_turn(
    request: Request, context: Context, conduct: Conduct, seen: Callable[[Found], None], scope: Scope, *, allowed: bool
) -> Turn:
    """Keep an environment; what stands in the way is told, and not raised.

    While a cluster cannot be reached, the releases of the others are kept without it: each cluster as a part of the
    file, as with `--only cluster=NAME`. So are releases, when a turn is about some. Nothing is pruned then. `seen` is
    given the last look at each part.
    """

    def part(*selectors: str) -> Kept:
        # What a release needs decides about it too, as in a plan of all.
        asked = replace(request, only=selectors, with_needs=bool(scope.only))
        return keep(asked, context, conduct, seen, may_change=allowed)

    if scope.only:
        turn = _by_parts(part, scope)
        # A folder's files may be others by now.
        is_lost = turn.is_invalid and not turn.kept
        return take_turn(request, context, conduct, seen, replace(scope, only=()), allowed=allowed) if is_lost else turn
    try:
        if scope.is_whole:
            return _whole(part(), scope)
    except ClusterError as error:
        if len(scope.clusters) == 1:
            return Turn(unreachable=dict.fromkeys(scope.clusters, error))
    except ReconcilerError as error:
        return Turn(trouble=error)
    return _by_parts(part, scope)


def _whole(kept: Kept, scope: Scope) -> Turn:
    if kept.trouble is None:
        return Turn((kept,), scope.clusters, looked=EVERYTHING)
    if len(scope.clusters) == 1:
        return Turn((kept,), unreachable=dict.fromkeys(scope.clusters, kept.trouble))
    # Which of them it was, the next look tells.
    return Turn((kept,), trouble=kept.trouble)


def _by_parts(part: Callable[..., Kept], scope: Scope) -> Turn:
    kept: dict[str, Kept] = {}
    unreachable: dict[str, ReconcilerError] = {}
    trouble: ReconcilerError | None = None
    for name, selectors in scope.parts.items():
        try:
            kept[name] = part(*selectors)
        except ClusterError as error:
            unreachable[name] = error
        except LockLostError as error:
            trouble = error
            break
        except ReconcilerError as error:
            # Such as by another run at work there, which keeps nothing from the other clusters.
            trouble = trouble or error
    unreachable |= {name: item.trouble for name, item in kept.items() if item.trouble}
    seen = {name: item for name, item in kept.items() if item.trouble is None}
    reached = () if scope.only else tuple(seen)
    looked = Looked(set(reached) == set(scope.clusters), frozenset(reached), _targets(seen.values()))
    return Turn(tuple(kept.values()), reached, unreachable, trouble, scope.only, looked)


def _targets(kept: Iterable[Kept]) -> frozenset[Target]:
    """What the plans of the parts say something about: each of them about all that it has looked at."""
    return frozenset(action.target for part in kept for action in part.plan.actions)
