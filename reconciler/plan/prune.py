"""What the file no longer has → how it is removed: after all else, in the reverse of the order in which it was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.model.cluster import OWN_MANAGER
from reconciler.model.contents import named_alone
from reconciler.model.desired import Desired
from reconciler.model.finding import Cause
from reconciler.model.graph import home_of
from reconciler.model.identity import AccountId, ObjectId, ReleaseId, Target
from reconciler.model.json import JsonMap
from reconciler.model.lease import Hold
from reconciler.model.manifest import id_of
from reconciler.model.observed import Preview
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, Orphans, OrphanSecret
from reconciler.model.plan import (
    Action,
    ActionKind,
    ApplyObjects,
    AttachPullSecrets,
    DeleteObject,
    RiskLabel,
    UninstallRelease,
    Work,
)
from reconciler.model.policy import NO_CONSENT, Consent, Leave
from reconciler.model.removal import is_of
from reconciler.plan.changes import change
from reconciler.plan.deletions import deletion, end_of
from reconciler.plan.handover import handed_over, without_marks
from reconciler.plan.leave import leaves_of
from reconciler.plan.own import NAMESPACE, SECRET
from reconciler.plan.pending import in_progress, pending
from reconciler.plan.removal_order import after, one_by_one
from reconciler.plan.risks import object_hazards
from reconciler.plan.states import Locked, Stuck

GONE = "the file no longer has it"


@dataclass(frozen=True, slots=True)
class Pruner:
    """Decides about the orphans of all clusters.

    Attributes:
        at: when they were looked at.
        hold: who may be at work on those that are pending.
        consent: what is allowed this once.
    """

    desired: Desired
    orphans: tuple[Orphans, ...]
    at: datetime
    hold: Hold
    consent: Consent = NO_CONSENT

    def is_as(self, other: Pruner) -> bool:
        """Whether both found and decide the same."""
        return self.orphans == other.orphans and self.actions() == other.actions()

    @property
    def releases(self) -> tuple[OrphanRelease, ...]:
        """Newest first: what a release needs was there before it was."""
        found = (release for cluster in self.orphans for release in cluster.releases)
        return tuple(sorted(found, key=_age, reverse=True))

    @property
    def secrets(self) -> tuple[OrphanSecret, ...]:
        """By cluster and name."""
        return tuple(secret for cluster in self.orphans for secret in cluster.secrets)

    @property
    def doomed(self) -> tuple[tuple[OrphanNamespace, DeleteObject], ...]:
        """The namespaces that are deleted, and how."""
        doomed = (item for item in self._namespaces() if not item.stays(self.desired.left_alone))
        named = self.desired.policy.prune.delete
        return tuple((item, end_of(item, self.releases, self.secrets, named)) for item in doomed)

    @property
    def given_up(self) -> tuple[OrphanNamespace, ...]:
        """The namespaces that stay: others had them before, or are to have them now."""
        return tuple(item for item in self._namespaces() if item.stays(self.desired.left_alone))

    def actions(self) -> tuple[Action, ...]:
        """What removes them, each after what has to go before it."""
        releases = one_by_one(self._uninstall(item) for item in self.releases)
        secrets = [self._delete_secret(item) for item in self.secrets]
        accounts = [self._detach(account) for item in self.given_up for account in item.accounts]
        before = (*releases, *secrets, *accounts)
        namespaces = [self._delete_namespace(item, work) for item, work in self.doomed]
        namespaces += [self._give_up(item) for item in self.given_up]
        return (*before, *(after(action, before) for action in namespaces))

    def _namespaces(self) -> Iterator[OrphanNamespace]:
        return (item for cluster in self.orphans for item in cluster.namespaces)

    def _uninstall(self, item: OrphanRelease) -> Action:
        stored, reason = item.stored, GONE
        if stored.status.is_pending:
            state = pending(stored, len(item.objects), self.desired.policy.lock, self.hold, self.at)
            if isinstance(state, Locked):
                return _blocked(
                    stored.id, f"{GONE}, but {in_progress(stored, state.since)}", Cause.OPERATION_IN_PROGRESS
                )
            reason = f"{GONE}; {_left(state)}"
        if not stored.is_readable:
            reason = f"{GONE}, but the manifest of revision {stored.revision} cannot be read: uninstall it by hand"
            return _blocked(stored.id, reason)
        if item.unread:
            identity, why = next(iter(item.unread.items()))
            return self._unread(stored.id, str(identity), why)
        own = [_gone(key, live) for key, live in item.objects.items() if is_of(live, stored.id)]
        claims = [_gone(id_of(claim), claim) for claim in item.claims]
        work = UninstallRelease(self.desired.name, stored.revision, self.desired.wait)
        return replace(self._action(ActionKind.UNINSTALL, stored.id, (*own, *claims), work), reason=reason)

    def _unread(self, target: Target, what: str, why: str | None) -> Action:
        return _blocked(target, self.desired.mask.text(f"{GONE}, but {what} cannot be read: {why}"))

    def _delete_secret(self, item: OrphanSecret) -> Action:
        if item.unread:
            return self._unread(item.id, "it", item.unread)
        users = (found.stored.id for found in self.releases if home_of(found.stored.id) == home_of(item.id))
        gone = _gone(ObjectId(SECRET, item.id.namespace, item.id.name), item.item)
        made = self._action(ActionKind.DELETE, item.id, (gone,), DeleteObject(SECRET, deletion(item.item)))
        return replace(made, needs=frozenset(users))

    def _delete_namespace(self, item: OrphanNamespace, work: DeleteObject) -> Action:
        if not item.item:
            return self._unread(item.id, "it", item.unread)
        gone = _gone(ObjectId(NAMESPACE, "", item.id.name), item.item)
        named = named_alone(item.contents, work.going) if work.going else ()
        return self._action(ActionKind.DELETE, item.id, (gone, *(_gone(id_of(held), held) for held in named)), work)

    def _give_up(self, item: OrphanNamespace) -> Action:
        if not item.item:
            return self._unread(item.id, "it", item.unread)
        rest = without_marks(item.item)
        given_up = Preview(ObjectId(NAMESPACE, "", item.id.name), item.item, rest, rest, verified=False)
        work = ApplyObjects(((NAMESPACE, handed_over(item.item)),), OWN_MANAGER)
        left_alone = item.id in self.desired.left_alone
        reason = "the file leaves it to others now" if left_alone else f"{GONE}; it was there before"
        return replace(self._action(ActionKind.UPDATE, item.id, (given_up,), work), reason=reason)

    def _detach(self, account: AccountId) -> Action:
        work = AttachPullSecrets(account, self.desired.name, ())
        return replace(self._action(ActionKind.UPDATE, account, (), work), reason="detaches the pull secrets")

    def _action(self, kind: ActionKind, target: Target, previews: tuple[Preview, ...], work: Work) -> Action:
        changes = (change(preview, self.desired.mask) for preview in previews)
        labels = (leaves_of(self.desired, self.consent).label(found, target) for found in object_hazards(previews))
        risks = tuple(replace(label, leave=_leave(label)) for label in labels)
        return Action(kind, target, GONE, tuple(item for item in changes if item), frozenset(), work, risks=risks)


def _age(item: OrphanRelease) -> tuple[datetime, ReleaseId]:
    return item.stored.installed or datetime.min.replace(tzinfo=UTC), item.stored.id


def _left(state: Stuck) -> str:
    left = (
        f"revision {state.stored.revision} is {state.stored.status} by {f'run {state.run}' if state.run else 'a run'}"
    )
    return f"{left} that ended" if state.is_certain else f"{left}, whose lock is waited for"


def _gone(identity: ObjectId, live: JsonMap) -> Preview:
    return Preview(identity, live, None, None, verified=True)


def _leave(label: RiskLabel) -> Leave:
    # What is asked about data is asked by the guards of pruning: a second flag for it would say nothing more.
    return Leave.ALLOW if label.leave is Leave.ASK else label.leave


def _blocked(target: Target, reason: str, cause: Cause | None = None) -> Action:
    return Action(ActionKind.BLOCKED, target, reason, (), frozenset(), None, cause)
