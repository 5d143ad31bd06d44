"""Questions to registries and repositories, asked of real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.adapters.questions import RegistryQuestions
from reconciler.adapters.registry import Credentials, Registry
from reconciler.errors import TransferError, TransferReason
from reconciler.model.desired import Repository
from reconciler.model.image import ImageRef, Platform
from reconciler.model.secret import SecretText
from tests.faults import Reply, faulty
from tests.registries import TestRegistry, publish, publish_index
from tests.servers import PASSWORD, USERNAME, free_port, serve

KNOWN = Credentials(USERNAME, SecretText(PASSWORD))


def _repository(url: str, password: str | None = PASSWORD, ca_file: Path | None = None) -> Repository:
    user = USERNAME if password else None
    return Repository("team", url, user, SecretText(password) if password else None, ca_file, plain_http=False)


@pytest.fixture
def asked(tls_registry: TestRegistry) -> Iterator[RegistryQuestions]:
    """Knows the registry with TLS as a repository of charts, and so its authority."""
    made = RegistryQuestions([_repository(f"oci://{tls_registry.host}/charts", ca_file=tls_registry.ca_file)])
    yield made
    made.close()


@pytest.mark.parametrize("make", [publish, publish_index])
def test_the_platforms_of_an_image(
    make: Callable[..., str], asked: RegistryQuestions, tls_registry: TestRegistry
) -> None:
    """Of a single image from its configuration, of one for several platforms from its index."""
    built = ["linux/arm64"] if make is publish else ["linux/amd64", "linux/arm64", "unknown/unknown"]
    client = Registry(tls_registry.host, KNOWN, ca_file=tls_registry.ca_file)
    digest = make(client, "team/asked", "3.0", *built)

    by_tag = asked.platforms(ImageRef(tls_registry.host, "team/asked", "3.0"), KNOWN)
    by_digest = asked.platforms(ImageRef(tls_registry.host, "team/asked", "x", digest), KNOWN)

    expected = [Platform("linux", "amd64"), Platform("linux", "arm64")]
    assert by_tag == by_digest == (expected[1:] if make is publish else expected)
    assert "3.0" in asked.tags(ImageRef(tls_registry.host, "team/asked", "3.0"), KNOWN)


def test_a_registry_on_this_machine_needs_no_tls(registry: str) -> None:
    """As container runtimes do it, nothing has to be said for a loopback address."""
    made = RegistryQuestions([])
    publish(Registry(registry, KNOWN, plain_http=True), "team/asked", "3.0")
    assert made.platforms(ImageRef(registry, "team/asked", "3.0"), KNOWN) == [Platform("linux", "amd64")]
    made.close()


@pytest.mark.parametrize(
    ("password", "reason"), [(PASSWORD, None), ("wrong", TransferReason.DENIED), (None, TransferReason.DENIED)]
)
def test_repositories_are_reached(
    password: str | None, reason: TransferReason | None, tls_registry: TestRegistry, tmp_path: Path
) -> None:
    """With an index or by OCI: there, and the credentials are accepted or not."""
    (tmp_path / "index.yaml").write_text("apiVersion: v1\nentries: {}\n")
    made = RegistryQuestions([])
    with serve(tmp_path, authenticated=True) as server:
        for repository in (
            _repository(server.url, password),
            _repository(f"oci://{tls_registry.host}/charts", password, tls_registry.ca_file),
        ):
            made = RegistryQuestions([repository])
            assert _reason(made, repository) is reason


def test_what_is_no_repository(tmp_path: Path) -> None:
    """A closed port, a missing index and a web page are told apart."""
    made = RegistryQuestions([])
    assert _reason(made, _repository(f"http://127.0.0.1:{free_port()}")) is TransferReason.UNREACHABLE
    with serve(tmp_path, authenticated=False) as server:
        assert _reason(made, _repository(server.url)) is TransferReason.NOT_FOUND
    with faulty(Reply(body=b"<html>Log in</html>")) as page, pytest.raises(TransferError, match="no index of charts"):
        made.reach(_repository(page.url))


def _reason(made: RegistryQuestions, repository: Repository) -> TransferReason | None:
    try:
        made.reach(repository)
    except TransferError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"config": 7}',
        b'{"config": {"digest": "../x", "size": "7"}}',
        b'{"manifests": {"a": 1}}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("kind", ["application/vnd.oci.image.manifest.v1+json", "text/html", ""])
def test_a_manifest_that_tells_nothing(body: bytes, kind: str) -> None:
    """It is there; for which platform is not known."""
    with faulty(Reply(body=body, headers={"Content-Type": kind})) as server:
        made = RegistryQuestions([])
        assert made.platforms(ImageRef(server.url.removeprefix("http://"), "app", "1"), None) == []
