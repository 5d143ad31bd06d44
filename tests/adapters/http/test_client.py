"""Requests and downloads, against servers that are really busy, broken, hostile or elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.http import Body, HttpClient, Login, Patience, Request
from reconciler.errors import TransferError, TransferReason
from reconciler.model.secret import SecretText
from tests.adapters.kube.servers import Authority
from tests.faults import FaultyServer, Reply, faulty
from tests.servers import free_port

SECRET = SecretText("correct-horse-battery")


@pytest.fixture
def waits() -> list[float]:
    """The pauses that the client took."""
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[HttpClient]:
    """A client that does not really wait between attempts."""
    made = HttpClient(patience=Patience(sleep=waits.append, connect=2, read=2))
    yield made
    made.close()


def _login(server: FaultyServer) -> Login:
    return Login.basic(server.url, "ci", SECRET)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int, client: HttpClient, waits: list[float]) -> None:
    """Statuses that say "not now" are followed by another attempt, after a pause that is drawn at random."""
    with faulty(Reply(status), Reply(status), Reply(200, b"fine")) as server:
        answer = client.send(Request("GET", f"{server.url}/index.yaml"))

    assert (answer.status, answer.content, len(server.seen)) == (200, b"fine", 3)
    assert len(waits) == 2
    assert all(0 <= pause <= 2 for pause in waits)


def test_retry_after_is_honoured_up_to_a_limit(client: HttpClient, waits: list[float]) -> None:
    """The server's own wish is the least to wait; one beyond the limit makes its answer final."""
    with faulty(Reply(429, headers={"Retry-After": "7"}), Reply(200)) as server:
        client.send(Request("GET", server.url))
    assert 7 <= waits[0] <= 8

    with faulty(Reply(429, headers={"Retry-After": "3600"})) as server:
        answer = client.send(Request("GET", server.url))
    assert (answer.status, len(server.seen)) == (429, 1)


@pytest.mark.parametrize("told", ["soon", "-1", "Mon, 01 Jan 2024 00:00:00 +99999999999999", "9" * 5000])
def test_a_retry_after_that_is_none(told: str, client: HttpClient) -> None:
    """Whatever it says, the answer is the server's, and not an exception."""
    with faulty(Reply(503, headers={"Retry-After": told})) as server:
        assert client.send(Request("GET", server.url)).status in (200, 503)


def test_a_busy_server_is_not_asked_for_ever(client: HttpClient) -> None:
    """After the attempts that there are, the last answer is the answer."""
    with faulty(Reply(503, b"<html>sorry")) as server, pytest.raises(TransferError) as caught:
        client.send(Request("GET", f"{server.url}/x?token=secret")).checked()

    assert len(server.seen) == 4
    assert caught.value.message == f"{server.url}/x was answered with 503 Service Unavailable"
    assert caught.value.reason is TransferReason.UNREACHABLE


def test_a_broken_connection_is_tried_again(client: HttpClient, tmp_path: Path) -> None:
    """A reset before the answer and a body that stops in the middle are both mended by the next attempt."""
    body = b"x" * 100_000
    with faulty(Reply(resets=True), Reply(body=body[:50_000], length=100_000), Reply(body=body)) as server:
        client.download(Request("GET", server.url, limit=len(body)), tmp_path / "got")

    assert (tmp_path / "got").read_bytes() == body
    assert [path.name for path in tmp_path.iterdir()] == ["got"]


def test_what_is_posted_is_not_posted_twice(client: HttpClient) -> None:
    """A POST may have been done before the connection broke: only who knows better repeats it."""
    with faulty(Reply(resets=True), Reply(201)) as server:
        with pytest.raises(TransferError, match="connection broke"):
            client.send(Request("POST", server.url, body=Body(b"chart")))
        assert len(server.seen) == 1

    with faulty(Reply(503), Reply(201)) as server:
        answer = client.send(Request("POST", server.url, body=Body(b"chart"), repeatable=True))
    assert answer.status == 201
    assert [request.body for request in server.seen] == [b"chart", b"chart"]


def test_credentials_go_to_their_server(client: HttpClient) -> None:
    """The server that a login is for is shown it; a redirect on the same server keeps it."""
    with faulty(Reply(302, headers={"Location": "/there"}), Reply(200)) as server:
        answer = client.send(Request("GET", f"{server.url}/here", _login(server)))

    assert answer.url == f"{server.url}/there"
    assert [login is not None for login in server.logins] == [True, True]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_goes_without_credentials(status: int, client: HttpClient) -> None:
    """Another port is another server: it is shown no login, nor is the first one any more when it sends us back."""
    with faulty() as first, faulty() as other:
        first.replies[:] = [
            Reply(status, headers={"Location": f"{other.url}/x", "Set-Cookie": "session=secret"}),
            Reply(200, b"back"),
        ]
        other.replies[:] = [Reply(status, headers={"Location": f"{first.url}/y"})]
        answer = client.send(Request("GET", first.url, _login(first)))

    assert (answer.content, answer.with_login) == (b"back", False)
    assert first.logins == [_login(first).authorization.reveal(), None]
    assert other.logins == [None]
    assert all("Cookie" not in request.headers for request in [*first.seen, *other.seen])


