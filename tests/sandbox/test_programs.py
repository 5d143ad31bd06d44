"""Getting programs: which source is used, and when."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reconciler.errors import SandboxError
from reconciler.sandbox.catalog import PROGRAMS, Sources, current_platform, located
from reconciler.sandbox.programs import ensure

from .conftest import Web

PROGRAM = b"#!/bin/sh\n"
NOWHERE = {"PATH": "/nonexistent"}


def publish(web: Web, name: str, content: bytes, digest: str | None = None) -> None:
    release = located(PROGRAMS[name].release, PROGRAMS[name], current_platform(), web.sources())
    web.files[release.url.removeprefix(web.url)] = content
    published = digest or hashlib.sha256(content).hexdigest()
    web.files[release.checksums.removeprefix(web.url)] = published.encode()


def test_what_is_cached_is_used_without_asking(web: Web, tmp_path: Path) -> None:
    """A cache hit starts no process, asks no server, and does not even take the lock."""
    cached = PROGRAMS["kubectl"].cached(tmp_path, current_platform())
    cached.parent.mkdir(parents=True)
    cached.write_bytes(PROGRAM)
    cached.chmod(0o755)
    told: list[str] = []
    found = ensure(["kubectl"], told.append, sources=web.sources(), folder=tmp_path, environment=NOWHERE)
    assert found == {"kubectl": cached}
    assert (told, web.asked, [each.name for each in tmp_path.iterdir()]) == ([], [], [cached.parent.name])


def test_a_cached_file_that_cannot_run_is_replaced(web: Web, tmp_path: Path) -> None:
    """Something that is not executable was not put there by us."""
    cached = PROGRAMS["kubectl"].cached(tmp_path, current_platform())
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"")
    publish(web, "kubectl", PROGRAM)
    ensure(["kubectl"], sources=web.sources(), folder=tmp_path, environment=NOWHERE)
    assert cached.read_bytes() == PROGRAM


def test_programs_are_downloaded_once(web: Web, tmp_path: Path) -> None:
    """The second time they come from the cache."""
    publish(web, "kubectl", PROGRAM)
    for _ in range(2):
        ensure(["kubectl"], sources=web.sources(), folder=tmp_path, environment=NOWHERE)
    assert len(web.asked) == 2  # the checksum and the program


def test_a_wrong_checksum_never_falls_back(web: Web, tmp_path: Path) -> None:
    """Building is allowed here, and would say that there is no Go; it is not even considered."""
    publish(web, "kubectl", PROGRAM, "0" * 64)
    with pytest.raises(SandboxError, match="refusing") as caught:
        ensure(["kubectl"], sources=web.sources(build=True), folder=tmp_path, environment=NOWHERE)
    assert "no `go`" not in str(caught.value)


def test_a_missing_download_falls_to_go(web: Web, tmp_path: Path) -> None:
    """After a 404 the next source is tried; the error tells both, and what to install."""
    with pytest.raises(SandboxError) as caught:
        ensure(["etcd", "kwok"], sources=web.sources(build=True), folder=tmp_path, environment=NOWHERE)
    message = str(caught.value)
    assert "cannot prepare etcd v3.6.16, kwok v0.7.0" in message
    assert message.count("answers 404") == 2
    assert "no `go` program on the PATH" in message
    assert "install Go" in message


def test_a_silent_server_is_asked_once(tmp_path: Path) -> None:
    """Four programs on one server that does not answer cost one timeout."""
    gone = Sources(kubernetes="http://127.0.0.1:9", build=False)
    told: list[str] = []
    with pytest.raises(SandboxError, match="switched off"):
        ensure(["kubectl", "kube-apiserver"], told.append, sources=gone, folder=tmp_path, environment=NOWHERE)
    assert len(told) == 1


def test_an_unknown_program_is_named(tmp_path: Path) -> None:
    """The error lists those that there are."""
    with pytest.raises(SandboxError, match="no program 'kubelet'") as caught:
        ensure(["kubelet"], folder=tmp_path, environment=NOWHERE)
    assert caught.value.hint is not None
    assert "kube-apiserver" in caught.value.hint
