"""The values that a chart's templates see: its defaults under the user's, passed down to the subcharts in use.

The rules are Helm's: https://helm.sh/docs/chart_template_guide/subcharts_and_globals/ and, for conditions and tags,
https://helm.sh/docs/topics/charts/#tags-and-condition-fields-in-dependencies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.chart import Chart, Subchart
from reconciler.model.json import Json, JsonMap, as_map, dig, merge


@dataclass(frozen=True, slots=True)
class SchemaPart:
    """A values.schema.json, where in the values it holds, and the values there."""

    path: tuple[str, ...]
    schema: str
    values: JsonMap = field(repr=False)


def effective_values(chart: Chart, values: JsonMap) -> dict[str, Json]:
    """All values that the chart and its subcharts see, in use or not."""
    own = merge(chart.defaults, values)
    for sub in chart.subcharts:
        below = dict(as_map(own.get(sub.key)))
        if "global" in own:
            below["global"] = merge(as_map(below.get("global")), as_map(own["global"]))
        own[sub.key] = effective_values(sub.chart, below)
    # Not before: a null also removes what a subchart has by default.
    return _without_nulls(own)


def schema_parts(chart: Chart, values: JsonMap) -> Iterator[SchemaPart]:
    """What Helm checks: the values of the chart, and of each subchart that is in use, by the schema of each."""
    for used in _in_use(chart, values):
        if used.chart.schema:
            yield SchemaPart(used.path, used.chart.schema, used.values)


def definitions_in_use(chart: Chart, values: JsonMap) -> Iterator[JsonMap]:
    """The objects in crds/ of the chart, and of each subchart that is in use."""
    if chart.all_definitions:
        for used in _in_use(chart, values):
            yield from used.chart.definitions


@dataclass(frozen=True, slots=True)
class _Used:
    """A chart in use, where its values are, and what it sees of them."""

    chart: Chart
    path: tuple[str, ...]
    values: JsonMap = field(repr=False)


def _in_use(chart: Chart, values: JsonMap) -> Iterator[_Used]:
    effective = effective_values(chart, values)
    yield from _with_subcharts(_Used(chart, (), effective), as_map(effective.get("tags")))


def _with_subcharts(used: _Used, tags: JsonMap) -> Iterator[_Used]:
    yield used
    for sub in used.chart.subcharts:
        if _is_used(sub, used.values, tags):
            yield from _with_subcharts(_Used(sub.chart, (*used.path, sub.key), as_map(used.values.get(sub.key))), tags)


def _is_used(sub: Subchart, values: JsonMap, tags: JsonMap) -> bool:
    for condition in sub.conditions:
        chosen = dig(values, *condition.split("."))
        if isinstance(chosen, bool):
            return chosen
    known = [tags[tag] for tag in sub.tags if isinstance(tags.get(tag), bool)]
    return any(known) or not known


def _without_nulls(values: JsonMap) -> dict[str, Json]:
    """Null removes what a chart has by default, so templates and schemas never see one."""
    return {
        key: _without_nulls(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }
