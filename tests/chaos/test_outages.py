"""What lasts longer than one request: a server that is away, clocks that jump, two runs at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText
from reconciler.model.watch import Place
from reconciler.sandbox import Sandbox
from tests.adapters.kube.test_watch import CONFIG_MAPS, watched
from tests.chaos.api import Api
from tests.chaos.faults import Fault
from tests.chaos.outages import restarted, stopped
from tests.chaos.proxy import Strike, Upstream
from tests.chaos.runs import Ran
from tests.chaos.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("outages")]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A control plane of these tests' own, since they break it."""
    made = Sandbox("outages", tmp_path_factory.mktemp("outages"))
    made.up()
    yield made
    made.down()


@pytest.fixture
def world(sandbox: Sandbox, tmp_path: Path) -> World:
    """A new environment."""
    made = World(Upstream.of(sandbox.kubeconfig_path.read_text()), tmp_path)
    made.renew()
    return made


@pytest.fixture(scope="module")
def strike(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Strike:
    """When Helm begins the first release of an install: the lock is held, and the next write is Helm's."""
    world = World(Upstream.of(sandbox.kubeconfig_path.read_text()), tmp_path_factory.mktemp("first"))
    world.renew()
    done = world.run("apply")
    assert done.code == 0, done.text
    return Strike(Fault.MEANWHILE, next(asked.number for asked in done.asked if asked.kind == "POST secrets"))


def _ready(sandbox: Sandbox) -> None:
    deadline = time.monotonic() + 60
    while not sandbox.status().running:
        assert time.monotonic() < deadline, sandbox.status().reason
        time.sleep(0.2)


def _converges(world: World, done: Ran) -> None:
    """The next run repairs what this one left; the one after it writes nothing."""
    assert "Traceback" not in done.text
    assert "a bug in reconciler" not in done.text
    if done.code != 0:
        repaired = world.run("apply", "--lock-timeout", "60s")
        assert repaired.code == 0, f"{done.text}\n{repaired.text}"
    assert list(world.problems()) == []
    idle = world.run("apply")
    assert (idle.code, idle.writes) == (0, ()), idle.text


def test_an_api_server_that_is_restarted_half_way(sandbox: Sandbox, world: World, strike: Strike) -> None:
    """Killed when Helm begins the first release, and back after two seconds."""
    done = world.run("apply", strike=strike, meanwhile=restarted(sandbox, "kube-apiserver", 2))
    _ready(sandbox)

    assert done.struck is not None
    _converges(world, done)


def test_an_etcd_that_does_not_answer_for_20_seconds(sandbox: Sandbox, world: World, strike: Strike) -> None:
    """Stopped when Helm begins the first release; the lock cannot be renewed meanwhile."""
    done = world.run("apply", strike=strike, meanwhile=stopped(sandbox, "etcd", 20))
    _ready(sandbox)

    assert done.struck is not None
    _converges(world, done)


# Seconds that the wall's clock is wrong by, in turns: two hours fast, two hours slow.
CLOCKS = {"right": "", "jumping": "0 7200 -7200"}


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_a_second_run_refuses_and_names_the_first(clock: str, world: World, strike: Strike, tmp_path: Path) -> None:
    """It writes nothing, whatever the wall's clock of the holder says, and however long that takes."""
    others: list[Ran] = []

    def meanwhile() -> None:
        # Longer than the Lease lasts, so that it has to be renewed.
        time.sleep(5)
        others.append(world.elsewhere(tmp_path / "elsewhere").run("apply"))

    done = world.run("apply", strike=strike, meanwhile=meanwhile, clock=clock)

    (refused,) = others
    assert (refused.code, refused.writes) == (3, ()), refused.text
    assert "(apply, run " in refused.text
    assert done.code == 0, done.text
    _converges(world, done)


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS)
def test_a_second_run_waits_for_the_first(clock: str, world: World, strike: Strike, tmp_path: Path) -> None:
    """Then it finds nothing left to do, and writes nothing but the Lease."""
    other = world.elsewhere(tmp_path / "elsewhere")
    others: list[Ran] = []
    waiting = threading.Thread(target=lambda: others.append(other.run("apply", "--lock-timeout", "60s", clock=clock)))

    def meanwhile() -> None:
        waiting.start()
        time.sleep(5)

    done = world.run("apply", strike=strike, meanwhile=meanwhile)
    waiting.join()

    assert (done.code, others[0].code) == (0, 0), f"{done.text}\n{others[0].text}"
    assert {asked.kind for asked in others[0].writes} <= {"PATCH leases/*", "POST leases"}
    _converges(world, done)


def test_a_watch_survives_an_api_server_that_is_restarted(sandbox: Sandbox) -> None:
    """What changes while it is away, or as soon as it is back, is told; nothing is listed again."""
    kubeconfig, where = sandbox.kubeconfig_path.read_text(), Location("env.yaml", 1, 1)
    access = ClusterAccess("main", SecretText(kubeconfig), None, None, where)
    api, path = Api(Upstream.of(kubeconfig)), "/api/v1/namespaces/default/configmaps"
    metadata = {"name": "restarted", "labels": {"team": "restarted"}}
    api("POST", path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": "a"}})
    with watched(access, Place(CONFIG_MAPS, "default", "team=restarted")) as heard:
        heard.until("complete restarted")
        restarted(sandbox, "kube-apiserver", 1)()
        heard.until("failed")
        _ready(sandbox)
        api("PATCH", f"{path}/restarted", {"data": {"text": "b"}})
        assert not [told for told in heard.until("seen restarted b", within=60) if told.startswith("complete")]
