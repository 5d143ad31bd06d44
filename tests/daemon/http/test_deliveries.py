"""POST /webhooks/PROVIDER, by the real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from reconciler.daemon.source.proofs import Provider
from reconciler.daemon.source.webhooks import MAX_BODY
from reconciler.model.git_address import GitAddress
from reconciler.model.secret import SecretText
from reconciler.model.source import Branch, GitSource
from tests.daemon.http.conftest import Served, Serving
from tests.daemon.source.test_webhooks import OF_GITHUB, SECRET, signature

SOURCE = GitSource(GitAddress.parse("https://git.example.com/team/env.git"), Branch("main"), "environments/*.yaml")
SET_UP = {"source": SOURCE, "secrets": lambda: {Provider.GITHUB: (SecretText(SECRET),)}}


def push(served: Served, provider: str = "github", event: str = "push", **changes: object) -> tuple[int, str]:
    """A push, as GitHub tells of it."""
    body = json.dumps({**OF_GITHUB, **changes}).encode()
    headers = {"X-Hub-Signature-256": f"sha256={signature(body)}", "X-GitHub-Event": event}
    answer = served.post(f"/webhooks/{provider}", data=body, headers=headers)
    return answer.status_code, answer.text


def test_a_push_has_the_source_asked(serving: Serving) -> None:
    """At once; without any login, since the signature proves it."""
    served = serving(**SET_UP)
    assert push(served) == (202, "accepted\n")
    assert served.board.asked == [("pushed", "", "team/env refs/heads/main")]


def test_a_delivery_that_is_repeated_is_ignored(serving: Serving) -> None:
    """Whoever recorded it cannot keep the daemon busy."""
    served = serving(**SET_UP)
    assert [push(served)[0] for _ in range(3)] == [202, 202, 202]
    assert len(served.board.asked) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"provider": "gitlab"}, 404),
        ({"provider": "nobody"}, 404),
        ({"event": "ping"}, 202),
        ({"ref": "refs/heads/other"}, 202),
        ({"repository": {"full_name": "team/other"}}, 202),
        ({"ref": 3}, 400),
    ],
)
def test_others_have_not(serving: Serving, changes: dict[str, object], status: int) -> None:
    """What is genuine and of no interest is accepted, or servers would turn the webhook off."""
    served = serving(**SET_UP)
    assert push(served, **changes)[0] == status  # type: ignore[arg-type]
    assert served.board.asked == []


SIGNED = "X-Hub-Signature-256: sha256=00\r\n"


@contextmanager
def begun(served: Served, length: int, sent: int = 0, headers: str = SIGNED) -> Iterator[socket.socket]:
    """A delivery of a body of which only so much arrives."""
    host, port = served.url.removeprefix("http://").split(":")
    head = f"POST /webhooks/github HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as stranger:
        stranger.sendall(head.encode() + b"x" * sent)
        yield stranger


def test_what_is_wrongly_signed_is_refused(serving: Serving) -> None:
    """When all of it is there."""
    served = serving(**SET_UP)
    answer = served.post("/webhooks/github", data=b"{}", headers={"X-Hub-Signature-256": "sha256=00"})
    assert answer.status_code == 401
    assert served.board.asked == []


@pytest.mark.parametrize(
    ("length", "headers", "status"),
    [(2, "", 401), (MAX_BODY + 1, "", 401), (MAX_BODY + 1, SIGNED, 413)],
    ids=["unsigned", "large and unsigned", "large"],
)
def test_what_is_not_believed_is_not_waited_for(serving: Serving, length: int, headers: str, status: int) -> None:
    """Unsigned, or larger than any push."""
    served = serving(**SET_UP)
    with begun(served, length, headers=headers) as stranger:
        assert stranger.recv(100).startswith(f"HTTP/1.1 {status} ".encode())
    assert served.board.asked == []


def test_strangers_hold_up_nobody(serving: Serving) -> None:
    """However many bodies do not end, large ones among them; nor is a large push refused, when they are gone."""
    served = serving(**SET_UP)
    with ExitStack() as strangers:
        for sent in (1, 600_000) * 6:
            strangers.enter_context(begun(served, 1_000_000, sent))
        assert push(served) == (202, "accepted\n")
    assert push(served, padding="x" * 2_000_000) == (202, "accepted\n")
    assert len(served.board.asked) == 2


def test_a_folder_is_told_of_by_nobody(serving: Serving) -> None:
    """There is no repository to ask."""
    served = serving(**{**SET_UP, "source": None})
    assert push(served)[0] == 202
    assert served.board.asked == []
