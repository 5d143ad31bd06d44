"""One client, against Debian's docker-registry: by password in the open, by password and by token over TLS."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.adapters.http import Patience
from reconciler.adapters.registry import MANIFEST_TYPES, Registry
from reconciler.errors import TransferError, TransferReason
from reconciler.model.oci import Credentials, Descriptor
from reconciler.model.secret import SecretText
from tests.faults import FaultyServer, Reply, faulty
from tests.registries import TestRegistry, TokenServer, publish, run_token_registry
from tests.servers import PASSWORD, USERNAME, free_port

KNOWN = Credentials(USERNAME, SecretText(PASSWORD))
WRONG = Credentials(USERNAME, SecretText("wrong-password"))
QUICK = Patience(sleep=lambda _: None)


@pytest.fixture(scope="module")
def token_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestRegistry, TokenServer]]:
    """A registry that wants tokens, given over TLS."""
    with run_token_registry(tmp_path_factory.mktemp("tokens"), token_tls=True) as running:
        yield running


Connect = Callable[[Credentials | None], Registry]


@pytest.fixture(params=["plain", "tls", "token"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Makes a client of each kind of registry."""
    if request.param == "plain":
        host: str = request.getfixturevalue("registry")
        return lambda credentials: Registry(host, credentials, plain_http=True)
    found = request.getfixturevalue("tls_registry" if request.param == "tls" else "token_registry")
    running: TestRegistry = found if request.param == "tls" else found[0]
    return lambda credentials: Registry(running.host, credentials, ca_file=running.ca_file)


def test_the_way_of_an_image(connect: Connect) -> None:
    """What is pushed is found again by tag and by digest, and listed."""
    client = connect(KNOWN)
    digest = publish(client, "team/app", "1.0")
    publish(client, "team/app", "1.1")

    client.ping()
    by_tag, by_digest = client.manifest("team/app", "1.0"), client.manifest("team/app", digest)

    assert by_tag == by_digest
    assert (by_tag.digest, by_tag.media_type) == (digest, MANIFEST_TYPES[0])
    assert sorted(client.tags("team/app")) == ["1.0", "1.1"]


def test_the_way_of_a_blob(connect: Connect, tmp_path: Path) -> None:
    """A file is uploaded once, downloaded with its digest verified, and both tell how far they are."""
    content = b"layer" * 50_000
    (tmp_path / "layer").write_bytes(content)
    client, told = connect(KNOWN), []

    blob = client.upload_blob("team/blobs", tmp_path / "layer", lambda *step: told.append(("up", *step)))
    again = client.upload_blob("team/blobs", content, lambda *step: told.append(("again", *step)))
    client.download_blob("team/blobs", blob, tmp_path / "got", lambda *step: told.append(("down", *step)))

    assert blob == again
    assert blob.size == len(content)
    assert client.has_blob("team/blobs", blob.digest)
    assert not client.has_blob("team/blobs", f"sha256:{'0' * 64}")
    assert (tmp_path / "got").read_bytes() == content == client.blob("team/blobs", blob)
    assert ("up", len(content), len(content)) in told
    assert told[-1] == ("down", len(content), len(content))
    assert not any(step[0] == "again" for step in told)


@pytest.mark.parametrize(("credentials", "hint"), [(None, "asks for credentials"), (WRONG, "wrong or have expired")])
def test_credentials_that_are_not_accepted(connect: Connect, credentials: Credentials | None, hint: str) -> None:
    """None and wrong ones are told apart; the password is in no message."""
    client = connect(credentials)
    for question in (client.ping, lambda: client.manifest("team/app", "1.0"), lambda: client.tags("team/app")):
        if question == client.ping and credentials is None and client.url.startswith("https"):
            # Whoever asks for no repository may get a token without being anyone.
            continue
        with pytest.raises(TransferError) as caught:
            question()
        assert caught.value.reason is TransferReason.DENIED
        assert hint in str(caught.value)
        assert "wrong-password" not in str(caught.value)


