"""The daemon with a source that a test sets: what no cluster is needed for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.apply.executor import Haste
from reconciler.cli.wiring import make_context
from reconciler.daemon.board import LiveBoard
from reconciler.daemon.claims import Hurry, Names
from reconciler.daemon.config.strays import Strays
from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.daemon import Asking, Daemon
from reconciler.daemon.health import Pulse, alive
from reconciler.daemon.loop.turns import Turn
from reconciler.daemon.memory import Memory
from reconciler.daemon.replicas.leading import Changed, Leadership
from reconciler.daemon.replicas.wishes import Wishes
from reconciler.daemon.source.origin import Checkout, Distrusted
from reconciler.daemon.surroundings import Surroundings
from reconciler.daemon.watch.expected import NOTHING
from reconciler.errors import GitError, GitReason, LockLostError, ReconcilerError
from reconciler.flows.apply import Conduct
from reconciler.flows.context import Context
from reconciler.model.source import Commit
from reconciler.model.sync import (
    CommitSeen,
    ConditionKind,
    Notice,
    RunEnded,
    RunResult,
    RunStarted,
    SourceFailed,
    SuspensionChanged,
)
from tests.daemon.stories import COMMIT, NEXT
from tests.daemon.watched import Watched

VALID = "apiVersion: reconciler/v1\nkind: Environment\nname: NAME\nclusters: {main: {kubeconfig: {file: kubeconfig}}}\n"


@dataclass
class SetOrigin:
    """Implements Origin: gives what a test has set."""

    folder: Path
    given: Checkout | Distrusted | ReconcilerError | None = None
    unswitchable: bool = False
    recalled: list[Commit] = field(default_factory=list)
    asked: int = 0
    answers: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """It answers at once, until a test takes that back."""
        self.answers.set()

    def ask(self) -> Checkout | Distrusted:
        """What is set."""
        self.asked += 1
        assert self.answers.wait(20)
        if isinstance(self.given, ReconcilerError):
            raise self.given
        assert self.given is not None
        return self.given

    def recall(self, commit: Commit) -> Checkout | None:
        """The files of any commit are in the folder of its name, if it is there."""
        self.recalled.append(commit)
        return self.at(commit) if (self.folder / commit.sha).is_dir() else None

    def switch(self, commit: Commit) -> None:
        """Nothing, or it fails."""
        if self.unswitchable:
            raise GitError(f"cannot switch to {commit.sha}", reason=GitReason.OTHER)

    def close(self) -> None:
        """Nothing."""

    def at(self, commit: Commit, **files: str) -> Checkout:
        """The files of a commit, after some were written."""
        folder = self.folder / commit.sha
        for name, text in files.items():
            (folder / ".git").mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.yaml").write_text(text)
        return Checkout(folder, commit, tuple(sorted(path.name for path in folder.glob("*.yaml"))))


@dataclass
class Site:
    """A daemon that has not begun. While `free` is not set, its environments hang when they look at files."""

    daemon: Daemon
    origin: SetOrigin
    board: LiveBoard
    notices: list[Notice]
    pulse: Pulse
    free: threading.Event
    slots: threading.Semaphore
    watched: Watched
    keep: dict[str, object]
    introduced: dict[str, frozenset[str]]

    def kinds(self, name: str) -> set[ConditionKind]:
        """The conditions of an environment."""
        view = self.board.environment(name)
        return {condition.kind for condition in view.conditions} if view else set()

    def asked(self, origin: Checkout | Distrusted | ReconcilerError) -> None:
        """The source gives this from now on."""
        self.origin.given = origin
        self.daemon.pushed("a test")

    def results(self) -> list[RunResult]:
        """How runs ended."""
        return [notice.run.result for notice in self.notices if isinstance(notice, RunEnded)]


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


class Superseded(Leadership):
    """Leads until a run is about to begin: then another replica does."""

    def __init__(self, changed: Changed) -> None:
        self._told = changed

    def begin(self) -> None:
        """At once."""
        self._told("ours", leading=True)

    @property
    def is_leading(self) -> bool:
        """As far as it knows."""
        return True

    @property
    def is_alive(self) -> bool:
        """It is."""
        return True

    @property
    def is_lost(self) -> bool:
        """Not yet."""
        return False

    @contextmanager
    def acting(self) -> Iterator[None]:
        """It may not."""
        if self.is_leading:
            raise LockLostError("another replica leads")
        yield

    def end(self) -> None:
        """Nothing."""


Lead = Callable[[str, Changed, Wishes], Leadership]


def make(folder: Path, lead: Lead | None = None, *, suspend: bool = True) -> Site:
    """A daemon that keeps nothing applied: all is suspended."""
    free = threading.Event()
    free.set()

    def context(checkout: Path, path: str) -> Context:
        free.wait()
        return make_context(path, "auto", cwd=checkout)

    notices: list[Notice] = []
    pulse = Pulse()
    slots, watched = threading.BoundedSemaphore(1), Watched()
    keep: dict[str, object] = {"suspend": suspend}
    introduced: dict[str, frozenset[str]] = {}
    names = Names(lambda name: introduced.update({name: frozenset()}))
    hurry, board, origin = Hurry(), LiveBoard([notices.append]), SetOrigin(folder)
    around = Surroundings(
        context=context,
        keep=lambda _name: KeepSpec.model_validate(keep),
        claim=names.claim,
        lead=lead,
        board=board,
        memory=Memory(folder / "state.json"),
        clock=SystemClock(),
        chance=lambda: 0.5,
        slots=slots,
        haste=hurry,
        watching=watched,
        pulse=pulse,
        introduce=lambda name, clusters: introduced.update({name: frozenset(clusters)}),
    )
    daemon = Daemon(Asking(origin, None), around, names, hurry)
    return Site(daemon, origin, board, notices, pulse, free, slots, watched, keep, introduced)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """One with two valid files in its first commit."""
    made = make(tmp_path)
    for commit in (COMMIT, NEXT):
        (tmp_path / commit.sha).mkdir()
        (tmp_path / commit.sha / "kubeconfig").write_text("{}")
    texts = {name: VALID.replace("NAME", name) for name in ("shop", "bank")}
    made.origin.given = made.origin.at(COMMIT, **texts)
    yield made
    made.daemon.wind_down()
    assert made.daemon.join(20)


def test_environments_come_and_go(site: Site) -> None:
    """By the files of the newest commit; of one that is gone nothing is shown or remembered."""
    site.daemon.begin()
    until(lambda: [view.name for view in site.board.environments()] == ["bank", "shop"])
    until(lambda: site.kinds("shop") == site.kinds("bank") == {ConditionKind.SUSPENDED})
    site.asked(site.origin.at(NEXT, shop=VALID.replace("NAME", "shop")))
    until(lambda: [view.name for view in site.board.environments()] == ["shop"])
    seen = [notice for notice in site.notices if isinstance(notice, CommitSeen)]
    assert [notice.commit for notice in seen] == [COMMIT, NEXT]


def test_who_is_told_the_clusters_is_told_that_they_are_gone(site: Site) -> None:
    """With the environment, and with the name that it had before."""
    site.daemon.begin()
    until(lambda: {name for name, clusters in site.introduced.items() if clusters} == {"bank", "shop"})
    site.asked(replace(site.origin.at(NEXT, shop=VALID.replace("NAME", "store")), paths=("shop.yaml",)))
    until(lambda: {name for name, clusters in site.introduced.items() if clusters} == {"store"})


def test_a_name_is_forgotten_before_another_file_can_have_it() -> None:
    """Who keeps something by names would else take it from the other; a name that is refused changes nothing."""
    forgotten: list[tuple[str, bool]] = []

    def forget(name: str) -> None:
        forgotten.append((name, names._paths.get(name) == "a.yaml"))

    names = Names(forget)
    assert [names.claim("shop", "a.yaml"), names.claim("bank", "b.yaml"), names.claim("bank", "a.yaml")] == [
        True,
        True,
        False,
    ]
    assert (names.claim("shop", "a.yaml"), forgotten) == (True, [])
    assert (names.claim("store", "a.yaml"), names.claim("shop", "b.yaml")) == (True, True)
    names.give_up("a.yaml")
    assert forgotten == [("shop", True), ("bank", False), ("store", True)]


def test_no_two_have_one_name(site: Site) -> None:
    """The second is not valid; it is when the first gives up the name."""
    site.origin.given = site.origin.at(COMMIT, bank=VALID.replace("NAME", "shop"))
    site.daemon.begin()
    until(lambda: RunResult.INVALID in site.results())
    views = site.board.environments()
    assert "another file has the environment shop" in str(views)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (GitError("cannot fetch", reason=GitReason.UNREACHABLE), ConditionKind.SOURCE_FAILED),
        (Distrusted(NEXT), ConditionKind.UNTRUSTED),
    ],
)
def test_a_source_in_trouble(site: Site, trouble: Distrusted | ReconcilerError, kind: ConditionKind) -> None:
    """Environments keep the last good commit, say what is wrong, and go on when it is over."""
    site.daemon.begin()
    until(lambda: site.kinds("shop"))
    site.asked(trouble)
    until(lambda: kind in site.kinds("shop"))
    assert any(isinstance(notice, SourceFailed) for notice in site.notices)
    view = site.board.environment("shop")
    assert view is not None
    assert view.seen == COMMIT
    site.asked(site.origin.at(COMMIT))
    until(lambda: kind not in site.kinds("shop"))


def test_a_full_disk(site: Site) -> None:
    """What goes wrong beside the fetch does not end the daemon either."""
    site.daemon.begin()
    until(lambda: site.kinds("shop"))
    site.origin.unswitchable = True
    site.asked(site.origin.at(NEXT, shop=VALID.replace("NAME", "shop")))
    until(lambda: ConditionKind.SOURCE_FAILED in site.kinds("shop"))
    assert site.daemon.is_alive
    site.origin.unswitchable = False
    site.daemon.pushed("again")
    until(lambda: len(site.board.environments()) == 1)


def test_a_restart_without_the_source(site: Site, tmp_path: Path) -> None:
    """The last good files are kept applied although the source does not answer."""
    site.daemon.begin()
    until(lambda: site.kinds("shop") and site.kinds("bank"))
    again = make(tmp_path)
    again.origin.given = GitError("cannot fetch", reason=GitReason.UNREACHABLE)
    again.daemon.begin()
    until(lambda: again.kinds("shop") == {ConditionKind.SUSPENDED, ConditionKind.SOURCE_FAILED})
    assert again.origin.recalled
    again.daemon.wind_down()
    assert again.daemon.join(20)


def test_a_commit_that_comes_while_another_is_looked_at(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is applied next, and not only after the interval."""
    monkeypatch.setattr("reconciler.daemon.loop.runner.take_turn", lambda *_, allowed: Turn() if allowed else None)
    made = make(tmp_path, suspend=False)
    made.origin.given = replace(site.origin.at(COMMIT), paths=("shop.yaml",))
    made.free.clear()
    made.daemon.begin()
    until(lambda: set(made.pulse.beats()) == {"keep shop.yaml"})
    made.asked(made.origin.at(NEXT, shop=VALID.replace("NAME", "shop")))
    until(lambda: made.daemon._keepers["shop.yaml"].inbox.has_offer)
    made.free.set()
    until(lambda: len(made.results()) > 1)
    runs = [notice.run.commit for notice in made.notices if isinstance(notice, RunEnded)]
    made.daemon.wind_down()
    assert made.daemon.join(20)
    assert runs == [COMMIT, NEXT]


