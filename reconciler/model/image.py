"""Images: how they are named, for which platforms they are built, and where they are asked for.

The names are those of https://github.com/distribution/reference, which container runtimes share.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from reconciler.errors import TransferError
from reconciler.model.desired import Repository
from reconciler.model.oci import Credentials

DEFAULT_REGISTRY, DEFAULT_TAG = "docker.io", "latest"
# Where the registry of images without a host is served: https://docs.docker.com/reference/api/registry/latest/
_SERVED_AT = {DEFAULT_REGISTRY: "registry-1.docker.io"}
_OLDER_NAMES = frozenset({"index.docker.io", "registry-1.docker.io"})

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-fA-F0-9]{32,}")


@dataclass(frozen=True, slots=True, order=True)
class ImageRef:
    """A whole name of an image.

    Attributes:
        registry: `host` or `host:port`.
        digest: wins over the tag; None when there is none.
    """

    registry: str
    repository: str
    tag: str
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """A name as it stands in a pod. Raises ValueError: it is none, with the reason."""
        rest, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise ValueError("what follows the @ is no digest")
        head, slash, tail = rest.rpartition("/")
        last, colon, tag = tail.partition(":")
        if colon and not _TAG.fullmatch(tag):
            raise ValueError(f"{tag!r} is no tag: letters, digits, `.`, `_` and `-`, at most 128")
        registry, repository = _divided(f"{head}{slash}{last}")
        if not _HOST.fullmatch(registry):
            raise ValueError(f"{registry!r} is no host")
        if not _REPOSITORY.fullmatch(repository):
            raise ValueError(f"{repository!r} is no repository: small letters, digits, and single marks between them")
        return cls(registry, repository, tag or DEFAULT_TAG, digest or None)

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def reference(self) -> str:
        """What the registry is asked for."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """What a node runs and an image is built for, in Go's words."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True, slots=True)
class Question:
    """Can this image be had with this login (None: without any)?"""

    image: ImageRef
    credentials: Credentials | None


Door = tuple[str, Credentials | None]
"""A registry, and the login that is shown to it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What registries said.

    Attributes:
        doors: why a registry did not let us in; None where it did.
        images: what each image is built for, or why it cannot be had.
        tags: the tags that there are, for images that were not found.
    """

    doors: Mapping[Door, TransferError | None]
    images: Mapping[Question, Sequence[Platform] | TransferError]
    tags: Mapping[Question, Sequence[str]]


class Registries(Protocol):
    """Asks container registries and chart repositories. Methods raise TransferError, with foreign text as given."""

    def ping(self, registry: str, credentials: Credentials | None) -> None:
        """See that a registry is there, and that it accepts the credentials, when there are any."""
        ...

    def platforms(self, image: ImageRef, credentials: Credentials | None) -> Sequence[Platform]:
        """What the image is built for; empty where it does not tell."""
        ...

    def tags(self, image: ImageRef, credentials: Credentials | None) -> Sequence[str]:
        """The tags of the image's repository."""
        ...

    def reach(self, repository: Repository) -> None:
        """See that a chart repository is there, is one, and accepts its credentials."""
        ...

    def close(self) -> None:
        """End the connections."""
        ...


def served_at(registry: str) -> str:
    """`host` or `host:port` at which a registry is spoken to."""
    return _SERVED_AT.get(registry, registry)


def is_loopback(registry: str) -> bool:
    """Whether a registry is on this machine."""
    host = urlsplit(f"//{registry}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _divided(name: str) -> tuple[str, str]:
    """Registry and repository: the first part is a host only if it looks like one."""
    first, slash, rest = name.partition("/")
    is_host = slash and (any(mark in first for mark in ".:") or first == "localhost" or first != first.lower())
    registry, repository = (first, rest) if is_host else (DEFAULT_REGISTRY, name)
    if registry in _OLDER_NAMES:
        registry = DEFAULT_REGISTRY
    official = registry == DEFAULT_REGISTRY and "/" not in repository
    return registry, f"library/{repository}" if official else repository
