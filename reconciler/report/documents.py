"""The JSON documents of `-o json`; their schemas in schemas/ are made from these models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from reconciler.errors import DesiredStateError
from reconciler.model.chart import ChartIdentity
from reconciler.model.outcome import ActionOutcome, Outcome, Remedied
from reconciler.model.plan import Action, FieldChange, ObjectChange, Plan, Refusal, RiskLabel
from reconciler.model.policy import Leave, Risk
from reconciler.report.checks import CheckDocument, check_document
from reconciler.report.finding_documents import FindingDocument, finding_document
from reconciler.report.target import Document, TargetDocument, target_document


class FieldDocument(Document):
    """One field that will change; secrets are masked."""

    path: str = Field(description="Such as spec.template.spec.containers[api].image.")
    before: Any = Field(description="The live value; null when the field is added.")
    after: Any = Field(description="The value that the server would store; null when the field is removed.")
    writer: str | None = Field(description="For drift: who wrote the live value, and when.")


class ChangeDocument(Document):
    """One object that will change."""

    verb: Literal["create", "update", "replace", "delete"] = Field(
        description="What happens to it; replace: it is deleted and made anew."
    )
    api_version: str = Field(description="Its apiVersion.")
    kind: str = Field(description="Its kind.")
    namespace: str = Field(description="Its namespace; empty for cluster-scoped kinds.")
    name: str = Field(description="Its name.")
    verified: bool = Field(description="Whether the server itself said what it would store.")
    note: str | None = Field(description="Why not, where it did not.")
    fields: list[FieldDocument] = Field(description="What differs; for a new object its content.")


class RemedyDocument(Document):
    """What was done about a release that failed."""

    remedy: Literal["leave", "rollback", "uninstall"] = Field(description="What the policy of the release says.")
    done: bool = Field(description="Whether it was done, and what it led to is healthy.")
    message: str = Field(description="What became of it.")


class OutcomeDocument(Document):
    """What became of an action."""

    result: Literal["unchanged", "done", "failed", "skipped", "cancelled", "refused"] = Field(
        description="How it ended."
    )
    message: str = Field(description="Why.")
    hint: str | None = Field(description="What to try.")
    seconds: float = Field(description="How long it took.")
    findings: list[FindingDocument] = Field(
        default_factory=list, description="For one that failed: why, by what its cluster held at that moment."
    )
    remedied: RemedyDocument | None = Field(None, description="For one that failed: what was done about it then.")


class ChartDocument(Document):
    """The chart of a release."""

    name: str = Field(description="Its name.")
    version: str = Field(description="Its version.")
    digest: str = Field(description="sha256:…, of the archive; for a folder, of its files' names and bytes.")


class RiskDocument(Document):
    """What an action may cost."""

    risk: Risk = Field(description="Its name in `policy.risks`.")
    object: str | None = Field(description="The object that bears it; null: the target itself.")
    message: str = Field(description="What happens.")
    leave: Leave = Field(
        description="allow: it may be done; ask: it takes a flag that was not given; never: the policy forbids it."
    )


class RefusalDocument(Document):
    """Why a guard refuses the plan; then an apply does nothing."""

    guard: str = Field(description="Its name.")
    message: str = Field(description="Why.")
    hint: str | None = Field(description="What would allow it.")
    targets: list[TargetDocument] = Field(description="What it is about.")


class ActionDocument(Document):
    """One step."""

    kind: Literal["create", "update", "install", "upgrade", "correct", "uninstall", "delete", "none", "blocked"] = (
        Field(description="What is done to the target; blocked would fail, so it is not tried.")
    )
    target: TargetDocument = Field(description="What it is done to.")
    chart: ChartDocument | None = Field(description="For a release: the chart that it is to be of.")
    reason: str = Field(description="Why.")
    needs: list[TargetDocument] = Field(description="What has to be in place before.")
    risks: list[RiskDocument] = Field(description="What it may cost.")
    objects: list[ChangeDocument] = Field(description="What will differ in the cluster.")
    outcome: OutcomeDocument | None = Field(None, description="Only in the document of an apply.")


class PlanDocument(Document):
    """What `reconcile plan -o json` prints; with an `outcome` in each action, what `reconcile apply -o json` prints."""

    environment: str = Field(description="The environment's name.")
    changes: int = Field(description="How many actions change something.")
    converged: bool | None = Field(None, description="Only for an apply: whether the clusters now are as desired.")
    actions: list[ActionDocument] = Field(description="The steps, in order.")
    warnings: list[CheckDocument] = Field(description="What is worth to be known beside them.")
    refusals: list[RefusalDocument] = Field(description="Why guards refuse it; empty when none does.")


class ReleaseDocument(Document):
    """How one release stands."""

    cluster: str = Field(description="The cluster, by its name in the environment.")
    namespace: str = Field(description="Its namespace.")
    name: str = Field(description="Its name.")
    sync: Literal["in sync", "drifted", "out of sync", "failed", "locked", "not installed"] = Field(
        description="How it compares with what is desired."
    )
    health: Literal["healthy", "progressing", "failed", "missing"] = Field(description="How its objects are.")
    revision: int | None = Field(description="Helm's revision; null when it is not installed.")
    chart: str | None = Field(description="Name and version of the installed chart.")
    reason: str = Field(description="Why it is not in sync, or not healthy; empty when all is well.")


class OtherDocument(Document):
    """A namespace, secret or ServiceAccount that is not as it should be."""

    target: TargetDocument = Field(description="What it is.")
    reason: str = Field(description="What is not as it should be.")


class StatusDocument(Document):
    """What `reconcile status -o json` prints."""

    environment: str = Field(description="The environment's name.")
    well: bool = Field(description="Whether all is in sync, and every release healthy.")
    releases: list[ReleaseDocument] = Field(description="Every release.")
    others: list[OtherDocument] = Field(
        description="The namespaces, secrets and ServiceAccounts that are not as they should be."
    )


class MistakeDocument(Document):
    """One mistake in the files."""

    path: str | None = Field(description="The file; null when the mistake is in no file.")
    line: int | None = Field(description="The line, from 1.")
    column: int | None = Field(description="The column, from 1.")
    message: str = Field(description="What is wrong.")
    hint: str | None = Field(description="What to try.")


class ValidationDocument(Document):
    """What `reconcile validate -o json` prints."""

    environment: str = Field(description="The environment file.")
    valid: bool = Field(description="Whether it can be applied, as far as files can tell.")
    releases: int = Field(description="How many releases it has; 0 when it is not valid.")
    mistakes: list[MistakeDocument] = Field(description="Every mistake, in the order of their places.")


def validation_document(environment: str, releases: int, errors: Sequence[DesiredStateError]) -> ValidationDocument:
    """The result of a validation as a document."""
    mistakes = [_mistake(error) for error in errors]
    return ValidationDocument(environment=environment, valid=not mistakes, releases=releases, mistakes=mistakes)


def _mistake(error: DesiredStateError) -> MistakeDocument:
    where = error.where
    return MistakeDocument(
        path=where.path if where else None,
        line=where.line if where else None,
        column=where.column if where else None,
        message=error.message,
        hint=error.hint,
    )


def plan_document(plan: Plan) -> PlanDocument:
    """A plan as a document."""
    return PlanDocument(
        environment=plan.environment,
        changes=plan.changes,
        actions=[action_document(action) for action in plan.actions],
        warnings=[check_document(check) for check in plan.warnings],
        refusals=[_refusal(refusal) for refusal in plan.refusals],
    )


def outcome_document(outcome: Outcome) -> PlanDocument:
    """An outcome as a document."""
    actions = [action_document(item.action, item) for item in outcome.actions]
    return PlanDocument(
        environment=outcome.plan.environment,
        changes=outcome.plan.changes,
        converged=outcome.converged,
        actions=actions,
        warnings=[check_document(check) for check in outcome.plan.warnings],
        refusals=[_refusal(refusal) for refusal in outcome.plan.refusals],
    )


def _refusal(refusal: Refusal) -> RefusalDocument:
    return RefusalDocument(
        guard=refusal.guard,
        message=refusal.message,
        hint=refusal.hint,
        targets=[target_document(target) for target in refusal.targets],
    )


def _risk(label: RiskLabel) -> RiskDocument:
    about = str(label.object) if label.object else None
    return RiskDocument(risk=label.risk, object=about, message=label.message, leave=label.leave)


def action_document(action: Action, outcome: ActionOutcome | None = None) -> ActionDocument:
    """An action as a document; with what became of it, if that is known."""
    return ActionDocument(
        kind=action.kind.value,
        target=target_document(action.target),
        chart=_chart(action.chart) if action.chart else None,
        reason=action.reason,
        needs=[target_document(need) for need in sorted(action.needs, key=str)],
        risks=[_risk(label) for label in action.risks],
        objects=[_change(change) for change in action.changes],
        outcome=_outcome(outcome) if outcome else None,
    )


def _chart(chart: ChartIdentity) -> ChartDocument:
    return ChartDocument(name=chart.name, version=chart.version, digest=f"sha256:{chart.digest}")


def _outcome(item: ActionOutcome) -> OutcomeDocument:
    return OutcomeDocument(
        result=item.result.value,
        message=item.message,
        hint=item.hint,
        seconds=round(item.seconds, 3),
        findings=[finding_document(finding) for finding in item.findings],
        remedied=_remedied(item.remedied) if item.remedied else None,
    )


def _remedied(item: Remedied) -> RemedyDocument:
    return RemedyDocument(remedy=item.remedy.value, done=item.done, message=item.message)


def _change(change: ObjectChange) -> ChangeDocument:
    return ChangeDocument(
        verb=change.verb.value,
        api_version=change.id.kind.api_version,
        kind=change.id.kind.name,
        namespace=change.id.namespace,
        name=change.id.name,
        verified=change.verified,
        note=change.note,
        fields=[_field(field) for field in change.fields],
    )


def _field(field: FieldChange) -> FieldDocument:
    return FieldDocument(path=field.path, before=field.before, after=field.after, writer=field.writer)
