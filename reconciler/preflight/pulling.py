"""Who pulls which image, and with which logins: what a kubelet would have in hand for each pod."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.attachment import ACCOUNT, DEFAULT_ACCOUNT
from reconciler.model.desired import SecretObject
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.manifest import HOOK_ANNOTATION
from reconciler.model.pods import SECRET
from reconciler.model.surroundings import Unread
from reconciler.model.workloads import RenderedObject, pod_spec
from reconciler.preflight.keyring import Entry, entries

_TESTS = frozenset({"test", "test-success", "test-failure"})
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")

Live = Mapping[ObjectId, JsonMap | Unread | None]
"""Objects by identity; None stands for one that does not exist."""


@dataclass(frozen=True, slots=True)
class ImageUse:
    """An image that the pods of one object of a release need.

    Attributes:
        policy: imagePullPolicy; empty for the default.
        account: the ServiceAccount of the pods.
        secrets: the pull secrets that the pods name themselves.
        spec: of the pods.
    """

    release: ReleaseId
    by: ObjectId
    image: str
    policy: str
    account: ObjectId
    secrets: tuple[ObjectId, ...]
    spec: JsonMap = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a pull secret, or a ServiceAccount that may name some, gives no login.

    Attributes:
        is_certain: the nodes see the same; False when it is only we who may not look.
    """

    why: str
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a pod pulls with: the logins in its pull secrets, and what is of no use."""

    logins: tuple[Entry, ...] = field(repr=False)
    faults: Mapping[ObjectId, Fault]


def image_uses(items: Iterable[RenderedObject]) -> Iterator[ImageUse]:
    """Every image of every container, each once for each object and policy; an apply runs no tests."""
    for item in items:
        if _is_test(item.item):
            continue
        spec, home = pod_spec(item), item.id.namespace or item.release.namespace
        account = ObjectId(
            ACCOUNT, home, text_at(spec, "serviceAccountName") or text_at(spec, "serviceAccount") or DEFAULT_ACCOUNT
        )
        secrets = tuple(_named(spec, home))
        containers = [container for key in _CONTAINERS for container in maps_at(spec, key)]
        images = dict.fromkeys((text_at(each, "image"), text_at(each, "imagePullPolicy")) for each in containers)
        for image, policy in images:
            yield ImageUse(item.release, item.id, image, policy, account, secrets, spec)


def own_secrets(secrets: Iterable[SecretObject]) -> Mapping[ObjectId, JsonMap]:
    """The Secrets that the environment keeps, as the API server would give them."""
    return {
        ObjectId(SECRET, secret.id.namespace, secret.id.name): {
            "type": secret.type,
            "data": {key: base64.b64encode(text.reveal().encode()).decode() for key, text in secret.data.items()},
        }
        for secret in secrets
    }


def secrets_of(use: ImageUse, accounts: Live) -> tuple[ObjectId, ...]:
    """Every pull secret of a pod: those that it names, or else those of its ServiceAccount.

    So says the ServiceAccount admission: a pod that names one gets none from its account.
    """
    account = accounts.get(use.account)
    if use.secrets or account is None or isinstance(account, Unread):
        return use.secrets
    return tuple(_named(account, use.account.namespace))


def wallet(use: ImageUse, accounts: Live, secrets: Live) -> Wallet:
    """What is in the pull secrets of a pod."""
    logins: list[Entry] = []
    faults: dict[ObjectId, Fault] = {}
    account = accounts.get(use.account)
    if isinstance(account, Unread) and not use.secrets:
        faults[use.account] = Fault(f"it cannot be read: {account.reason}", is_certain=False)
    for identity in secrets_of(use, accounts):
        found = _opened(identity, secrets.get(identity))
        if isinstance(found, Fault):
            faults[identity] = found
        else:
            logins += found
    return Wallet(tuple(logins), faults)


def _opened(identity: ObjectId, item: JsonMap | Unread | None) -> list[Entry] | Fault:
    if item is None:
        return Fault("it does not exist", is_certain=True)
    if isinstance(item, Unread):
        return Fault(f"it cannot be read: {item.reason}", is_certain=False)
    try:
        return entries(item, identity.name)
    except ValueError as error:
        return Fault(str(error), is_certain=True)


def _named(item: JsonMap, namespace: str) -> Iterator[ObjectId]:
    names = (text_at(entry, "name") for entry in maps_at(item, "imagePullSecrets"))
    return (ObjectId(SECRET, namespace, name) for name in dict.fromkeys(names) if name)


def _is_test(item: JsonMap) -> bool:
    hooks = {hook.strip() for hook in text_at(item, "metadata", "annotations", HOOK_ANNOTATION).split(",")}
    return hooks <= _TESTS
