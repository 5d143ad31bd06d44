"""Indexes of repositories: what is read, what is passed over, and that what is kept reads the same."""

from __future__ import annotations

import json

import pytest

from reconciler.adapters.repositories.index import dump_index, parse_index, read_index
from reconciler.errors import ChartError

SUM = "ab" * 32

INDEX = f"""
apiVersion: v1
entries:
  api:
    - {{version: 1.9.0, urls: [charts/a.tgz], digest: {SUM}, created: "2026-01-02T03:04:05Z", appVersion: "7"}}
    - {{version: 1.10.0, urls: ["https://b.example.com/b", c.tgz], digest: "sha256:{SUM.upper()}", deprecated: true}}
    - {{version: 1.10.0-rc.1, urls: [rc.tgz], digest: short, description: A chart}}
    - {{version: not a version, urls: [x.tgz]}}
    - {{version: 2.0.0}}
    - {{version: 2.0.1, urls: []}}
    - {{version: 2, urls: [7]}}
    - text
  empty: null
"""


@pytest.mark.parametrize("text", [INDEX, f"{INDEX}generated: now\n"])
def test_versions_come_newest_first(text: str) -> None:
    """By their meaning, not by their letters; what Helm would not use is passed over."""
    index = parse_index(text, "place")
    assert [entry.chart.version for entry in index["api"]] == ["1.10.0", "1.10.0-rc.1", "1.9.0"]
    newest, candidate, oldest = index["api"]
    assert (newest.url, newest.chart.digest, newest.chart.deprecated) == ("https://b.example.com/b", SUM, True)
    assert (candidate.chart.digest, candidate.chart.description) == (None, "A chart")
    assert (oldest.chart.app_version, oldest.chart.created) == ("7", "2026-01-02T03:04:05Z")
    assert index["empty"] == ()


def test_json_is_read_as_well() -> None:
    """Some servers write it; it is the same index."""
    entry = {"version": "1.0.0", "urls": ["a.tgz"]}
    text = json.dumps({"apiVersion": "v1", "entries": {"api": [entry]}})
    assert parse_index(text, "place") == parse_index(f"# YAML\n{text}", "place")
    assert parse_index('{"entries": {api: []}}', "place") == {"api": ()}


def test_half_a_character_is_none() -> None:
    """JSON can hold one, but nothing can be printed with it."""
    entry = {"version": "1.0.0", "urls": ["a.tgz"], "description": "a \ud800", "appVersion": "\udfff"}
    (found,) = parse_index(json.dumps({"entries": {"api": [entry]}}), "place")["api"]
    assert (found.chart.description, found.chart.app_version) == ("a ?", "?")


def test_what_is_kept_reads_the_same() -> None:
    """The faster form holds all of it."""
    index = parse_index(INDEX, "place")
    assert read_index(dump_index(index)) == index


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not the index"),
        ("<html>", "not the index"),
        ("entries: []", "not the index"),
        ("a: [", r"place:\d+ is not valid YAML"),
        ("[" * 100_000, "is not valid YAML"),
        ("{" * 100_000, "is not valid YAML"),
    ],
)
def test_what_is_no_index_is_an_error(text: str, message: str) -> None:
    """A login page, another file, or what would break a parser."""
    with pytest.raises(ChartError, match=message):
        parse_index(text, "place")
