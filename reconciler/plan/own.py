"""Namespaces and secrets that the environment keeps: what they should hold, and whether they do."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.attachment import ATTACHED_ACCOUNTS
from reconciler.model.cluster import OWN_MANAGER
from reconciler.model.compare import missing_from
from reconciler.model.desired import Desired, Namespace, SecretObject
from reconciler.model.graph import written_needs
from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, SecretId
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.manifest import is_kept, owner
from reconciler.model.observed import Observed
from reconciler.model.ownership import ADOPTED, ENVIRONMENT, object_labels
from reconciler.model.plan import ApplyObjects, Work
from reconciler.model.policy import Risk
from reconciler.plan.lacking import NOBODY, Bystanders, HealthOf
from reconciler.plan.risks import Hazard
from reconciler.plan.states import Lacking
from reconciler.plan.unclaimed import is_as_desired

NAMESPACE, SECRET = Kind("v1", "Namespace"), Kind("v1", "Secret")
_LEFT = "or take its `meta.helm.sh/` annotations off if that release no longer has it"
_LEAVE_ALONE, _RENAME = "here, set `manage: false` on it", "give this one another `name`"


@dataclass(frozen=True, slots=True)
class OwnState:
    """One namespace or secret as found.

    Attributes:
        item: what it should hold.
        live: what there is, or None.
        as_it_should_be: it holds that, and nothing of ours beyond it.
        taken: why it cannot be ours, or None.
        work: what makes it as it should be.
        reason: why that is done, where it is more than that something differs.
        unowned: it exists, and belongs to no environment.
    """

    target: NamespaceId | SecretId | AccountId
    id: ObjectId
    item: JsonMap = field(repr=False)
    live: JsonMap | None = field(repr=False)
    as_it_should_be: bool
    taken: str | None
    work: Work
    reason: str | None = None
    unowned: bool = False


def classify_own(desired: Desired, observed: Observed, health: HealthOf = NOBODY) -> tuple[OwnState, ...]:
    """The state of every namespace and secret of the environment; `health` is that of releases not selected."""
    bystanders = Bystanders.of(desired, observed, health)
    needs = written_needs(desired)
    return tuple(_after(state, bystanders.lacking(needs.get(state.target, {}))) for state in _states(desired, observed))


def _after(state: OwnState, lacking: Lacking | None) -> OwnState:
    if lacking is None or state.taken or state.as_it_should_be:
        return state
    return replace(state, taken=lacking.reason)


def own_hazards(state: OwnState) -> Iterator[Hazard]:
    """What taking over a namespace or secret as a whole may cost."""
    if state.unowned and not state.as_it_should_be:
        yield Hazard(Risk.TAKES_OWNERSHIP, None, "it exists already and was not made by reconciler")


def _states(desired: Desired, observed: Observed) -> Iterator[OwnState]:
    labels = object_labels(desired.name)
    attached = _attached(desired)
    for namespace in desired.namespaces:
        live = observed.clusters[namespace.id.cluster].namespaces.get(namespace.id)
        identity = ObjectId(NAMESPACE, "", namespace.id.name)
        item = _namespace_item(namespace, labels, {**_adoption(live), **_attachment(attached.get(namespace.id, []))})
        yield _state(namespace.id, identity, item, live, _taken(desired.name, live, _holder(live), _LEAVE_ALONE))
    for secret in desired.secrets:
        live = observed.clusters[secret.id.cluster].secrets.get(secret.id)
        identity = ObjectId(SECRET, secret.id.namespace, secret.id.name)
        taken = _taken(desired.name, live, owner(live or {}), _RENAME)
        state = _state(secret.id, identity, _secret_item(secret, labels), live, taken)
        yield replace(state, as_it_should_be=True) if is_as_desired(live, state.item) else state


def _state(
    target: NamespaceId | SecretId, identity: ObjectId, item: JsonMap, live: JsonMap | None, taken: str | None
) -> OwnState:
    work = ApplyObjects(((identity.kind, item),), OWN_MANAGER)
    unowned = live is not None and _environment_of(live) is None
    reason = f"takes over a {identity.kind.name.lower()} that exists already" if unowned else None
    return OwnState(target, identity, item, live, holds(live, item), taken, work, reason, unowned)


def holds(live: JsonMap | None, item: JsonMap) -> bool:
    """Whether a live object has all of an item, and nothing of ours beyond it."""
    return live is not None and not any(missing_from(item, live)) and not _keeps_more(live, item)


def _attached(desired: Desired) -> Mapping[NamespaceId, list[str]]:
    """Namespace → the accounts in it that pull secrets are attached to."""
    found: dict[NamespaceId, list[str]] = {}
    for account in desired.accounts:
        found.setdefault(NamespaceId(account.id.cluster, account.id.namespace), []).append(account.id.name)
    return found


def _attachment(accounts: list[str]) -> Mapping[str, str]:
    return {ATTACHED_ACCOUNTS: ",".join(sorted(accounts))} if accounts else {}


def _adoption(live: JsonMap | None) -> Mapping[str, str]:
    """The mark of a namespace that was there before, and keeps it for good."""
    if live is None or (_environment_of(live) and not text_at(live, "metadata", "annotations", ADOPTED)):
        return {}
    return {ADOPTED: "true"}


def _namespace_item(namespace: Namespace, labels: Mapping[str, str], marks: Mapping[str, str]) -> JsonMap:
    metadata: dict[str, Json] = {
        "name": namespace.id.name,
        "labels": {**namespace.labels, **labels},
        "annotations": {**namespace.annotations, **marks},
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _secret_item(secret: SecretObject, labels: Mapping[str, str]) -> JsonMap:
    data: dict[str, Json] = {
        key: base64.b64encode(text.reveal().encode()).decode() for key, text in secret.data.items()
    }
    metadata: dict[str, Json] = {"name": secret.id.name, "namespace": secret.id.namespace, "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": secret.type, "data": data}


def _holder(namespace: JsonMap | None) -> tuple[str, str] | None:
    """The release that a namespace goes with. Helm's marks stay on what it keeps, or we took over."""
    if namespace is None or is_kept(namespace) or _environment_of(namespace):
        return None
    return owner(namespace)