def test_what_is_not_there(connect: Connect, tmp_path: Path) -> None:
    """An unknown tag, repository or blob is "not found", and leaves no file."""
    client = connect(KNOWN)
    publish(client, "team/app", "1.0")
    blob = Descriptor("", f"sha256:{'0' * 64}", 10)
    for question in (
        lambda: client.manifest("team/app", "9.9"),
        lambda: client.manifest("team/none", "1.0"),
        lambda: client.tags("team/none"),
        lambda: client.download_blob("team/app", blob, tmp_path / "file"),
    ):
        with pytest.raises(TransferError) as caught:
            question()
        assert caught.value.reason is TransferReason.NOT_FOUND
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("repository", "reference"), [("team/../admin", "1"), ("Team", "1"), ("a", "../x"), ("a", ""), ("a?b", "1")]
)
def test_names_that_are_none_are_not_asked_for(repository: str, reference: str) -> None:
    """A name from a chart cannot leave its place in the address."""
    with pytest.raises(TransferError, match="can have nothing of the name"):
        Registry(f"127.0.0.1:{free_port()}", plain_http=True).manifest(repository, reference)


def test_a_token_is_asked_for_once(token_registry: tuple[TestRegistry, TokenServer]) -> None:
    """A token is kept for its scope, and one that the registry no longer takes is replaced."""
    running, tokens = token_registry
    client = Registry(running.host, KNOWN, ca_file=running.ca_file)
    publish(client, "team/once", "1.0")
    tokens.asked.clear()
    for _ in range(3):
        client.manifest("team/once", "1.0")
    assert tokens.asked == []

    client._access._tokens = {scope: client._access._user(client.url) for scope in client._access._tokens}  # type: ignore[misc]
    client.manifest("team/once", "1.0")
    assert [scope for scope, _ in tokens.asked] == ["repository:team/once:pull"]


def test_a_public_repository_needs_no_login(token_registry: tuple[TestRegistry, TokenServer]) -> None:
    """Without credentials a token is asked for as nobody in particular."""
    running, tokens = token_registry
    publish(Registry(running.host, KNOWN, ca_file=running.ca_file), "public/app", "1.0")
    tokens.asked.clear()

    assert Registry(running.host, ca_file=running.ca_file).manifest("public/app", "1.0")
    assert tokens.asked == [("repository:public/app:pull", None)]


def test_a_password_does_not_travel_in_the_open(tmp_path: Path) -> None:
    """A registry over TLS cannot have the password sent to a token server without it."""
    with run_token_registry(tmp_path, token_tls=False) as (running, tokens):
        client = Registry(running.host, KNOWN, ca_file=running.ca_file)
        with pytest.raises(TransferError, match="without TLS") as caught:
            client.manifest("team/app", "1.0")
        assert tokens.asked == []
    assert caught.value.reason is TransferReason.UNTRUSTED


@pytest.fixture
def faulty_registry() -> Iterator[tuple[Registry, FaultyServer]]:
    """A client of a server that answers as it is told."""
    with faulty() as server:
        yield Registry(server.url.removeprefix("http://"), KNOWN, plain_http=True, patience=QUICK), server


_ASKS = Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def test_an_upload_goes_to_another_host_without_login(faulty_registry: tuple[Registry, FaultyServer]) -> None:
    """The address that a registry gives for an upload may be elsewhere; the login stays here."""
    client, server = faulty_registry
    with faulty(Reply(201)) as other:
        server.replies[:] = [_ASKS, Reply(404), Reply(202, headers={"Location": f"{other.url}/upload?state=1"})]
        client.upload_blob("app", b"layer")

    assert [login is not None for login in server.logins] == [False, True, True]
    assert [(request.method, request.body) for request in other.seen] == [("PUT", b"layer")]
    assert other.logins == [None]
    assert other.seen[0].path.startswith("/upload?state=1&digest=sha256%3A")