def test_a_redirect_out_of_tls_goes_without_credentials(tmp_path: Path) -> None:
    """From https to http, the login stays behind."""
    authority = Authority.new()
    (tmp_path / "ca.pem").write_text(authority.pem)
    with faulty() as plain, faulty(tls=authority.context(tmp_path, "127.0.0.1")) as safe:
        safe.replies[:] = [Reply(302, headers={"Location": plain.url})]
        HttpClient(tmp_path / "ca.pem").send(Request("GET", safe.url, _login(safe)))

    assert safe.logins[0] is not None
    assert plain.logins == [None]


def test_no_other_credentials_are_found(client: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's ~/.netrc is not asked, neither at first nor after a redirect."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password from-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with faulty() as other, faulty(Reply(302, headers={"Location": other.url})) as server:
        client.send(Request("GET", server.url))

    assert server.logins == other.logins == [None]


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("file:///etc/passwd", "an address of 'file' cannot be used"),
        ("gopher://host/", "an address of 'gopher' cannot be used"),
        ("http://[::1/again", "an address of 'http' cannot be used"),
        ("/again", "leads from one address to the next"),
    ],
)
def test_a_redirect_may_not_lead_astray(location: str, text: str, client: HttpClient) -> None:
    """A redirect to another protocol, to what is no address, and one without an end, are refused."""
    with faulty(Reply(302, headers={"Location": location})) as server, pytest.raises(TransferError, match=text):
        client.send(Request("GET", server.url))


def test_what_a_redirect_says_besides_is_not_read(client: HttpClient) -> None:
    """It may have no end."""
    with faulty() as other, faulty(Reply(302, headers={"Location": other.url}, endless=True)) as server:
        assert client.send(Request("GET", server.url)).is_good


def test_an_upload_is_not_sent_on(client: HttpClient) -> None:
    """A server that has moved is named, instead of the upload turning into a download as a browser would do it."""
    with faulty() as other, faulty(Reply(302, headers={"Location": f"{other.url}/new?s=secret"})) as server:
        with pytest.raises(TransferError) as caught:
            client.send(Request("PUT", server.url, body=Body(b"x")))
        assert other.seen == []
    assert caught.value.message == f"{server.url} sends what is uploaded on to {other.url}/new"


@pytest.mark.parametrize("reply", [Reply(body=b"x" * 2000), Reply(endless=True)], ids=["long", "endless"])
def test_an_answer_has_a_limit(reply: Reply, client: HttpClient, tmp_path: Path) -> None:
    """A body beyond the limit is not read on, whether its length is told or not; no file is left."""
    with faulty(reply) as server:
        request = Request("GET", server.url, limit=1000)
        with pytest.raises(TransferError, match="more than the 1000 bytes") as caught:
            client.send(request)
        with pytest.raises(TransferError, match="more than the 1000 bytes"):
            client.download(request, tmp_path / "file")

    assert caught.value.reason is TransferReason.CORRUPT
    assert list(tmp_path.iterdir()) == []


