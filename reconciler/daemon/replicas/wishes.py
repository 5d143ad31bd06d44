"""What people ask of one environment: kept with its Lease, where all replicas see it; without one, in a file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from reconciler.daemon.memory import Memory
from reconciler.errors import ClusterError, DesiredStateError, ReconcilerError
from reconciler.model.lease import Lease, Leases, Wish

# How often a change is tried while others change the Lease too.
_TRIES = 5

Change = Callable[[Wish], Wish]


class Wishes:
    """The wishes for one environment.

    What a Lease says is written to the memory too, and a Lease that was deleted gets it from there: so neither whoever
    deletes one, nor whoever gives a daemon its first one, resumes anything.

    Args:
        path: of the environment's file, which stands for its name until that is known.
        shared: there is a Lease, at the latest when the file is valid.
        heard: is told each time that something else is wished, and who asks for a look; empty: nobody does.
    """

    def __init__(self, path: str, memory: Memory, heard: Callable[[str], None], *, shared: bool) -> None:
        self._path, self._memory, self._heard, self._shared = path, memory, heard, shared
        self._name, self._naming = path, threading.Lock()
        self._leases: WishedLeases | None = None
        self._seen: Wish | None = None
        self._is_first = True

    @property
    def suspended(self) -> str:
        """Who suspended it; empty: it is not."""
        seen = self._seen
        return seen.suspended if seen else self._memory.suspended(self._name)

    def known_as(self, name: str) -> None:
        """Its name from now on: it is suspended if it was under the one before, or if what had this name last was.

        Raises DesiredStateError: that cannot be kept.
        """
        with self._naming:
            if name != self._name:
                self._memory.rename(self._name, name)
                self._name = name

    def kept_with(self, leases: Leases) -> Leases:
        """They are kept with this Lease from now on. It is to be used by what is given, which sees each wish in it."""
        self._is_first = True
        self._leases = WishedLeases(leases, lambda: Wish(self.suspended), self._see)
        return self._leases

    def suspend(self, who: str) -> None:
        """Nothing may be changed until it is resumed. Raises ReconcilerError: that cannot be kept."""
        self._change(lambda wish: replace(wish, suspended=who))

    def resume(self, who: str) -> None:
        """Go on, and look at it. Raises as `suspend`."""
        self._change(lambda wish: replace(wish, suspended="", asked=_asking(who)))

    def sync(self, who: str) -> None:
        """Whoever leads has to look at it. Raises as `suspend`."""
        if self._leases:
            self._leases.change(lambda wish: replace(wish, asked=_asking(who)))
        else:
            self._heard(who)

    def _change(self, change: Change) -> None:
        if self._leases:
            self._leases.change(change)
        elif self._shared:
            raise ReconcilerError(
                f"{self._path} was never valid, so nothing is kept for it yet",
                hint="mend the file; nothing of it is applied before",
            )
        else:
            with self._naming:
                wish = change(Wish(self.suspended))
                self._memory.suspend(self._name, wish.suspended)
            self._heard(_who(wish))

    def _see(self, leases: WishedLeases, wish: Wish) -> None:
        # The Lease of the name that it had before may still be given back.
        if leases is not self._leases or (wish == self._seen and not self._is_first):
            return
        # Whoever sees it for the first time looks at everything anyway.
        asked = not self._is_first and self._seen is not None and wish.asked != self._seen.asked
        self._seen, self._is_first = wish, False
        # Where nothing can be written, it holds nevertheless.
        with suppress(DesiredStateError), self._naming:
            self._memory.suspend(self._name, wish.suspended)
        self._heard(_who(wish) if asked else "")


class WishedLeases:
    """Implements `Leases`: tells the wish of each Lease that is read or written, in the order of their versions.

    Args:
        known: what is wished of a Lease that is made.
        see: is told.
    """

    def __init__(self, leases: Leases, known: Callable[[], Wish], see: Callable[[WishedLeases, Wish], None]) -> None:
        self.cluster = leases.cluster
        self._leases, self._known, self._see = leases, known, see
        # One request at a time: what is answered last is the newest then.
        self._turn = threading.Lock()

    def read(self) -> Lease | None:
        """See Leases."""
        with self._turn:
            return self._told(self._leases.read())

    def write(self, lease: Lease) -> Lease | None:
        """See Leases."""
        with self._turn:
            return self._told(self._leases.write(lease if lease.version else replace(lease, wish=self._known())))

    def change(self, change: Change) -> None:
        """Wish something else. Raises ClusterError: the Lease cannot be read or written."""
        for _ in range(_TRIES):
            found = self.read()
            if found is None:
                raise ClusterError(
                    f"cluster {self.cluster}: there is no Lease at this moment", hint="try again in a moment"
                )
            if self.write(replace(found, wish=change(found.wish))):
                return
        raise ClusterError(f"cluster {self.cluster}: its Lease is changed by others again and again", hint="try again")

    def _told(self, lease: Lease | None) -> Lease | None:
        if lease:
            self._see(self, lease.wish)
        return lease


def _asking(who: str) -> str:
    return f"{uuid4().hex[:12]} {who}"


def _who(wish: Wish) -> str:
    return wish.asked.partition(" ")[2]
