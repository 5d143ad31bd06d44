"""`reconcile update`, run as users run it, against real repositories and registries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.adapters.helm.manager import load_library
from tests.conftest import Run, run_reconcile
from tests.servers import PASSWORD, USERNAME, index, serve


@dataclass(frozen=True)
class Shop:
    """A project whose charts come from a private repository."""

    folder: Path
    shelf: Path
    url: str

    def publish(self, name: str, version: str, text: str = "") -> Path:
        """Publish a chart; the same version again replaces the one that is there."""
        source = self.folder / "sources" / name
        source.mkdir(parents=True, exist_ok=True)
        (source / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
        (source / "README.md").write_text(text)
        load_library().package(source, destination=self.shelf)
        index(self.shelf, "")
        return self.shelf / f"{name}-{version}.tgz"

    def releases(self, *lines: str) -> None:
        """Write env.yaml with these releases."""
        body = "".join(f"  {line}\n" for line in lines)
        (self.folder / "env.yaml").write_text(
            "apiVersion: reconciler/v1\nkind: Environment\nname: test\nclusters: {main: {kubeconfig: {env: KUBE}}}\n"
            f'repositories: {{team: {{url: "{self.url}", username: {USERNAME}, password: {{env: TOKEN}}}}}}\n'
            f"namespaces: {{shop: {{}}}}\ndefaults: {{namespace: shop}}\nreleases:\n{body}"
        )

    def update(self, *arguments: str, password: str = PASSWORD) -> Run:
        """Run `reconcile update`."""
        environ = {"KUBE": "made-up", "TOKEN": password, "XDG_CACHE_HOME": str(self.folder / "cache")}
        return run_reconcile(["update", "-e", "env.yaml", *arguments], self.folder, environ)

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.folder / "env.lock"

    def locked(self) -> dict[str, str]:
        """Chart and range → version, as the lock file says."""
        charts: list[Any] = yaml.safe_load(self.lock.read_text())["charts"]
        return {f"{item['chart']} {item['range']}": item["version"] for item in charts}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    with serve(shelf, authenticated=True) as server:
        made = Shop(tmp_path, shelf, server.url)
        for version in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
            made.publish("api", version)
        made.publish("db", "0.3.0")
        made.releases(
            "a: {chart: team/api, version: ^1.0}", "b: {chart: team/api}", "c: {chart: team/db, version: 0.3.0}"
        )
        yield made


def test_a_lock_is_made_and_moved(shop: Shop) -> None:
    """Every range gets the newest version in it; later ones move only by an update, which shows them."""
    first = shop.update()
    assert first.code == 0, first.text
    assert shop.locked() == {"api *": "1.1.0", "api ^1.0": "1.1.0", "db 0.3.0": "0.3.0"}
    assert first.out.startswith("env.lock: 3 added\n  + api *  1.1.0 (sha256:")

    text = shop.lock.read_text()
    stamp = shop.lock.stat().st_mtime_ns
    assert shop.update().out == "env.lock: 3 unchanged\n"
    assert (shop.lock.read_text(), shop.lock.stat().st_mtime_ns) == (text, stamp)

    shop.publish("api", "1.2.0")
    moved = shop.update()
    assert moved.out.startswith("env.lock: 2 moved, 1 unchanged\n  ~ api *  1.1.0 → 1.2.0 (sha256:")
    assert shop.locked() == {"api *": "1.2.0", "api ^1.0": "1.2.0", "db 0.3.0": "0.3.0"}
    assert PASSWORD not in moved.text + shop.lock.read_text()
    assert [path.name for path in shop.folder.iterdir() if path.name.startswith(".")] == []


def test_a_check_writes_nothing(shop: Shop) -> None:
    """With --check the exit code says whether the lock would change, and JSON says how."""
    before = shop.update("--check")
    assert (before.code, shop.lock.exists()) == (2, False)
    assert before.out.startswith("env.lock: 3 added (not written)")
    shop.update()
    assert shop.update("--check").code == 0

    shop.publish("db", "0.3.0", "other content")
    found = shop.update("--check", "-o", "json")
    document = json.loads(found.out)
    [entry] = [item for item in document["charts"] if item["change"] != "unchanged"]
    assert (found.code, document["lock"], document["changed"]) == (2, "env.lock", True)
    assert (entry["chart"], entry["change"], entry["before"]["version"]) == ("db", "republished", "0.3.0")
    assert entry["before"]["digest"] != entry["after"]["digest"]
    assert "other content now" in shop.update().out
    assert shop.update("--check").code == 0


def test_a_part_is_updated(shop: Shop) -> None:
    """Only the charts of the named releases move; what is used stays, and what is no longer used goes."""
    shop.update()
    shop.publish("api", "1.2.0")
    shop.publish("db", "0.4.0")
    shop.releases("a: {chart: team/api, version: ^1.0}", "c: {chart: team/db, version: 0.x}")
    assert shop.update("c").code == 0
    assert shop.locked() == {"api ^1.0": "1.1.0", "db 0.x": "0.4.0"}
    assert shop.update("--only", "a").code == 0
    assert shop.locked() == {"api ^1.0": "1.2.0", "db 0.x": "0.4.0"}

    assert "nothing" not in shop.update("nobody").out
    shop.releases("a: {chart: ./sources/api}")
    assert shop.update().out.startswith("env.lock: 2 dropped\n")
    assert shop.locked() == {}


def test_a_broken_lock_is_made_anew(shop: Shop) -> None:
    """One that a merge has left in conflict stops an update of a part, and an update of all replaces it."""
    shop.lock.write_text("<<<<<<< ours\ncharts: []\n=======\n")
    part = shop.update("a")
    assert part.code == 1
    assert part.err.startswith("env.lock:")
    assert "run `reconcile update`" in part.err
    assert shop.update().code == 0
    assert shop.locked() == {"api *": "1.1.0", "api ^1.0": "1.1.0", "db 0.3.0": "0.3.0"}


@pytest.mark.parametrize(
    ("release", "problem"),
    [
        ("a: {chart: team/api, version: ^7}", "env.yaml:9:14: no version of chart api is in the range ^7"),
        ("a: {chart: team/api, version: 1.0.7}", "env.yaml:9:14: no version of chart api is in the range 1.0.7"),
        ("a: {chart: team/apj}", "env.yaml:9:14: repository team has no chart apj"),
    ],
)
def test_what_cannot_be_resolved_changes_nothing(release: str, problem: str, shop: Shop) -> None:
    """An error at its place, and the lock file stays as it was."""
    shop.update()
    text = shop.lock.read_text()
    shop.releases(release, "c: {chart: team/db, version: 0.x}")
    failed = shop.update()
    assert failed.code == 1
    assert failed.err.startswith(problem)
    assert "Traceback" not in failed.err
    assert shop.lock.read_text() == text


def test_a_repository_that_refuses_changes_nothing(shop: Shop) -> None:
    """The wrong password is an error at the chart, and shows nowhere."""
    failed = shop.update(password="wrong-password")
    assert failed.code == 1
    assert failed.err.startswith("env.yaml:9:14: ")
    assert "wrong-password" not in failed.text
    assert not shop.lock.exists()


def test_a_lock_that_cannot_be_written_is_an_error(shop: Shop) -> None:
    """A folder in its place, for one; what was there stays."""
    shop.lock.mkdir()
    failed = shop.update()
    assert failed.code == 1
    assert "env.lock" in failed.err
    assert "Traceback" not in failed.err


def test_versions_from_a_registry(shop: Shop, registry: str) -> None:
    """The tags of a registry are versions like others; the digest is that of the archive."""
    library = load_library()
    archives = [shop.publish("tagged", version) for version in ("1.0.0", "1.4.0+build.7", "2.0.0")]
    with library.RegistryClient(credentials_file=shop.folder / "login.json", plain_http=True) as client:
        client.login(registry, USERNAME, PASSWORD, plain_http=True)
        for archive in archives:
            client.push(archive, f"oci://{registry}/update", plain_http=True)
    environment = shop.folder / "env.yaml"
    shop.releases(f'a: {{chart: "oci://{registry}/update/tagged", version: ^1}}', "b: {chart: images/tagged}")
    login = (
        f'images: {{url: "oci://{registry}/update", username: {USERNAME}, password: {{env: TOKEN}}, plainHttp: true}}'
    )
    environment.write_text(environment.read_text().replace("repositories: {", f"repositories: {{{login}, "))

    done = shop.update()

    assert done.code == 0, done.text
    assert shop.locked() == {"tagged ^1": "1.4.0+build.7", "tagged *": "2.0.0"}
    charts = yaml.safe_load(shop.lock.read_text())["charts"]
    assert {item["digest"] for item in charts} == {
        f"sha256:{library.digest(path).removeprefix('sha256:')}" for path in archives[1:]
    }
