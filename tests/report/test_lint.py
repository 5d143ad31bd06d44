"""What is wrong with charts, as text and as a document."""

from __future__ import annotations

from reconciler.model.lint import LintFinding, LintResult, Severity
from reconciler.report.lint import lint_document, lint_text
from reconciler.report.style import Style

FOUND = LintResult(
    "charts/web",
    (
        LintFinding(Severity.WARNING, "may be meant so", "charts/web/Chart.yaml", None, "look again"),
        LintFinding(Severity.ERROR, "is wrong\nin two lines \x1b[2J", "charts/web/values.yaml", 3),
    ),
)
NOTHING = LintResult("charts/part", ())


def test_text_has_the_place_first() -> None:
    """Editors and CI find `path:line:` at the start of a line; hints are below, and the sum comes last."""
    assert lint_text([FOUND, NOTHING], Style()).splitlines() == [
        "charts/web/Chart.yaml: warning: may be meant so",
        "  try: look again",
        "charts/web/values.yaml:3: error: is wrong",
        "  in two lines �[2J",
        "charts/web: 1 error, 1 warning",
        "charts/part: 0 errors, 0 warnings",
    ]


def test_the_document_has_all_of_it() -> None:
    """Valid is what has no errors; a line that is not known is null."""
    document = lint_document([FOUND, NOTHING]).model_dump()
    assert document["valid"] is False
    web, part = document["charts"]
    assert (web["valid"], part) == (False, {"path": "charts/part", "valid": True, "findings": []})
    assert web["findings"][0] == {
        "severity": "warning",
        "path": "charts/web/Chart.yaml",
        "line": None,
        "message": "may be meant so",
        "hint": "look again",
    }