def test_a_run_that_was_cut_off(site: Site, tmp_path: Path) -> None:
    """It is no failure that anybody is told of, and no success either: nothing is known by it."""
    again = make(tmp_path, lambda _name, changed, _wishes: Superseded(changed), suspend=False)
    again.origin.given = site.origin.given
    again.daemon.begin()
    until(lambda: RunResult.INTERRUPTED in again.results())
    until(lambda: (view := again.board.environment("shop")) and view.runs and not view.running)
    view = again.board.environment("shop")
    assert view is not None
    assert (view.conditions, view.applied, view.succeeded) == ((), None, None)
    again.daemon.wind_down()
    assert again.daemon.join(20)


@dataclass
class AtWork:
    """Stands for a turn that has begun to change something: it comes to its end when it has to."""

    hastes: list[Haste] = field(default_factory=list)

    def __call__(self, *args: object, allowed: bool) -> Turn:
        """One turn."""
        conduct, seen = args[2:4]
        assert isinstance(conduct, Conduct)
        assert callable(seen)
        assert allowed
        self.hastes.append(conduct.haste())
        until(lambda: conduct.haste() is not Haste.NONE)
        self.hastes.append(conduct.haste())
        seen(None)
        return Turn()


def saw_nothing(one: Any, _found: None) -> None:
    """Stands for a look."""
    one._expected = NOTHING


