"""Downloads, against a web server on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import SandboxError
from reconciler.sandbox.catalog import Release, Sources
from reconciler.sandbox.download import (
    SourceUnavailableError,
    SourceUnreachableError,
    fetch,
    published_sum,
)

from .conftest import Web

PROGRAM = b"#!/bin/sh\necho hello\n"
SUM = hashlib.sha256(PROGRAM).hexdigest()
OTHER = "0" * 64


def tar_of(*members: tuple[str, bytes | None]) -> bytes:
    """A gzipped tar; a member without content is a symbolic link to /etc/passwd."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def zip_of(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def publish(web: Web, name: str, content: bytes, published: str | None = None) -> Release:
    digest = hashlib.sha256(content).hexdigest() if published is None else published
    web.files[f"/{name}"] = content
    web.files[f"/{name}.sha256"] = digest.encode()
    return Release(f"{web.url}/{name}", f"{web.url}/{name}.sha256")


def test_a_checked_program_is_executable_and_alone(web: Web, tmp_path: Path) -> None:
    """What was downloaded is there, executable, and no temporary file is left beside it."""
    target = tmp_path / "folder" / "tool"
    fetch(publish(web, "tool", PROGRAM), target, web.sources())
    assert target.read_bytes() == PROGRAM
    assert os.access(target, os.X_OK)
    assert list(target.parent.iterdir()) == [target]


def test_a_wrong_checksum_is_an_error_and_keeps_nothing(web: Web, tmp_path: Path) -> None:
    """It is not "unavailable", after which another source would be tried; and nothing stays on disk."""
    target = tmp_path / "tool"
    with pytest.raises(SandboxError, match=f"SHA-256 is {SUM}") as caught:
        fetch(publish(web, "tool", PROGRAM, OTHER), target, web.sources())
    assert not isinstance(caught.value, SourceUnavailableError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["/tool", "/tool.sha256"])
def test_what_is_not_published_is_unavailable(missing: str, web: Web, tmp_path: Path) -> None:
    """Without the file, or without its checksum, there is no download; another source may be tried."""
    release = publish(web, "tool", PROGRAM)
    del web.files[missing]
    with pytest.raises(SourceUnavailableError, match="404"):
        fetch(release, tmp_path / "tool", web.sources())
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    """Told apart from a missing file, so that the same server is not asked again for the next program."""
    release = Release("http://127.0.0.1:9/tool", "http://127.0.0.1:9/tool.sha256")
    with pytest.raises(SourceUnreachableError, match=r"127\.0\.0\.1:9"):
        fetch(release, tmp_path / "tool", Sources())


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.tar.gz", lambda: tar_of(("../../evil", b"x"), ("/abs", b"x"), ("d/tool", PROGRAM))),
        ("a.zip", lambda: zip_of(("../../evil", b"x"), ("/abs", b"x"), ("d/tool", PROGRAM))),
    ],
)
def test_only_the_named_member_leaves_an_archive(
    name: str, make: Callable[[], bytes], web: Web, tmp_path: Path
) -> None:
    """Hostile members beside it, with absolute or climbing names, are never written."""
    published = publish(web, name, make())
    target = tmp_path / "deep" / "folder" / "tool"
    fetch(Release(published.url, published.checksums, "d/tool"), target, web.sources())
    assert target.read_bytes() == PROGRAM
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [target]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.tar.gz", tar_of(("d/other", PROGRAM)), "no member d/tool"),
        ("a.tar.gz", tar_of(("d/tool", None)), "not a regular file"),
        ("a.tar.gz", b"not an archive", "not a readable archive"),
        ("a.tar.gz", tar_of(("d/tool", os.urandom(50_000)))[:20_000], "not a readable archive"),
        ("a.zip", zip_of(("d/other", PROGRAM)), "no member d/tool"),
        ("a.zip", b"not an archive", "not a readable archive"),
    ],
    ids=["other layout", "link", "no tar", "cut short", "other layout in zip", "no zip"],
)
def test_an_archive_without_the_program_is_refused(
    name: str, content: bytes, why: str, web: Web, tmp_path: Path
) -> None:
    """Even when its checksum is right: a link, another layout, or no archive at all gives no program."""
    published = publish(web, name, content)
    with pytest.raises(SandboxError, match=why) as caught:
        fetch(Release(published.url, published.checksums, "d/tool"), tmp_path / "tool", web.sources())
    assert not isinstance(caught.value, SourceUnavailableError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SUM, SUM),
        (f"{SUM.upper()}\n", SUM),
        (f"{OTHER}  other\n{SUM}  tool\n", SUM),
        (f"{SUM} *tool\n", SUM),
        (f"{SUM}  not-tool\n", None),
        ("<html>a page\n", None),
        ("", None),
        (json.dumps({"assets": [{"name": "tool", "digest": f"sha256:{SUM}"}]}), SUM),
        (json.dumps({"assets": [{"name": "tool", "digest": None}]}), None),
        (json.dumps({"assets": [{"name": "tool", "digest": f"sha512:{SUM}"}]}), None),
        (json.dumps({"assets": [{"name": "other", "digest": f"sha256:{SUM}"}]}), None),
        (json.dumps({"message": "rate limit"}), None),
        ("{broken", None),
    ],
)
def test_published_sums_are_read_in_each_shape(text: str, expected: str | None) -> None:
    """A bare sum, a list, or GitHub's description of a release; anything else is no sum."""
    assert published_sum(text, "tool") == expected
