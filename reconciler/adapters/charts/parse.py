"""From a chart's files to a Chart: metadata, defaults, schema, subcharts, and what its templates call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.bounds import Files
from reconciler.adapters.charts.files import digest_of
from reconciler.adapters.charts.reader import read_yaml, read_yaml_stream
from reconciler.errors import ChartError
from reconciler.model.chart import Chart, Subchart
from reconciler.model.json import as_map, text_at
from reconciler.model.manifest import objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.json import JsonMap

# A call has an argument. A mention in a comment that looks like one costs a question to the cluster, no more.
_LOOKUP = re.compile(rb"""\blookup\s+["'`$.(]""")


@dataclass(frozen=True, slots=True)
class Dependency:
    """An entry of `dependencies` in Chart.yaml; `repository` is empty for a chart that lies in charts/."""

    name: str
    alias: str
    repository: str
    conditions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def parse_chart(files: Files, path: Path, digest: str) -> Chart:
    """The chart that these files make.

    Raises:
        ChartError: Chart.yaml is missing or malformed, or a subchart is.
    """
    metadata = chart_metadata(files, str(path))
    subcharts = tuple(_subcharts(files, metadata, path))
    schema = files.get("values.schema.json")
    return Chart(
        name=text_at(metadata, "name"),
        version=text_at(metadata, "version"),
        path=path,
        digest=digest,
        defaults=_defaults(files, path),
        schema=_text(schema, f"{path}/values.schema.json") if schema else None,
        subcharts=subcharts,
        definitions=tuple(_definitions(files, path)),
        uses_lookup=_calls_lookup(files) or any(sub.chart.uses_lookup for sub in subcharts),
        size=sum(len(data) for name, data in files.items() if not name.startswith("charts/")),
    )


def chart_metadata(files: Files, place: str) -> JsonMap:
    """Chart.yaml, with the dependencies that old charts keep in requirements.yaml."""
    if "Chart.yaml" not in files:
        raise ChartError(f"{place} has no Chart.yaml", hint="is this a chart folder?")
    metadata = _yaml(files, "Chart.yaml", place)
    for key in ("name", "version"):
        if not text_at(metadata, key):
            raise ChartError(
                f"{place}/Chart.yaml has no text for `{key}`",
                hint=f'add `{key}: …`; a version that looks like a number needs quotes: "1.0"',
            )
    if "requirements.yaml" in files and not metadata.get("dependencies"):
        return {**metadata, **_yaml(files, "requirements.yaml", place)}
    return metadata


def dependencies(metadata: JsonMap) -> list[Dependency]:
    """What the chart declares that it needs."""
    declared = metadata.get("dependencies")
    entries = [as_map(item) for item in declared] if isinstance(declared, list) else []
    return [_dependency(item) for item in entries]


def _dependency(item: JsonMap) -> Dependency:
    conditions = tuple(filter(None, (path.strip() for path in text_at(item, "condition").split(","))))
    tags = item.get("tags")
    return Dependency(
        name=text_at(item, "name"),
        alias=text_at(item, "alias"),
        repository=text_at(item, "repository"),
        conditions=conditions,
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
    )


def subchart_files(files: Files, place: str) -> Iterator[Files]:
    """The files of each chart in charts/, be it a folder or an archive."""
    groups: dict[str, Files] = {}
    for name, data in files.items():
        head, _, rest = name.removeprefix("charts/").partition("/")
        # As in Helm: names that begin so are no charts, and loose files are left alone.
        if name.startswith("charts/") and head[0] not in "._":
            groups.setdefault(head, {})[rest] = data
    for head, group in sorted(groups.items()):
        if head.endswith(".tgz") and "" in group:
            yield read_archive(group[""], f"{place}/charts/{head}")
        elif "Chart.yaml" in group:
            yield group


def _subcharts(files: Files, metadata: JsonMap, path: Path) -> Iterator[Subchart]:
    declared = dependencies(metadata)
    for inner in subchart_files(files, str(path)):
        chart = parse_chart(inner, path, digest_of(inner))
        # One chart may be used several times, under several aliases.
        uses = [item for item in declared if item.name == chart.name] or [Dependency(chart.name, "", "")]
        yield from (Subchart(use.alias or use.name, chart, use.conditions, use.tags) for use in uses)


def _definitions(files: Files, path: Path) -> Iterator[JsonMap]:
    for name, data in files.items():
        if name.startswith("crds/") and name.endswith((".yaml", ".yml", ".json")):
            for document in read_yaml_stream(_text(data, f"{path}/{name}"), f"{path}/{name}"):
                yield from objects_in(document)


def _defaults(files: Files, path: Path) -> JsonMap:
    return _yaml(files, "values.yaml", str(path)) if "values.yaml" in files else {}


def _yaml(files: Files, name: str, place: str) -> JsonMap:
    where = f"{place}/{name}"
    value = read_yaml(_text(files[name], where), where)
    if value is not None and not isinstance(value, dict):
        raise ChartError(f"{where} is not a map of keys")
    return as_map(value)


def _text(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChartError(f"{place} is not UTF-8 text: {error.reason}") from error


def _calls_lookup(files: Files) -> bool:
    return any(name.startswith("templates/") and _LOOKUP.search(data) for name, data in files.items())