@pytest.fixture
def busy(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Site, AtWork]]:
    """A daemon that keeps one environment, and whose turns take their time."""
    work, given = AtWork(), site.origin.at(COMMIT)
    monkeypatch.setattr("reconciler.daemon.loop.runner.take_turn", work)
    monkeypatch.setattr("reconciler.daemon.loop.runner._One._seen", saw_nothing)
    made = make(tmp_path, suspend=False)
    made.origin.given = replace(given, paths=("shop.yaml",))
    yield made, work
    made.daemon.wind_down()
    assert made.daemon.join(20)


CLOSED = [{"days": [], "opens": "08:00", "closes": "09:00"}]


@pytest.mark.parametrize(
    "stop",
    [
        lambda site: site.daemon.suspend("shop", "ada"),
        lambda site: site.keep.update(suspend=True),
        lambda site: site.keep.update(dryRun=True),
        lambda site: site.keep.update(windows=CLOSED),
        lambda site: site.asked(replace(site.origin.at(NEXT), paths=())),
        lambda site: site.daemon.wind_down(),
    ],
    ids=["a person suspends", "the Sync file suspends", "dry run", "the window closes", "the file is gone", "the end"],
)
def test_a_run_under_way_is_stopped(busy: tuple[Site, AtWork], stop: Callable[[Site], None]) -> None:
    """It ends what it has begun, and begins nothing more."""
    site, work = busy
    site.daemon.begin()
    until(lambda: work.hastes)
    stop(site)
    until(lambda: len(work.hastes) > 1)
    assert work.hastes[:2] == [Haste.NONE, Haste.WIND_DOWN]


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        (lambda site: site.daemon.suspend("shop", "ada"), "suspended by ada"),
        (lambda site: site.keep.update(suspend=True), "suspended by the Sync file"),
        (lambda site: site.daemon.wind_down(), "the daemon is about to end"),
    ],
)
def test_a_run_that_waits_for_a_slot(busy: tuple[Site, AtWork], stop: Callable[[Site], None], message: str) -> None:
    """It does not begin when nothing may be done by the time that it has one."""
    site, work = busy
    with site.slots:
        site.daemon.begin()
        until(lambda: any(isinstance(notice, RunStarted) for notice in site.notices))
        stop(site)
    until(site.results)
    (run,) = [notice.run for notice in site.notices if isinstance(notice, RunEnded)]
    assert (run.result, run.message, work.hastes) == (RunResult.INTERRUPTED, message, [])


