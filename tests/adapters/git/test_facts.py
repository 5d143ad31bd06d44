"""What commits tell of themselves, true or not."""

from __future__ import annotations

import pytest

from reconciler.adapters.git.facts import MAX_SUBJECT
from tests.adapters.git.conftest import MakeMirror
from tests.git_servers import Origin


@pytest.mark.parametrize(
    ("header", "message", "subject", "year"),
    [
        pytest.param("1700000000 +0000", "Plain", "Plain", 2023, id="plain"),
        pytest.param("1700000000 +0000", "In two\nlines\n\nAnd more", "In two lines", 2023, id="a paragraph"),
        pytest.param("1700000000 +0000", "", "", 2023, id="nothing"),
        pytest.param("1700000000 +9999", "Zone", "Zone", 2023, id="a zone that is none"),
        pytest.param("99999999999999 +0000", "Late", "Late", 9999, id="after all calendars"),
        pytest.param("1700000000 +0000", "x" * 10_000, "x" * (MAX_SUBJECT - 1) + "…", 2023, id="a book"),
        pytest.param("1700000000 +0000\nencoding latin1", "caf\xe9", "café", 2023, id="another encoding"),
        pytest.param("1700000000 +0000\nencoding zlib_codec", "x", "x", 2023, id="an encoding that is none"),
        pytest.param("1700000000 +0000", "bytes \xff\xfe", "bytes ��", 2023, id="no text"),
        pytest.param("1700000000 +0000", "\x1b[2Jred", "\x1b[2Jred", 2023, id="for whoever shows it to clean"),
    ],
)
def test_commits(header: str, message: str, subject: str, year: int, origin: Origin, mirror: MakeMirror) -> None:
    """Whatever a commit says, it is read; none of it is believed."""
    tree = origin.git("rev-parse", "HEAD^{tree}")
    content = f"tree {tree}\nauthor Ada <ada@example.com> 1700000000 +0000\ncommitter Ben <b@x> {header}\n\n{message}\n"
    made = origin.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content.encode("latin1"))
    origin.git("update-ref", "refs/heads/main", made)
    commit = mirror().update()
    assert (commit.sha, commit.subject, commit.time.year) == (made, subject, year)
