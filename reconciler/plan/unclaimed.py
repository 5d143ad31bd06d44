"""Secrets of somebody else that hold just what the environment wants: they are left as they are, and not ours."""

from __future__ import annotations

from reconciler.model.docker_config import logins
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.ownership import ENVIRONMENT

_LOGINS, _LOGINS_KEY = "kubernetes.io/dockerconfigjson", ".dockerconfigjson"


def is_as_desired(live: JsonMap | None, item: JsonMap) -> bool:
    """Whether a live Secret that belongs to no environment has the type and the content of `item`."""
    if live is None or text_at(live, "metadata", "labels", ENVIRONMENT) or live.get("type") != item.get("type"):
        return False
    return _content(live) == _content(item)


def _content(secret: JsonMap) -> Json | object:
    """The data; of a pull secret its logins, since whoever makes one writes it in another form."""
    data = as_map(secret.get("data"))
    if secret.get("type") == _LOGINS and set(data) == {_LOGINS_KEY}:
        return logins(text_at(data, _LOGINS_KEY)) or data
    return data
