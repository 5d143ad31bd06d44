"""What is made of an object that no dry run says all about: it was refused, not asked, is another's, or goes."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from reconciler.errors import ApiError
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap, merge
from reconciler.model.manifest import KEEP, KEEP_ANNOTATION, as_stored, owner
from reconciler.model.observed import Obstacle, Preview
from reconciler.model.refusal import says_immutable

# How the server says that a right is missing; a quota or a policy says something else, with the same status.
_NO_RIGHT = '" cannot '
# The webhook may belong to a release that this very plan repairs; an apply asks again before it writes.
_NO_WEBHOOK = "failed calling webhook"


def deletion(release: ReleaseId, identity: ObjectId, live: JsonMap) -> Preview:
    """What the release no longer has goes, also when another one has it by now: then it is refused."""
    other = owner(live)
    refusal = _handed_over(identity, other) if other and other != (release.namespace, release.name) else None
    return Preview(identity, live, None, None, verified=refusal is None, refusal=refusal)


def unanswered(identity: ObjectId, item: JsonMap, live: JsonMap | None, error: ApiError) -> Preview:
    """A dry run failed. Raises the error when nothing can be asked at all, since nobody knows who we are."""
    if error.status == HTTPStatus.FORBIDDEN and _NO_RIGHT in error.message:
        return guess(identity, item, live, "no right to patch it, so this is what would be sent")
    if error.status == HTTPStatus.NOT_FOUND:
        return guess(identity, item, live, "its kind or namespace does not exist yet")
    if _NO_WEBHOOK in error.message:
        return guess(identity, item, live, f"an admission webhook does not answer: {error.message}")
    if error.status == HTTPStatus.UNAUTHORIZED:
        raise error
    if live is not None and error.causes and all(map(says_immutable, error.causes)):
        return _immutable(identity, item, live, error)
    # One object's trouble is its release's alone.
    return Preview(identity, live, item, None, verified=False, refusal=f"{identity}: {error.message}")


def guess(identity: ObjectId, item: JsonMap, live: JsonMap | None, note: str) -> Preview:
    """Without the server's word: what is sent, on top of what is there."""
    sent = as_stored(item)
    after = merge(live, sent) if live else sent
    return Preview(identity, live, item, after, verified=False, note=note)


def _immutable(identity: ObjectId, item: JsonMap, live: JsonMap, error: ApiError) -> Preview:
    """Nothing else is wrong with it, so it can be had by making it anew."""
    guessed = guess(identity, item, live, "it is made anew, so the server says only then what it stores")
    return replace(guessed, refusal=f"{identity}: {error.message}", obstacles=frozenset({Obstacle.IMMUTABLE}))


def unowned(asked: Preview) -> Preview:
    """What it would become if it were taken over; an answer that is no stays one."""
    if asked.refusal and not asked.obstacles:
        return asked
    refusal = f"{asked.id} exists already and belongs to no release: rename it in the chart, or have it taken over"
    return replace(asked, refusal=refusal, obstacles=asked.obstacles | {Obstacle.UNOWNED})


def not_ours(identity: ObjectId, item: JsonMap, live: JsonMap, other: tuple[str, str]) -> Preview:
    """It belongs to another release, and stays as it is."""
    refusal = f"{identity} exists already and belongs to release {'/'.join(other)}: rename one of the two"
    return Preview(identity, live, item, None, verified=False, refusal=refusal)


def _handed_over(identity: ObjectId, other: tuple[str, str]) -> str:
    return (
        f"{identity} is no longer in the chart, and belongs to release {'/'.join(other)} by now; Helm would delete it "
        f"all the same: annotate it with `{KEEP_ANNOTATION}={KEEP}`"
    )
