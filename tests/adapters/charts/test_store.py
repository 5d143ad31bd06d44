"""Charts by reference: what is read, what is refused, what is remembered."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from reconciler.adapters.charts import ChartStore, bounds, files
from reconciler.adapters.helm import LibraryEngine
from reconciler.adapters.repositories import Repositories
from reconciler.errors import ChartError, Location
from reconciler.model.desired import ChartRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model.engine import Engine

HERE = Location("env.yaml", 3, 5)


def write(folder: Path, content: Mapping[str, str | bytes] | None = None, **metadata: Any) -> Path:
    """A chart named as its folder."""
    chart = {"apiVersion": "v2", "name": folder.name, "version": "1.0.0", **metadata}
    for name, text in {"Chart.yaml": json.dumps(chart), **(content or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def pack(folder: Path, path: Path) -> Path:
    """The chart as an archive."""
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname=folder.name)
    return path


def local(path: Path, where: Location = HERE) -> ChartRef:
    """A reference to a folder or an archive."""
    return ChartRef(path, None, None, None, where)


class NoEngine:
    """Is not asked: nothing has to be built."""

    def build_dependencies(self, chart: Path) -> None:
        raise AssertionError(chart)


@pytest.fixture
def library() -> Iterator[Engine]:
    engine = LibraryEngine([])
    yield engine
    engine.close()


@pytest.fixture
def store(tmp_path: Path) -> ChartStore:
    return make_store(tmp_path)


def make_store(folder: Path, engine: NoEngine | Engine | None = None) -> ChartStore:
    """A store for the project at `folder`, as a new run would make it."""
    cache = folder / ".cache"
    return ChartStore(cache, folder, cast("Engine", engine or NoEngine()), Repositories(cache))


def test_reads_a_folder(store: ChartStore, tmp_path: Path) -> None:
    """Metadata, defaults, schema, CRDs, calls of lookup, and subcharts by the key of their values."""
    sub = {"charts/sub/Chart.yaml": '{"name": "sub", "version": "0.1.0"}', "charts/sub/values.yaml": "b: 2"}
    sub |= {"charts/sub/values.schema.json": "{}", "charts/README.md": "loose", "charts/_old/Chart.yaml": "bad: ["}
    path = write(
        tmp_path / "api",
        {
            **sub,
            "values.yaml": "a: 1",
            "values.schema.json": '{"type": "object"}',
            "crds/a.yaml": "kind: X",
            "templates/a.yaml": '{{ $x := (lookup "v1" "Secret" "a" "b") }}',
        },
        dependencies=[{"name": "sub", "version": "0.1.0", "alias": one} for one in ("first", "second")],
    )
    chart = store.fetch(local(path))
    assert (chart.name, chart.version, chart.path, chart.defaults) == ("api", "1.0.0", path, {"a": 1})
    assert [(item.key, item.chart.name) for item in chart.subcharts] == [("first", "sub"), ("second", "sub")]
    assert chart.schema == '{"type": "object"}'
    assert [(sub.key, sub.chart.schema) for sub in chart.subcharts] == [("first", "{}"), ("second", "{}")]
    assert chart.definitions
    assert chart.uses_lookup


def test_a_subchart_that_calls_lookup_counts(store: ChartStore, tmp_path: Path) -> None:
    """In a packed subchart too; a word in a comment does not count."""
    sub = write(tmp_path / "sub", {"templates/a.yaml": '{{ lookup "v1" "Secret" "a" "b" }}', "crds/a.yaml": "kind: X"})
    (tmp_path / "api" / "charts").mkdir(parents=True)
    pack(sub, tmp_path / "api" / "charts" / "sub-1.0.0.tgz")
    path = write(tmp_path / "api", {"templates/a.yaml": "# lookup the docs"})
    chart = store.fetch(local(path))
    assert (chart.uses_lookup, chart.definitions, bool(chart.all_definitions)) == (True, (), True)
    shutil.rmtree(path / "charts")
    assert not make_store(tmp_path).fetch(local(path)).uses_lookup


def test_an_archive_is_the_same_chart(store: ChartStore, tmp_path: Path) -> None:
    """Read in memory; its digest is that of its bytes."""
    folder = write(tmp_path / "api", {"values.yaml": "a: 1"})
    archive = pack(folder, tmp_path / "api-1.0.0.tgz")
    chart = store.fetch(local(archive))
    assert (chart.name, chart.path, chart.defaults) == ("api", archive, {"a": 1})
    assert chart.digest != store.fetch(local(folder)).digest


def test_the_digest_is_of_what_counts(tmp_path: Path) -> None:
    """Every name and byte that Helm loads; not ignored files, locks, times, or the packing of a subchart."""
    path = write(tmp_path / "api", {".helmignore": "*.bak\n", "templates/a.yaml": "x"})

    def digest() -> str:
        return make_store(tmp_path).fetch(local(path)).digest

    first = digest()
    for name, text in {"x.bak": "1", "Chart.lock": "generated: now", "templates/.hidden": "1"}.items():
        (path / name).write_text(text)
    os.utime(path / "templates/a.yaml", (0, 0))
    assert digest() == first
    (path / "templates/a.yaml").write_text("y")
    second = digest()
    (path / "templates/a.yaml").rename(path / "templates/b.yaml")
    assert len({first, second, digest()}) == 3
    sub = write(tmp_path / "sub")
    (path / "charts").mkdir()
    pack(sub, path / "charts" / "sub-1.0.0.tgz")
    third = digest()
    os.utime(sub / "Chart.yaml", (1, 1))
    pack(sub, path / "charts" / "sub-1.0.0.tgz")
    assert digest() == third


def test_one_chart_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases that share a chart share the work, from several threads as well, and a failure keeps its own place."""
    read: list[Path] = []

    def counting(folder: Path, root: Path) -> bounds.Files:
        read.append(folder)
        return files.read_folder(folder, root)

    monkeypatch.setattr("reconciler.adapters.charts.store.read_folder", counting)
    store, path = make_store(tmp_path), write(tmp_path / "api")
    workers = [threading.Thread(target=store.fetch, args=[local(path)]) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert read == [path]
    (path / "Chart.yaml").unlink()
    second = make_store(tmp_path)
    for where in (HERE, Location("env.yaml", 9, 9)):
        with pytest.raises(ChartError) as caught:
            second.fetch(local(path, where))
        assert caught.value.where == where
    assert read == [path, path]


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ({"Chart.yaml": "name: ["}, r"Chart\.yaml:\d+:\d+ is not valid YAML", ""),
        ({"Chart.yaml": "- a"}, "is not a map", ""),
        ({"Chart.yaml": "name: api\nversion: 1.0"}, "no text for `version`", "quotes"),
        ({"Chart.yaml": "version: '1'"}, "no text for `name`", "name"),
        ({"values.yaml": "- a"}, r"values\.yaml is not a map", ""),
        ({"values.yaml": b"\xff\xfe"}, "not UTF-8", ""),
        ({".helmignore": "a/**/b"}, r"\*\*", ""),
        ({"charts/x.tgz": b"no archive"}, r"charts/x\.tgz is not a chart archive", ""),
    ],
)
def test_what_is_wrong_in_a_chart_is_named(
    store: ChartStore, tmp_path: Path, content: dict[str, str | bytes], message: str, hint: str
) -> None:
    """File, line where there is one, and the place in the environment file that asked for the chart."""
    path = write(tmp_path / "api", content)
    with pytest.raises(ChartError, match=message) as caught:
        store.fetch(local(path))
    assert caught.value.where == HERE
    assert hint in str(caught.value.hint)