def test_a_file_moves_while_its_environment_is_at_work(busy: tuple[Site, AtWork], tmp_path: Path) -> None:
    """The run that ends afterwards takes nothing from the file that has it now: neither its place nor its watch."""
    site, work = busy
    site.daemon.begin()
    until(lambda: work.hastes)
    (old,) = (thread for thread in threading.enumerate() if thread.name == "keep shop.yaml")
    (tmp_path / NEXT.sha / "moved.yaml").write_text(VALID.replace("NAME", "shop"))
    site.asked(replace(site.origin.at(NEXT), paths=("moved.yaml",)))
    old.join(20)
    until(lambda: len(work.hastes) > 2)
    view = site.board.environment("shop")
    assert view
    assert (view.path, view.running is None) == ("moved.yaml", False)
    assert sorted(site.watched.calls) == ["forget shop", "pause shop", "pause shop"]


class Led(Superseded):
    """Leads until a test says something else."""

    leads = True

    def begin(self) -> None:
        """At once."""
        self.changed(leads=True)

    def changed(self, *, leads: bool) -> None:
        """From now on."""
        self.leads = leads
        self._told("ours" if leads else "theirs", leading=leads)

    @property
    def is_leading(self) -> bool:
        """As a test says."""
        return self.leads

    @property
    def is_lost(self) -> bool:
        """As soon as another leads."""
        return not self.leads

    @contextmanager
    def acting(self) -> Iterator[None]:
        """It may."""
        yield


