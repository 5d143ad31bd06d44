"""A part of the matrix that `make faults` runs whole: each fault in several scenarios, at requests of many kinds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.chaos.cases import Result, Scenario, run_case
from tests.chaos.faults import OF_ONE_REQUEST, Fault
from tests.chaos.proxy import Strike, Upstream
from tests.chaos.requests import Asked
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.selection import one
from tests.chaos.world import World

pytestmark = pytest.mark.e2e

# Steps through the kinds of requests, so that neighbouring faults strike far from each other.
_STRIDE = 5
# How often our client asks for the same before it says that it failed (`adapters/kube/patience.py`).
_PATIENT = 5


@pytest.fixture(scope="module")
def world(kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """An environment that all cases of a worker share; one that was broken is made anew by the next scenario."""
    return World(Upstream.of(kubeconfig), tmp_path_factory.mktemp("chaos"))


@pytest.fixture(scope="module")
def requests_of(world: World) -> dict[str, Sequence[Asked]]:
    """What an apply asks for in each scenario without any fault."""
    found: dict[str, Sequence[Asked]] = {}
    for scenario in SCENARIOS:
        scenario.prepare(world)
        done = world.run("apply")
        assert done.code == 0, done.text
        found[scenario.name] = done.asked
    return found


def _cases() -> Iterator[object]:
    faults = OF_ONE_REQUEST
    for place, scenario in enumerate(SCENARIOS):
        group = pytest.mark.xdist_group(f"chaos {place % 2}")
        for number, fault in enumerate(faults):
            # The kills in each scenario, every other fault in every other one.
            is_due = fault.kills or (number + place) % 2 == 0
            if is_due and (scenario.watches or fault is not Fault.GONE):
                turn = place * len(faults) + number * _STRIDE
                yield pytest.param(scenario, fault, turn, id=f"{scenario.name}, {fault}", marks=group)


@pytest.mark.parametrize(("scenario", "fault", "turn"), list(_cases()))
def test_nothing_is_lost_whatever_happens(
    scenario: Scenario, fault: Fault, turn: int, world: World, requests_of: dict[str, Sequence[Asked]]
) -> None:
    """By itself or by the next run the cluster converges; nothing is left, lost, stuck, leaked, or written twice."""
    verdict = run_case(world, scenario, one(requests_of[scenario.name], fault, turn))
    assert not verdict.problems, f"{verdict}\n{verdict.text}"
    assert verdict.struck is not None


@pytest.mark.xdist_group("chaos 1")
@pytest.mark.parametrize(
    ("scenario", "method", "part"),
    [
        pytest.param("install", "PUT", "/sh.helm.release.v1.worker.v1", id="the end of an install is recorded"),
        pytest.param("upgrade", "GET", "/configmaps/app-of-round-", id="an object that is dropped is looked at"),
        pytest.param("upgrade", "PUT", "/sh.helm.release.v1.worker.v", id="the revision before is marked"),
        pytest.param("prune", "GET", "name%3Dold%2C", id="the history of what is uninstalled is read"),
        pytest.param("prune", "GET", "/configmaps/old", id="an object of what is uninstalled is looked at"),
    ],
)
def test_what_helm_passes_over(
    scenario: str, method: str, part: str, world: World, requests_of: dict[str, Sequence[Asked]]
) -> None:
    """Helm goes on where these fail, says that all is well, and leaves an object, a mark, or a release undone."""
    (chosen,) = (item for item in SCENARIOS if item.name == scenario)
    strikes = [item for item in requests_of[scenario] if item.method == method and part in item.target]
    assert strikes
    for asked in strikes[-3:]:
        verdict = run_case(world, chosen, Strike(Fault.TIMEOUT, asked.number))
        assert not verdict.problems, f"{verdict}\n{verdict.text}"
        assert verdict.struck is not None


@pytest.mark.xdist_group("chaos 1")
def test_what_helm_passes_over_is_tried_again(world: World, requests_of: dict[str, Sequence[Asked]]) -> None:
    """The look of ours that follows Helm's fails for long too; by the next try the release is deployed already."""
    (chosen,) = (item for item in SCENARIOS if item.name == "upgrade")
    looks = [item for item in requests_of[chosen.name] if item.method == "GET" and "/app-of-round-" in item.target]
    by_helm = looks[-2]
    verdict = run_case(world, chosen, Strike(Fault.TIMEOUT, by_helm.number, times=1 + _PATIENT))
    assert not verdict.problems, f"{verdict}\n{verdict.text}"
    assert verdict.result is Result.BY_ITSELF