def test_a_missing_chart_has_its_likeliest_sibling_named(store: ChartStore, tmp_path: Path) -> None:
    """A typing error in the path is found at once; a folder without Chart.yaml is asked about."""
    write(tmp_path / "backend")
    with pytest.raises(ChartError, match="no chart at") as caught:
        store.fetch(local(tmp_path / "bakend"))
    assert "backend" in str(caught.value.hint)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ChartError, match=r"no Chart\.yaml") as caught:
        store.fetch(local(tmp_path / "empty"))
    assert caught.value.hint == "is this a chart folder?"


def test_links_must_not_lead_out(store: ChartStore, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A link inside the project is followed, also in a circle; one that leads out is refused."""
    path = write(tmp_path / "api")
    (tmp_path / "shared.yaml").write_text("a: 1")
    (path / "values.yaml").symlink_to("../shared.yaml")
    (path / "circle").symlink_to(".")
    assert store.fetch(local(path)).defaults == {"a": 1}
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text("a: 1")
    other = write(tmp_path / "other")
    (other / "values.yaml").symlink_to(outside)
    with pytest.raises(ChartError, match=r"values\.yaml is a link that leads out"):
        store.fetch(local(other))


def test_huge_charts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one file nor all of them may be larger than the bounds, in a folder or unpacked."""
    path = write(tmp_path / "api", {"big": "x" * 2000})
    archive = pack(path, tmp_path / "api.tgz")
    monkeypatch.setattr(bounds, "MAX_FILE", 1000)
    for ref in (path, archive):
        with pytest.raises(ChartError, match="more than"):
            make_store(tmp_path).fetch(local(ref))
    monkeypatch.setattr(bounds, "MAX_FILE", 10_000)
    monkeypatch.setattr(bounds, "MAX_CHART", 1000)
    for ref in (path, archive):
        with pytest.raises(ChartError, match="more than"):
            make_store(tmp_path).fetch(local(ref))


@pytest.mark.parametrize("name", ["/etc/x", "api/../../x", "loose"])
def test_archives_that_lead_out_are_refused(store: ChartStore, tmp_path: Path, name: str) -> None:
    """Absolute names, parents, and files outside of the chart's folder."""
    with pytest.raises(ChartError, match="archive"):
        store.fetch(local(_archive(tmp_path, tarfile.TarInfo(name))))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_archives_with_links_or_devices_are_refused(store: ChartStore, tmp_path: Path, kind: bytes) -> None:
    """A chart's archive holds files and folders."""
    member = tarfile.TarInfo("api/x")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(ChartError, match="link or a device"):
        store.fetch(local(_archive(tmp_path, member)))


def _archive(folder: Path, member: tarfile.TarInfo) -> Path:
    path = folder / "bad.tgz"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member, io.BytesIO(b""))
    return path


