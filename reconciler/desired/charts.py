"""Charts join the releases: fetched, their replicas set, the values checked by their schemas."""

from __future__ import annotations

import decimal  # noqa: F401 (jsonschema_rs needs it, and prints a panic when Ctrl-C ends that import inside of it)
import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jsonschema_rs

from reconciler.desired.effective import SchemaPart, effective_values, schema_parts
from reconciler.desired.problems import Problems
from reconciler.desired.values import split_path
from reconciler.errors import ChartError, DesiredStateError
from reconciler.model.chart import Chart
from reconciler.model.desired import ChartRef, Desired, Release
from reconciler.model.json import JsonMap, dig, with_path
from reconciler.model.secret import MASK, Mask

Fetch = Callable[[ChartRef], Chart]

# The names that `helm create` and most published charts use.
_REPLICA_KEYS = ("replicaCount", "replicas")


def attach_charts(desired: Desired, fetch: Fetch) -> Desired:
    """The desired state with every release's chart in hand.

    Raises:
        DesiredStateErrors: a chart that cannot be had, replicas that it does not know, values that it refuses.
    """
    problems = Problems()
    releases = []
    for release in desired.releases:
        with problems.collecting():
            releases.append(_attached(release, fetch, problems, desired.mask))
    problems.raise_all()
    return replace(desired, releases=tuple(releases))


def _attached(release: Release, fetch: Fetch, problems: Problems, mask: Mask) -> Release:
    try:
        chart = fetch(release.chart_ref)
    except ChartError as error:
        where = error.where or release.chart_ref.where
        raise DesiredStateError(mask.text(error.message), where=where, hint=error.hint) from error
    values = _with_replicas(release, chart)
    _check_values(release, chart, values, problems, mask)
    return replace(release, chart=chart, values=values)


def _with_replicas(release: Release, chart: Chart) -> JsonMap:
    values = release.values
    for dotted, count in release.replicas.items():
        path = split_path(dotted) if dotted else _usual_path(release, chart)
        if dotted and dig(effective_values(chart, values), *path) is None:
            raise DesiredStateError(
                f'chart {chart.name} has no value "{dotted}" to set replicas by',
                where=release.sources.at(path),
                hint=f"its values are: {', '.join(sorted(chart.defaults)) or 'none'}",
            )
        values = with_path(values, path, count)
    return values


def _usual_path(release: Release, chart: Chart) -> tuple[str, ...]:
    for key in _REPLICA_KEYS:
        if key in chart.defaults:
            return (key,)
    raise DesiredStateError(
        f"chart {chart.name} has neither of the values {' and '.join(_REPLICA_KEYS)}, so replicas cannot be set",
        where=release.sources.at(("",)),
        hint="name the path of its value instead: `replicas: {path.to.value: 3}`",
    )


def _check_values(release: Release, chart: Chart, values: JsonMap, problems: Problems, mask: Mask) -> None:
    for part in schema_parts(chart, values):
        with problems.collecting():
            _check_part(release, chart, part, problems, mask)


def _check_part(release: Release, chart: Chart, part: SchemaPart, problems: Problems, mask: Mask) -> None:
    try:
        faults = list(_validator(part.schema, None).iter_errors(part.values))
    except (ValueError, RecursionError) as error:
        message = f"values.schema.json of chart {chart.name} is no valid schema: {str(error).splitlines()[0]}"
        raise DesiredStateError(message, where=release.chart_ref.where) from error
    hushed = _validator(part.schema, MASK).iter_errors(part.values) if faults else ()
    for fault, quiet in zip(faults, hushed, strict=True):
        place = (*part.path, *fault.instance_path)
        # The message quotes the value; one that holds a secret, however short, is left out of it.
        shown = fault if mask.json(fault.instance) == fault.instance else quiet
        dotted = ".".join(map(str, place)) or "values"
        message = f"{release.id}: chart {chart.name} refuses {dotted}: {mask.text(shown.message)}"
        problems.add(message, release.sources.at(place))


# Of all environments that are planned at once; a daemon of months meets any number of schemas.
@lru_cache(maxsize=256)
def _validator(schema: str, hidden: str | None) -> Any:
    """A compiled schema; its messages show `hidden`, when that is given, instead of values.

    References to other documents are not followed: a chart may not make us fetch things.
    """
    return jsonschema_rs.validator_for(json.loads(schema), retriever=_refuse, mask=hidden)


def _refuse(uri: str) -> Any:
    raise ValueError(f"it refers to {uri}, and only what is in the file itself is read")
