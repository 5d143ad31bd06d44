"""Versions of charts, and ranges of them as Helm reads them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.adapters.helm.manager import load_library
from reconciler.model.versions import VersionRange, is_exact, parse_version
from tests.servers import index, serve

PUBLISHED = (
    "0.0.3", "0.0.4", "0.1.0", "0.2.3", "0.2.9", "0.3.0", "0.3.1-rc.1", "1.0.0", "1.2.0", "1.2.3", "1.2.4-beta.1",
    "1.2.10", "1.3.0", "1.10.0", "1.11.0-alpha", "2.0.0-rc.1", "2.0.0", "2.1.0", "2.1.0-rc.2", "3.0.0-alpha.1",
)  # fmt: skip

# Range → what is the newest of the published ones in it; None: none of them is.
NEWEST: Mapping[str, str | None] = {
    "": "2.1.0",
    "*": "2.1.0",
    "x": "2.1.0",
    "1.2.3": "1.2.3",
    "v1.2.3": "1.2.3",
    "=1.2.3": "1.2.3",
    "9.9.9": None,
    "1": "1.10.0",
    "1.2": "1.2.10",
    "1.2.x": "1.2.10",
    "1.2.*": "1.2.10",
    "1.X": "1.10.0",
    "^1.2": "1.10.0",
    "^1.2.3": "1.10.0",
    "^ 1.2.3": "1.10.0",
    "^0.2.3": "0.2.9",
    "^0.2": "0.2.9",
    "^0.0.3": "0.0.3",
    "^0.0": "0.0.4",
    "^0": "0.3.0",
    "^1.11.0-alpha": "1.11.0-alpha",
    "^3": None,
    "~1.2.3": "1.2.10",
    "~1.2": "1.2.10",
    "~1": "1.10.0",
    "~>1.2.0": "1.2.10",
    "~1.2.4-beta": "1.2.10",
    ">=1 <2": "1.10.0",
    ">=1, <2": "1.10.0",
    ">=1.2,<1.3": "1.2.10",
    ">= 1.2.0 , < 1.2.5": "1.2.3",
    "=>1 =<1.2": "1.2.10",
    "<=1.2": "1.2.10",
    "<=1.2.3": "1.2.3",
    "<1.2": "1.0.0",
    ">1.2": "2.1.0",
    ">1.2 <1.10": "1.3.0",
    ">1 <2": None,
    ">1": "2.1.0",
    ">2": None,
    "1 - 2": "2.1.0",
    "1.2 - 1.3.0": "1.3.0",
    "0.1.0 - 0.2": "0.2.9",
    "~0.2 || ~1.2": "1.2.10",
    "^9 || 0.1.x": "0.1.0",
    ">=1 !=2.1.0": "2.0.0",
    ">=1 !=2.x": "1.10.0",
    ">0-0": "3.0.0-alpha.1",
    ">=2.0.0-0 <2.1.0": "2.1.0-rc.2",
    ">=2.0.0-0 <2": "2.0.0-rc.1",
    "2.1.0-rc.2": "2.1.0-rc.2",
    ">=2.1.0-rc.1, <3": "3.0.0-alpha.1",
    ">=2.1.0-rc.1, <3-0": "2.1.0",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NEWEST.items())
def test_the_newest_version_in_a_range(text: str, expected: str | None) -> None:
    """The highest version that fits; pre-releases only where the range names one."""
    assert VersionRange.parse(text).newest(PUBLISHED) == expected
    assert VersionRange.parse(text).newest(reversed(PUBLISHED)) == expected


def test_helm_takes_the_same_versions(tmp_path: Path, helm_program: Path) -> None:
    """`helm pull --version RANGE`, from a real repository, downloads for every range of the table what it says."""
    chart, shop = tmp_path / "config", tmp_path / "repository"
    chart.mkdir()
    for version in PUBLISHED:
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: config\nversion: {version}\n")
        load_library().package(chart, destination=shop)
    index(shop, "")
    with serve(shop, authenticated=False) as server:
        taken = {text: _pulled(helm_program, server.url, text, tmp_path) for text in NEWEST}
    assert taken == dict(NEWEST)


def _pulled(helm: Path, url: str, text: str, folder: Path) -> str | None:
    into = folder / f"pulled-{len(list(folder.iterdir()))}"
    into.mkdir()
    environ = {"HELM_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    pull = [str(helm), "pull", "config", "--repo", url, f"--version={text}", f"--destination={into}"]
    done = subprocess.run(pull, env=environ, capture_output=True, text=True, check=False)
    names = [path.name.removeprefix("config-").removesuffix(".tgz") for path in into.iterdir()]
    assert names or "no chart version found" in done.stderr or "not found" in done.stderr, done.stderr
    return names[0] if names else None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("latest", "latest"),
        ("1.2.3.4", "1.2.3.4"),
        (">=1 oops", "oops"),
        ("1.2.3-", "1.2.3-"),
        ("^", "^"),
        ("1.2.03", "1.2.03"),
        (">=1.0.0-01", ">=1.0.0-01"),
        ("1 -2", "-2"),
        ("١.٢.٣", "١.٢.٣"),  # noqa: RUF001 (digits, but not those that versions are written with)
    ],
)
def test_what_is_no_range(text: str, part: str) -> None:
    """A text that cannot be read is refused, with the part of it that is wrong."""
    with pytest.raises(ValueError, match="is no version") as caught:
        VersionRange.parse(text)
    assert repr(part) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "exact"),
    [("1.2.3", True), ("v1.2.3", True), ("1.2.3-rc.1+b", True), ("1.2", False), ("=1.2.3", False), ("1.2.3-01", False)],
)
def test_exact_versions(text: str, exact: bool) -> None:  # noqa: FBT001 (a column of the table)
    """Only a complete version means that one alone."""
    assert is_exact(text) is exact


def test_what_is_published_under_no_version_is_passed_over() -> None:
    """A repository may list what Helm cannot order; it is never chosen."""
    assert VersionRange.parse("*").newest(["latest", "", "1.0.0", "main-abc"]) == "1.0.0"
    assert VersionRange.parse("*").newest([]) is None
    assert parse_version("main") is None
