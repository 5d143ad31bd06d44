"""Containers that start and do not stay, or do not serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.finding import Cause
from tests.diagnose.scenes import LOOPING, RUNNING, ask, ended, event, evidence, pod, waits

LOG = ("starting", "ERROR no database", "shutting down")
LIVENESS = event("api-1", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500")


@pytest.mark.parametrize(
    ("status", "cause", "said"),
    [
        pytest.param(
            {**LOOPING, "lastState": ended(1)},
            Cause.CRASH_LOOP,
            "container main ends with exit code 1; its log says: ERROR no database",
            id="ends again and again",
        ),
        pytest.param(
            {**RUNNING, "restartCount": 2, "lastState": ended(1)}, Cause.CRASH_LOOP, "exit code 1", id="runs for now"
        ),
        pytest.param({**LOOPING, "lastState": ended(0)}, Cause.CRASH_LOOP, "exit code 0", id="ends without an error"),
        pytest.param(
            {**LOOPING, "lastState": ended(137, "OOMKilled")}, Cause.OUT_OF_MEMORY, "its limit of 64Mi", id="memory"
        ),
        pytest.param({"state": ended(137, "OOMKilled")}, Cause.OUT_OF_MEMORY, "64Mi", id="memory, not restarted"),
    ],
)
def test_runs_that_end(status: Mapping[str, Any], cause: Cause, said: str) -> None:
    """With exit code, the log's last error, and the log itself as evidence."""
    item = pod(status, container={"resources": {"limits": {"memory": "64Mi"}}})
    found = ask(evidence(item, log=LOG))
    assert found.cause is cause
    assert said in found.message
    assert [line for line in found.evidence if "log of main" in line] == [f"log of main: {line}" for line in LOG]


def test_a_signal_is_shown() -> None:
    """Some runtimes tell it beside the code."""
    found = ask(evidence(pod({**LOOPING, "lastState": ended(139, signal=11)})))
    assert "exit code 139, signal 11" in "\n".join(found.evidence)


def test_memory_without_a_limit() -> None:
    """Then it was the node's that ran out."""
    found = ask(evidence(pod({**LOOPING, "lastState": ended(137, "OOMKilled")})))
    assert "more memory than what the node had" in found.message


@pytest.mark.parametrize(
    ("probe", "asked"),
    [
        ({"httpGet": {"path": "/healthz", "port": 8080}}, " (httpGet :8080/healthz)"),
        ({"httpGet": {"path": "/healthz", "port": "http"}}, " (httpGet http/healthz)"),
        ({"tcpSocket": {"port": 5432}}, " (tcpSocket :5432)"),
        ({"grpc": {"port": 9000}}, " (grpc :9000)"),
        ({"exec": {"command": ["pg_isready", "-q"]}}, " (exec pg_isready -q)"),
        ({}, ""),
    ],
)
def test_what_a_probe_asked(probe: Mapping[str, Any], asked: str) -> None:
    """And what came back."""
    item = pod({**LOOPING, "lastState": ended(137)}, container={"livenessProbe": probe})
    found = ask(evidence(item, events=[LIVENESS]))
    assert found.cause is Cause.LIVENESS
    assert found.message == (
        f"the liveness probe of container main{asked} is answered with: HTTP probe failed with statuscode: 500"
    )


@pytest.mark.parametrize(
    ("status", "told", "cause"),
    [
        pytest.param(RUNNING, "Readiness probe failed: 503", Cause.READINESS, id="readiness"),
        pytest.param(RUNNING, "Startup probe failed: 503", Cause.STARTUP, id="startup"),
        pytest.param(RUNNING, "Something else", Cause.NOT_READY, id="no probe's word"),
        pytest.param(
            {**LOOPING, "lastState": ended(1)},
            "Liveness probe failed: 500",
            Cause.CRASH_LOOP,
            id="it crashed by itself",
        ),
        pytest.param(
            {**LOOPING, "lastState": ended(143)}, "Startup probe failed: x", Cause.STARTUP, id="was restarted"
        ),
    ],
)
def test_probes(status: Mapping[str, Any], told: str, cause: Cause) -> None:
    """Readiness and startup of what runs; liveness and startup of what the kubelet ended."""
    assert ask(evidence(pod(status), events=[event("api-1", "Unhealthy", told)])).cause is cause


def test_an_init_container_comes_first() -> None:
    """The others wait for it and are not to blame."""
    failing = {"name": "migrate", **waits("CrashLoopBackOff"), "restartCount": 2, "lastState": ended(2)}
    item = pod(
        waits("PodInitializing"),
        spec={"initContainers": [{"name": "migrate", "image": "example.com/migrate:1"}]},
        initContainerStatuses=[failing],
    )
    found = ask(evidence(item))
    assert found.cause is Cause.INIT_FAILED
    assert "init container migrate ends with exit code 2" in found.message
