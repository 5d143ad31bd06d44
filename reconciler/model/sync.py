"""How the environments of a daemon stand, and what it tells. Secrets are masked; nothing is cleaned for its reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reconciler.model.finding import Finding
    from reconciler.model.identity import ReleaseId, Target
    from reconciler.model.outcome import Remedied, Result
    from reconciler.model.plan import ActionKind, Plan
    from reconciler.model.source import Commit
    from reconciler.model.standing import Health, Standing


class Trigger(StrEnum):
    """What started a run."""

    START = "start"
    COMMIT = "commit"
    FOLDER = "folder"
    DRIFT = "drift"
    INTERVAL = "interval"
    RETRY = "retry"
    SIGNAL = "signal"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a run started: the trigger, and who or what pulled it, such as a user's name or an object that drifted.

    Attributes:
        about: the releases that it is about, with what they need; none: all that there is.
    """

    trigger: Trigger
    detail: str = ""
    about: tuple[ReleaseId, ...] = ()


class RunResult(StrEnum):
    """How a run ended.

    PLANNED: it would have changed something, and may not (dry run, or no window is open). INTERRUPTED: it was cut off,
    since the daemon ends or another replica acts; nothing is known by it that was not known before.
    """

    UNCHANGED = "unchanged"
    CONVERGED = "converged"
    PLANNED = "planned"
    FAILED = "failed"
    REFUSED = "refused"
    INVALID = "invalid"
    INTERRUPTED = "interrupted"

    @property
    def is_success(self) -> bool:
        """Whether the clusters then were as the commit says."""
        return self in (RunResult.UNCHANGED, RunResult.CONVERGED)


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one action of a run."""

    target: Target
    kind: ActionKind
    result: Result
    message: str
    seconds: float
    findings: tuple[Finding, ...] = ()
    remedied: Remedied | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a run that looks or thinks, such as `load`: seconds after the run's start, and how many it took."""

    name: str
    begin: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run on one environment.

    Attributes:
        id: the run's own number, which Helm's labels and the Lease name too.
        commit: what it applied; None for a folder that is no checkout.
        message: one line: what was done, or why it was not.
        errors: the mistakes of files that are not valid, each with its place; or why nothing could be looked at.
    """

    id: str
    environment: str
    why: Why
    commit: Commit | None
    started: datetime
    seconds: float
    result: RunResult
    changes: int
    message: str
    errors: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    stages: tuple[Stage, ...] = ()


class ConditionKind(StrEnum):
    """What keeps an environment from being at the newest commit; READY when nothing does."""

    READY = "ready"
    SUSPENDED = "suspended"
    DRY_RUN = "dry run"
    WINDOW_CLOSED = "window closed"
    SOURCE_FAILED = "source failed"
    UNTRUSTED = "untrusted"
    INVALID = "invalid"
    REFUSED = "refused"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    STANDING_BY = "standing by"


@dataclass(frozen=True, slots=True)
class Condition:
    """One of them: since when, why, and what to try."""

    kind: ConditionKind
    message: str
    since: datetime
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """An environment was suspended, or resumed, by somebody."""

    at: datetime
    suspended: bool
    who: str

    @property
    def words(self) -> str:
        """What happened."""
        return f"{'suspended' if self.suspended else 'resumed'} by {self.who}"


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """How a release stands.

    Attributes:
        retry: when it is tried again, after it failed.
    """

    id: ReleaseId
    standing: Standing
    health: Health
    findings: tuple[Finding, ...] = ()
    retry: datetime | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """How an environment stands.

    Attributes:
        path: its file, in the checkout.
        seen: the newest commit that is known.
        applied: the commit that was applied last, in whole.
        others: namespaces, secrets and ServiceAccounts that are not as they should be, each with the reason.
        plan: what is still to be done, as of the last look.
        runs: the last ones, the newest first.
        suspensions: the last times that it was suspended or resumed, the newest first.
        succeeded: when the clusters were last found, or made, as the file says.
        due: when it is looked at next, unless something happens before.
        running: why a run is under way; None: none is.
    """

    name: str
    path: str
    seen: Commit | None = None
    applied: Commit | None = None
    conditions: tuple[Condition, ...] = ()
    releases: tuple[ReleaseView, ...] = ()
    others: tuple[tuple[Target, str], ...] = ()
    plan: Plan | None = None
    runs: tuple[Run, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    succeeded: datetime | None = None
    due: datetime | None = None
    running: Why | None = None


@dataclass(frozen=True, slots=True)
class CommitSeen:
    """A source moved; `environments` are those whose files it may have changed."""

    commit: Commit
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """A source could not be asked, or may not be believed."""

    message: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began."""

    environment: str
    run: str
    why: Why
    commit: Commit | None = None


@dataclass(frozen=True, slots=True)
class StepEnded:
    """An action of a run ended."""

    environment: str
    run: str
    step: Step


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run ended."""

    run: Run


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """Somebody else changed or deleted an object of a release, or a namespace or secret of the environment."""

    environment: str
    target: Target
    object: str


@dataclass(frozen=True, slots=True)
class LeadershipChanged:
    """This replica began or ceased to act for an environment."""

    environment: str
    leading: bool
    holder: str


@dataclass(frozen=True, slots=True)
class SuspensionChanged:
    """Somebody suspended or resumed an environment that this replica acts for."""

    environment: str
    suspension: Suspension


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """An environment stands otherwise than before."""

    view: EnvironmentView


Notice = (
    CommitSeen
    | SourceFailed
    | RunStarted
    | StepEnded
    | RunEnded
    | DriftSeen
    | LeadershipChanged
    | SuspensionChanged
    | ViewChanged
)
# Whoever is told must be quick, must not raise, and may be told from any thread.
Tell = Callable[[Notice], None]


class Board(Protocol):
    """How all stands, at any moment, from any thread."""

    def environments(self) -> tuple[EnvironmentView, ...]:
        """All environments, by name."""
        ...

    def environment(self, name: str) -> EnvironmentView | None:
        """One of them, or None."""
        ...

    def strays(self) -> tuple[str, ...]:
        """The environments that the Sync file names and that there are not, each with what may be meant."""
        ...


class Controls(Protocol):
    """What people may ask of the daemon. `who` is told in the history of runs.

    Methods raise KeyError for unknown names, and ReconcilerError where a wish cannot be kept, or passed on to the
    replica that acts.
    """

    def sync(self, environment: str, who: str) -> None:
        """Look at it now."""
        ...

    def suspend(self, environment: str, who: str) -> None:
        """Change nothing more in it until it is resumed, also after a restart."""
        ...

    def resume(self, environment: str, who: str) -> None:
        """Go on with it."""
        ...

    def pushed(self, detail: str) -> None:
        """The source may have moved: ask it."""
        ...
