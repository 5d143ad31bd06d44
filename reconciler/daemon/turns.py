"""One turn on an environment: the flow of the command line, for all clusters or for those that can be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.errors import ChartError, ClusterError, DesiredStateError, DesiredStateErrors, ReconcilerError
from reconciler.flows.apply import Conduct
from reconciler.flows.context import Context, Request
from reconciler.flows.keep import Kept, keep
from reconciler.flows.planning import Found


@dataclass(frozen=True, slots=True)
class Scope:
    """The clusters that an environment's releases go to, and those of them that a turn is about.

    The others could not be reached lately, and are left alone for a while.
    """

    clusters: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is about all of them."""
        return len(self.now) == len(self.clusters)


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn.

    Attributes:
        kept: of each part that could be looked at.
        reached: the clusters of those parts.
        unreachable: cluster → why it could not be looked at.
        trouble: why no more was done; None where nothing stood in the way.
    """

    kept: tuple[Kept, ...] = ()
    reached: tuple[str, ...] = ()
    unreachable: Mapping[str, ReconcilerError] = field(default_factory=dict)
    trouble: ReconcilerError | None = None

    @property
    def is_invalid(self) -> bool:
        """Whether the trouble lies in the files."""
        return isinstance(self.trouble, DesiredStateError | DesiredStateErrors | ChartError)


def take_turn(
    request: Request, context: Context, conduct: Conduct, seen: Callable[[Found], None], scope: Scope, *, allowed: bool
) -> Turn:
    """Keep an environment; what stands in the way is told, and not raised.

    While a cluster cannot be reached, the releases of the others are kept without it: each cluster as a part of the
    file, as with `--only cluster=NAME`. Nothing is pruned then. `seen` is given the last look at each part.
    """

    def part(*selectors: str) -> Kept:
        return keep(replace(request, only=selectors), context, conduct, seen, may_change=allowed)

    try:
        if scope.is_whole:
            return Turn((part(),), scope.clusters)
    except ClusterError as error:
        if len(scope.clusters) == 1:
            return Turn(unreachable=dict.fromkeys(scope.clusters, error))
    except ReconcilerError as error:
        return Turn(trouble=error)
    return _by_cluster(part, scope.now)


def _by_cluster(part: Callable[[str], Kept], clusters: Iterable[str]) -> Turn:
    kept: dict[str, Kept] = {}
    unreachable: dict[str, ReconcilerError] = {}
    for name in clusters:
        try:
            kept[name] = part(f"cluster={name}")
        except ClusterError as error:
            unreachable[name] = error
        except ReconcilerError as error:
            return Turn(tuple(kept.values()), tuple(kept), unreachable, error)
    return Turn(tuple(kept.values()), tuple(kept), unreachable)
