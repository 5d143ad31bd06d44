"""Rules for a chart's files: what Helm's own lint leaves out. Each looks at the source and yields what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from reconciler.authoring.metadata import line_of
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.lint import LintFinding, Severity
from reconciler.model.versions import VersionRange, is_exact
from reconciler.model.workshop import ChartSource
from reconciler.yaml.plain import load

_METADATA, _SCHEMA, _LOCK = "Chart.yaml", "values.schema.json", "Chart.lock"


def lint_source(source: ChartSource) -> Iterator[LintFinding]:
    """What is wrong with a chart's files as they stand."""
    for rule in _RULES:
        yield from rule(source)


def _version(source: ChartSource) -> Iterator[LintFinding]:
    version = source.chart.version
    if not is_exact(version):
        message = f"{version} is no version that can be published: three numbers such as 1.4.2 (https://semver.org)"
        yield _in_metadata(Severity.ERROR, message, source, "version")


def _dependency_ranges(source: ChartSource) -> Iterator[LintFinding]:
    for item in _dependencies(source):
        try:
            VersionRange.parse(text_at(item, "version"))
        except ValueError as error:
            message = f"the version of dependency {text_at(item, 'name')}: {error}"
            yield _in_metadata(Severity.ERROR, message, source, "dependencies")


def _dependency_lock(source: ChartSource) -> Iterator[LintFinding]:
    remote = [item for item in _dependencies(source) if _is_remote(text_at(item, "repository"))]
    if remote and _LOCK not in source.files:
        names = ", ".join(text_at(item, "name") for item in remote)
        yield _in_metadata(
            Severity.WARNING,
            f"there is no {_LOCK}: each build takes the newest versions of {names} that fit",
            source,
            "dependencies",
            hint="run `helm dependency update`, and keep Chart.lock in git",
        )


def _schema(source: ChartSource) -> Iterator[LintFinding]:
    content = source.files.get(_SCHEMA)
    if content is None:
        message = f"there is no {_SCHEMA}: a mistyped value would be without effect, and without an error"
        yield LintFinding(Severity.WARNING, message, _SCHEMA)
        return
    try:
        json.loads(content)
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        yield LintFinding(Severity.ERROR, f"it is no JSON: {error}", _SCHEMA, line)


_RULES: tuple[Callable[[ChartSource], Iterator[LintFinding]], ...] = (
    _version,
    _dependency_ranges,
    _dependency_lock,
    _schema,
)


def _in_metadata(
    severity: Severity, message: str, source: ChartSource, key: str, hint: str | None = None
) -> LintFinding:
    return LintFinding(severity, message, _METADATA, line_of(_text(source), key), hint)


def _dependencies(source: ChartSource) -> list[JsonMap]:
    # It was read once already, so it is YAML.
    return maps_at(load(_text(source)), "dependencies")


def _is_remote(repository: str) -> bool:
    return bool(repository) and not repository.startswith("file://")


def _text(source: ChartSource) -> str:
    return source.files[_METADATA].decode("utf-8-sig")
