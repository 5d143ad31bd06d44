"""Each format of `-o` is made for each command that has it."""

from __future__ import annotations

import pytest

from reconciler.errors import ClusterError
from reconciler.model.outcome import Result
from reconciler.model.plan import Plan
from reconciler.report.formats import Format, error_as, outcome_as, plan_as, valid_as
from tests.report.samples import action, outcome

_BEGINNINGS = {
    Format.JSON: "{",
    Format.MARKDOWN: "###",
    Format.JUNIT: "<?xml",
    Format.ANNOTATIONS: "::",
    Format.CODE_QUALITY: "[",
}
_OTHERS = [form for form in Format if form is not Format.MARKDOWN]


@pytest.mark.parametrize("form", Format)
def test_a_plan_has_every_format(form: Format) -> None:
    """The one that was asked for."""
    assert plan_as(form, Plan("staging", (action(),)), "env.yaml").startswith(_BEGINNINGS[form])


@pytest.mark.parametrize("form", _OTHERS)
def test_outcomes_and_valid_files_have_all_but_markdown(form: Format) -> None:
    """Of a pull request, what matters is the plan."""
    assert outcome_as(form, outcome(Result.FAILED), "env.yaml").startswith(_BEGINNINGS[form])
    assert valid_as(form, "env.yaml", 2).startswith("" if form is Format.ANNOTATIONS else _BEGINNINGS[form])


@pytest.mark.parametrize("form", [form for form in Format if form is not Format.JSON])
def test_an_error_is_told_in_the_format(form: Format) -> None:
    """So that CI shows why there is no report; JSON documents have no word for it."""
    told = error_as(form, ClusterError("unreachable"), "plan", "env.yaml")
    assert told is not None
    assert "unreachable" in told
    assert error_as(Format.JSON, ClusterError("unreachable"), "plan", "env.yaml") is None
