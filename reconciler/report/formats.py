"""What a plan, an outcome or an error is in each format for machines and reviews; text for people is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from reconciler.errors import ReconcilerError
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.report.annotations import workflow_commands
from reconciler.report.code_quality import code_quality
from reconciler.report.documents import outcome_document, plan_document, validation_document
from reconciler.report.junit import error_junit, outcome_junit, plan_junit, valid_junit
from reconciler.report.markdown import error_markdown, plan_markdown
from reconciler.report.notices import error_notices, outcome_notices, plan_notices


class Format(StrEnum):
    """The names of `-o`."""

    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    ANNOTATIONS = "annotations"
    CODE_QUALITY = "code-quality"


def plan_as(form: Format, plan: Plan, file: str) -> str:
    """A plan of an environment file."""
    made: Mapping[Format, Callable[[], str]] = {
        Format.JSON: lambda: plan_document(plan).model_dump_json(indent=2),
        Format.MARKDOWN: lambda: plan_markdown(plan),
        Format.JUNIT: lambda: plan_junit(plan),
        Format.ANNOTATIONS: lambda: workflow_commands(plan_notices(plan)),
        Format.CODE_QUALITY: lambda: code_quality(plan_notices(plan), file),
    }
    return made[form]()


def outcome_as(form: Format, outcome: Outcome, file: str) -> str:
    """What became of a plan of an environment file. It has no Markdown: a pull request is read before an apply."""
    made: Mapping[Format, Callable[[], str]] = {
        Format.JSON: lambda: outcome_document(outcome).model_dump_json(indent=2),
        Format.JUNIT: lambda: outcome_junit(outcome),
        Format.ANNOTATIONS: lambda: workflow_commands(outcome_notices(outcome)),
        Format.CODE_QUALITY: lambda: code_quality(outcome_notices(outcome), file),
    }
    return made[form]()


def valid_as(form: Format, environment: str, releases: int) -> str:
    """Files that are valid, of so many releases."""
    made: Mapping[Format, Callable[[], str]] = {
        Format.JSON: lambda: validation_document(environment, releases, ()).model_dump_json(indent=2),
        Format.JUNIT: lambda: valid_junit(environment),
        Format.ANNOTATIONS: lambda: workflow_commands(()),
        Format.CODE_QUALITY: lambda: code_quality((), environment),
    }
    return made[form]()


def error_as(form: Format, error: ReconcilerError, command: str, file: str) -> str | None:
    """Why a command came to nothing; None: the format has no word for it, and stderr has."""
    made: Mapping[Format, Callable[[], str]] = {
        Format.MARKDOWN: lambda: error_markdown(error),
        Format.JUNIT: lambda: error_junit(error, command),
        Format.ANNOTATIONS: lambda: workflow_commands(error_notices(error)),
        Format.CODE_QUALITY: lambda: code_quality(error_notices(error), file),
    }
    return made[form]() if form in made else None