def test_missing_dependencies_are_built_in_the_cache(tmp_path: Path, library: Engine) -> None:
    """Nested `file://` charts too; the checkout stays as it is; the result is used again until something changes."""
    write(tmp_path / "libs" / "inner", {"values.yaml": "x: 1"})
    nested = [{"name": "inner", "version": "1.0.0", "repository": "file://../inner"}]
    write(tmp_path / "libs" / "base", dependencies=nested)
    needs = [{"name": "base", "version": "1.0.0", "repository": "file://../../libs/base", "alias": "b"}]
    path = write(
        tmp_path / "charts" / "api",
        {"charts/own/Chart.yaml": '{"name": "own", "version": "1.0.0"}'},
        dependencies=needs,
    )
    before = sorted(tmp_path.rglob("*"))
    chart = make_store(tmp_path, library).fetch(local(path))
    assert [item for item in sorted(tmp_path.rglob("*")) if ".cache" not in item.parts] == before
    assert {item.key for item in chart.subcharts} == {"b", "own"}
    base = next(item.chart for item in chart.subcharts if item.key == "b")
    assert [item.key for item in base.subcharts] == ["inner"]
    assert chart.path.is_relative_to(tmp_path / ".cache")
    # NoEngine would raise if it were asked to build.
    assert make_store(tmp_path).fetch(local(path)) == chart
    shutil.rmtree(tmp_path / ".cache")
    assert make_store(tmp_path, library).fetch(local(path)).digest == chart.digest
    (tmp_path / "libs" / "inner" / "values.yaml").write_text("x: 2")
    assert make_store(tmp_path, library).fetch(local(path)).digest != chart.digest


@pytest.mark.parametrize(
    ("repository", "message"),
    [
        ("file://../none", "there is no folder"),
        ("file://../../..", "outside the project"),
        ("file://../api", "in a circle"),
    ],
)
def test_dependencies_that_cannot_be(store: ChartStore, tmp_path: Path, repository: str, message: str) -> None:
    """A folder that is not there, is not ours, or needs the chart itself."""
    needs = [{"name": "base", "version": "1.0.0", "repository": repository}]
    path = write(tmp_path / "api", dependencies=needs)
    with pytest.raises(ChartError, match=message):
        store.fetch(local(path))


@pytest.mark.parametrize("packed", [False, True])
def test_the_files_of_a_chart_can_be_read_again(tmp_path: Path, *, packed: bool) -> None:
    """Those that Helm loads, from a folder or an archive; their sizes without subcharts were noted at first."""
    chart = write(tmp_path / "web", {"files/a.bin": b"12345", ".helmignore": "*.log\n", "x.log": "no"})
    write(chart / "charts" / "sub", {"files/b.bin": b"1" * 1000})
    store = ChartStore(tmp_path / "cache", tmp_path, cast("Engine", NoEngine()), Repositories(tmp_path / "cache"))
    fetched = store.fetch(local(pack(chart, tmp_path / "web.tgz") if packed else chart))
    contents = store.contents(fetched)
    assert contents["files/a.bin"] == b"12345"
    assert contents["charts/sub/files/b.bin"] == b"1" * 1000
    own = {name: data for name, data in contents.items() if not name.startswith("charts/")}
    assert fetched.size == sum(map(len, own.values())) < 1000
