"""The values that templates see, and which subcharts are in use: Helm itself is the second opinion."""

from __future__ import annotations

import json

import pytest
import yaml

from reconciler.desired.effective import definitions_in_use, effective_values, schema_parts
from reconciler.desired.render import render
from reconciler.model.desired import Release
from reconciler.model.json import JsonMap, dig
from tests.desired.project import HEAD, Project

DUMP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME}
data: {values: {{ toJson .Values | quote }}}
"""


def release(project: Project, values: JsonMap, dependency: str = "{name: cache, version: 1.0.0}") -> Release:
    """A release of a chart `web` with a subchart `cache`, each of which prints its values."""
    project.write(
        {
            "chart/Chart.yaml": f"apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{dependency}]\n",
            "chart/values.yaml": "worker: {replicas: 1, size: 2}\nplain: 1\ncache: {memory: 2G}\n",
            "chart/templates/all.yaml": DUMP.replace("NAME", "web"),
            "chart/charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
            "chart/charts/cache/values.yaml": "memory: 1G\ndeep: {a: 1}\n",
            "chart/charts/cache/values.schema.json": "{}",
            "chart/charts/cache/templates/all.yaml": DUMP.replace("NAME", "cache"),
        }
    )
    layer = json.dumps(values)
    text = f"namespaces: {{a: {{}}}}\nreleases: {{web: {{chart: ./chart, namespace: a, values: [{layer}]}}}}\n"
    return project.with_charts(HEAD + text).releases[0]


def seen_by_helm(project: Project, found: Release) -> dict[str, JsonMap]:
    """Chart → the values that its templates saw."""
    objects = render(found, project.engine)
    return {str(dig(item, "metadata", "name")): json.loads(str(dig(item, "data", "values"))) for item in objects}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"plain": 2},
        {"worker": {"size": 3}},
        {"worker": None},
        {"worker": {"replicas": None}},
        {"cache": {"memory": "4G"}},
        {"cache": {"memory": None}},
        {"cache": {"deep": {"a": None, "b": 2}}},
        {"global": {"team": "a"}},
        {"global": {"team": "a"}, "cache": {"global": {"team": "b", "own": 1}}},
        {"new": {"list": [{"a": 1}]}},
    ],
    ids=json.dumps,
)
def test_the_values_are_those_that_helm_gives_to_the_templates(project: Project, values: JsonMap) -> None:
    """Defaults under the user's, subcharts below their key, globals handed down, null removing a default."""
    found = release(project, values)
    assert found.chart is not None
    ours = effective_values(found.chart, found.values)
    helm = seen_by_helm(project, found)
    assert _without_empty_globals(ours["cache"]) == _without_empty_globals(helm["cache"])  # type: ignore[arg-type]
    assert _without_empty_globals(ours) == _without_empty_globals(helm["web"])


def _without_empty_globals(values: JsonMap) -> JsonMap:
    """Helm gives every chart a `global`, if only an empty one."""
    return {
        key: _without_empty_globals(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if not (key == "global" and value == {})
    }


@pytest.mark.parametrize(
    ("dependency", "values", "used"),
    [
        ({}, {}, True),
        ({"condition": "cache.enabled"}, {}, True),
        ({"condition": "cache.enabled"}, {"cache": {"enabled": False}}, False),
        ({"condition": "cache.enabled"}, {"cache": {"enabled": True}}, True),
        ({"condition": "cache.enabled"}, {"cache": {"enabled": "no"}}, True),
        ({"condition": "a.on,b.on"}, {"b": {"on": False}}, False),
        ({"condition": "a.on,b.on"}, {"a": {"on": True}, "b": {"on": False}}, True),
        ({"tags": ["x", "z"]}, {"tags": {"x": False}}, False),
        ({"tags": ["x", "z"]}, {"tags": {"x": False, "z": True}}, True),
        ({"tags": ["x"], "condition": "cache.enabled"}, {"tags": {"x": False}, "cache": {"enabled": True}}, True),
        ({"tags": ["x"], "condition": "cache.enabled"}, {"tags": {"x": True}, "cache": {"enabled": False}}, False),
    ],
    ids=str,
)
def test_a_subchart_is_in_use_when_helm_renders_it(
    project: Project,
    dependency: JsonMap,
    values: JsonMap,
    used: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The schema of one that is switched off is not asked."""
    entry = yaml.safe_dump({"name": "cache", "version": "1.0.0", **dependency}, default_flow_style=True)
    found = release(project, values, entry.strip())
    assert found.chart is not None
    assert (("cache",) in [part.path for part in schema_parts(found.chart, found.values)]) == used
    assert ("cache" in seen_by_helm(project, found)) == used


@pytest.mark.parametrize(("enabled", "found"), [(True, ["web", "cache"]), (False, ["web"])])
def test_definitions_of_charts_in_use(enabled: bool, found: list[str], project: Project) -> None:  # noqa: FBT001 - a table
    """Those of a subchart that is switched off are not made, as with Helm."""
    project.write({"chart/crds/a.yaml": "kind: web", "chart/charts/cache/crds/a.yaml": "kind: cache"})
    made = release(project, {"cache": {"enabled": enabled}}, "{name: cache, version: 1.0.0, condition: cache.enabled}")
    assert made.chart
    assert [item["kind"] for item in definitions_in_use(made.chart, made.values)] == found
