"""Uploads in ChartMuseum's way, to a real server: where they go, what is refused, what is tried again."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.adapters.repositories.upload import upload_places
from reconciler.errors import ChartError
from reconciler.model.repository import Pushed
from tests.chartmuseum import ChartMuseum, Layout, busy, run_chartmuseum
from tests.faults import Reply, faulty
from tests.proxies import Cut, run_proxy
from tests.servers import PASSWORD, USERNAME

from .conftest import Open

Dist = Callable[..., Path]


@pytest.fixture
def museum() -> Iterator[ChartMuseum]:
    with run_chartmuseum() as running:
        yield running


@pytest.mark.parametrize("layout", [Layout.CHARTMUSEUM, Layout.TENANTS, Layout.BESIDE_THE_INDEX])
def test_a_chart_is_published(layout: Layout, opened: Open, dist: Dist) -> None:
    """Wherever the server takes uploads; the file arrives whole, once, and is listed."""
    with run_chartmuseum(layout) as museum:
        archive = dist(text="x" * 100_000)
        assert opened(museum.url).push(archive, force=False) is Pushed.CREATED
        assert museum.archives == {archive.name: archive.read_bytes()}
        assert [item.version for item in opened(museum.url).versions("api")] == ["1.0.0"]
        assert museum.statuses("POST")[-1] == 201
        assert museum.statuses("POST", layout.value[1] or "") == [400, 201]


def test_the_same_again_changes_nothing(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """It is not even uploaded; whether the index tells digests or the archive has to be looked at."""
    archive = dist()
    opened(museum.url).push(archive, force=False)
    sent = len(museum.statuses("POST"))
    assert opened(museum.url).push(archive, force=False) is Pushed.UNCHANGED
    museum.digests = False
    assert opened(museum.url).push(archive, force=True) is Pushed.UNCHANGED
    assert len(museum.statuses("POST")) == sent


def test_other_content_is_refused_unless_forced(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """What others may have deployed does not change by accident."""
    first = dist().read_bytes()
    opened(museum.url).push(dist(), force=False)
    other = dist(text="other")
    with pytest.raises(ChartError, match=r"api 1\.0\.0 is published with other content \(sha256") as caught:
        opened(museum.url).push(other, force=False)
    assert "--force" in str(caught.value.hint)
    assert museum.archives[other.name] == first
    assert opened(museum.url).push(other, force=True) is Pushed.REPLACED
    assert museum.archives[other.name] == other.read_bytes()


def test_a_server_that_replaces_nothing_is_understood(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """It answers 409 whatever is asked."""
    museum.replaces = False
    opened(museum.url).push(dist(), force=False)
    with pytest.raises(ChartError, match="published with other content") as caught:
        opened(museum.url).push(dist(text="other"), force=True)
    assert "this server replaces none" in str(caught.value.hint)


def test_of_two_who_publish_at_once_one_is_refused(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """The other came in between: 409, though a moment ago there was nothing; with the same content all is well."""
    repository = opened(museum.url)
    with pytest.raises(ChartError, match="has no chart"):
        repository.versions("api")
    archive = dist()
    museum.archives[archive.name] = archive.read_bytes()
    assert repository.push(archive, force=False) is Pushed.CREATED
    repository = opened(museum.url)
    repository.versions("api")
    museum.archives["api-2.0.0.tgz"] = dist(version="2.0.0", text="theirs").read_bytes()
    with pytest.raises(ChartError, match="published with other content"):
        repository.push(dist(version="2.0.0", text="mine"), force=False)


def test_a_signature_goes_along(museum: ChartMuseum, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """The `.prov` beside the archive, in the same upload; and it can be downloaded again."""
    archive = dist()
    signature = archive.with_name(f"{archive.name}.prov")
    signature.write_text("-----BEGIN PGP SIGNED MESSAGE-----")
    opened(museum.url).push(archive, force=False)
    assert museum.archives[signature.name] == signature.read_bytes()
    repository = opened(museum.url)
    [chart] = repository.versions("api")
    assert repository.provenance(chart, tmp_path).read_bytes() == signature.read_bytes()
    del museum.archives[signature.name]
    (tmp_path / signature.name).unlink()
    with pytest.raises(ChartError, match="download the signature of chart api"):
        repository.provenance(chart, tmp_path)


def test_a_static_repository_takes_no_uploads(opened: Open, dist: Dist) -> None:
    """The error says what was tried; no archive was sent."""
    with run_chartmuseum(Layout.STATIC) as museum:
        with pytest.raises(
            ChartError, match=r"takes no uploads; tried .*/static/api/charts, .*/static/charts"
        ) as caught:
            opened(museum.url).push(dist(), force=False)
        assert "static" in str(caught.value.hint)
        assert set(museum.statuses("POST")) == {404}


def test_a_wrong_password_is_said_and_not_shown(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """Nor does the archive go to a server that refuses the login."""
    with pytest.raises(ChartError, match=r"push api-1.0.0.tgz to repository team: .*401") as caught:
        opened(museum.url, "wrong-password").push(dist(), force=False)
    assert "wrong-password" not in str(caught.value)
    assert museum.archives == {}


@pytest.mark.parametrize("name", ["text", "folder"])
def test_what_is_no_archive_is_not_sent(name: str, museum: ChartMuseum, opened: Open, tmp_path: Path) -> None:
    """It is looked through before anything is asked of the server."""
    path = tmp_path / "api-1.0.0.tgz"
    if name == "text":
        path.write_text("no archive")
    with pytest.raises(ChartError, match=r"not a chart archive|No such file"):
        opened(museum.url).push(path, force=False)
    assert museum.seen == []


def test_a_busy_server_is_asked_again(museum: ChartMuseum, opened: Open, dist: Dist, pauses: list[float]) -> None:
    """After the time that it asks for; the file is sent from its beginning."""
    museum.faults["POST"] = [busy(400), busy(503, **{"Retry-After": "3"}), busy(502)]
    assert opened(museum.url).push(dist(), force=False) is Pushed.CREATED
    assert museum.statuses("POST") == [400, 503, 502, 201]
    assert pauses[0] >= 3


def test_a_server_that_stays_busy_is_an_error(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """With its answer."""
    museum.faults["POST"] = [busy(400), *(busy(503) for _ in range(9))]
    with pytest.raises(ChartError, match="503"):
        opened(museum.url).push(dist(), force=False)


@pytest.mark.parametrize(("cut", "posts"), [(Cut.REQUEST, 1), (Cut.ANSWER, 1)])
def test_a_broken_upload_is_sent_again_only_if_it_did_not_arrive(
    cut: Cut, posts: int, museum: ChartMuseum, opened: Open, dist: Dist
) -> None:
    """Cut before the file was there, it is sent again; cut before the answer came, it is found to be there."""
    with run_proxy(museum.url, b"multipart/form-data", cut) as proxy:
        archive = dist()
        assert opened(proxy.url).push(archive, force=False) is Pushed.CREATED
        assert proxy.cuts == []
    assert museum.archives == {archive.name: archive.read_bytes()}
    assert museum.statuses("POST").count(201) == posts


def test_a_connection_that_breaks_for_ever_is_an_error(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """And nothing is published."""
    cuts = [Cut.REQUEST] * 9
    with (
        run_proxy(museum.url, b"multipart/form-data", *cuts) as proxy,
        pytest.raises(ChartError, match="the connection broke"),
    ):
        opened(proxy.url).push(dist(), force=False)
    assert museum.archives == {}


def test_an_upload_is_not_sent_on(opened: Open, dist: Dist) -> None:
    """A redirect gets neither the archive nor the password."""
    with faulty() as elsewhere:
        index = Reply(body=b'{"entries": {}}')
        onwards = Reply(307, headers={"Location": f"{elsewhere.url}/api/charts"})
        with (
            faulty(index, Reply(400), onwards) as own,
            pytest.raises(ChartError, match="sends what is uploaded on to"),
        ):
            opened(own.url).push(dist(), force=False)
    assert elsewhere.seen == []


def test_progress_is_told(museum: ChartMuseum, dist: Dist, tmp_path: Path) -> None:
    """How much of the form has been sent, up to all of it; and of what is downloaded."""
    from reconciler.adapters.repositories import Repositories  # noqa: PLC0415 (with a progress of its own)

    from .conftest import repository  # noqa: PLC0415 (with the other)

    told: list[tuple[int, int | None]] = []
    own = Repositories(tmp_path / "cache", lambda done, total: told.append((done, total)))(repository(museum.url))
    archive = dist()
    own.push(archive, force=False)
    assert told[-1][0] == told[-1][1]
    assert (told[-1][1] or 0) > archive.stat().st_size
    told.clear()
    own.pull(own.versions("api")[0], tmp_path / "out")
    assert told[-1] == (archive.stat().st_size, archive.stat().st_size)


def test_places_of_uploads() -> None:
    """In the order in which they are asked."""
    assert list(upload_places("https://h")) == ["https://h/api/charts", "https://h/charts"]
    assert list(upload_places("https://h/a/b")) == [
        "https://h/a/b/api/charts",
        "https://h/a/b/charts",
        "https://h/api/a/b/charts",
    ]


def test_only_the_login_is_sent(museum: ChartMuseum, opened: Open, dist: Dist) -> None:
    """Basic authentication by user and token, on every request, and nowhere in an address."""
    opened(museum.url).push(dist(), force=False)
    expected = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    assert {item.authorization for item in museum.seen} == {expected}
    assert all(PASSWORD not in item.path for item in museum.seen)
