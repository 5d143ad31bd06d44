"""The lock of an environment on a cluster: a Lease that names its holder, and that its holder keeps renewing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Holder:
    """A run: who started it and where (`alice@laptop`), what it does (`apply`), and its own number."""

    who: str
    what: str
    run: str

    def __str__(self) -> str:
        return f"{self.who}/{self.what}/{self.run}"


def holder_text(identity: str) -> str:
    """`alice@laptop (apply, run 3f29c1…)`; what another program wrote is given as it is."""
    match identity.split("/"):
        case [who, what, run] if all((who, what, run)):
            return f"{who} ({what}, run {run})"
    return identity


@dataclass(frozen=True, slots=True)
class Hold:
    """What is known of who may be at work on releases that are pending.

    Attributes:
        clusters: those whose lock this run has, so that any other run that had it is dead.
        everyone: whoever else is at work is taken for dead (`--break-lock`).
    """

    clusters: frozenset[str] = frozenset()
    everyone: bool = False


NO_HOLD = Hold()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of whoever holds a Lease. It is kept with the Lease, since all who want to hold it read that.

    Attributes:
        suspended: who suspended what it is about; empty: it is not.
        asked: another text whenever somebody asks for a look, which ends with who it was; empty: nobody did.
        heir: the identity of who would like to hold it instead; empty: nobody would.
    """

    suspended: str = ""
    asked: str = ""
    heir: str = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """A Lease as it is stored. Its times are those of its holder's clock: to be shown, never to be counted with.

    Attributes:
        holder: its identity; empty: nobody.
        duration: seconds without a renewal after which the holder counts as dead.
        transitions: how often it was taken; a number that no two tenures share.
        version: the resourceVersion; empty: it is not stored yet.
    """

    holder: str
    duration: float
    acquired: datetime | None
    renewed: datetime | None
    transitions: int
    version: str = ""
    wish: Wish = Wish()


class Leases(Protocol):
    """The Lease of one environment on one cluster. Methods raise ClusterError, and none takes long."""

    cluster: str

    def read(self) -> Lease | None:
        """The Lease as it is now; None: there is none."""
        ...

    def write(self, lease: Lease) -> Lease | None:
        """Store it in place of the version that it names; None: somebody else wrote since."""
        ...


class Clock(Protocol):
    """Time: the wall's, which may jump, and one that only goes forward."""

    def now(self) -> datetime:
        """The wall's, in UTC."""
        ...

    def ticks(self) -> float:
        """Seconds since some moment; they pass also while the process is stopped."""
        ...

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        ...
