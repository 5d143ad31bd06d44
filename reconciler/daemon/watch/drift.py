"""Watches what environments expect of their clusters, and tells when somebody else has changed it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from http import HTTPStatus

from reconciler.daemon.looked import EVERYTHING, Looked
from reconciler.daemon.watch.expected import NOTHING, Expectations, Source, key_of, order_of, state_of
from reconciler.daemon.watch.ledger import Change, Gone, Ledger, Seen
from reconciler.daemon.watch.places import Spot, bounded, spots
from reconciler.errors import ApiError, ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import ObjectId, Target
from reconciler.model.json import JsonMap
from reconciler.model.manifest import id_of
from reconciler.model.watch import Place, Watch, Watcher

# The environment, what of it is concerned, and which object it was. Has to be quick, and must not raise.
TellDrift = Callable[[str, Target, str], None]
_Told = tuple[str, Target, str]

_LOGGER = logging.getLogger("reconciler.drift")
# Seconds after which all namespaces are tried again where that was forbidden: a role may have been away for a moment.
_FORBIDDEN = 3_600.0
_TOO_MANY = "too many namespaces to watch one by one: grant list and watch in all namespaces"


class DriftWatch:
    """Between two looks at an environment.

    What a run changes itself is no drift: an environment is paused while a run is at work in it, and then followed from
    what was found when it was looked at last. May be used from any thread.

    Args:
        watcher: gives what watches a cluster as a user.
        tell: is called when an object begins to lack something, or something else; from threads of the watches.
        clock: in seconds.
    """

    def __init__(
        self, watcher: Callable[[ClusterAccess], Watcher], tell: TellDrift, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watcher, self._tell, self._clock = watcher, tell, clock
        self._lock = threading.RLock()
        self._expected: dict[str, Expectations] = {}
        self._paused: set[str] = set()
        # What may not be watched in all namespaces at once → until when that is not tried.
        self._forbidden: dict[Source, float] = {}
        self._watchers: dict[ClusterAccess, Watcher] = {}
        self._watched: dict[Spot, _Watched] = {}
        self._left = 0

    def pause(self, environment: str) -> None:
        """A run begins: until it is followed again, nothing is told of the environment."""
        with self._lock:
            self._paused.add(environment)

    def follow(self, environment: str, expectations: Expectations, looked: Looked = EVERYTHING) -> None:
        """Tell what differs from a look at the environment from now on, also what already does since the look.

        Args:
            looked: what was looked at: what was expected of all else stays.
        """
        with self._lock:
            self._paused.discard(environment)
            before = self._expected.get(environment, NOTHING)
            self._expected[environment] = expectations.after(before, looked)
            self._arrange()
            told = self._since(environment)
            self._tidy()
        self._say(told)

    def resume(self, environment: str) -> None:
        """A run has ended without a look: go on from the one before."""
        with self._lock:
            self._paused.discard(environment)
            told = self._since(environment) if environment in self._expected else []
            self._tidy()
        self._say(told)

    def forget(self, environment: str) -> None:
        """Nothing is expected of it any more."""
        with self._lock:
            self._paused.discard(environment)
            self._expected.pop(environment, None)
            self._arrange()
            self._tidy()

    def stop(self) -> None:
        """Forget all environments."""
        with self._lock:
            for environment in list(self._expected):
                self.forget(environment)

    def _take(self, watched: _Watched, find: Callable[[Ledger], Iterable[Change]]) -> None:
        """What a watch has told of its place."""
        told: list[_Told] = []
        with self._lock:
            if self._watched.get((watched.source, watched.place)) is not watched:
                return  # it was stopped, and has read on
            for change in find(watched.ledger):
                watched.ledger.enter(change, with_item=bool(self._paused))
                for environment in self._expected.keys() - self._paused:
                    told += self._judged(environment, watched, change)
        self._say(told)

    def _since(self, environment: str) -> list[_Told]:
        """What differs by what the watches have told already."""
        return [
            told
            for watched in self._watched.values()
            for change in watched.ledger.changes()
            for told in self._judged(environment, watched, change)
        ]

    def _tidy(self) -> None:
        if not self._paused:
            for watched in self._watched.values():
                watched.ledger.forget_items()

    def _judged(self, environment: str, watched: _Watched, change: Change) -> list[_Told]:
        objects, key = self._expected[environment].objects, watched.key(change)
        expected = objects.get(key)
        if expected is None or not change.changes(expected):
            return []
        objects[key], is_drift = change.after(expected)
        return [(environment, expected.target, _named(change))] if is_drift else []

    def _refused(self, watched: _Watched) -> None:
        """All namespaces at once may not be watched: watch them one by one."""
        with self._lock:
            self._forbidden[watched.source] = self._clock() + _FORBIDDEN
            self._arrange()

    def _arrange(self) -> None:
        """Watch what is expected, and nothing else."""
        now = self._clock()
        self._forbidden = {source: until for source, until in self._forbidden.items() if until > now}
        wanted, left = bounded(spots((kept.sources for kept in self._expected.values()), self._forbidden.keys()))
        if left > self._left:
            _LOGGER.warning("drift is seen only by looks", extra={"facts": {"places": left, "message": _TOO_MANY}})
        self._left = left
        for spot in self._watched.keys() - set(wanted):
            self._watched.pop(spot).stop()
        for spot in wanted:
            if spot not in self._watched:
                self._watched[spot] = _Watched(*spot, self._take, self._refused)
                self._watched[spot].begin(self._cluster(spot[0].access))
        for access in self._watchers.keys() - {source.access for source, _ in wanted}:
            del self._watchers[access]

    def _cluster(self, access: ClusterAccess) -> Watcher:
        if access not in self._watchers:
            self._watchers[access] = self._watcher(access)
        return self._watchers[access]

    def _say(self, told: Iterable[_Told]) -> None:
        for environment, target, name in told:
            self._tell(environment, target, name)


class _Watched:
    """Implements `reconciler.model.watch.Sink` for one place."""

    def __init__(
        self,
        source: Source,
        place: Place,
        take: Callable[[_Watched, Callable[[Ledger], Iterable[Change]]], None],
        refused: Callable[[_Watched], None],
    ) -> None:
        self.source, self.place = source, place
        self.ledger = Ledger()
        self._is_forbidden = False
        self._take, self._refused = take, refused
        self._watch: Watch | None = None

    def begin(self, watcher: Watcher) -> None:
        self._watch = watcher.watch(self.place, self)

    def stop(self) -> None:
        if self._watch:
            self._watch.stop()

    def key(self, change: Change) -> tuple[ClusterAccess, ObjectId]:
        """Under which name the object of a change is expected."""
        return self.source.access, key_of(change.id)

    def seen(self, item: JsonMap) -> None:
        change = Seen(id_of(item), state_of(item, whole=self.place.whole), item)
        self._take(self, lambda _: [change])

    def gone(self, item: JsonMap) -> None:
        change = Gone(id_of(item), state_of(item, whole=self.place.whole))
        self._take(self, lambda _: [change])

    def complete(self, present: AbstractSet[tuple[str, str]], version: str) -> None:
        self._is_forbidden = False
        self._take(self, lambda ledger: ledger.missing(present, order_of(version)))

    def failed(self, error: ClusterError) -> None:
        if not isinstance(error, ApiError) or error.status != HTTPStatus.FORBIDDEN:
            return  # it passes
        if self.place.resource.namespaced and not self.place.namespace:
            self._refused(self)
        elif not self._is_forbidden:
            self._is_forbidden = True
            _LOGGER.warning("drift is seen only by looks", extra={"facts": {"message": error.message}})


def _named(change: Change) -> str:
    name = str(change.id)
    return f"{name} (deleted)" if isinstance(change, Gone) else name
