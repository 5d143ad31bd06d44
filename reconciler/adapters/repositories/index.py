"""A repository's index.yaml: which versions of which charts there are, and where their archives are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from reconciler.errors import ChartError
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.repository import PublishedChart
from reconciler.model.versions import parse_version
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load

if TYPE_CHECKING:
    from semver import Version

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a chart, and the address of its archive as the index writes it: absolute or relative."""

    chart: PublishedChart
    url: str


Index = Mapping[str, tuple[Entry, ...]]
"""Name → versions, the newest first."""


def parse_index(text: str, place: str) -> Index:
    """The index in a text. Entries that Helm would pass over are passed over.

    Raises:
        ChartError: it is no index.
    """
    found = _value(text, place)
    charts = as_map(found).get("entries")
    if not isinstance(charts, Mapping):
        hint = "is the URL that of a chart repository? Its index.yaml has `entries`"
        raise ChartError(f"{place} is not the index of a chart repository", hint=hint)
    return {name: _newest_first(name, versions) for name, versions in charts.items()}


def dump_index(index: Index) -> str:
    """An index as text, to be read by `read_index`, which is faster than reading YAML."""
    return json.dumps({name: [[asdict(item.chart), item.url] for item in entries] for name, entries in index.items()})


def read_index(text: str) -> Index:
    """What `dump_index` wrote. Raises ValueError, KeyError or TypeError: it is damaged."""
    return {
        name: tuple(Entry(PublishedChart(**chart), url) for chart, url in entries)
        for name, entries in json.loads(text).items()
    }


def _value(text: str, place: str) -> Json:
    if text.startswith("{"):
        try:
            value: Json = json.loads(text)
        except (ValueError, RecursionError):
            pass  # YAML may begin so too
        else:
            return value
    try:
        return load(text)
    except YamlError as error:
        raise ChartError(f"{place}:{error.mark.line + 1} is not valid YAML: {error.problem}") from error


def _newest_first(name: str, versions: Json) -> tuple[Entry, ...]:
    listed = versions if isinstance(versions, list) else []
    entries = sorted(_entries(name, listed), key=lambda pair: pair[0], reverse=True)
    return tuple(entry for _version, entry in entries)


def _entries(name: str, listed: list[Json]) -> Iterator[tuple[Version, Entry]]:
    for item in map(as_map, listed):
        parsed = parse_version(text_at(item, "version"))
        urls = item.get("urls")
        if parsed is not None and isinstance(urls, list) and urls and isinstance(urls[0], str):
            yield parsed, Entry(_chart(name, item), urls[0])


def _chart(name: str, item: JsonMap) -> PublishedChart:
    digest = text_at(item, "digest").removeprefix("sha256:").lower()
    return PublishedChart(
        name=name,
        version=text_at(item, "version"),
        digest=digest if _SHA256.fullmatch(digest) else None,
        created=_text(item, "created"),
        app_version=_text(item, "appVersion"),
        description=_text(item, "description"),
        deprecated=item.get("deprecated") is True,
    )


def _text(item: JsonMap, name: str) -> str:
    # JSON can hold halves of characters, which cannot be printed.
    return text_at(item, name).encode(errors="replace").decode()
