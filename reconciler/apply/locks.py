"""The locks of one run, one for each cluster that it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from types import TracebackType
from typing import Self

from reconciler.apply.acquire import Tell, Terms, acquire
from reconciler.apply.tenure import Abandon, Tenure
from reconciler.errors import LockLostError
from reconciler.model.lease import Clock, Leases


class Locks:
    """Takes Leases when they are needed, and gives all of them back at the end of the context, unless they are left.

    Args:
        leases: cluster → its Lease; a cluster that is not among them is changed without a lock.
        tell: is given what has to be waited for.
    """

    def __init__(
        self, leases: Mapping[str, Leases], terms: Terms, clock: Clock, tell: Callable[[str], Tell], abandon: Abandon
    ) -> None:
        self._leases, self._terms, self._clock = leases, terms, clock
        self._tell, self._abandon = tell, abandon
        self._held: dict[str, Tenure] = {}
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    @property
    def held(self) -> frozenset[str]:
        """The clusters whose lock this run has."""
        return frozenset(self._held)

    def lacking(self, clusters: Iterable[str]) -> frozenset[str]:
        """Those of the clusters that have a lock, which this run does not have yet."""
        return frozenset(clusters) & frozenset(self._leases) - self.held

    def take(self, clusters: Iterable[str]) -> bool:
        """Take their locks; whether another run had one before. By name, so that two runs never wait for each other.

        Raises:
            LockError: a holder lives, and the patience is at its end.
            ClusterError: a Lease cannot be read or written.
        """
        waits = [self._take(cluster) for cluster in sorted(self.lacking(clusters))]
        return any(waits)

    @contextmanager
    def writing(self, cluster: str) -> Iterator[None]:
        """An operation that writes to a cluster.

        Raises:
            LockLostError: it may not begin; or the lock did not cover it to its end.
        """
        tenure = self._held.get(cluster)
        with tenure.writing() if tenure else nullcontext():
            yield
            # A `helm` program works on while this process is stopped, maybe against the run that took the lock.
            self.check(cluster)

    def check(self, cluster: str) -> None:
        """Make sure that the lock is held still. Raises LockLostError."""
        if cluster in self._held:
            self._held[cluster].check()

    def leave(self) -> None:
        """Keep all that this run took until the process ends; they run out then, as a killed run's do."""
        self._ends.pop_all()

    def are_held(self) -> bool:
        """Whether all that this run took are held still."""
        try:
            for tenure in self._held.values():
                tenure.check()
        except LockLostError:
            return False
        return True

    def _take(self, cluster: str) -> bool:
        claim = acquire(self._leases[cluster], self._terms, self._clock, self._tell(cluster))
        tenure = Tenure(self._leases[cluster], claim, self._clock, self._abandon)
        self._held[cluster] = tenure
        self._ends.callback(tenure.end)
        tenure.begin()
        return claim.waited
