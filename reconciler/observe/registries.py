"""Registries and repositories → what they say; nothing is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.errors import TransferError, TransferReason
from reconciler.model.desired import Repository
from reconciler.model.image import Answers, Door, Platform, Question, Registries
from reconciler.model.oci import Credentials
from reconciler.model.secret import Mask
from reconciler.observe.concurrency import concurrently

# With these, the next question to the same registry would end the same way, only later.
_SHUT = frozenset({TransferReason.UNREACHABLE, TransferReason.UNTRUSTED})


def ask_registries(registries: Registries, questions: Iterable[Question]) -> Answers:
    """Each registry once with each login, then each image, and the tags beside those that were not found."""
    wanted = list(dict.fromkeys(questions))
    doors = list(dict.fromkeys((question.image.registry, question.credentials) for question in wanted))
    opened = dict(zip(doors, concurrently(lambda door: _knock(registries, door), doors), strict=True))
    images = dict(zip(wanted, concurrently(lambda one: _image(registries, one, opened), wanted), strict=True))
    missing = [one for one, found in images.items() if _is(found, TransferReason.NOT_FOUND)]
    tags = dict(zip(missing, concurrently(lambda one: _tags(registries, one), missing), strict=True))
    return Answers(opened, images, tags)


def reach_all(registries: Registries, repositories: Sequence[Repository]) -> list[TransferError | None]:
    """For each repository, why it cannot be used, or None."""
    return concurrently(lambda repository: _reach(registries, repository), repositories)


def _knock(registries: Registries, door: Door) -> TransferError | None:
    try:
        registries.ping(*door)
    except TransferError as error:
        return _hushed(error, door[1])
    return None


def _image(
    registries: Registries, question: Question, doors: Mapping[Door, TransferError | None]
) -> Sequence[Platform] | TransferError:
    shut = doors[question.image.registry, question.credentials]
    if shut and shut.reason in _SHUT:
        return shut
    try:
        return registries.platforms(question.image, question.credentials)
    except TransferError as error:
        return _hushed(error, question.credentials)


def _tags(registries: Registries, question: Question) -> Sequence[str]:
    try:
        return registries.tags(question.image, question.credentials)
    except TransferError:
        return ()  # said already: the repository, too, is not there


def _reach(registries: Registries, repository: Repository) -> TransferError | None:
    try:
        registries.reach(repository)
    except TransferError as error:
        return error
    return None


def _hushed(error: TransferError, credentials: Credentials | None) -> TransferError:
    """The error without the password, should the server have repeated it: it may be from a live Secret."""
    mask = Mask.of([credentials.password] if credentials else [])
    return TransferError(mask.text(error.message), reason=error.reason, hint=error.hint)


def _is(found: Sequence[Platform] | TransferError, reason: TransferReason) -> bool:
    return isinstance(found, TransferError) and found.reason is reason
