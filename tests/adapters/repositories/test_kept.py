"""Kept indexes: found again by the same login only, and never in the way."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from reconciler.adapters.repositories.index import parse_index
from reconciler.adapters.repositories.kept import IndexCache
from tests.servers import PASSWORD

from .conftest import repository

INDEX = parse_index('{"entries": {"api": [{"version": "1.0.0", "urls": ["a.tgz"]}]}}', "place")
URL = "https://charts.example.com"
THEN = "Wed, 25 Nov 2026 09:00:00 GMT"
LATER = "Wed, 25 Nov 2026 09:00:01 GMT"


def test_an_index_is_kept_with_its_validators(tmp_path: Path) -> None:
    """What the server gave to ask by is what it is asked by; without such, nothing is kept."""
    cache = IndexCache(tmp_path / "cache")
    assert cache.find(repository(URL)) is None
    cache.keep(repository(URL), INDEX, {})
    assert cache.find(repository(URL)) is None
    cache.keep(repository(URL), INDEX, {"ETag": '"x"', "Last-Modified": THEN, "Date": LATER, "Server": "y"})
    kept = IndexCache(tmp_path / "cache").find(repository(URL))
    assert kept
    assert (kept.index, kept.conditions) == (INDEX, {"If-None-Match": '"x"', "If-Modified-Since": THEN})


@pytest.mark.parametrize("date", [{}, {"Date": THEN}, {"Date": "soon"}, {"Date": "Wed, 25 Nov 2026 09:00:01"}])
def test_a_date_that_may_be_anothers_too_is_not_asked_by(tmp_path: Path, date: dict[str, str]) -> None:
    """What is published in the second in which the index was downloaded has the same date, and must be seen."""
    cache = IndexCache(tmp_path / "cache")
    cache.keep(repository(URL), INDEX, {"Last-Modified": THEN, **date})
    assert cache.find(repository(URL)) is None


@pytest.mark.parametrize("password", ["other-password", None])
def test_another_login_finds_nothing(tmp_path: Path, password: str | None) -> None:
    """What one login is shown is not shown to another; and no name or content tells a password."""
    cache = IndexCache(tmp_path / "cache")
    cache.keep(repository(URL), INDEX, {"ETag": "x"})
    assert cache.find(repository(URL, password)) is None
    assert cache.find(repository(f"{URL}/other")) is None
    for path in (tmp_path / "cache").iterdir():
        assert PASSWORD not in path.name
        assert PASSWORD.encode() not in path.read_bytes()
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "cache" / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", ["", "{}", "[]\n{}", '{"form": 0}\n{}', '{"form": 1}\n{"api": [[{"x": 1}, 2]]}', "\xff"]
)
def test_a_damaged_one_is_no_error(tmp_path: Path, content: str) -> None:
    """It counts as missing, and is replaced."""
    cache = IndexCache(tmp_path / "cache")
    cache.keep(repository(URL), INDEX, {"ETag": "x"})
    [file] = (tmp_path / "cache").glob("*.index")
    file.write_text(content, encoding="latin-1")
    assert cache.find(repository(URL)) is None
    cache.keep(repository(URL), INDEX, {"ETag": "x"})
    assert cache.find(repository(URL))


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Then nothing is kept."""
    (tmp_path / "cache").write_text("a file")
    cache = IndexCache(tmp_path / "cache")
    cache.keep(repository(URL), INDEX, {"ETag": "x"})
    assert cache.find(repository(URL)) is None
