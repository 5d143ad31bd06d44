"""Building with Go; the fast parts. The real build is what `prepared_programs` does on a fresh machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reconciler.errors import SandboxError
from reconciler.sandbox.catalog import PROGRAMS, Platform
from reconciler.sandbox.download import SourceUnavailableError
from reconciler.sandbox.gobuild import build, find_go, module_file
from reconciler.sandbox.progress import silent

LINUX = Platform("linux", "amd64")
UPSTREAM = """module k8s.io/kubernetes

go 1.25.0

require example.com/x v1.0.0

replace (
\tk8s.io/api => ./staging/src/k8s.io/api
\tk8s.io/apimachinery => ./staging/src/k8s.io/apimachinery
\texample.com/x => example.com/y v1.0.0
)

replace k8s.io/kubectl => ./staging/src/k8s.io/kubectl
"""


def fake_go(folder: Path, script: str) -> dict[str, str]:
    """An environment whose only `go` is a shell script: the real one cannot be made old."""
    program = folder / "go"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{os.defpath}"}


def test_modules_inside_kubernetes_are_replaced_by_published_ones() -> None:
    """Each relative replacement is repeated with the staging version; others do not count elsewhere."""
    text = module_file(PROGRAMS["kube-apiserver"].module, UPSTREAM, "1.25.0")
    assert [line for line in text.splitlines() if line.startswith("replace")] == [
        "replace k8s.io/api => k8s.io/api v0.35.4",
        "replace k8s.io/apimachinery => k8s.io/apimachinery v0.35.4",
        "replace k8s.io/kubectl => k8s.io/kubectl v0.35.4",
    ]
    assert "require k8s.io/kubernetes v1.35.4" in text


def test_no_go_is_unavailable(tmp_path: Path) -> None:
    """A machine without Go can still be told about the other sources."""
    with pytest.raises(SourceUnavailableError, match="no `go` program"):
        find_go({"PATH": str(tmp_path)}, LINUX, silent)


def test_the_users_go_settings_do_not_matter(tmp_path: Path) -> None:
    """Flags, a workspace or a target in the environment cannot change what is built."""
    users = {"GOFLAGS": "-mod=vendor", "GOWORK": "/w/go.work", "GOOS": "windows", "GOTOOLCHAIN": "auto"}
    environment = {**fake_go(tmp_path, "exit 0"), **users}
    go = find_go(environment, LINUX, silent)
    found = {name: go.environment[name] for name in users}
    assert found == {
        "GOFLAGS": "-mod=mod -buildvcs=false",
        "GOWORK": "off",
        "GOOS": "linux",
        "GOTOOLCHAIN": "local",
    }


def test_an_old_go_is_told_apart(tmp_path: Path) -> None:
    """The message says which Go is needed and which is there; no other toolchain is downloaded."""
    upstream = tmp_path / "upstream.mod"
    upstream.write_text(UPSTREAM, encoding="utf-8")
    script = f'case "$1" in mod) echo \'{{"GoMod": "{upstream}"}}\';; env) echo go1.22.3;; esac'
    go = find_go(fake_go(tmp_path, script), LINUX, silent)
    with pytest.raises(SandboxError, match=r"needs Go 1\.25\.0; installed is 1\.22\.3") as caught:
        build([PROGRAMS["etcd"]], {"etcd": tmp_path / "etcd"}, go)
    assert caught.value.hint == "install a newer Go"


def test_a_failing_go_is_quoted(tmp_path: Path) -> None:
    """The end of what it said is in the error."""
    go = find_go(fake_go(tmp_path, "echo no such module >&2; exit 1"), LINUX, silent)
    with pytest.raises(SandboxError, match=r"`go mod download` failed:\nno such module"):
        build([PROGRAMS["etcd"]], {"etcd": tmp_path / "etcd"}, go)
