"""Charts → objects: the templates' output, read as Helm reads it."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.errors import ChartError
from reconciler.model.desired import ClusterAccess, Release
from reconciler.model.engine import Capabilities, Engine, RenderRequest
from reconciler.model.json import JsonMap
from reconciler.model.manifest import objects_in
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load_manifest


def render(
    release: Release,
    engine: Engine,
    *,
    upgrade: bool = False,
    capabilities: Capabilities | None = None,
    cluster: ClusterAccess | None = None,
) -> tuple[JsonMap, ...]:
    """The objects of a release, hooks included. With `cluster`, a chart that calls `lookup` sees the live objects.

    Raises:
        ChartError: the chart has not been fetched, or its output is no YAML.
        EngineError: a template failed.
    """
    texts = render_texts(release, engine, upgrade=upgrade, capabilities=capabilities, cluster=cluster)
    return _objects(release, texts)


def render_texts(
    release: Release,
    engine: Engine,
    *,
    upgrade: bool = False,
    capabilities: Capabilities | None = None,
    cluster: ClusterAccess | None = None,
) -> Mapping[str, str]:
    """Template → what it renders to, not yet read; otherwise as `render`."""
    if release.chart is None:
        raise ChartError(f"{release.id}: its chart has not been fetched", where=release.chart_ref.where)
    looks = cluster if release.chart.uses_lookup else None
    request = RenderRequest(release.id, release.chart, release.values, upgrade, capabilities, looks)
    return engine.render(request)


def _objects(release: Release, texts: Mapping[str, str]) -> tuple[JsonMap, ...]:
    found: list[JsonMap] = []
    for template, text in texts.items():
        try:
            found += [item for document in load_manifest(text) for item in objects_in(document)]
        except YamlError as error:
            raise ChartError(
                f"{release.id}: template {template} renders no YAML: {error.problem}",
                where=release.chart_ref.where,
            ) from error
    return tuple(found)
