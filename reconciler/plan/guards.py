"""What a plan may not remove. Each guard is a rule of its own: what would go → why it may not, and what would allow it.

Nothing of a plan is applied that one of them refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.contents import foreign
from reconciler.model.desired import Desired
from reconciler.model.identity import NamespaceId, ObjectId, Target
from reconciler.model.json import JsonMap
from reconciler.model.manifest import id_of
from reconciler.model.naming import matches_any, name_of
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, OrphanSecret
from reconciler.model.ownership import PROTECT, is_marked
from reconciler.model.plan import DeleteObject, Refusal
from reconciler.model.policy import Consent
from reconciler.model.removal import is_of
from reconciler.plan.risks import holds_data

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Removals:
    """What would go, and is not blocked.

    Attributes:
        owned: how many releases, secrets and namespaces the environment has, these included.
        namespaces: with what is done about each.
    """

    desired: Desired
    consent: Consent
    owned: int
    releases: tuple[OrphanRelease, ...] = ()
    secrets: tuple[OrphanSecret, ...] = ()
    namespaces: tuple[tuple[OrphanNamespace, DeleteObject], ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """All of it."""
        return (
            *(item.stored.id for item in self.releases),
            *(item.id for item in self.secrets),
            *(item.id for item, _ in self.namespaces),
        )

    @property
    def is_of_all(self) -> bool:
        """Whether the file asks for nothing any more."""
        return not (self.desired.releases or self.desired.secrets or self.desired.namespaces)


def empty_desired_state(found: Removals) -> Iterator[Refusal]:
    """A file that lost its content, or the wrong one, must not empty the clusters."""
    count = len(found.targets)
    if found.is_of_all and count and (found.consent.deletions or 0) < count:
        message = f"the file has no release, secret or namespace; {_all(count)} of its environment would be removed"
        hint = f"is it the right file? If all of that is to go: --allow-deletions {count}"
        yield Refusal("empty-desired-state", message, hint, found.targets)


def deletion_budget(found: Removals) -> Iterator[Refusal]:
    """More removals than usual are more often a mistake than meant."""
    count, limits, consent = len(found.targets), found.desired.policy.prune, found.consent.deletions
    if found.is_of_all or not count:
        return
    if consent is not None:
        excess = f"--allow-deletions allows {consent}" if count > consent else None
    elif count > limits.max_count:
        excess = f"policy.prune.maxCount allows {limits.max_count}"
    else:
        share = count / max(found.owned, count)
        excess = f"policy.prune.maxShare allows {limits.max_share:.0%}" if share > limits.max_share else None
    if excess:
        message = f"{count} of {_all(found.owned)} would be removed; {excess}"
        yield Refusal("deletion-budget", message, f"if that is meant: --allow-deletions {count}", found.targets)


def protected(found: Removals) -> Iterator[Refusal]:
    """What the policy protects, and what carries the mark that protects it."""
    for item in found.releases:
        yield from _protected(found, item.stored.id, item.stored.id, marked=item.stored.labels.get(PROTECT) == "true")
        for identity, live in item.objects.items():
            yield from _protected(found, item.stored.id, identity, marked=is_marked(live, PROTECT))
    for secret in found.secrets:
        yield from _protected(found, secret.id, secret.id, marked=is_marked(secret.item, PROTECT))
    for namespace, _ in found.namespaces:
        yield from _protected(found, namespace.id, namespace.id, marked=is_marked(namespace.item, PROTECT))


def kept_data(found: Removals) -> Iterator[Refusal]:
    """Claims, volumes, definitions and namespaces go with a release only when the policy names them."""
    for item in found.releases:
        release = item.stored.id
        own = (
            identity for identity, live in item.objects.items() if is_of(live, release) and holds_data(identity.kind)
        )
        for identity in (*own, *map(id_of, item.claims)):
            if matches_any(found.desired.policy.prune.delete, release.cluster, identity):
                continue
            message = f"with {release}, {identity} would be deleted, and all that it holds"
            hint = (
                f"if that is meant: policy.prune.delete: [{name_of(identity)}]; to keep it, put the release back, and "
                "give the object the annotation `helm.sh/resource-policy: keep` in its chart"
            )
            yield Refusal("kept-data", message, hint, (release,))


def namespace_not_empty(found: Removals) -> Iterator[Refusal]:
    """A namespace goes with all that is in it, whoever made it."""
    for namespace, work in found.namespaces:
        if namespace.unread:
            message = f"what is in {namespace.id} cannot be told: {namespace.unread}"
            hint = (
                "have all kinds in it be listed (the right to it; servers that answer, see `kubectl get apiservices`), "
                "or protect it with `manage: false`"
            )
            yield Refusal("namespace-not-empty", message, hint, (namespace.id,))
        left = foreign(namespace.contents, work.going) if work.going else ()
        if left:
            yield _not_empty(namespace.id, left)


GUARDS: tuple[Callable[[Removals], Iterator[Refusal]], ...] = (
    empty_desired_state,
    deletion_budget,
    protected,
    kept_data,
    namespace_not_empty,
)


def refusals(found: Removals) -> Iterator[Refusal]:
    """What every guard says, not masked."""
    for guard in GUARDS:
        yield from guard(found)


def listed(items: Sequence[JsonMap]) -> str:
    """The first of some objects by name, and how many more there are."""
    rest = len(items) - _NAMED
    return ", ".join(str(id_of(item)) for item in items[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _not_empty(namespace: NamespaceId, left: Sequence[JsonMap]) -> Refusal:
    names = ", ".join(name_of(id_of(item)) for item in left[:_NAMED])
    hint = (
        "move it or delete it; keep the namespace in the file, with `manage: false` if others are to have it; or, "
        f"if it is to be deleted with all that: policy.prune.delete: [{names}]"
    )
    message = f"{namespace} holds what is not removed with it: {listed(left)}"
    return Refusal("namespace-not-empty", message, hint, (namespace,))


def _protected(found: Removals, target: Target, item: Target | ObjectId, *, marked: bool) -> Iterator[Refusal]:
    if marked:
        by, hint = f"its mark {PROTECT}", f"put it back into the file, or take {PROTECT} off it"
    elif matches_any(found.desired.policy.prune.protect, target.cluster, item):
        by, hint = "policy.prune.protect", "put it back into the file, or take it off policy.prune.protect"
    else:
        return
    with_it = "" if item == target else f", and would go with {target}"
    yield Refusal("protected", f"{item} is protected by {by}{with_it}", hint, (target,))


def _all(count: int) -> str:
    return f"{count} releases, secrets and namespaces" if count != 1 else "1 release, secret or namespace"
