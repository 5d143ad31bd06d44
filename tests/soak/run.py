"""`python -m tests.soak.run`: two daemons on a sandbox of their own, kept busy; prints what they did and how fast.

First among outages (the API server is killed, the leader is killed), then without, so that the memory at the end
can be compared with the one at the start of that part; then nothing happens for a while, and the requests are counted.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from reconciler.sandbox import Sandbox
from reconciler.sandbox.catalog import CONTROL_PLANE
from reconciler.sandbox.programs import ensure
from tests.adapters.kube.servers import Authority
from tests.chaos.outages import restarted
from tests.git_servers import make_origin, run_git_host
from tests.soak.figures import Figures
from tests.soak.people import PATIENCE, LostError, People, until
from tests.soak.replicas import REPOSITORY, Replica
from tests.soak.repository import ENVIRONMENT, NAMESPACES, App, Repository

_LEASE = f"/apis/coordination.k8s.io/v1/namespaces/default/leases/reconciler-sync-{ENVIRONMENT}"
# Seconds in which each release is installed at the latest, on a loaded machine.
_INSTALL = 1.0
# Parts of the time: among outages, and in which nothing happens.
_OUTAGES, _IDLE = 0.35, 0.25


@dataclass
class Soak:
    """All that takes part.

    Attributes:
        doubtful: a commit that is not valid is the newest.
    """

    sandbox: Sandbox
    people: People
    repository: Repository
    replicas: list[Replica]
    chance: random.Random
    figures: Figures = field(default_factory=Figures)
    doubtful: bool = False

    def leader(self) -> Replica:
        """The one that the Lease names. Raises LostError: there is none."""
        until("a leader", lambda: any(map(self._leads, self.replicas)))
        return next(filter(self._leads, self.replicas))

    def _leads(self, replica: Replica) -> bool:
        lease = self.people.read(_LEASE)
        holder = str(lease["spec"].get("holderIdentity")) if lease else ""
        return replica.process is not None and holder.startswith(f"{replica.name}@")

    def push(self, commit: str) -> None:
        """Tell everybody of it."""
        taken = [replica.pushed(commit) for replica in self.replicas if replica.process]
        if not all(taken):
            self.figures.lost.append("a webhook was not taken")

    def committed(self) -> None:
        """A good commit, now and then by force, is in the cluster after its webhook."""
        app = self.chance.choice(self.repository.apps)
        forced = not self.doubtful and self.chance.random() < 0.25
        commit = self.repository.forced(app) if forced else self.repository.good(app)
        self.doubtful = False
        start = time.monotonic()
        self.push(commit)
        wanted = str(self.repository.generations[app])
        until(f"commit {commit[:8]} of {app.name}", lambda: self.people.generation(app) == wanted)
        self.figures.took("commit applied after its webhook", time.monotonic() - start)

    def mistaken(self) -> None:
        """A commit that is not valid changes nothing; drift is corrected from the last good one all the same."""
        self.push(self.repository.bad())
        self.doubtful = True
        self.drifted("drift corrected while the newest commit is not valid")

    def drifted(self, what: str = "drift corrected") -> None:
        """What somebody changes by hand is changed back."""
        app = self.chance.choice(self.repository.apps)
        wanted = str(self.repository.generations[app])
        match self.chance.randrange(3):
            case 0:
                self.people.edit(app)
            case 1:
                self.people.delete(app)
            case _:
                self.people.scale(app)
        as_wanted = lambda: (self.people.generation(app), self.people.replicas(app)) == (wanted, 0)  # noqa: E731 (short)
        self.figures.took(what, until(f"{what}, of {app.name}", as_wanted))

    def server_killed(self) -> None:
        """The API server is killed, and comes back; drift right after that."""
        restarted(self.sandbox, "kube-apiserver", 1.0)()
        until("the API server away", lambda: self.people.read("/version") is None)
        until("the API server back", lambda: self.people.read(f"/api/v1/namespaces/{NAMESPACES[0]}") is not None)
        self.drifted("drift corrected, the API server was just killed")

    def leader_killed(self) -> None:
        """The leader is killed; another one corrects drift."""
        leader = self.leader()
        leader.kill()
        self.drifted("drift corrected, the leader was just killed")
        leader.start()
        until("a webhook can be taken", lambda: leader.is_listening)

    def busy(self, seconds: float, happenings: list[Callable[[], None]]) -> None:
        """One after the other, for a while; what is lost is noted, and it goes on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            happening = self.chance.choice(happenings)
            try:
                happening()
            except LostError as error:
                self.figures.lost.append(str(error))
            time.sleep(self.chance.uniform(0.1, 1.0))

    def idle(self, seconds: float) -> None:
        """Nothing happens: what do they ask, and what do they use?"""
        time.sleep(5)
        mark, used = self.sandbox.settle_audit(), {item.name: item.cpu_seconds for item in self.replicas}
        time.sleep(seconds)
        self.sandbox.settle_audit()
        asked = [item for item in self.sandbox.audit.read(mark) if item.user == "admin"]
        leases = sum(item.resource == "leases" for item in asked)
        per_minute = 60 / seconds
        self.figures.single["requests per idle minute"] = (
            f"{len(asked) * per_minute:.0f}, of them {leases * per_minute:.0f} about Leases"
        )
        cpu = sum(item.cpu_seconds - used[item.name] for item in self.replicas) / seconds
        self.figures.single["CPU when idle, all replicas"] = f"{cpu:.1%} of one core"


