"""What git tells of a commit, as a value."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.model.source import Commit, Person, Signature

FORMAT = "%H%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%s"
"""For `git show`: what `read` takes. A NUL can be in none of the fields, since git's own objects end texts with it."""

# Characters; a subject is for one line of a report, and may be a whole book.
MAX_SUBJECT = 200


def read(told: bytes, ref: str, signature: Signature) -> Commit:
    """A commit from `git show` in FORMAT."""
    fields = told.decode(errors="replace").rstrip("\n").split("\0")
    sha, author, author_email, committer, committer_email, time, subject = fields
    return Commit(
        sha=sha,
        ref=ref,
        author=Person(author, author_email),
        committer=Person(committer, committer_email),
        subject=subject if len(subject) <= MAX_SUBJECT else f"{subject[: MAX_SUBJECT - 1]}…",
        time=datetime.fromtimestamp(int(time), UTC),
        signature=signature,
    )
