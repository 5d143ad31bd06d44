"""HTTP to an API server: what is sent, whom it trusts, and what becomes of every answer that is no."""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from reconciler.adapters.kube import pool
from reconciler.adapters.kube.kubeconfig import Connection
from reconciler.adapters.kube.patience import APPLY_PATCH, MERGE_PATCH
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ApiError, ClusterError
from reconciler.model.cluster import NO_ANSWER
from tests.adapters.kube.servers import Answer, Authority, serve, status

PLAIN = Connection("", None, True, None, None, None, None, None, None)  # noqa: FBT003 - the fields of a connection
# The connections of these tests must not go through a proxy of the machine.
pytestmark = pytest.mark.usefixtures("no_proxy")


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Who signed the server's certificate."""
    return Authority.new()


def to(url: str, **changes: object) -> Transport:
    """A transport to a server."""
    return Transport("main", replace(PLAIN, server=url, **changes))  # type: ignore[arg-type]  # the tests' own fields


def test_a_request_and_its_answer() -> None:
    """Path, query and who we are; the answer as parsed JSON."""
    with serve(Answer(body='{"items": [1]}')) as server:
        found = to(server.url, token="t0ken").get(
            "/api/v1/x", {"labelSelector": "a=b,c!=d"}, accept="application/json;v=2"
        )
    assert found == {"items": [1]}
    ((method, path, headers, body),) = server.requests
    assert (method, path, body) == ("GET", "/api/v1/x?labelSelector=a%3Db%2Cc%21%3Dd", "")
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Accept"] == "application/json;v=2"
    assert headers["User-Agent"].startswith("reconciler/")


def test_a_patch() -> None:
    """The body as JSON, under the type that was asked for."""
    with serve() as server:
        to(server.url).patch("/x", {"force": "true"}, {"a": "ä"}, APPLY_PATCH)
    ((method, path, headers, body),) = server.requests
    assert (method, path, json.loads(body)) == ("PATCH", "/x?force=true", {"a": "ä"})
    assert headers["Content-Type"] == APPLY_PATCH
    assert "Authorization" not in headers


def test_a_password() -> None:
    """User and password in the form of RFC 7617, in UTF-8."""
    with serve() as server:
        to(server.url, basic=("mé", "pä:ß漢")).get("/")
    expected = base64.b64encode("mé:pä:ß漢".encode()).decode()
    assert server.requests[0][2]["Authorization"] == f"Basic {expected}"


def test_what_came_of_each_request_is_told() -> None:
    """Once for each: what the server answered in the end, whether yes or no; and that there was no answer at all."""
    told: list[tuple[str, str, int]] = []

    def heard(*what: object) -> None:
        told.append(what)  # type: ignore[arg-type]  # as Heard says

    with serve(status(503, "Busy", "busy"), Answer(), status(404, "NotFound", "no such thing")) as server:
        transport = Transport("main", replace(PLAIN, server=server.url), heard=heard)
        transport.get("/x")
        with pytest.raises(ApiError):
            transport.patch("/x", {}, {}, APPLY_PATCH)
    with pytest.raises(ClusterError):
        Transport("main", replace(PLAIN, server=server.url), limit=1.0, heard=heard).get("/x")
    assert told == [("main", "GET", 200), ("main", "PATCH", 404), ("main", "GET", NO_ANSWER)]


def test_its_own_authority_is_trusted(authority: Authority, tmp_path: Path) -> None:
    """The one of the kubeconfig."""
    with serve(tls=authority.context(tmp_path, "127.0.0.1")) as server:
        assert to(server.url, authority=authority.pem).get("/") == {"ok": True}


def test_a_client_certificate(authority: Authority, tmp_path: Path) -> None:
    """It is shown to the server, and no copy of the key stays on the disk."""
    certificate, key = authority.issue("me")
    with serve(tls=authority.context(tmp_path, "127.0.0.1", clients=True)) as server:
        made = to(server.url, authority=authority.pem, certificate=certificate, key=key)
        assert made.get("/") == {"ok": True}
        assert server.subjects[0]["subject"] == ((("commonName", "me"),),)
        with pytest.raises(ClusterError, match="cannot be reached"):
            to(server.url, authority=authority.pem).get("/")


@pytest.mark.parametrize("trusted", [None, "another"])
def test_another_authority_is_refused(trusted: str | None, authority: Authority, tmp_path: Path) -> None:
    """Nothing is sent to a server that is not who it says; the message names the cause and what to check."""
    other = Authority.new().pem if trusted else None
    with serve(tls=authority.context(tmp_path, "127.0.0.1")) as server:
        with pytest.raises(ClusterError, match="its certificate is not trusted") as caught:
            to(server.url, authority=other, token="t0ken").get("/")
        assert server.requests == []
    assert server.url in caught.value.message
    assert "certificate-authority" in str(caught.value.hint)


def test_another_host_is_refused(authority: Authority, tmp_path: Path) -> None:
    """A certificate for another name, unless the kubeconfig names it as `tls-server-name`."""
    with serve(tls=authority.context(tmp_path, "kubernetes.example.com")) as server:
        with pytest.raises(ClusterError, match="its certificate is for another name") as caught:
            to(server.url, authority=authority.pem, token="t0ken").get("/")
        assert "tls-server-name" in str(caught.value.hint)
        assert server.requests == []
        named = to(server.url, authority=authority.pem, tls_server_name="kubernetes.example.com")
        assert named.get("/") == {"ok": True}


@pytest.mark.filterwarnings("error")
def test_insecure_trusts_anybody_and_says_nothing(authority: Authority, tmp_path: Path) -> None:
    """The kubeconfig says so; a warning of a library at every request would help nobody."""
    with serve(tls=authority.context(tmp_path, "elsewhere.example.com")) as server:
        assert to(server.url, verify=False).get("/") == {"ok": True}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"authority": "junk"}, "certificate-authority"),
        ({"certificate": "junk", "key": "junk"}, "client-certificate"),
    ],
)
def test_certificates_that_are_none(changes: dict[str, str], said: str) -> None:
    """Text that is no PEM is an error in the kubeconfig, which is named."""
    with pytest.raises(ClusterError, match=said) as caught:
        to("https://127.0.0.1:9", **changes).get("/")
    assert "cluster main" in caught.value.message


def test_a_key_of_another_certificate(authority: Authority) -> None:
    """Certificate and key have to go together."""
    certificate, _ = authority.issue("me")
    _, key = authority.issue("me")
    with pytest.raises(ClusterError, match="client-certificate"):
        to("https://127.0.0.1:9", certificate=certificate, key=key).get("/")


def test_no_room_for_a_certificate(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL takes it from a file only; where none can be made, that is an error of this cluster's."""
    certificate, key = authority.issue("me")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(ClusterError, match=r"main: no file can be made .* no such file") as caught:
        to("https://127.0.0.1:9", certificate=certificate, key=key).get("/")
    assert "TMPDIR" in str(caught.value.hint)


HTML = "<html><body>Bad gateway\x1b[31m" + "x" * 1000


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        pytest.param(
            status(401, "Unauthorized", "Unauthorized"),
            "cluster main: URL refused the credentials (401 Unauthorized)",
            "expired",
            id="401",
        ),
        pytest.param(status(403, "Forbidden", 'User "x" cannot'), 'cluster main: User "x" cannot', "Role", id="403"),
        pytest.param(status(404, "NotFound", "x not found"), "cluster main: x not found", None, id="404"),
        pytest.param(status(409, "Conflict", "in conflict"), "cluster main: in conflict", None, id="409"),
        pytest.param(status(422, "Invalid", "is invalid"), "cluster main: is invalid", None, id="422"),
        pytest.param(
            Answer(502, HTML),
            "cluster main: GET /x was answered with 502 Bad Gateway: <html><body>Bad",
            "proxy",
            id="html",
        ),
        pytest.param(
            Answer(500, ""), "cluster main: GET /x was answered with 500 Internal Server Error", "proxy", id="empty"
        ),
        pytest.param(
            Answer(400, "[1]"), "cluster main: GET /x was answered with 400 Bad Request: [1]", "proxy", id="json"
        ),
        pytest.param(Answer(401, HTML), "cluster main: URL refused the credentials", "expired", id="401 by a proxy"),
    ],
)
def test_answers_that_are_no(answer: Answer, message: str, hint: str | None) -> None:
    """The server's own words with its cluster; the status code is kept for whoever decides by it."""
    with serve(answer) as server, pytest.raises(ApiError) as caught:
        to(server.url).get("/x")
    assert caught.value.status == answer.status
    assert caught.value.message.startswith(message.replace("URL", server.url))
    assert len(caught.value.message) < 400
    assert (hint in str(caught.value.hint)) if hint else caught.value.hint is None


def test_the_reason_is_kept() -> None:
    """Kubernetes' own word."""
    with serve(status(422, "Invalid", "x")) as server, pytest.raises(ApiError) as caught:
        to(server.url).get("/x")
    assert caught.value.reason == "Invalid"


@pytest.mark.parametrize("body", ["<html>please log in</html>", "", '{"kind": ', "\x00"])
def test_a_good_answer_that_is_no_json(body: str) -> None:
    """A proxy's login page comes with status 200: that is no API server."""
    with (
        serve(Answer(200, body)) as server,
        pytest.raises(ClusterError, match="did not answer as an API server") as caught,
    ):
        to(server.url).get("/x")
    assert server.url in caught.value.message
    assert "proxy" in str(caught.value.hint)


def test_a_server_that_stays_busy_is_an_error() -> None:
    """After a few times, with what it says."""
    busy = status(429, "TooManyRequests", "too many requests, please try again later")
    with (
        serve(replace(busy, headers={"Retry-After": "0"})) as server,
        pytest.raises(ApiError, match="too many requests"),
    ):
        to(server.url).get("/x")
    assert 2 <= len(server.requests) <= 5


def test_nobody_listens() -> None:
    """Connection refused, in so many words, at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ClusterError, match=f"cluster main: {url} cannot be reached: connection refused") as caught:
        to(url).get("/x")
    assert "is the API server running" in str(caught.value.hint)


def test_a_host_without_an_address() -> None:
    """`.invalid` has none, by RFC 2606."""
    with pytest.raises(ClusterError, match="its name is not known to DNS"):
        to("http://no-such-host.invalid").get("/x")


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_server_that_does_not_answer(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after a while, and a change is not sent twice: it may have been done."""
    monkeypatch.setattr(pool, "READ_TIMEOUT", 0.2)
    with serve() as server:
        server.hangs = True
        made = to(server.url)
        with pytest.raises(ClusterError, match="cannot be reached: no answer in time"):
            _ = made.get("/x") if method == "get" else made.patch("/x", {}, {}, MERGE_PATCH)
        if method == "patch":
            assert len(server.requests) == 1


def test_a_token_that_was_renewed(tmp_path: Path) -> None:
    """Refused with the old token, a request is sent once more with the one that is now in the file; not without one."""
    file = tmp_path / "token"
    file.write_text("old")
    refused = status(401, "Unauthorized", "Unauthorized")
    with serve(refused) as server, pytest.raises(ApiError, match="refused the credentials"):
        to(server.url, token_file=file).get("/x")
    assert len(server.requests) == 1

    with serve(refused, Answer()) as server:
        made = to(server.url, token_file=file)
        login = pool.login
        given = iter(("old", "new"))

        def renewing(cluster: str, connection: Connection) -> urllib3.HTTPHeaderDict:
            file.write_text(next(given))
            return login(cluster, connection)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("reconciler.adapters.kube.transport.login", renewing)
            assert made.get("/x") == {"ok": True}
    assert [headers["Authorization"] for _, _, headers, _ in server.requests] == ["Bearer old", "Bearer new"]


def test_plain_http_behind_https() -> None:
    """The wrong scheme is an error in words, too."""
    with serve() as server, pytest.raises(ClusterError, match="cannot be reached"):
        to(server.url.replace("http:", "https:")).get("/x")


def test_a_proxy_of_the_kubeconfig() -> None:
    """Requests go to it, with its own user and password, and the server's token is for the server."""
    with serve() as proxy:
        url = proxy.url.replace("http://", "http://me:p%40ss@")
        assert to("http://api.example.com", proxy=url, token="t0ken").get("/x") == {"ok": True}
    ((_, path, headers, _),) = proxy.requests
    assert path == "http://api.example.com/x"
    assert headers["Proxy-Authorization"] == "Basic " + base64.b64encode(b"me:p@ss").decode()


def test_the_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY and NO_PROXY hold as for kubectl."""
    with serve() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert to("http://api.example.com").get("/x") == {"ok": True}
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with serve() as server:
            to(server.url).get("/y")
    assert [path for _, path, _, _ in proxy.requests] == ["http://api.example.com/x"]


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "not a url", "ftp://x"])
def test_a_proxy_that_cannot_be_used(proxy: str) -> None:
    """It is named as what is wrong; its password is not shown."""
    with pytest.raises(ClusterError, match="proxy-url"):
        to("http://api.example.com", proxy=proxy).get("/x")


def test_a_proxy_that_is_down_does_not_show_its_password() -> None:
    """Errors are printed and logged."""
    with pytest.raises(ClusterError) as caught:
        to("http://api.example.com", proxy="http://me:s3cret-password@127.0.0.1:9").get("/x")
    assert "s3cret-password" not in str(caught.value)


@pytest.mark.parametrize("token", ["two\nlines", "n\x00l", "ümlaut"])
def test_a_token_that_cannot_be_sent_is_not_shown(token: str) -> None:
    """It is an error in the kubeconfig, not a crash that prints it."""
    with serve() as server, pytest.raises(ClusterError, match="token") as caught:
        to(server.url, token=token).get("/x")
    assert token not in str(caught.value)


def test_connections_are_kept() -> None:
    """Many requests, few handshakes."""
    with serve() as server:
        made = to(server.url)
        for _ in range(5):
            made.get("/x")
        assert isinstance(made._pool, urllib3.PoolManager)
        assert made._pool.connection_from_url(server.url).num_connections == 1