def test_a_download_has_the_digest_or_is_not_there(client: HttpClient, tmp_path: Path) -> None:
    """What was replaced on the way is refused, and a file that was there before stays as it was."""
    target = tmp_path / "chart.tgz"
    target.write_bytes(b"before")
    with faulty(Reply(body=b"tampered")) as server, pytest.raises(TransferError, match="has the digest sha256:") as no:
        client.download(Request("GET", server.url), target, f"sha256:{hashlib.sha256(b'good').hexdigest()}")

    assert no.value.reason is TransferReason.CORRUPT
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interrupted_download_leaves_nothing(client: HttpClient, tmp_path: Path) -> None:
    """Ctrl-C in the middle takes the partial file away."""

    def interrupt(done: int, total: int | None) -> None:
        assert total == 200_000
        if done > 65536:
            raise KeyboardInterrupt

    with faulty(Reply(body=b"x" * 200_000)) as server, pytest.raises(KeyboardInterrupt):
        client.download(Request("GET", server.url), tmp_path / "file", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(client: HttpClient, tmp_path: Path) -> None:
    """A download and an upload tell how many bytes there are, and end with all of them."""
    told: list[tuple[int, int | None]] = []
    (tmp_path / "chart").write_bytes(b"y" * 40_000)
    with faulty(Reply(body=b"x" * 150_000)) as server:
        client.download(Request("GET", server.url), tmp_path / "file", progress=lambda *step: told.append(step))
        assert told[-1] == (150_000, 150_000)
        told.clear()
        client.send(Request("PUT", server.url, body=Body(tmp_path / "chart", lambda *step: told.append(step))))
    assert told[-1] == (40_000, 40_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert server.seen[-1].headers["Content-Length"] == "40000"


def test_no_connection_is_explained(client: HttpClient, waits: list[float]) -> None:
    """A closed port and an unknown name are said at once: trying again would not help."""
    port = free_port()
    for url, text, hint in (
        (f"http://127.0.0.1:{port}/x", f"http://127.0.0.1:{port}: connection refused", "is the server running"),
        ("http://no-host.invalid/x", "http://no-host.invalid: its name is not known to DNS", "check the host's name"),
    ):
        with pytest.raises(TransferError) as caught:
            client.send(Request("GET", url))
        assert caught.value.message == text
        assert hint in str(caught.value.hint)
        assert caught.value.reason is TransferReason.UNREACHABLE
    assert waits == []


def test_a_server_that_hangs_is_given_up() -> None:
    """No answer in time is an error after the attempts, and each is as long as the patience says."""
    client = HttpClient(patience=Patience(attempts=2, read=0.2, sleep=lambda _: None))
    with faulty(Reply(delay=1)) as server, pytest.raises(TransferError, match="no answer in time") as caught:
        client.send(Request("GET", server.url))
    assert caught.value.reason is TransferReason.UNREACHABLE
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("host", "is_known", "text"),
    [
        ("127.0.0.1", False, "its certificate is not trusted"),
        ("example.com", True, "its certificate is for another name"),
    ],
)
def test_a_wrong_certificate_is_refused(*, host: str, is_known: bool, text: str, tmp_path: Path) -> None:
    """An unknown authority and another name are said as such; no request is made."""
    authority = Authority.new()
    (tmp_path / "ca.pem").write_text(authority.pem)
    client = HttpClient(tmp_path / "ca.pem" if is_known else None)
    with faulty(tls=authority.context(tmp_path, host)) as server, pytest.raises(TransferError, match=text) as caught:
        client.send(Request("GET", server.url))
    assert caught.value.reason is TransferReason.UNTRUSTED
    assert server.seen == []


def test_an_authority_that_is_none_is_said(tmp_path: Path, waits: list[float]) -> None:
    """A file that holds no certificate is at fault, not the connection: it is not tried again."""
    (tmp_path / "ca.pem").write_text("replicas: 3\n")
    client = HttpClient(tmp_path / "ca.pem", Patience(sleep=waits.append))
    trusted = Authority.new().context(tmp_path, "127.0.0.1")
    with faulty(tls=trusted) as server, pytest.raises(TransferError, match="holds no certificate") as caught:
        client.send(Request("GET", server.url))
    assert (caught.value.reason, waits) == (TransferReason.UNTRUSTED, [])


def test_tls_to_a_server_without_it(client: HttpClient) -> None:
    """The mistake is named, with the key that mends it."""
    with faulty() as server, pytest.raises(TransferError, match="does not speak TLS") as caught:
        client.send(Request("GET", server.url.replace("http:", "https:")))
    assert "plainHttp" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("status", "body", "text", "reason"),
    [
        (404, b'{"error":"chart not found"}', "404 Not Found: chart not found", TransferReason.NOT_FOUND),
        (409, b'{"error":"chart already exists"}', "409 Conflict: chart already exists", TransferReason.CONFLICT),
        (
            403,
            b'{"errors":[{"code":"DENIED","message":"requested access\\nis denied"}]}',
            "403 Forbidden: requested access is denied",
            TransferReason.DENIED,
        ),
        (401, b"<html>login page</html>", "401 Unauthorized", TransferReason.DENIED),
        (400, b"[" * 100_000, "400 Bad Request", TransferReason.OTHER),
        (418, b"[]", "418", TransferReason.OTHER),
    ],
)
def test_a_refusal_is_explained(
    status: int, body: bytes, text: str, reason: TransferReason, client: HttpClient
) -> None:
    """The server's own words are quoted where they are an error of a known form, on one line."""
    with faulty(Reply(status, body)) as server, pytest.raises(TransferError) as caught:
        client.send(Request("GET", f"{server.url}/x")).checked()
    assert caught.value.message.startswith(f"{server.url}/x was answered with {text}")
    assert caught.value.reason is reason