def _taken(environment: str, live: JsonMap | None, release: tuple[str, str] | None, way: str) -> str | None:
    """Why it is not for this environment; `release` has it, `way`: what to do when it is somebody else's."""
    other = _environment_of(live)
    if other not in (None, environment):
        return f'it belongs to the environment "{other}"; {way}'
    return f"it belongs to release {'/'.join(release)}; {way}, {_LEFT}" if release else _going(live)


def _going(live: JsonMap | None) -> str | None:
    """The server takes what is applied to an object on its way out, and then lets both go."""
    since = text_at(live or {}, "metadata", "deletionTimestamp")
    return f"it is being deleted since {since}: apply again when it is gone" if since else None


def _environment_of(live: JsonMap | None) -> str | None:
    return text_at(live or {}, "metadata", "labels", ENVIRONMENT) or None


def _keeps_more(live: JsonMap, item: JsonMap) -> bool:
    """Whether an earlier apply of ours set a field that the item no longer has."""
    entries = as_map(live.get("metadata")).get("managedFields")
    ours = [entry for entry in entries if text_at(entry, "manager") == OWN_MANAGER] if isinstance(entries, list) else []
    return any(_reaches_beyond(as_map(entry).get("fieldsV1"), item) for entry in ours)


def _reaches_beyond(tree: Json, item: Json) -> bool:
    for key, child in as_map(tree).items():
        if not key.startswith("f:"):
            continue
        name = key.removeprefix("f:")
        if not isinstance(item, Mapping) or name not in item or _reaches_beyond(child, item[name]):
            return True
    return False