def test_another_replica_leads_while_a_run_is_under_way(busy: tuple[Site, AtWork], tmp_path: Path) -> None:
    """The run ends what it has begun, under its lock, and nothing is watched after it."""
    site, work = busy
    led: list[Led] = []

    def lead(_name: str, changed: Changed, _wishes: Wishes) -> Leadership:
        led.append(Led(changed))
        return led[0]

    again = make(tmp_path, lead, suspend=False)
    again.origin.given = site.origin.given
    again.daemon.begin()
    until(lambda: work.hastes)
    led[0].changed(leads=False)
    until(again.results)
    assert work.hastes == [Haste.NONE, Haste.WIND_DOWN]
    again.daemon.wind_down()
    assert again.daemon.join(20)
    assert again.watched.calls == ["pause shop", "forget shop"]


class Dead(Superseded):
    """Its election has ended."""

    @property
    def is_alive(self) -> bool:
        """It is not."""
        return False


def test_whose_election_has_ended_is_not_alive(site: Site, tmp_path: Path) -> None:
    """Nothing would be done any more, so whoever watches over the process has to start it again."""
    made = make(tmp_path, lambda _name, changed, _wishes: Dead(changed))
    made.origin.given = site.origin.given
    made.daemon.begin()
    until(lambda: made.kinds("shop"))
    until(lambda: not made.daemon.is_alive)
    made.daemon.wind_down()
    assert made.daemon.join(20)


def test_a_fetch_that_the_end_cuts_off(site: Site) -> None:
    """It is no trouble of the source's."""
    site.daemon.begin()
    until(lambda: site.kinds("shop"))
    site.origin.answers.clear()
    before = site.origin.asked
    site.asked(GitError("it was cancelled", reason=GitReason.CANCELLED))
    until(lambda: site.origin.asked > before)
    site.daemon.wind_down()
    site.origin.answers.set()
    until(lambda: "source" not in {thread.name for thread in threading.enumerate()})
    assert site.daemon.join(20)
    assert not any(isinstance(notice, SourceFailed) for notice in site.notices)


def test_a_person_suspends(site: Site, tmp_path: Path) -> None:
    """It is remembered and told who did; unknown names are refused."""
    site.daemon.begin()
    until(lambda: site.kinds("shop"))
    site.daemon.suspend("shop", "ada")
    until(lambda: "suspended by ada" in str(site.board.environment("shop")))
    assert Memory(tmp_path / "state.json").suspended("shop") == "ada"
    site.daemon.resume("shop", "ben")
    until(lambda: "suspended by the Sync file" in str(site.board.environment("shop")))
    told = [notice.suspension for notice in site.notices if isinstance(notice, SuspensionChanged)]
    assert [item.words for item in told] == ["suspended by ada", "resumed by ben"]
    view = site.board.environment("shop")
    assert view
    assert view.suspensions == tuple(reversed(told))
    with pytest.raises(KeyError):
        site.daemon.sync("nowhere", "ada")


def shown(site: Site, words: str) -> bool:
    """Whether the board says so of the environment."""
    return words in str(site.board.environment("shop"))


