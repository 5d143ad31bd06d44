"""What the status of a probing pod tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.adapters.kube.probe_pod import attempts, is_done, is_left_over, probe_pod
from reconciler.model.node_probe import Reach, Target

TARGET = Target("registry.example.com", 443)


def _status(state: dict[str, Any], phase: str = "Pending") -> dict[str, Any]:
    return {"status": {"phase": phase, "containerStatuses": [{"name": "target-0", "state": state}]}}


def _ended(code: int, message: str = "") -> dict[str, Any]:
    return _status({"terminated": {"exitCode": code, "reason": "Error", "message": message}}, "Failed")


@pytest.mark.parametrize(
    ("pod", "reach", "why"),
    [
        (_ended(0), Reach.REACHED, ""),
        (_ended(1, "REFUSED\n"), Reach.NOT_REACHED, "connection refused"),
        (_ended(1, "TIMEOUT\n"), Reach.NOT_REACHED, "no answer in time"),
        (_ended(1, "DNS: lookup x: no such host"), Reach.NOT_REACHED, "its name is not known to DNS"),
        (_ended(1, "OTHER: dial tcp: no route to host"), Reach.NOT_REACHED, "dial tcp: no route to host"),
        (_ended(1), Reach.NOT_REACHED, "no connection"),
        (_ended(128, "exec: no such file"), Reach.UNKNOWN, "the probe ended with 128 Error exec: no such file"),
        (
            _status({"waiting": {"reason": "ImagePullBackOff", "message": "denied"}}),
            Reach.UNKNOWN,
            "ImagePullBackOff: denied",
        ),
        (
            {"status": {"phase": "Failed", "reason": "OutOfpods", "message": "no room"}},
            Reach.UNKNOWN,
            "OutOfpods: no room",
        ),
        ({"status": {"phase": "Pending"}}, Reach.UNKNOWN, "the probe did not end within 60 s"),
        ({}, Reach.UNKNOWN, "the probe did not end within 60 s"),
        (None, Reach.UNKNOWN, "the probe did not end within 60 s"),
    ],
)
def test_what_a_pod_found_out(pod: dict[str, Any] | None, reach: Reach, why: str) -> None:
    """A connection that failed is told apart from a probe that could not be made."""
    [found] = attempts(pod, "node-1", [TARGET])
    assert (found.node, found.target, found.reach, found.why) == ("node-1", TARGET, reach, why)


@pytest.mark.parametrize(
    ("pod", "done"),
    [
        (_ended(1), True),
        ({"status": {"phase": "Succeeded"}}, True),
        (_status({"waiting": {"reason": "ErrImagePull"}}), True),
        (_status({"waiting": {"reason": "ContainerCreating"}}), False),
        (_status({"running": {}}, "Running"), False),
        ({}, False),
    ],
)
def test_what_is_worth_waiting_for(pod: dict[str, Any], *, done: bool) -> None:
    """A pod whose image cannot be had will not begin."""
    assert is_done(pod) is done


@pytest.mark.parametrize(("age", "left_over"), [(0, False), (59, False), (61, True)])
def test_a_pod_beyond_its_deadline_is_left_over(age: int, *, left_over: bool) -> None:
    """Nobody waits for it any more; one of a run beside this one is left alone."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    born = (now - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
    pod = probe_pod("p", "shop", "node-1", "agnhost", [TARGET], "run")
    assert is_left_over({**pod, "metadata": {"creationTimestamp": born}}, now) is left_over
    assert is_left_over({}, now) is False
