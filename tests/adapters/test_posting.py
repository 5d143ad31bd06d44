"""Messages, posted to a real server."""

from __future__ import annotations

import pytest

from reconciler.adapters.posting import HttpPost
from reconciler.errors import TransferError
from reconciler.model.news import Answered
from reconciler.model.secret import SecretText
from tests.adapters.kube.servers import Answer, serve

pytestmark = pytest.mark.usefixtures("no_proxy")


def test_it_is_posted_as_json() -> None:
    """To the whole address, path and query too."""
    with serve(Answer(body="ok")) as server:
        assert HttpPost(lambda: SecretText(f"{server.url}/T0/x?y=1\n")).post(b'{"a": 1}') == Answered(accepted=True)
    ((method, path, headers, body),) = server.requests
    assert (method, path, body) == ("POST", "/T0/x?y=1", '{"a": 1}')
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "final", "wait"),
    [
        (Answer(400, "invalid_payload"), True, 0.0),
        (Answer(404), True, 0.0),
        (Answer(410), True, 0.0),
        (Answer(429, headers={"Retry-After": "7"}), False, 7.0),
        (Answer(408), False, 0.0),
        (Answer(500), False, 0.0),
        (Answer(503), False, 0.0),
        (Answer(302, headers={"Location": "http://127.0.0.1:1/"}), True, 0.0),
    ],
)
def test_whether_it_is_of_use_to_try_again(answer: Answer, *, final: bool, wait: float) -> None:
    """It is sent once; what will never be taken is told apart, and the address is named nowhere."""
    with serve(answer) as server:
        found = HttpPost(lambda: SecretText(f"{server.url}/s3cret")).post(b"{}")
    assert len(server.requests) == 1
    assert (found.accepted, found.final, found.wait) == (False, final, wait)
    assert server.url in found.message
    assert "s3cret" not in found.message


def test_a_server_that_is_away_may_come_back() -> None:
    """A refused connection is not final."""
    with serve() as server:
        pass
    found = HttpPost(lambda: SecretText(f"{server.url}/s3cret")).post(b"{}")
    assert (found.accepted, found.final) == (False, False)
    assert "s3cret" not in found.message


def test_an_address_that_is_none_is_refused_at_once() -> None:
    """When the daemon starts, without telling it."""
    with pytest.raises(TransferError) as caught:
        HttpPost(lambda: SecretText("ftp://host/s3cret"))
    assert "s3cret" not in str(caught.value)


def test_an_address_that_is_replaced() -> None:
    """The next message goes to the new one; one that is none is told, without naming it."""
    with serve(Answer(body="ok")) as first, serve(Answer(body="ok")) as second:
        addresses = [f"{first.url}/one"]
        post = HttpPost(lambda: SecretText(addresses[-1]))
        assert post.post(b"{}").accepted
        addresses.append(f"{second.url}/two")
        assert post.post(b"{}").accepted
        addresses.append("s3cret")
        found = post.post(b"{}")
    assert [len(server.requests) for server in (first, second)] == [1, 1]
    assert (found.accepted, found.final) == (False, True)
    assert "s3cret" not in found.message