def test_a_broken_upload_begins_anew(faulty_registry: tuple[Registry, FaultyServer]) -> None:
    """After a 503 or a broken connection in the middle, a new upload session is asked for."""
    client, server = faulty_registry
    begun = [Reply(202, headers={"Location": f"/upload/{i}"}) for i in range(3)]
    server.replies[:] = [Reply(404), begun[0], Reply(503), begun[1], Reply(resets=True), begun[2], Reply(201)]

    client.upload_blob("app", b"layer")

    puts = [request for request in server.seen if request.method == "PUT"]
    assert [request.path.partition("?")[0] for request in puts] == ["/upload/0", "/upload/1", "/upload/2"]
    assert [request.body for request in puts] == [b"layer"] * 3


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(body=b"{}", headers={"Docker-Content-Digest": f"sha256:{'1' * 64}"}), "has the digest"),
        (Reply(body=b"x" * (4 * 1024 * 1024 + 1)), "more than the 4194304 bytes"),
        (Reply(endless=True), "more than the 4194304 bytes"),
    ],
    ids=["digest", "long", "endless"],
)
def test_a_manifest_is_not_trusted(reply: Reply, text: str, faulty_registry: tuple[Registry, FaultyServer]) -> None:
    """Content that is not what the registry says it is, or that never ends, is refused."""
    client, server = faulty_registry
    server.replies[:] = [reply]
    with pytest.raises(TransferError, match=text) as caught:
        client.manifest("app", "1")
    assert caught.value.reason is TransferReason.CORRUPT


def test_a_tampered_blob_is_refused(faulty_registry: tuple[Registry, FaultyServer], tmp_path: Path) -> None:
    """Other content of the same length is noticed, and no file is left."""
    client, server = faulty_registry
    server.replies[:] = [Reply(body=b"evil")]
    blob = Descriptor("", f"sha256:{hashlib.sha256(b'good').hexdigest()}", 4)
    with pytest.raises(TransferError, match="has the digest"):
        client.blob("app", blob)
    with pytest.raises(TransferError, match="has the digest"):
        client.download_blob("app", blob, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_tags_come_in_pages(faulty_registry: tuple[Registry, FaultyServer]) -> None:
    """Pages are followed on the same server, and not for ever."""
    client, server = faulty_registry
    following = {"Link": '</v2/app/tags/list?last=1.0>; rel="next"'}
    server.replies[:] = [Reply(body=b'{"tags":["1.0"]}', headers=following), Reply(body=b'{"tags":["1.1", 7]}')]
    assert client.tags("app") == ["1.0", "1.1"]

    server.replies[:] = [Reply(body=b'{"tags":null}', headers=following)]
    with pytest.raises(TransferError, match="more tags"):
        client.tags("app")

    server.replies[:] = [Reply(body=b"{}", headers={"Link": '<http://127.0.0.1:1/x>; rel="next"'})]
    with pytest.raises(TransferError, match="continues on another server"):
        client.tags("app")

    server.replies[:] = [Reply(body=b"{}", headers={"Link": '<http://[::1/x>; rel="next"'})]
    with pytest.raises(TransferError, match="cannot be used"):
        client.tags("app")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"token": 7}', b"[" * 100_000])
def test_a_token_server_that_gives_none(body: bytes, faulty_registry: tuple[Registry, FaultyServer]) -> None:
    """Whatever it says, it is an error in our words."""
    client, server = faulty_registry
    asks = Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{server.url}/token"'})
    server.replies[:] = [asks, Reply(body=body)]
    with pytest.raises(TransferError, match="gave no token"):
        client.ping()


@pytest.mark.parametrize("realm", ["http://[::1/token", "file:///etc/passwd", ""])
def test_a_token_server_that_is_none(realm: str, faulty_registry: tuple[Registry, FaultyServer]) -> None:
    """An address that cannot be one is not asked."""
    client, server = faulty_registry
    server.replies[:] = [Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})]
    with pytest.raises(TransferError, match="cannot be used"):
        client.ping()
