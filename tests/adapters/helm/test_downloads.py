"""Charts and dependencies from repositories and registries that want credentials, by each engine."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.helm import make_engine
from reconciler.adapters.helm.manager import load_library
from reconciler.errors import ChartError
from reconciler.model.desired import ChartRef
from tests.servers import PASSWORD, USERNAME, ChartServer, index, serve

from .charts import HERE, package, repository, write_chart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.engine import Engine


def remote(name: str, url: str, version: str | None = None, password: str = PASSWORD) -> ChartRef:
    """A chart in a repository with credentials."""
    return ChartRef(None, name, version, repository(url, password=password), HERE)


def test_pulls_the_version_asked_for(engine: Engine, chart_server: ChartServer, tmp_path: Path) -> None:
    """The archive of that version lands in the folder, by basic authentication."""
    archive = engine.pull(remote("hello", chart_server.url, "1.0.0"), tmp_path / "new" / "folder")
    assert archive == tmp_path / "new" / "folder" / "hello-1.0.0.tgz"
    assert sorted(archive.parent.iterdir()) == [archive]


def test_pulls_the_newest_without_a_version(engine: Engine, chart_server: ChartServer, tmp_path: Path) -> None:
    """No version means the newest; a range means the newest in it."""
    assert engine.pull(remote("hello", chart_server.url), tmp_path / "a").name == "hello-1.1.0.tgz"
    assert engine.pull(remote("hello", chart_server.url, "~1.0.0"), tmp_path / "b").name == "hello-1.0.0.tgz"


def test_a_wrong_password_is_an_error(engine: Engine, chart_server: ChartServer, tmp_path: Path) -> None:
    """The error names chart, repository and place, and not the password."""
    with pytest.raises(ChartError, match=r"chart hello 1.0.0 from repository team.*401") as caught:
        engine.pull(remote("hello", chart_server.url, "1.0.0", "wrong-secret"), tmp_path)
    assert "refused the credentials" in str(caught.value.hint)
    assert "wrong-secret" not in str(caught.value)
    assert caught.value.where == HERE


@pytest.mark.parametrize(("name", "version"), [("hello", "9.9.9"), ("other", "1.0.0")])
def test_an_unknown_chart_is_an_error(
    engine: Engine, chart_server: ChartServer, tmp_path: Path, name: str, version: str
) -> None:
    """The error says what the repository does not have."""
    with pytest.raises(ChartError, match=f"download chart {name} {version}") as caught:
        engine.pull(remote(name, chart_server.url, version), tmp_path)
    assert "check the name and the version" in str(caught.value.hint)


def test_credentials_stay_with_their_host(engine: Engine, archives: Path, tmp_path: Path) -> None:
    """An index that sends us to another host for the archive does not get our password sent there."""
    folder = tmp_path / "index"
    folder.mkdir()
    with serve(archives, authenticated=False) as elsewhere, serve(folder, authenticated=True) as own:
        index(archives, elsewhere.url)
        (archives / "index.yaml").rename(folder / "index.yaml")
        engine.pull(remote("hello", own.url, "1.0.0"), tmp_path / "out")
    assert elsewhere.seen == [("/hello-1.0.0.tgz", None)]
    assert all(given for _path, given in own.seen)


@pytest.fixture
def pushed(registry: str, archives: Path, tmp_path: Path) -> str:
    """The `oci://` URL under which the registry has the charts."""
    library = load_library()
    with library.RegistryClient(plain_http=True, credentials_file=tmp_path / "login.json") as client:
        client.login(registry, USERNAME, PASSWORD, plain_http=True)
        for archive in archives.glob("*.tgz"):
            client.push(archive, f"oci://{registry}/charts", plain_http=True)
    return f"oci://{registry}/charts"


def test_pulls_from_a_registry(engine: Engine, pushed: str, tmp_path: Path) -> None:
    """By a name in an `oci://` repository, or by a full URL with a repository's credentials."""
    assert engine.pull(remote("hello", pushed, "1.0.0"), tmp_path).name == "hello-1.0.0.tgz"
    full = dataclasses.replace(remote("hello", pushed), remote=f"{pushed}/hello")
    assert engine.pull(full, tmp_path).name == "hello-1.1.0.tgz"


def test_a_registry_refuses_a_wrong_password(engine: Engine, pushed: str, tmp_path: Path) -> None:
    """The error names the repository and not the password."""
    with pytest.raises(ChartError, match=r"from repository team: .*(401|basic credential|unauthorized)") as caught:
        engine.pull(remote("hello", pushed, "1.0.0", "wrong-secret"), tmp_path)
    assert "wrong-secret" not in str(caught.value)


@pytest.fixture(params=["library", "program"])
def knowing_engine(request: pytest.FixtureRequest, helm_program: Path, chart_server: ChartServer) -> Iterator[Engine]:
    """An engine that knows the environment's repositories."""
    known = [repository(chart_server.url)]
    made = make_engine(request.param, program=helm_program, repositories=known, environ=os.environ)
    yield made
    made.close()


def test_builds_dependencies(knowing_engine: Engine, chart_server: ChartServer, tmp_path: Path) -> None:
    """From a neighbour folder and from a repository, with the credentials that the environment has for it."""
    write_chart(tmp_path / "near")
    chart = write_chart(
        tmp_path / "top",
        dependencies=[
            {"name": "near", "version": "1.0.0", "repository": "file://../near"},
            {"name": "hello", "version": "^1.0.0", "repository": f"{chart_server.url}/"},
        ],
    )
    knowing_engine.build_dependencies(chart)
    assert sorted(path.name for path in (chart / "charts").iterdir()) == ["hello-1.1.0.tgz", "near-1.0.0.tgz"]


def test_builds_what_the_lock_says(
    knowing_engine: Engine, chart_server: ChartServer, archives: Path, tmp_path: Path
) -> None:
    """With a Chart.lock a newer version in the repository changes nothing."""
    needs = [{"name": "hello", "version": "^1.0.0", "repository": chart_server.url}]
    chart = write_chart(tmp_path / "top", dependencies=needs)
    knowing_engine.build_dependencies(chart)
    package(write_chart(tmp_path / "1.2.0" / "hello", version="1.2.0"), archives)
    index(archives, "")
    knowing_engine.build_dependencies(chart)
    assert [path.name for path in (chart / "charts").iterdir()] == ["hello-1.1.0.tgz"]


def test_dependencies_that_cannot_be_fetched_are_an_error(
    engine: Engine, chart_server: ChartServer, tmp_path: Path
) -> None:
    """Without the credentials the error names the chart."""
    needs = [{"name": "hello", "version": "1.0.0", "repository": chart_server.url}]
    chart = write_chart(tmp_path / "top", dependencies=needs)
    with pytest.raises(ChartError, match=f"build the dependencies of chart {chart}"):
        engine.build_dependencies(chart)
