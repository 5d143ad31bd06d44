"""What Helm's own lint says, as findings: the same from both engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.adapters.charts.folders import FolderReader
from reconciler.adapters.helm.linting import from_output, from_report
from reconciler.model.engine import Engine
from reconciler.model.lint import LintFinding, Severity
from tests.adapters.helm.charts import write_chart

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"

# Files of a chart → what both engines have to find.
CASES: Mapping[str, tuple[Mapping[str, str], list[tuple[Severity, str, int | None]]]] = {
    "nothing": ({"templates/a.yaml": OBJECT.replace("NAME", "a")}, []),
    "a name that no object can have": (
        {"templates/a.yaml": OBJECT.replace("NAME", "A_b")},
        [(Severity.WARNING, "templates/a.yaml", None)],
    ),
    "a template that cannot be parsed": (
        {"templates/a.yaml": "a: b\n{{ if }}"},
        [(Severity.ERROR, "templates/a.yaml", 2)],
    ),
    "a template that cannot be run": (
        {"templates/a.yaml": "a: {{ .Values.a.b.c }}\n", "values.yaml": "{}"},
        [(Severity.ERROR, "templates/a.yaml", 1)],
    ),
    "what it renders to is no YAML": ({"templates/a.yaml": "a: [\n"}, [(Severity.ERROR, "templates/a.yaml", None)]),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES.keys())
def test_both_engines_find_the_same(
    files: Mapping[str, str], expected: list[tuple[Severity, str, int | None]], engine: Engine, tmp_path: Path
) -> None:
    """With the file in the chart, the line where Helm names one, and nothing of Helm's advice on taste."""
    folder = write_chart(tmp_path / "web", files=dict(files))
    source = FolderReader(tmp_path, tmp_path / "cache", engine).read(folder)
    findings = engine.lint(source.chart, {})
    assert [(item.severity, item.file, item.line) for item in findings] == expected


def test_a_lint_that_cannot_look_is_an_error(engine: Engine, tmp_path: Path) -> None:
    """Nothing found and nothing looked at are not the same."""
    chart = FolderReader(tmp_path, tmp_path / "cache", engine).read(write_chart(tmp_path / "web")).chart
    (tmp_path / "web").rename(tmp_path / "moved")
    [finding] = engine.lint(chart, {})
    assert finding.severity is Severity.ERROR
    assert "unable to check Chart.yaml" in finding.message


def test_remarks_that_go_on() -> None:
    """Lines below a remark belong to it; the frame around the remarks does not."""
    lines = [
        "==> Linting web",
        "[INFO] Chart.yaml: icon is recommended",
        "[WARNING] no path here",
        "[ERROR] templates/: template: web/templates/a.yaml:3:4: wrong",
        "  and more",
        "",
        "Error: 1 chart(s) linted, 1 chart(s) failed",
    ]
    assert from_output(lines) == (
        LintFinding(Severity.WARNING, "no path here", ""),
        LintFinding(
            Severity.ERROR, "template: web/templates/a.yaml:3:4: wrong; and more", "templates/a.yaml", 3
        ),
    )  # fmt: skip


def test_a_report_of_another_shape_is_no_failure() -> None:
    """What the library does not say is not made up."""
    assert from_report({}) == ()
    assert from_report({"messages": [{"severity": 3, "error": "bad"}, "odd", {"severity": 1}]}) == (
        LintFinding(Severity.ERROR, "bad", ""),
    )
