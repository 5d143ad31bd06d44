"""A chart on trial: as the releases that an environment makes of it, or as one that nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.desired.load import load
from reconciler.desired.values import Layer, LayerReader, ValuePlaces, merge_layers
from reconciler.errors import DesiredStateError, Location
from reconciler.model.chart import Chart
from reconciler.model.desired import ChartRef, Desired, Release
from reconciler.model.identity import ReleaseId
from reconciler.model.inputs import Inputs
from reconciler.model.secret import Mask


def with_values(chart: Chart, folder: Path, values: Sequence[str], inputs: Inputs) -> Desired:
    """The chart in `folder`, as a release with these files of values, later ones on top.

    Raises:
        DesiredStateError: a file is missing, malformed, or holds no map.
    """
    reader = LayerReader(inputs)
    layers = tuple(reader.file(inputs.files.locate(name, None), None) for name in values)
    where = Location(inputs.files.shown(folder.resolve() / "Chart.yaml"), 1, 1)
    release = Release(
        id=ReleaseId("none", "default", chart.name),
        chart_ref=ChartRef(folder.resolve(), None, None, None, where),
        values=merge_layers(layers),
        replicas={},
        sources=ValuePlaces((*_defaults(folder, inputs), *layers), {}, where),
        wait=None,
        history=1,
        needs={},
        where=where,
    )
    return Desired("none", inputs.files.root, {}, {}, (), (), (release,), Mask.of([]))


def in_environment(environment: str, folder: Path, inputs: Inputs) -> Desired:
    """An environment, of which only the releases are left that use the chart in `folder`.

    Raises:
        DesiredStateErrors: every mistake in the environment.
        DesiredStateError: no release of it uses the chart.
    """
    desired = load(environment, inputs)
    own = _defaults(folder, inputs)
    releases = tuple(_above(release, own) for release in desired.releases if release.chart_ref.path == folder.resolve())
    if not releases:
        raise DesiredStateError(f"no release of {environment} uses the chart {folder}")
    return replace(desired, releases=releases)


def _above(release: Release, own: tuple[Layer, ...]) -> Release:
    sources = release.sources
    if not isinstance(sources, ValuePlaces):
        return release
    return replace(release, sources=replace(sources, layers=(*own, *sources.layers)))


def _defaults(folder: Path, inputs: Inputs) -> tuple[Layer, ...]:
    """The chart's own values: below all others, and a place of mistakes like them."""
    path = folder.resolve() / "values.yaml"
    return (LayerReader(inputs).file(path, None),) if inputs.files.exists(path) else ()
