"""How targets and objects are called in `policy:` and on the command line, and patterns of such names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from reconciler.model.identity import AccountId, NamespaceId, ObjectId, ReleaseId, SecretId, Target

_KINDS = {SecretId: "secret", AccountId: "serviceaccount", ReleaseId: "release"}


def name_of(item: Target | ObjectId) -> str:
    """`release/shop/api`, `namespace/shop`, `configmap/shop/settings`, `customresourcedefinition/x.example.com`."""
    if isinstance(item, NamespaceId):
        return f"namespace/{item.name}"
    kind = item.kind.name.lower() if isinstance(item, ObjectId) else _KINDS[type(item)]
    return "/".join(part for part in (kind, item.namespace, item.name) if part)


def matches(pattern: str, cluster: str, item: Target | ObjectId) -> bool:
    """Whether a pattern means this item of a cluster.

    It is a name as `name_of` gives it, with `*` and `?` for anything, also slashes; `CLUSTER:` before it means that
    cluster alone. Case does not count, as with kubectl.
    """
    name = name_of(item).lower()
    return any(fnmatchcase(cluster, place) and fnmatchcase(name, rest.lower()) for place, rest in _readings(pattern))


def _readings(pattern: str) -> Iterator[tuple[str, str]]:
    """The cluster and the name that it may be meant as: both may hold colons, so that any may be the one in between.

    No two of them fit: a kind has no colon, so the one before it is the one.
    """
    yield "*", pattern
    for index, character in enumerate(pattern):
        if character == ":":
            yield pattern[:index], pattern[index + 1 :]


def matches_any(patterns: Iterable[str], cluster: str, item: Target | ObjectId) -> bool:
    """Whether any pattern means it."""
    return any(matches(pattern, cluster, item) for pattern in patterns)
