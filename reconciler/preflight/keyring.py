"""Which login the kubelet shows for an image.

The rules are the kubelet's: https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/keyring.go
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from reconciler.model.image import DEFAULT_REGISTRY, ImageRef
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.oci import Credentials
from reconciler.model.secret import SecretText

# Type of the Secret → the key that its logins stand under.
_KEYS = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}
_DEFAULT_KEY = "index.docker.io"


@dataclass(frozen=True, slots=True)
class Entry:
    """A login, and the images that it is for: a host, with a beginning of a path or without.

    Attributes:
        source: the pull secret that it comes from, for messages.
    """

    key: str
    credentials: Credentials
    source: str


def entries(secret: JsonMap, source: str) -> list[Entry]:
    """The logins in a pull secret. Raises ValueError: the kubelet cannot use it, with the reason."""
    kind = text_at(secret, "type") or "Opaque"
    if kind not in _KEYS:
        raise ValueError(f"it is of type {kind}, which the kubelet does not take for a pull secret")
    text = _decoded(text_at(secret, "data", _KEYS[kind]))
    if not text:
        raise ValueError(f"it has nothing in `{_KEYS[kind]}`, or no base64")
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"what is in `{_KEYS[kind]}` is no JSON") from error
    logins = as_map(document).get("auths") if kind.endswith("json") else document
    if not as_map(logins):
        raise ValueError(f"what is in `{_KEYS[kind]}` holds no login")
    return [Entry(_key(host), _credentials(as_map(login)), source) for host, login in as_map(logins).items()]


def matching(found: Iterable[Entry], image: ImageRef) -> list[Entry]:
    """The logins to be tried for an image, in the kubelet's order: the longer path and the greater name first."""
    ordered = sorted(found, key=lambda entry: entry.key, reverse=True)
    fits = [entry for entry in ordered if _matches(entry.key, image)]
    if not fits and image.registry == DEFAULT_REGISTRY:
        fits = [entry for entry in ordered if entry.key == _DEFAULT_KEY]
    return list(_each_once(fits))


def _each_once(fits: Sequence[Entry]) -> Iterator[Entry]:
    seen: list[Credentials] = []
    for entry in fits:
        if entry.credentials not in seen:
            seen.append(entry.credentials)
            yield entry


def _key(host: str) -> str:
    """Host and path; the path of an API version means the whole host."""
    try:
        parts = urlsplit(host if host.startswith(("https://", "http://")) else f"https://{host}")
    except ValueError:
        return host
    path = parts.path[3:] if parts.path.startswith(("/v1/", "/v2/")) else parts.path
    return parts.netloc + (path if path != "/" else "")


def _matches(key: str, image: ImageRef) -> bool:
    host, _, path = key.partition("/")
    name, _, port = host.partition(":")
    wanted, _, wanted_port = image.registry.partition(":")
    labels, wanted_labels = name.split("."), wanted.split(".")
    if port != wanted_port or len(labels) != len(wanted_labels) or not image.repository.startswith(path):
        return False
    return all(fnmatchcase(label, pattern) for pattern, label in zip(labels, wanted_labels, strict=True))


def _credentials(login: JsonMap) -> Credentials:
    """User and password of an entry; `auth`, both in one, wins where it can be read."""
    username, colon, password = _decoded(text_at(login, "auth")).partition(":")
    if not colon:
        username, password = text_at(login, "username"), text_at(login, "password")
    return Credentials(username, SecretText(password))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
