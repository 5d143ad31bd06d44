"""What is sent again to an API server, and what is not: on a real server that misbehaves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from reconciler.adapters.kube.patience import APPLY_PATCH, MERGE_PATCH
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ClusterError
from tests.adapters.kube.test_transport import to
from tests.faults import Reply, faulty

pytestmark = pytest.mark.usefixtures("no_proxy")

GOOD = Reply(body=b'{"ok": true}')
RESET = Reply(resets=True)
CUT = Reply(body=b'{"ok": ', length=12)


def refusal(code: int, message: str = "down", **headers: str) -> Reply:
    """A Kubernetes Status."""
    return Reply(code, json.dumps({"kind": "Status", "message": message}).encode(), headers)


def get(made: Transport) -> object:
    """A read."""
    return made.get("/x")


def apply(made: Transport) -> object:
    """A server-side apply."""
    return made.patch("/x", {}, {}, APPLY_PATCH)


def delete(made: Transport) -> object:
    """A deletion of one certain object."""
    made.delete("/x", {})
    return None


def review(made: Transport) -> object:
    """A question that is asked by POST."""
    return made.review("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {})


def change(made: Transport) -> object:
    """A merge patch: sent twice, it may undo what another wrote in between."""
    return made.patch("/x", {}, {}, MERGE_PATCH)


def create(made: Transport) -> object:
    """Sent twice, it says that the object exists already."""
    return made.ask("POST", "/api/v1/pods", {}, {})


Request = Callable[[Transport], object]
REPEATABLE = [get, apply, delete, review]


@pytest.mark.parametrize("request_", REPEATABLE)
@pytest.mark.parametrize(
    "faults",
    [
        [refusal(429, **{"Retry-After": "0"}), refusal(503)],
        [refusal(502), refusal(504)],
        [refusal(500, "etcdserver: leader changed")],
        [RESET],
        [RESET, CUT],
        [CUT],
    ],
    ids=["busy", "gateway", "etcd", "reset", "reset and cut", "cut"],
)
def test_what_may_be_done_twice_is_sent_again(request_: Request, faults: list[Reply]) -> None:
    """Busy servers, restarting servers, and connections that break."""
    with faulty(*faults, GOOD) as server:
        request_(to(server.url))
    assert len(server.seen) == len(faults) + 1


@pytest.mark.parametrize("request_", [change, create])
@pytest.mark.parametrize(
    "fault",
    [
        refusal(503),
        refusal(503, **{"Retry-After": "0"}),
        refusal(413, **{"Retry-After": "0"}),
        refusal(500, "etcdserver: leader changed"),
        RESET,
        CUT,
    ],
)
def test_what_may_have_been_done_is_not(request_: Request, fault: Reply) -> None:
    """Nobody knows whether it was; whoever asked has to look."""
    with faulty(fault, GOOD) as server, pytest.raises(ClusterError):
        request_(to(server.url))
    assert len(server.seen) == 1


@pytest.mark.parametrize("request_", [change, create])
def test_what_was_not_begun_is_sent_again(request_: Request) -> None:
    """429 says so, whatever was asked for."""
    with faulty(refusal(429), GOOD) as server:
        request_(to(server.url))
    assert len(server.seen) == 2


def test_a_server_is_given_the_time_that_it_asks_for() -> None:
    """In seconds, as API servers say it."""
    with faulty(refusal(429, **{"Retry-After": "1"}), GOOD) as server:
        started = time.monotonic()
        get(to(server.url))
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(("asked", "waited"), [("86400", 30.0), ("soon", None), ("", None)])
def test_a_server_is_not_given_all_the_time_in_the_world(
    asked: str, waited: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a minute at most; what is no time is ignored."""
    slept: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    with faulty(refusal(429, **{"Retry-After": asked}), GOOD) as server:
        get(to(server.url))
    assert [seconds for seconds in slept if seconds] == ([] if waited is None else [waited])


def test_a_failure_of_its_own_is_final() -> None:
    """A webhook that does not answer is no better the next time, and costs its timeout each time."""
    with (
        faulty(refusal(500, 'failed calling webhook "guard.example.com"'), GOOD) as server,
        pytest.raises(ClusterError, match="failed calling webhook"),
    ):
        get(to(server.url))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refusal(503), "down"),
        (RESET, "cannot be reached: the connection broke"),
        (CUT, "cannot be reached: the connection broke"),
    ],
)
def test_patience_ends(fault: Reply, words: str) -> None:
    """A server that stays so is an error, in words."""
    with faulty(fault) as server, pytest.raises(ClusterError, match=words):
        get(to(server.url))
    assert 2 <= len(server.seen) <= 5
