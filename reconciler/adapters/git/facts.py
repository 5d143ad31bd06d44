"""What git tells of a commit, as a value."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.model.source import Commit, Person, Signature

ASKING = ("rev-list", "--max-count=1", "--no-commit-header", "--format=%H%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%s")
"""What git is asked with; the commit follows.

A NUL can be in none of the fields, since git's own objects end texts with it. `git show` would look into the whole
tree, however large, even when it is told to print none of it.
"""

# A commit may claim any time; after the year 9999 no calendar of ours goes on.
_LAST_SECOND = 253_402_300_799
# Characters; a subject is for one line of a report, and may be a whole book.
MAX_SUBJECT = 200


def read(told: bytes, ref: str, signature: Signature) -> Commit:
    """A commit from what git says when it is asked."""
    fields = told.decode(errors="replace").rstrip("\n").split("\0", 6)
    sha, author, author_email, committer, committer_email, time, subject = fields
    return Commit(
        sha=sha,
        ref=ref,
        author=Person(author, author_email),
        committer=Person(committer, committer_email),
        subject=subject if len(subject) <= MAX_SUBJECT else f"{subject[: MAX_SUBJECT - 1]}…",
        time=datetime.fromtimestamp(min(int(time), _LAST_SECOND), UTC),
        signature=signature,
    )
