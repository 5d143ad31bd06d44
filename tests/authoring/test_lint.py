"""Rules for a chart's files: what Helm's own lint leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.authoring.lint import lint_source
from reconciler.model.chart import Chart
from reconciler.model.workshop import ChartSource

HEAD = "apiVersion: v2\nname: web\n"


def found(metadata: str, version: str = "1.0.0", **files: str) -> list[str]:
    """What is found wrong, as `severity file:line message`."""
    chart = Chart("web", version, Path("charts/web"), "", {}, None, (), (), uses_lookup=False)
    content = {"Chart.yaml": metadata, "values.schema.json": "{}", **files}
    source = ChartSource(chart, {name: text.encode() for name, text in content.items() if text})
    return [f"{item.severity} {item.file}:{item.line} {item.message}" for item in lint_source(source)]


def test_a_chart_without_mistakes() -> None:
    """Nothing is found."""
    assert found(HEAD + "version: 1.0.0\n") == []


@pytest.mark.parametrize("version", ["1.2", "1", "latest", "1.2.3.4", "^1.2.3"])
def test_versions_that_cannot_be_published(version: str) -> None:
    """Three numbers, at the line of the key."""
    [line] = found(f'{HEAD}version: "{version}"\n', version)
    assert line.startswith(f"error Chart.yaml:3 {version} is no version that can be published")


LOCAL = 'dependencies: [{name: part, version: 0.1.0, repository: "file://../part"}]\n'
REMOTE = 'version: 1.0.0\ndependencies:\n  - {name: redis, version: ^20, repository: "https://charts.example.com"}\n'


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        (LOCAL, []),
        (LOCAL.replace("0.1.0", "~~1"), ["error Chart.yaml:3 the version of dependency part: '~~1' is no version"]),
        (REMOTE, ["warning Chart.yaml:4 there is no Chart.lock: each build takes the newest versions of redis"]),
        ("dependencies: [{name: part}]\n", []),
        ("dependencies: nothing\n", []),
    ],
)
def test_dependencies(dependencies: str, expected: list[str]) -> None:
    """Ranges that can be read; and where they come from a repository, a lock."""
    lines = found(HEAD + dependencies)
    assert len(lines) == len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))


def test_a_lock_settles_what_dependencies_are() -> None:
    """With a Chart.lock nothing is left to chance."""
    assert found(HEAD + REMOTE, **{"Chart.lock": "dependencies: []\n"}) == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("", "warning values.schema.json:None there is no values.schema.json"),
        ('{\n  "type": "object",\n  oops\n}\n', "error values.schema.json:3 it is no JSON"),
    ],
)
def test_schemas(schema: str, expected: str) -> None:
    """There is one, and it is JSON."""
    [line] = found(HEAD, **{"values.schema.json": schema})
    assert line.startswith(expected)
