"""What an apply is struck at: each a way to give it something to do."""

from __future__ import annotations

import time

from tests.chaos.cases import Scenario
from tests.chaos.world import World

# Seconds in which Kubernetes empties a small namespace.
_PATIENCE = 60.0


def _installed(world: World) -> None:
    """As an apply left it."""
    if world.namespace and not any(world.problems()):
        return
    world.renew()
    done = world.run("apply")
    assert done.code == 0, done.text
    world.plant()


def _upgrade(world: World) -> None:
    _installed(world)
    world.advance()


def _drift(world: World) -> None:
    """Another person deletes and changes objects of every kind."""
    _installed(world)
    core, apps = f"/api/v1/namespaces/{world.namespace}", f"/apis/apps/v1/namespaces/{world.namespace}"
    world.api("DELETE", f"{core}/configmaps/worker")
    world.api("PATCH", f"{core}/configmaps/app", {"data": {"round": "another"}})
    world.api("PATCH", f"{apps}/deployments/app", {"spec": {"replicas": 2, "revisionHistoryLimit": 1}})
    world.api("PATCH", f"{apps}/deployments/app", {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}})
    world.api("DELETE", f"{core}/secrets/db")
    world.api("PATCH", f"/api/v1/namespaces/{world.namespace}", {"metadata": {"labels": {"round": "another"}}})


def _prune(world: World) -> None:
    """The file had more before."""
    _installed(world)
    # What is applied to a namespace that is on its way out goes with it.
    deadline = time.monotonic() + _PATIENCE
    while world.api("GET", f"/api/v1/namespaces/{world.namespace}-old"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    done = world.run("apply", file="more.yaml")
    assert done.code == 0, done.text


SCENARIOS = (
    Scenario("install", World.renew),
    Scenario("upgrade", _upgrade),
    Scenario("drift correction", _drift, watches=False),
    Scenario("prune", _prune, watches=False),
)
