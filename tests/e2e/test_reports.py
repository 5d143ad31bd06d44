"""What CI shows of a plan, an apply and a validation: the installed command, a real cluster."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.e2e.conftest import CONFIG_MAP, Project

pytestmark = pytest.mark.e2e

_FAILING = CONFIG_MAP.replace("{{ .Values.text | quote }}", "{{ required .Values.message .Values.text | quote }}")


@pytest.fixture
def ready(project: Project) -> Project:
    """A release that installs, and one whose template refuses."""
    project.chart("app", {"templates/map.yaml": CONFIG_MAP}, "text: x\n")
    project.chart("strict", {"templates/map.yaml": _FAILING}, 'message: "say\\n::error::what"\ntext: ""\n')
    project.environment("""
        releases:
          good: {chart: charts/app, values: [{text: "a | `b` @c"}]}
          bad: {chart: charts/strict, needs: [good]}
    """)
    return project


def test_a_plan_is_told_in_every_format(ready: Project) -> None:
    """The same plan and exit code; what is blocked is an error at its line."""
    done = {name: ready("plan", "-o", name) for name in ("markdown", "junit", "annotations", "code-quality")}
    assert {run.code for run in done.values()} == {1}
    assert "| install | ` release" in done["markdown"].out
    suites = ElementTree.fromstring(done["junit"].out)  # noqa: S314 - made by the program under test
    assert suites.get("failures") == "1"
    errors = [line for line in done["annotations"].out.splitlines() if line.startswith("::error")]
    assert len(errors) == 1
    assert errors[0].startswith("::error file=env.yaml,line=9,col=3,title=release")
    assert "say; ::error::what" in errors[0]
    blockers = [item for item in json.loads(done["code-quality"].out) if item["severity"] == "blocker"]
    assert [item["location"] for item in blockers] == [{"path": "env.yaml", "lines": {"begin": 9}}]


def test_an_apply_reports_what_became_of_each_action(ready: Project) -> None:
    """Text goes to stderr; stdout is the report alone."""
    done = ready("apply", "-o", "junit")
    assert done.code == 1
    suites = ElementTree.fromstring(done.out)  # noqa: S314 - made by the program under test
    ends = {case.get("name", "").rsplit("/")[-1]: [child.tag for child in case] for case in suites.iter("testcase")}
    assert ends["good"] == ["system-out"]
    assert ends["bad"] == ["failure"]
    assert "done" in done.err


@pytest.mark.parametrize("form", ["junit", "annotations", "code-quality"])
@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_mistakes_are_reported_by_every_command(ready: Project, command: str, form: str) -> None:
    """A file that is not valid gives a report that names the line, and exit code 1."""
    ready.environment("releases: {good: {chrat: charts/app}}")
    done = ready(command, "-o", form)
    assert done.code == 1
    assert "chrat" in done.out
    assert "env.yaml:7:" in done.err


def test_valid_files_give_an_empty_report(ready: Project) -> None:
    """And exit code 0."""
    done = {name: ready("validate", "-o", name) for name in ("junit", "annotations", "code-quality")}
    assert {run.code for run in done.values()} == {0}
    assert json.loads(done["code-quality"].out) == []
    assert done["annotations"].out.strip() == ""
