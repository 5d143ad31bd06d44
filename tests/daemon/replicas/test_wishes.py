"""What people ask of an environment that several replicas keep, and of one that has no Lease."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.daemon.memory import Memory
from reconciler.daemon.replicas.leading import Candidate, Leadership
from reconciler.daemon.replicas.shares import Shares
from reconciler.daemon.replicas.wishes import Wishes
from reconciler.errors import ClusterError, ReconcilerError
from reconciler.model.lease import Lease, Leases, Wish
from tests.apply.leases import NOON, MemoryLeases, SharedLeases
from tests.daemon.replicas.test_leading import until

LEASE = Lease("somebody", 15.0, NOON, NOON, 4)


@dataclass
class Replica:
    """One of several: its wishes for an environment, and the Lease that it sees them in."""

    wishes: Wishes
    memory: Memory
    leases: Leases
    heard: list[str]


def replica(leases: Leases, folder: Path) -> Replica:
    """One with a state folder of its own."""
    heard: list[str] = []
    memory = Memory(folder / "state.json")
    wishes = Wishes("env.yaml", memory, heard.append, shared=True)
    return Replica(wishes, memory, wishes.kept_with(leases), heard)


@pytest.fixture
def leases() -> MemoryLeases:
    """A Lease that somebody holds."""
    made = SharedLeases()
    made.put(LEASE)
    return made


def test_every_replica_sees_it(leases: MemoryLeases, tmp_path: Path) -> None:
    """Whoever suspends obeys at once; others when they look at the Lease next; and the same for the way back."""
    first, second = replica(leases, tmp_path / "a"), replica(leases, tmp_path / "b")
    first.wishes.suspend("ada")
    assert first.wishes.suspended == "ada"
    second.leases.read()
    assert (second.wishes.suspended, second.memory.suspended("env.yaml")) == ("ada", "ada")
    second.wishes.resume("ben")
    assert second.wishes.suspended == ""
    first.leases.read()
    assert first.wishes.suspended == ""
    assert (first.heard, second.heard) == (["", "", "ben"], ["", "ben"])


def test_somebody_asks_for_a_look(leases: MemoryLeases, tmp_path: Path) -> None:
    """Each replica hears of it once; what was asked before it began is nothing new to it."""
    first, second = replica(leases, tmp_path / "a"), replica(leases, tmp_path / "b")
    first.leases.read()
    first.wishes.sync("ada")
    first.leases.read()
    second.leases.read()
    assert (first.heard, second.heard) == (["", "ada"], [""])
    second.wishes.sync("ada")
    first.leases.read()
    assert (first.heard, second.heard) == (["", "ada", "ada"], ["", "ada"])


def test_a_deleted_lease(leases: MemoryLeases, tmp_path: Path) -> None:
    """Whoever makes it anew knows what was wished."""
    one = replica(leases, tmp_path)
    one.wishes.suspend("ada")
    leases.stored = None
    with pytest.raises(ClusterError, match="there is no Lease at this moment"):
        one.wishes.resume("ada")
    made = one.leases.write(replace(LEASE, version=""))
    assert made
    assert made.wish == Wish(suspended="ada")


def test_the_first_lease(tmp_path: Path) -> None:
    """A daemon that gets `leader` keeps suspended what was, and a new name keeps what the file had."""
    Memory(tmp_path / "state.json").suspend("env.yaml", "ada")
    leases, renamed = MemoryLeases(), MemoryLeases()
    one = replica(leases, tmp_path)
    assert one.wishes.suspended == "ada"
    one.leases.write(LEASE)
    other = one.wishes.kept_with(renamed)
    other.write(LEASE)
    assert leases.stored
    assert renamed.stored
    assert leases.stored.wish == renamed.stored.wish == Wish(suspended="ada")
    leases.put(replace(leases.stored, wish=Wish()))
    one.leases.read()
    assert one.wishes.suspended == "ada"


def test_what_cannot_be_written_is_obeyed(leases: MemoryLeases, tmp_path: Path) -> None:
    """The file is for a Lease that is gone; without it, what the Lease says holds."""
    (tmp_path / "file").write_text("")
    one = replica(leases, tmp_path / "file")
    one.wishes.suspend("ada")
    assert one.wishes.suspended == "ada"


@dataclass
class Contested(MemoryLeases):
    """One that others change between each look and each write of ours, so many times."""

    times: int = 0
    tried: list[Lease] = field(default_factory=list)

    def write(self, lease: Lease) -> Lease | None:
        """After somebody else."""
        self.tried.append(lease)
        if len(self.tried) <= self.times and self.stored:
            self.put(self.stored)
        return super().write(lease)


@pytest.mark.parametrize(("times", "kept"), [(4, True), (5, False)])
def test_others_change_it_too(times: int, tmp_path: Path, *, kept: bool) -> None:
    """It is tried again, and told when it is not kept."""
    leases = Contested(times=times)
    leases.put(LEASE)
    one = replica(leases, tmp_path)
    if kept:
        one.wishes.suspend("ada")
    else:
        with pytest.raises(ClusterError, match="changed by others again and again"):
            one.wishes.suspend("ada")
    assert one.wishes.suspended == ("ada" if kept else "")


def test_files_that_were_never_valid(tmp_path: Path) -> None:
    """Have no Lease: they cannot be suspended, and are looked at again when somebody asks."""
    heard: list[str] = []
    wishes = Wishes("env.yaml", Memory(tmp_path / "state.json"), heard.append, shared=True)
    with pytest.raises(ReconcilerError, match=r"env\.yaml was never valid"):
        wishes.suspend("ada")
    wishes.sync("ada")
    assert heard == ["ada"]


def test_a_suspension_outlives_its_leader(tmp_path: Path) -> None:
    """It comes by a replica that stands by, while the leader renews; it is kept by renewals, by the end of the leader,
    and by the next one, which knows of it before it leads."""
    leases = SharedLeases()
    first, second = replica(leases, tmp_path / "a"), replica(leases, tmp_path / "b")
    known: list[str] = []

    def changed(holder: str, *, leading: bool) -> None:
        if leading:
            known.append(f"{holder}: {second.wishes.suspended}")

    leader = Leadership(first.leases, Candidate("first", 0.6, SystemClock(), Shares()), lambda *_, **__: None)
    leader.begin()
    until(lambda: leader.is_leading)
    other = Leadership(second.leases, Candidate("second", 0.6, SystemClock(), Shares()), changed)
    other.begin()
    until(lambda: bool(second.heard))
    second.wishes.suspend("ada")
    until(lambda: first.wishes.suspended == "ada")
    renewals = len(leases.written)
    until(lambda: len(leases.written) > renewals + 2)
    leader.end()
    until(lambda: other.is_leading)
    other.end()
    assert known == ["second: ada"]
    assert leases.stored
    assert leases.stored.wish == Wish(suspended="ada")


def test_a_name_that_is_known_later(tmp_path: Path) -> None:
    """What was suspended before the file was valid stays so, and what is resumed then does not come back."""
    memory = Memory(tmp_path / "state.json")
    one = Wishes("env.yaml", memory, lambda _who: None, shared=False)
    one.suspend("ada")
    one.known_as("shop")
    assert one.suspended == "ada"
    one.resume("ada")
    again = Wishes("env.yaml", memory, lambda _who: None, shared=False)
    again.known_as("shop")
    assert again.suspended == ""


def test_a_file_that_moves(tmp_path: Path) -> None:
    """The environment is suspended in the next file of its name."""
    memory = Memory(tmp_path / "state.json")
    one, other = (Wishes(path, memory, lambda _who: None, shared=False) for path in ("env.yaml", "moved.yaml"))
    one.known_as("shop")
    one.suspend("ada")
    other.known_as("shop")
    assert other.suspended == "ada"
