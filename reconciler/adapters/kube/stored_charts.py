"""The chart inside a stored release → the files that it was loaded from, as far as Helm keeps them.

The format is that of `helm.sh/helm/v4/pkg/chart/v2` in JSON: bytes in base64, subcharts left out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from reconciler.model.chart import ChartFiles
from reconciler.model.json import Json, JsonMap, as_map, maps_at, text_at
from reconciler.yaml.write import dump


def chart_files(chart: JsonMap) -> ChartFiles | None:
    """The files of a stored chart; None: it is none, or holds what is no base64."""
    metadata = as_map(chart.get("metadata"))
    if not metadata:
        return None
    try:
        files = {"Chart.yaml": dump(dict(metadata)).encode(), **dict(_kept(chart))}
    except (binascii.Error, ValueError):
        return None
    return {**files, **_yaml("values.yaml", chart.get("values")), **_yaml("Chart.lock", chart.get("lock"))}


def _kept(chart: JsonMap) -> Iterator[tuple[str, bytes]]:
    for item in (*maps_at(chart, "templates"), *maps_at(chart, "files")):
        yield text_at(item, "name"), _bytes(item, "data")
    if text_at(chart, "schema"):
        yield "values.schema.json", _bytes(chart, "schema")


def _bytes(item: JsonMap, key: str) -> bytes:
    return base64.b64decode(text_at(item, key), validate=True)


def _yaml(name: str, value: Json) -> ChartFiles:
    return {name: dump(value).encode()} if value else {}