def test_a_suspension_outlives_its_file(site: Site, tmp_path: Path) -> None:
    """It holds when the file moves, when it is removed and put back, and after a restart; the way back is told."""
    site.daemon.begin()
    until(lambda: site.kinds("shop"))
    site.daemon.suspend("shop", "ada")
    texts = {"moved": VALID.replace("NAME", "shop")}
    site.asked(replace(site.origin.at(NEXT, **texts), paths=("moved.yaml",)))
    until(lambda: shown(site, "moved.yaml") and shown(site, "suspended by ada"))
    site.asked(replace(site.origin.at(COMMIT), paths=()))
    until(lambda: not site.board.environments())
    site.asked(replace(site.origin.at(NEXT), paths=("moved.yaml",)))
    until(lambda: shown(site, "suspended by ada"))
    again = make(tmp_path)
    again.origin.given = GitError("cannot fetch", reason=GitReason.UNREACHABLE)
    again.daemon.begin()
    until(lambda: shown(again, "suspended by ada"))
    again.daemon.resume("shop", "ben")
    until(lambda: shown(again, "suspended by the Sync file"))
    assert [notice.suspension.words for notice in again.notices if isinstance(notice, SuspensionChanged)] == [
        "resumed by ben"
    ]
    again.daemon.wind_down()
    assert again.daemon.join(20)


def test_a_source_that_hangs(site: Site) -> None:
    """`/healthz` says so when it takes longer than a source may; the environments are not held up."""
    site.daemon.begin()
    until(lambda: site.kinds("shop"))
    until(lambda: not site.pulse.beats())
    site.origin.answers.clear()
    site.daemon.pushed("a test")
    until(lambda: set(site.pulse.beats()) == {"source"})
    site.daemon.suspend("shop", "ada")
    until(lambda: "suspended by ada" in str(site.board.environment("shop")))
    until(lambda: set(site.pulse.beats()) == {"source"})
    (beat,) = site.pulse.beats().values()
    assert alive(site.pulse, beat.at + 600).is_good
    assert list(alive(site.pulse, beat.at + 86_400).reasons) == ["source"]
    site.origin.answers.set()
    until(lambda: not site.pulse.beats())


def test_an_environment_that_hangs(site: Site) -> None:
    """`/healthz` names it, and not those beside it."""
    site.daemon.begin()
    until(lambda: site.kinds("shop") and not site.pulse.beats())
    site.free.clear()
    site.asked(site.origin.at(NEXT, shop=VALID.replace("NAME", "shop")))
    until(lambda: set(site.pulse.beats()) == {"keep shop.yaml"})
    (beat,) = site.pulse.beats().values()
    assert alive(site.pulse, beat.at + 600).is_good
    assert list(alive(site.pulse, beat.at + 86_400).reasons) == ["keep shop.yaml"]
    site.free.set()
    until(lambda: not site.pulse.beats())


def test_an_environment_that_goes_while_it_is_looked_at(site: Site) -> None:
    """It is not shown again when the look ends."""
    site.daemon.begin()
    until(lambda: site.kinds("shop") and site.kinds("bank") and not site.pulse.beats())
    site.free.clear()
    site.asked(site.origin.at(NEXT, shop=VALID.replace("NAME", "shop"), bank=VALID.replace("NAME", "bank")))
    until(lambda: set(site.pulse.beats()) == {"keep shop.yaml", "keep bank.yaml"})
    last = replace(NEXT, sha="e" * 40)
    site.asked(site.origin.at(last, shop=VALID.replace("NAME", "shop")))
    until(lambda: not site.kinds("bank"))
    site.free.set()
    until(lambda: not site.pulse.beats())
    assert [view.name for view in site.board.environments()] == ["shop"]


def test_a_misspelt_environment(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """What the Sync file says of it would hold for nobody: the log says so once, the board for as long as it is so."""
    named = {"shop", "bnak"}
    strays = Strays(lambda: frozenset(named), lambda: site.daemon.names, site.board)
    strays.look()
    assert site.board.strays() == ()
    site.daemon.begin()
    until(lambda: site.daemon.names)
    for _ in range(2):
        strays.look()
        assert site.board.strays() == ('bnak; did you mean "bank"?',)
    site.asked(site.origin.at(NEXT, bank=VALID.replace("NAME", "bank")))
    until(lambda: site.daemon.names == frozenset({"bank"}))
    strays.look()
    assert [words.partition(";")[0] for words in site.board.strays()] == ["bnak", "shop"]
    named -= {"shop", "bnak"}
    strays.look()
    assert site.board.strays() == ()
    told = [record.message for record in caplog.records if "names an environment" in record.message]
    assert len(told) == 2
