"""Which ref of a repository is followed, by what the repository says that it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import GitError, GitReason
from reconciler.model.source import Branch, Followed, GitSource, Tag, TagRange

# What git allows in a name (`man git-check-ref-format`), so that none is read as an option or a pattern.
_NAME = re.compile(
    r"(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)))[^-/.\x00-\x20\x7f~^:?*\[\\][^\x00-\x20\x7f~^:?*\[\\]*(?<![/.])"
)
_TAGS = "refs/tags/"


@dataclass(frozen=True, slots=True)
class Found:
    """A ref of the repository, and what it points to: a commit, or a tag's object."""

    ref: str
    sha: str


def pattern(follow: Followed) -> str:
    """What to ask a repository for.

    Raises GitError: no branch or tag can be called so.
    """
    match follow:
        case Branch(name):
            return f"refs/heads/{_checked(name)}"
        case Tag(name):
            return f"{_TAGS}{_checked(name)}"
        case TagRange():
            return f"{_TAGS}*"


def parse_refs(listing: bytes) -> dict[str, str]:
    """Ref → object, from what `git ls-remote` says; without what tags point to."""
    lines = (line.partition("\t") for line in listing.decode(errors="replace").splitlines())
    return {ref: sha for sha, _, ref in lines if not ref.endswith("^{}")}


def choose(source: GitSource, refs: Mapping[str, str]) -> Found:
    """The ref that is followed.

    Raises GitError: there is none.
    """
    ref = _newest(source.follow, refs) if isinstance(source.follow, TagRange) else pattern(source.follow)
    if ref is None or ref not in refs:
        raise GitError(f"{source.address} has no {source.follow}", reason=GitReason.NO_REF, hint=_hint(source.follow))
    return Found(ref, refs[ref])


def _newest(follow: TagRange, refs: Mapping[str, str]) -> str | None:
    names = (ref.removeprefix(_TAGS) for ref in refs if ref.startswith(_TAGS))
    newest = follow.versions.newest(names)
    return None if newest is None else f"{_TAGS}{newest}"


def _hint(follow: Followed) -> str:
    if isinstance(follow, TagRange):
        return "no tag is a version in that range; pre-releases are only in ranges that name one"
    return "see `git ls-remote`; was it deleted or renamed?"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise GitError(f"{name!r} can be no name of a branch or tag", reason=GitReason.NO_REF)
    return name
