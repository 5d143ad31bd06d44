"""What an apply will do, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.errors import Location
from reconciler.model.chart import ChartIdentity
from reconciler.model.cluster import Deletion
from reconciler.model.contents import Going
from reconciler.model.desired import Impersonation, Release, Wait
from reconciler.model.finding import Cause
from reconciler.model.identity import AccountId, Kind, ObjectId, ReleaseId, Target
from reconciler.model.json import Json, JsonMap
from reconciler.model.object_version import ObjectVersion
from reconciler.model.policy import Leave, Risk
from reconciler.model.preflight import Check
from reconciler.model.preparation import Preparation


class ActionKind(StrEnum):
    """What happens to a target. BLOCKED would fail, so it is not tried."""

    CREATE = "create"
    UPDATE = "update"
    INSTALL = "install"
    UPGRADE = "upgrade"
    CORRECT = "correct"
    UNINSTALL = "uninstall"
    DELETE = "delete"
    NONE = "none"
    BLOCKED = "blocked"


class Verb(StrEnum):
    """What happens to an object. REPLACE: it is deleted and made anew."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field; values are masked. `before` or `after` is None where the field is added or removed.

    Attributes:
        path: such as `spec.template.spec.containers[api].image`.
        writer: who wrote the live value, for drift; None where nobody is named.
    """

    path: str
    before: Json
    after: Json
    writer: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """What happens to one object.

    Attributes:
        fields: what differs; for a new object its content.
        verified: the server itself said what it would store.
        note: why not, where it did not.
        version: the live object that this starts from; None where there is none.
    """

    verb: Verb
    id: ObjectId
    fields: tuple[FieldChange, ...]
    verified: bool
    note: str | None
    version: ObjectVersion | None = None


@dataclass(frozen=True, slots=True)
class ApplyObjects:
    """Server-side apply of these objects, as the given field manager.

    Attributes:
        impersonate: as whom; None: as the cluster is used.
        first: what is done to live objects before.
        revision: of the release that they are of; None: they are no release's.
    """

    items: tuple[tuple[Kind, JsonMap], ...] = field(repr=False)
    manager: str
    impersonate: Impersonation | None = None
    first: tuple[Preparation, ...] = ()
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class WriteRelease:
    """An install (revision 1) or upgrade.

    Attributes:
        revision: the one that will be written.
        repair: a revision that a dead run left pending, to be marked as failed first.
        checks: objects to be checked by the server first, since at plan time they could not be.
        first: what is done before.
    """

    release: Release
    environment: str
    revision: int
    repair: int | None
    checks: tuple[tuple[Kind, JsonMap], ...] = field(repr=False)
    description: str
    first: tuple[Preparation, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachPullSecrets:
    """Have a ServiceAccount name these pull secrets and those of others, and none else that the environment added."""

    account: AccountId
    environment: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiskLabel:
    """What an action may cost.

    Attributes:
        object: what bears it; None: the target itself.
        message: what happens, in words; masked.
        leave: whether it may be done: by the policy, and by what whoever runs the command allows this once.
    """

    risk: Risk
    object: ObjectId | None
    message: str
    leave: Leave


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guard refuses a plan as a whole; what follows is masked.

    Attributes:
        guard: its name, such as `deletion-budget`.
        hint: which line of the policy or flag would allow it; None where nothing does.
        targets: what it is about.
    """

    guard: str
    message: str
    hint: str | None
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class UninstallRelease:
    """The end of a release that the file no longer has; not if it was written to since, or is another environment's.

    Attributes:
        revision: the newest one that was seen.
        wait: how long to wait until its objects are gone; None: not at all.
    """

    environment: str
    revision: int
    wait: Wait | None


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """The end of a namespace or secret that the file no longer has.

    Attributes:
        going: for a namespace: what may be in it at that moment.
    """

    kind: Kind
    deletion: Deletion
    going: Going | None = None


Work = ApplyObjects | AttachPullSecrets | DeleteObject | UninstallRelease | WriteRelease


@dataclass(frozen=True, slots=True)
class Gate:
    """A release that has to be healthy before an action is taken, and how long that is waited for."""

    release: ReleaseId
    limit: Wait


@dataclass(frozen=True, slots=True)
class Action:
    """One step.

    Attributes:
        reason: why, in words; masked.
        changes: what will differ in the cluster.
        needs: targets that have to be in place first.
        work: what to do; None for NONE and BLOCKED.
        cause: why it is blocked, by name, where the plan itself knows it.
        chart: of a release: the chart that it is to be of.
        risks: what it may cost.
        where: the place in the user's files that asks for it, if there is one.
        gates: releases that have to be healthy first.
    """

    kind: ActionKind
    target: Target
    reason: str
    changes: tuple[ObjectChange, ...]
    needs: frozenset[Target]
    work: Work | None
    cause: Cause | None = None
    chart: ChartIdentity | None = None
    risks: tuple[RiskLabel, ...] = ()
    where: Location | None = None
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps, in an order in which they can be taken; and what is worth to be known beside them, masked.

    Attributes:
        refusals: why none of them may be taken.
    """

    environment: str
    actions: tuple[Action, ...]
    warnings: tuple[Check, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def changes(self) -> int:
        """How many actions change something."""
        return sum(action.work is not None for action in self.actions)

    @property
    def clusters(self) -> frozenset[str]:
        """The clusters that it changes."""
        return frozenset(action.target.cluster for action in self.actions if action.work is not None)

    @property
    def blocked(self) -> tuple[Action, ...]:
        """The actions that would fail."""
        return tuple(action for action in self.actions if action.kind is ActionKind.BLOCKED)
