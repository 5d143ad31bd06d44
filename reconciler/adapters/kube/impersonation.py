"""As whom requests are made: a kubeconfig's keys → headers.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from reconciler.model.json import Json, JsonMap, as_map, text_at


def impersonation(user: JsonMap) -> Iterator[tuple[str, str]]:
    """The headers, in which a name may come several times."""
    for key, header in (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid")):
        if text_at(user, key):
            yield header, text_at(user, key)
    for group in _texts(user.get("as-groups")):
        yield "Impersonate-Group", group
    for name, values in as_map(user.get("as-user-extra")).items():
        for value in _texts(values):
            yield f"Impersonate-Extra-{quote(name, safe='')}", value


def _texts(values: Json) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []
