"""Which ref is followed."""

from __future__ import annotations

import pytest

from reconciler.adapters.git.refs import Found, choose, parse_refs, pattern
from reconciler.errors import GitError
from reconciler.model.source import Branch, Followed, Tag, TagRange
from reconciler.model.versions import VersionRange
from tests.adapters.git.conftest import source

LISTING = b"""\
11\tHEAD
22\trefs/heads/main
33\trefs/remotes/x/refs/heads/main
44\trefs/tags/v1.0.0
45\trefs/tags/v1.0.0^{}
55\trefs/tags/v1.1.0
66\trefs/tags/v1.2.0-rc.1
77\trefs/tags/api/v9.0.0
"""


@pytest.mark.parametrize(
    ("follow", "expected"),
    [
        (Branch("main"), Found("refs/heads/main", "22")),
        (Tag("v1.0.0"), Found("refs/tags/v1.0.0", "44")),
        (Tag("api/v9.0.0"), Found("refs/tags/api/v9.0.0", "77")),
        (TagRange(VersionRange.parse("1")), Found("refs/tags/v1.1.0", "55")),
        (TagRange(VersionRange.parse("~1.2.0-0")), Found("refs/tags/v1.2.0-rc.1", "66")),
    ],
)
def test_choose(follow: Followed, expected: Found) -> None:
    """By its full name; of tags the highest version."""
    assert choose(source("file:///x", follow), parse_refs(LISTING)) == expected


@pytest.mark.parametrize("follow", [Branch("gone"), Branch("HEAD"), Tag("v2.0.0"), TagRange(VersionRange.parse(">=2"))])
def test_nothing_to_follow(follow: Followed) -> None:
    """An error that names the repository and what was looked for."""
    with pytest.raises(GitError, match=f"file:///x has no {follow}") as caught:
        choose(source("file:///x", follow), parse_refs(LISTING))
    assert caught.value.hint


@pytest.mark.parametrize("name", ["main", "feature/one", "a.b", "1.0", "ünï", "a-b", "+a", "@"])
def test_names(name: str) -> None:
    """What git takes as a name."""
    assert pattern(Branch(name)) == f"refs/heads/{name}"


@pytest.mark.parametrize(
    "name",
    [
        *["", "-x", "--upload-pack=x", "/a", "a/", "a//b", "a..b", "a.lock", "a.lock/b", ".a", "a/.b", "a.", "a b"],
        *["a:b", "a*", "a?", "a[b", "a\\b", "a^", "a~1", "a@{1}", "a\n", "\x7f"],
    ],
)
def test_what_is_no_name(name: str) -> None:
    """None is given to git, which might read it as something else."""
    with pytest.raises(GitError, match="can be no name of a branch or tag"):
        pattern(Tag(name))
