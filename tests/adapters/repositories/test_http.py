"""Repositories over HTTP, on a real server: what is listed, downloaded, cached, refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import ChartError
from reconciler.model.repository import PublishedChart
from tests.adapters.charts.archives import HOSTILE
from tests.adapters.kube.servers import Authority
from tests.chartmuseum import ChartMuseum, busy, run_chartmuseum
from tests.faults import Reply, faulty
from tests.servers import PASSWORD, index, serve

from .conftest import Open

Dist = Callable[..., Path]


@pytest.fixture
def museum(dist: Dist) -> Iterator[ChartMuseum]:
    """A repository with charts `api` 1.0.0, 1.9.0 and 1.10.0."""
    with run_chartmuseum() as running:
        for version in ("1.0.0", "1.9.0", "1.10.0"):
            running.archives[f"api-{version}.tgz"] = dist(version=version).read_bytes()
        yield running


def chart(version: str = "1.0.0", digest: str | None = None, name: str = "api") -> PublishedChart:
    """A version of chart `api`."""
    return PublishedChart(name, version, digest)


def test_versions_are_listed(museum: ChartMuseum, opened: Open) -> None:
    """The newest first, with what the index says of them."""
    found = opened(museum.url).versions("api")
    assert [item.version for item in found] == ["1.10.0", "1.9.0", "1.0.0"]
    assert found[0].digest == hashlib.sha256(museum.archives["api-1.10.0.tgz"]).hexdigest()
    assert (found[0].app_version, found[0].description, found[0].created) == ("7", "A", "2026-01-02T03:04:05Z")


def test_the_index_is_asked_for_once_and_again_only_if_it_changed(
    museum: ChartMuseum, opened: Open, tmp_path: Path, dist: Dist
) -> None:
    """Within a run it is kept in memory; in a later run the server says that it is still good."""
    first = opened(museum.url)
    first.versions("api")
    first.pull(chart(), tmp_path)
    assert museum.statuses("GET", "index.yaml") == [200]
    assert len(opened(museum.url).versions("api")) == 3
    assert museum.statuses("GET", "index.yaml") == [200, 304]
    museum.archives["api-2.0.0.tgz"] = dist(version="2.0.0").read_bytes()
    assert opened(museum.url).versions("api")[0].version == "2.0.0"
    assert museum.statuses("GET", "index.yaml") == [200, 304, 200]


def test_what_one_login_saw_is_not_shown_to_another(museum: ChartMuseum, opened: Open) -> None:
    """The kept index of a private repository is of no use without the password."""
    opened(museum.url).versions("api")
    for password in ("wrong-password", None):
        with pytest.raises(ChartError, match="401"):
            opened(museum.url, password).versions("api")
    assert museum.statuses("GET", "index.yaml") == [200, 401, 401]


def test_an_archive_is_downloaded(museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """Under Helm's name for it, into a folder that is made; nothing else is left there."""
    path = opened(museum.url).pull(chart("1.9.0"), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "api-1.9.0.tgz"
    assert path.read_bytes() == museum.archives["api-1.9.0.tgz"]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        (chart(name="apy"), "repository team has no chart apy", "did you mean api"),
        (chart(name="other"), "repository team has no chart other", "check the name and the version: it has 1"),
        (chart("9.9.9"), "repository team has no version 9.9.9 of chart api", "its newest are 1.10.0, 1.9.0, 1.0.0"),
    ],
)
def test_what_is_not_there_is_said(
    wanted: PublishedChart, message: str, hint: str, museum: ChartMuseum, opened: Open, tmp_path: Path
) -> None:
    """With what there is instead."""
    with pytest.raises(ChartError, match=message) as caught:
        opened(museum.url).pull(wanted, tmp_path / "out")
    assert hint in str(caught.value.hint)


