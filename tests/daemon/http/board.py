"""A board with everything on it, for tests and for the screenshots of the guide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from reconciler.errors import Location, ReconcilerError
from reconciler.model.finding import Cause, Finding
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId
from reconciler.model.outcome import Result
from reconciler.model.plan import (
    Action,
    ActionKind,
    ApplyObjects,
    FieldChange,
    ObjectChange,
    Plan,
    Refusal,
    RiskLabel,
    Verb,
)
from reconciler.model.policy import Leave, Risk
from reconciler.model.secret import MASK
from reconciler.model.source import Commit, Person, Signature, SignatureState
from reconciler.model.standing import HEALTHY, Health, Standing, Sync
from reconciler.model.standing import Condition as HealthCondition
from reconciler.model.sync import (
    Condition,
    ConditionKind,
    EnvironmentView,
    ReleaseView,
    Run,
    RunResult,
    Stage,
    Step,
    Suspension,
    Trigger,
    Why,
)

NOW = datetime(2026, 11, 25, 10, 42, 6, tzinfo=UTC)
_ADA = Person("Ada Lovelace", "ada@example.com")
_WORK = ApplyObjects((), "helm")


def commit(subject: str, digit: str, minutes: int, author: Person = _ADA) -> Commit:
    """A commit with a good signature."""
    signature = Signature(SignatureState.GOOD, author.email, "SHA256:abc")
    sha = f"{digit}41c09f{digit * 33}"
    return Commit(sha, "refs/heads/main", author, author, subject, NOW - timedelta(minutes=minutes), signature)


OLD = commit("Give the API more memory", "3", 190)
NEW = commit("Roll out api 1.5.0", "b", 4, Person("Grace Hopper", "grace@example.com"))


def release(name: str, sync: Sync = Sync.IN_SYNC, health: Health = HEALTHY, **more: object) -> ReleaseView:
    """A release of the shop."""
    reason = {
        Sync.OUT_OF_SYNC: "values changed: app.version",
        Sync.DRIFTED: "1 object differs",
        Sync.FAILED: "upgrade failed",
    }
    revision, chart = (None, None) if sync is Sync.MISSING else (7, f"{name}-1.4.2")
    standing = Standing(sync, reason.get(sync, ""), revision, chart)
    return replace(ReleaseView(ReleaseId("main", "shop", name), standing, health), **more)  # type: ignore[arg-type]


FINDING = Finding(
    cause=Cause.TAG_NOT_FOUND,
    target=ReleaseId("main", "shop", "api"),
    subject=ObjectId(Kind("apps/v1", "Deployment"), "shop", "api"),
    message="the image registry.example.com/shop/api:1.5.0 has no such tag",
    evidence=(
        'Pod api-7d9c5b8f4-x2x9l: container api waits: ImagePullBackOff: Back-off pulling image "shop/api:1.5.0"',
        "Event Failed (12 times): manifest for registry.example.com/shop/api:1.5.0 not found",
    ),
    hint="push the image, or take one of the tags that exist: 1.4.2, 1.4.1",
    where=Location("environments/production.yaml", 34, 16),
)


def plan() -> Plan:
    """What is to be done in production."""
    deployment = ObjectId(Kind("apps/v1", "Deployment"), "shop", "api")
    config = ObjectId(Kind("v1", "ConfigMap"), "shop", "web")
    image = FieldChange("spec.template.spec.containers[api].image", "shop/api:1.4.2", "shop/api:1.5.0")
    secret = FieldChange("spec.template.spec.containers[api].env[DB_PASSWORD].value", MASK, MASK)
    text = FieldChange(
        "data[nginx.conf]", "server {\n  listen 80;\n}\n", "server {\n  listen 8080;\n}\n", "kubectl-edit"
    )
    upgrade = Action(
        ActionKind.UPGRADE,
        ReleaseId("main", "shop", "api"),
        "values changed: app.version",
        (ObjectChange(Verb.UPDATE, deployment, (image, secret), verified=True, note=None),),
        frozenset(),
        _WORK,
        risks=(RiskLabel(Risk.RESTARTS_PODS, deployment, "its pods are made anew", Leave.ALLOW),),
    )
    correct = Action(
        ActionKind.CORRECT,
        ReleaseId("main", "shop", "web"),
        "1 object differs",
        (ObjectChange(Verb.UPDATE, config, (text,), verified=True, note=None),),
        frozenset(),
        _WORK,
    )
    return Plan("production", (upgrade, correct))


def run(number: int, result: RunResult, why: Why, message: str, **more: object) -> Run:
    """A run, `number` of them ago."""
    started = NOW - timedelta(minutes=3 + 47 * number)
    made = Run(f"20261125-{number:04}", "production", why, OLD, started, 4.2, result, 1, message)
    return replace(made, **more)  # type: ignore[arg-type]


FAILED_STEP = Step(
    ReleaseId("main", "shop", "api"), ActionKind.UPGRADE, Result.FAILED, "not healthy within 2 min", 121.4, (FINDING,)
)
RUNS = (
    run(
        0,
        RunResult.FAILED,
        Why(Trigger.COMMIT, "b41c09f by Grace Hopper"),
        "1 done, 1 failed",
        commit=NEW,
        changes=2,
        seconds=123.0,
        steps=(
            FAILED_STEP,
            Step(ReleaseId("main", "shop", "web"), ActionKind.CORRECT, Result.DONE, "corrected", 0.3),
        ),
        stages=(
            Stage("wait", 0.0, 0.2),
            Stage("load", 0.2, 0.3),
            Stage("observe", 0.5, 0.8),
            Stage("plan", 1.3, 0.1),
        ),
    ),
    run(1, RunResult.CONVERGED, Why(Trigger.DRIFT, "ConfigMap shop/web"), "1 corrected"),
    run(2, RunResult.UNCHANGED, Why(Trigger.USER, "Ada"), "all as it should be", changes=0, seconds=0.4),
    run(
        3,
        RunResult.INVALID,
        Why(Trigger.COMMIT, "9f31c09"),
        "2 mistakes in the files",
        changes=0,
        errors=(
            "environments/production.yaml:34:7: unknown key `imagee`; did you mean `image`?",
            "environments/production.yaml:51:12: there is no repository `teem`; did you mean `team`?",
        ),
    ),
)


def _since(kind: ConditionKind, message: str, minutes: int, hint: str | None = None) -> tuple[Condition, ...]:
    return (Condition(kind, message, NOW - timedelta(minutes=minutes), hint),)


PRODUCTION = EnvironmentView(
    "production",
    "environments/production.yaml",
    seen=NEW,
    applied=OLD,
    conditions=_since(
        ConditionKind.FAILED, "release shop/api: the image has no such tag", 3, "push the image, or go back to 1.4.2"
    ),
    releases=(
        release(
            "api",
            Sync.FAILED,
            Health(HealthCondition.FAILED, "ImagePullBackOff"),
            findings=(FINDING,),
            retry=NOW + timedelta(minutes=2),
        ),
        release("web", Sync.DRIFTED),
        release("worker", Sync.OUT_OF_SYNC, Health(HealthCondition.PROGRESSING, "2 of 3 replicas are up")),
        release("redis"),
        release("search"),
    ),
    others=((NamespaceId("main", "batch"), "label team is missing"),),
    plan=plan(),
    runs=RUNS,
    succeeded=NOW - timedelta(minutes=97),
    due=NOW + timedelta(minutes=7),
    running=None,
)
STAGING = EnvironmentView(
    "staging",
    "environments/staging.yaml",
    seen=NEW,
    applied=NEW,
    conditions=_since(ConditionKind.READY, "", 185),
    releases=(release("api"), release("web"), release("redis")),
    succeeded=NOW - timedelta(seconds=40),
    due=NOW + timedelta(minutes=9),
)
LAB = EnvironmentView(
    "lab",
    "environments/lab.yaml",
    seen=NEW,
    applied=OLD,
    conditions=_since(ConditionKind.SUSPENDED, "suspended by Ada", 1500, "resume it here, or by a commit"),
    releases=(release("api", Sync.MISSING, Health(HealthCondition.MISSING)),),
    suspensions=(
        Suspension(NOW - timedelta(minutes=1500), suspended=True, who="Ada"),
        Suspension(NOW - timedelta(minutes=2900), suspended=False, who="Grace"),
    ),
    plan=replace(plan(), refusals=(Refusal("deletion-budget", "3 of 4 releases would go", "--allow-deletions 3"),)),
)


@dataclass
class FakeBoard:
    """A board and controls that remember what was asked of them."""

    views: dict[str, EnvironmentView] = field(
        default_factory=lambda: {view.name: view for view in (LAB, PRODUCTION, STAGING)}
    )
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    refusal: ReconcilerError | None = None
    astray: tuple[str, ...] = ()

    def environments(self) -> tuple[EnvironmentView, ...]:
        """See Board."""
        return tuple(self.views.values())

    def strays(self) -> tuple[str, ...]:
        """See Board."""
        return self.astray

    def environment(self, name: str) -> EnvironmentView | None:
        """See Board."""
        return self.views.get(name)

    def sync(self, environment: str, who: str) -> None:
        """See Controls."""
        self._ask("sync", environment, who)

    def suspend(self, environment: str, who: str) -> None:
        """See Controls."""
        self._ask("suspend", environment, who)

    def resume(self, environment: str, who: str) -> None:
        """See Controls."""
        self._ask("resume", environment, who)

    def pushed(self, detail: str) -> None:
        """See Controls."""
        self.asked.append(("pushed", "", detail))

    def _ask(self, what: str, environment: str, who: str) -> None:
        if environment not in self.views:
            raise KeyError(environment)
        if self.refusal:
            raise self.refusal
        self.asked.append((what, environment, who))
