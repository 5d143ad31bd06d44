"""The lock file beside an environment file: read, and put to use."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.desired.lock import lock_path, lock_text, read_lock, require_locked
from reconciler.errors import DesiredStateErrors, ReconcilerError
from reconciler.model.lock import LockKey, Pin
from tests.desired.project import HEAD, Project

URL = "https://charts.example.com/shop"
DIGEST = "a" * 64
ENTRY = f"""\
  - repository: "{URL}"
    chart: "redis"
    range: "^20.1"
    version: "20.1.3"
    digest: "sha256:{DIGEST}"
"""
TOP = "apiVersion: reconciler/v1\nkind: Lock\ncharts:\n"
ENVIRONMENT = f"""\
{HEAD}repositories: {{team: {{url: "{URL}/"}}, images: {{url: "oci://registry.example.com/charts"}}}}
namespaces: {{shop: {{}}}}
defaults: {{namespace: shop}}
releases:
  redis: {{chart: team/redis, version: ^20.1}}
"""


def test_a_chart_is_pinned_by_what_the_lock_says(project: Project) -> None:
    """The release's chart has the version and digest of the entry for its repository, name and range."""
    project.write({"env.lock": TOP + ENTRY})
    [release] = project.load(ENVIRONMENT).releases
    pin = release.chart_ref.pin
    assert pin == Pin("20.1.3", DIGEST)
    assert str(pin.where) == "env.lock:4:5"


@pytest.mark.parametrize(
    "change",
    [
        ("^20.1", "^20"),
        ("team/redis", "team/valkey"),
        (f'"{URL}/"', '"https://mirror.example.com"'),
        (", version: ^20.1", ""),
    ],
)
def test_an_entry_for_something_else_is_not_used(change: tuple[str, str], project: Project) -> None:
    """Another range, chart or repository than the locked one: nothing is pinned, and nothing is wrong."""
    project.write({"env.lock": TOP + ENTRY})
    [release] = project.load(ENVIRONMENT.replace(*change)).releases
    assert release.chart_ref.pin is None


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("{chart: team/redis, version: 1.2.3}", LockKey(URL, "redis", "1.2.3")),
        ("{chart: team/redis}", LockKey(URL, "redis", "*")),
        ("{chart: images/redis, version: ~1}", LockKey("oci://registry.example.com/charts", "redis", "~1")),
        ("{chart: images/db/redis, version: ~1}", LockKey("oci://registry.example.com/charts/db", "redis", "~1")),
        ("{chart: 'oci://registry.example.com/a/redis'}", LockKey("oci://registry.example.com/a", "redis", "*")),
        ("{chart: ./chart}", None),
    ],
)  # fmt: skip
def test_what_a_chart_is_called_in_a_lock(
    written: str, key: LockKey | None, project: Project, chart: Mapping[str, str]
) -> None:
    """The same chart has one name, however it is referred to; local ones have none."""
    project.write(chart)
    [release] = project.load(ENVIRONMENT.replace("{chart: team/redis, version: ^20.1}", written)).releases
    assert release.chart_ref.lock_key == key


def test_without_a_lock_file_nothing_is_pinned(project: Project) -> None:
    """An environment needs none."""
    [release] = project.load(ENVIRONMENT).releases
    assert release.chart_ref.pin is None


MISTAKES: Mapping[str, tuple[str, list[str]]] = {
    "a list": ("[]\n", ["env.lock:1:1: a lock file has to be a map"]),
    "no YAML": ("charts: [\n", ["env.lock:2:1: "]),
    "an unknown key": (
        TOP + ENTRY + "    size: 1\n",
        ['env.lock:9:5: unknown key "size"', "known here: repository, chart, range, version, digest"],
    ),
    "no kind": ("apiVersion: reconciler/v1\ncharts: []\n", ['env.lock:1:1: the lock lacks "kind"']),
    "no digest": (TOP + ENTRY.replace("digest", "#"), ['env.lock:4:5: charts.0 lacks "digest"']),
    "a digest that is none": (
        TOP + ENTRY.replace("sha256:a", "md5:a"),
        ["env.lock:8:5: charts.0.digest: `sha256:` and 64 hexadecimal digits"],
    ),
    "a version out of range": (
        TOP + ENTRY.replace("20.1.3", "21.0.0"),
        ["env.lock:4:5: charts.0: the version 21.0.0 is not in the range ^20.1"],
    ),
    "a range that is none": (
        TOP + ENTRY.replace("^20.1", "newest"),
        ["env.lock:6:5: charts.0.range: 'newest' is no version and no range of versions"],
    ),
    "an entry given twice": (TOP + ENTRY + ENTRY, [f"env.lock:9:5: {URL}/redis ^20.1 is here twice"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_in_a_lock_file(text: str, expected: list[str], project: Project) -> None:
    """A lock file that somebody broke is an error at its place, told together with those of the environment."""
    project.write({"env.lock": text})
    with pytest.raises(DesiredStateErrors) as caught:
        project.load(ENVIRONMENT + "relases: {}\n")
    assert all(line in str(caught.value) for line in [*expected, 'unknown key "relases"'])


def test_a_lock_file_cannot_lead_out_of_the_project(project: Project) -> None:
    """A link to a file elsewhere is not followed."""
    project.write({"project/.git/HEAD": "", "project/env.yaml": ENVIRONMENT, "secret": "password: hunter2\n"})
    (project.root / "project" / "env.lock").symlink_to("../secret")
    with pytest.raises(ReconcilerError, match="lies outside the project") as caught:
        project.load(environment="project/env.yaml")
    assert "hunter2" not in str(caught.value)


def test_an_environment_cannot_be_called_like_a_lock(project: Project) -> None:
    """Its lock file would be the environment file itself."""
    with pytest.raises(ReconcilerError, match=r"env.lock has the ending of a lock file"):
        project.load(ENVIRONMENT, environment="env.lock")


def test_what_was_written_is_read_again(project: Project) -> None:
    """The text of a lock is sorted, starts with what it is, and says the same when it is read."""
    lock = {
        LockKey(URL, "redis", ">=1 <2 || ~3"): Pin("1.10.0", DIGEST),
        LockKey("oci://registry.example.com", "a", "*"): Pin("v2.0.0", "b" * 64),
        LockKey(URL, "redis", "1.10"): Pin("1.10.2+build.5", DIGEST),
    }
    text = lock_text(lock)
    project.write({"env.lock": text})
    inputs = project.inputs()
    path = project.root / "env.lock"
    assert read_lock(path, inputs) == lock
    assert text == lock_text(dict(reversed(lock.items())))
    assert text.startswith("# Made by `reconcile update`")
    assert read_lock(project.root / "none.lock", inputs) == {}

    project.write({"env.lock": lock_text({}), "env.yaml": ENVIRONMENT})
    assert read_lock(path, inputs) == {}
    assert lock_path("env.yaml", inputs) == path


def test_all_has_to_be_locked_when_asked_for(project: Project) -> None:
    """With `--locked`, a chart from a repository without an entry is an error at its place; local ones need none."""
    project.write({"env.lock": TOP + ENTRY, "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"})
    more = "  web: {chart: ./chart}\n  other: {chart: team/other, version: 1.2.3}\n"
    require_locked(project.load(ENVIRONMENT))
    with pytest.raises(DesiredStateErrors) as caught:
        require_locked(project.load(ENVIRONMENT + more))
    message, hint = str(caught.value).splitlines()
    assert message == "env.yaml:11:18: release shop/other: chart other 1.2.3 is not locked"
    assert "reconcile update" in hint