def test_a_wrong_password_is_said_and_not_shown(museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """The error names chart, repository and address."""
    with pytest.raises(ChartError, match=r"download chart api 1.0.0 from repository team: .*401") as caught:
        opened(museum.url, "wrong-password").pull(chart(), tmp_path)
    assert "credentials are wrong" in str(caught.value.hint)
    assert "wrong-password" not in str(caught.value)


def test_tls_is_verified(opened: Open, tmp_path: Path, dist: Dist) -> None:
    """By the authority that the repository names; without it the server is not trusted, and sees no password."""
    authority = Authority.new("chart authority")
    files = {"ca": authority.pem, **dict(zip(("cert", "key"), authority.issue("charts", "127.0.0.1"), strict=True))}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with run_chartmuseum(certificate=str(tmp_path / "cert"), key=str(tmp_path / "key")) as museum:
        museum.archives["api-1.0.0.tgz"] = dist().read_bytes()
        with pytest.raises(ChartError, match="certificate is not trusted"):
            opened(museum.url).versions("api")
        assert museum.seen == []
        assert opened(museum.url, ca_file=tmp_path / "ca").pull(chart(), tmp_path / "out").is_file()


@pytest.mark.parametrize(
    ("damage", "digests", "message"),
    [
        (lambda data: data[:-30] + bytes(30), True, "has the digest sha256:"),
        (lambda data: data[:-30] + bytes(30), False, "is not a chart archive"),
        (lambda data: data[:100], True, "has the digest sha256:"),
        (lambda data: data[:100], False, "is not a chart archive"),
    ],
)
def test_tampered_archives_are_refused(
    damage: Callable[[bytes], bytes],
    digests: bool,  # noqa: FBT001 (a parameter of the table)
    message: str,
    museum: ChartMuseum,
    opened: Open,
    tmp_path: Path,
) -> None:
    """Changed or cut short, with a digest in the index or without one; nothing of it stays."""
    museum.damage, museum.digests = damage, digests
    with pytest.raises(ChartError, match=message):
        opened(museum.url).pull(chart(), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("case", ["parent", "symlink", "twice", "bomb", "archives in archives", "no Chart.yaml"])
def test_hostile_archives_are_refused(case: str, museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """Whatever the index says of them; nothing of them stays."""
    make, message = HOSTILE[case]
    data = make()
    museum.damage, museum.digests = lambda _: data, False
    with pytest.raises(ChartError, match=message) as caught:
        opened(museum.url).pull(chart(), tmp_path / "out")
    assert "api-1.0.0.tgz" in caught.value.message
    assert list((tmp_path / "out").iterdir()) == []


def test_another_chart_under_the_name_is_refused(museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """What the archive says of itself has to be what was asked for."""
    museum.damage, museum.digests = lambda _: museum.archives["api-1.9.0.tgz"], False
    with pytest.raises(ChartError, match=r"published as api 1\.0\.0 holds chart api 1\.9\.0"):
        opened(museum.url).pull(chart(), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_callers_digest_wins(museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """An index that tells another digest than what was reviewed is contradicted; one that tells none is no help."""
    for digests, message in ((True, "is published with the sha256"), (False, "has the digest")):
        museum.digests = digests
        with pytest.raises(ChartError, match=message):
            opened(museum.url).pull(chart(digest="0" * 64), tmp_path / "out")
    good = hashlib.sha256(museum.archives["api-1.0.0.tgz"]).hexdigest()
    assert opened(museum.url).pull(chart(digest=good), tmp_path / "out").is_file()


def test_credentials_stay_with_their_server(dist: Dist, opened: Open, tmp_path: Path) -> None:
    """An index that sends us to another port for the archive does not get our password sent there."""
    archive = dist()
    folder = tmp_path / "index"
    folder.mkdir()
    with serve(archive.parent, authenticated=False) as elsewhere, serve(folder, authenticated=True) as own:
        index(archive.parent, elsewhere.url)
        (archive.parent / "index.yaml").rename(folder / "index.yaml")
        opened(own.url).pull(chart(), tmp_path / "out")
    assert elsewhere.seen == [("/api-1.0.0.tgz", None)]
    assert all(given for _path, given in own.seen)


def test_a_redirect_goes_without_the_password(museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """To another server, as storage services are redirected to."""
    with faulty(Reply(body=museum.archives["api-1.0.0.tgz"])) as storage:
        moved = busy(302, Location=f"{storage.url}/api.tgz")
        repository = opened(museum.url)
        repository.versions("api")
        museum.faults["GET"] = [moved]
        repository.pull(chart(), tmp_path / "out")
    assert storage.logins == [None]


def test_a_busy_server_is_asked_again(museum: ChartMuseum, opened: Open, tmp_path: Path, pauses: list[float]) -> None:
    """After the time that it asks for."""
    museum.faults["GET"] = [busy(503, **{"Retry-After": "7"}), busy(502)]
    assert opened(museum.url).pull(chart(), tmp_path / "out").is_file()
    assert museum.statuses("GET") == [503, 502, 200, 200]
    assert len(pauses) == 2
    assert pauses[0] >= 7


def test_an_archive_in_a_registry_is_fetched_from_there(opened: Open, tmp_path: Path) -> None:
    """An index may name `oci://` addresses; the password of the repository is not for them."""
    with faulty(Reply(status=404)) as registry:
        host = registry.url.removeprefix("http://")
        listed = f'{{"entries": {{"api": [{{"version": "1.0.0", "urls": ["oci://{host}/charts/api:1.0.0"]}}]}}}}'
        folder = tmp_path / "index"
        folder.mkdir()
        (folder / "index.yaml").write_text(listed)
        with serve(folder, authenticated=True) as own, pytest.raises(ChartError, match=host):
            opened(own.url).pull(chart(), tmp_path / "out")
    assert set(registry.logins) <= {None}


def test_nothing_shows_the_password(museum: ChartMuseum, opened: Open) -> None:
    """Not even an answer that repeats it."""
    museum.faults["GET"] = [busy(400)]
    museum.faults["GET"][0].body = f'{{"error": "bad token {PASSWORD}"}}'.encode()
    museum.faults["GET"][0].headers["content-length"] = str(len(museum.faults["GET"][0].body))
    with pytest.raises(ChartError, match="bad token") as caught:
        opened(museum.url).versions("api")
    assert PASSWORD not in str(caught.value)
