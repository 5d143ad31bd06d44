"""Webhooks of git servers: what a request says, if it is to be believed. Pure; whoever serves HTTP calls `receive`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.daemon.seen import Seen
from reconciler.daemon.source.proofs import Headers, Provider, proven
from reconciler.model.json import Json, text_at
from reconciler.model.secret import SecretText
from reconciler.model.source import Branch, GitSource, Tag, TagRange

# Bytes; GitHub sends 25 MB at most and lists 2,048 commits, of which we need none.
MAX_BODY = 5_000_000

_BRANCHES, _TAGS = "refs/heads/", "refs/tags/"
_NOTHING = "0" * 40


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request, as it arrived.

    Attributes:
        headers: by names in any case.
        received: seconds since 1970.
    """

    provider: Provider
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received: float


@dataclass(frozen=True, slots=True)
class Push:
    """A branch or tag of a repository has changed.

    Attributes:
        repository: as its server calls it: `team/env`.
        ref: the full name, such as `refs/heads/main`.
        sha: what it points to now; None: it was deleted.
    """

    repository: str
    ref: str
    sha: str | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """It is genuine, and says nothing of interest."""

    reason: str


class Distrust(StrEnum):
    """Why a request is not believed."""

    TOO_LARGE = "the body is too large"
    UNPROVEN = "the signature or token is missing or wrong"
    UNREADABLE = "the body is no JSON of a push; choose the content type application/json"


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not believed."""

    reason: Distrust


Received = Push | Ignored | Refused


def receive(delivery: Delivery, secrets: Iterable[SecretText], seen: Seen) -> tuple[Received, Seen]:
    """What a request says, and what has been seen after it.

    Nothing of it is parsed before it is proved.
    """
    if len(delivery.body) > MAX_BODY:
        return Refused(Distrust.TOO_LARGE), seen
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    identity = proven(delivery.provider, headers, delivery.body, secrets, delivery.received)
    if identity is None:
        return Refused(Distrust.UNPROVEN), seen
    if seen.has(identity, delivery.received):
        return Ignored("it was delivered before"), seen
    return _read(delivery.provider, headers, delivery.body), seen.adding(identity, delivery.received)


def concerns(push: Push, source: GitSource) -> bool:
    """Whether a push may change what is followed."""
    return source.address.is_called(push.repository) and _is_followed(push.ref, source)


def _is_followed(ref: str, source: GitSource) -> bool:
    match source.follow:
        case Branch(name):
            return ref == f"{_BRANCHES}{name}"
        case Tag(name):
            return ref == f"{_TAGS}{name}"
        case TagRange(versions):
            return ref.startswith(_TAGS) and versions.allows(ref.removeprefix(_TAGS))


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How a provider says things.

    Attributes:
        event: the header with the kind of event.
        pushes: the kinds that are pushes, of branches and of tags.
        repository: where the repository's name is.
    """

    event: str
    pushes: frozenset[str]
    repository: tuple[str, str]


_DIALECTS = {
    Provider.GITHUB: _Dialect("x-github-event", frozenset({"push"}), ("repository", "full_name")),
    Provider.GITEA: _Dialect("x-gitea-event", frozenset({"push"}), ("repository", "full_name")),
    Provider.GITLAB: _Dialect(
        "x-gitlab-event", frozenset({"Push Hook", "Tag Push Hook"}), ("project", "path_with_namespace")
    ),
}


def _read(provider: Provider, headers: Headers, body: bytes) -> Received:
    dialect = _DIALECTS[provider]
    event = headers.get(dialect.event, "")
    if event not in dialect.pushes:
        return Ignored(f"it is no push: {event or 'no event is named'}")
    try:
        document: Json = json.loads(body)
    except (ValueError, RecursionError):
        return Refused(Distrust.UNREADABLE)
    repository, ref, sha = text_at(document, *dialect.repository), text_at(document, "ref"), text_at(document, "after")
    if not (repository and ref and sha):
        return Refused(Distrust.UNREADABLE)
    return Push(repository, ref, None if sha == _NOTHING else sha)