@contextmanager
def _world(size: int, replicas: int, seed: int, lease: str) -> Iterator[Soak]:
    """A control plane, a git server, and daemons that have installed all."""
    ensure([*CONTROL_PLANE])
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    with ExitStack() as ends:
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        sandbox = Sandbox("soak", folder / "sandbox")
        ends.callback(sandbox.down)
        sandbox.up()
        authority = Authority.new()
        (folder / "server.pem").write_text("".join(authority.issue("server", "127.0.0.1")))
        repository = Repository(make_origin(folder / "served" / f"{REPOSITORY}.git"), tuple(map(App, range(size))))
        repository.begin()
        host = ends.enter_context(run_git_host(folder / "served", folder / "server.pem"))
        kubeconfig = sandbox.kubeconfig_path.read_text()
        made = [Replica(f"replica-{index}", folder / f"replica-{index}", kubeconfig) for index in range(replicas)]
        people = People.of(sandbox.folder / "pki/sandbox.kubeconfig", sandbox.folder / "pki/ca.crt")
        for replica in made:
            replica.write(host.url, authority.pem, lease)
            ends.callback(replica.kill)
            replica.start()
        yield Soak(sandbox, people, repository, made, random.Random(seed))  # noqa: S311 (to be repeated)


def _installed(soak: Soak) -> None:
    apps = soak.repository.apps
    what = f"{len(apps)} releases installed"
    seconds = until(what, lambda: soak.people.installed() == len(apps), PATIENCE + _INSTALL * len(apps))
    soak.figures.single[what] = f"{seconds:.1f} s"


@click.command()
@click.option("--releases", default=50, show_default=True, type=click.IntRange(1, 999), help="How many.")
@click.option(
    "--minutes", default=3.0, show_default=True, type=click.FloatRange(1), help="For how long, once installed."
)
@click.option("--replicas", default=2, show_default=True, type=click.IntRange(1, 5), help="Daemons.")
@click.option("--lease", default="15s", show_default=True, help="How long a leader that gives no sign is waited for.")
@click.option("--seed", default=0, show_default=True, help="Of what happens at random.")
def main(releases: int, minutes: float, replicas: int, lease: str, seed: int) -> None:
    """Keep daemons busy, and print what they did. Exit code 1: something that had to happen never did."""
    seconds = minutes * 60
    with _world(releases, replicas, seed, lease) as soak:
        _installed(soak)
        work = [soak.committed, soak.drifted, soak.drifted, soak.drifted, soak.mistaken]
        outages = [soak.server_killed, soak.leader_killed] if replicas > 1 else [soak.server_killed]
        soak.busy(seconds * _OUTAGES, [*outages, soak.committed, soak.drifted])
        soak.committed()
        before = {item.name: item.megabytes for item in soak.replicas}
        soak.busy(seconds * (1 - _OUTAGES - _IDLE), work)
        soak.idle(seconds * _IDLE)
        for item in soak.replicas:
            soak.figures.single[f"memory of {item.name}"] = (
                f"{before[item.name]:.0f} MB, at the end {item.megabytes:.0f} MB"
            )
    click.echo(f"{releases} releases, {replicas} replicas, {minutes:g} minutes, seed {seed}\n\n{soak.figures.table()}")
    if soak.figures.lost:
        sys.exit("\n".join(("\nnever happened:", *soak.figures.lost)))


if __name__ == "__main__":
    main()
