"""The table of programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox.catalog import PROGRAMS, Platform, Sources, located

LINUX = Platform("linux", "amd64")


@pytest.mark.parametrize(
    ("name", "platform", "url", "checksums", "member"),
    [
        (
            "kube-apiserver",
            LINUX,
            "K/release/v1.35.4/bin/linux/amd64/kube-apiserver",
            "K/release/v1.35.4/bin/linux/amd64/kube-apiserver.sha256",
            None,
        ),
        (
            "etcd",
            LINUX,
            "G/etcd-io/etcd/releases/download/v3.6.16/etcd-v3.6.16-linux-amd64.tar.gz",
            "G/etcd-io/etcd/releases/download/v3.6.16/SHA256SUMS",
            "etcd-v3.6.16-linux-amd64/etcd",
        ),
        (
            "etcd",
            Platform("darwin", "arm64"),
            "G/etcd-io/etcd/releases/download/v3.6.16/etcd-v3.6.16-darwin-arm64.zip",
            "G/etcd-io/etcd/releases/download/v3.6.16/SHA256SUMS",
            "etcd-v3.6.16-darwin-arm64/etcd",
        ),
        (
            "kwok",
            LINUX,
            "G/kubernetes-sigs/kwok/releases/download/v0.7.0/kwok-linux-amd64",
            "A/repos/kubernetes-sigs/kwok/releases/tags/v0.7.0",
            None,
        ),
        (
            "helm",
            LINUX,
            "H/helm-v4.3.1-linux-amd64.tar.gz",
            "H/helm-v4.3.1-linux-amd64.tar.gz.sha256sum",
            "linux-amd64/helm",
        ),
    ],
)
def test_releases_are_where_their_projects_publish_them(
    name: str, platform: Platform, url: str, checksums: str, member: str | None
) -> None:
    """URLs follow the layout of each project's releases, under bases that can be replaced."""
    sources = Sources(kubernetes="K", github="G", github_api="A", helm="H")
    found = located(PROGRAMS[name].release, PROGRAMS[name], platform, sources)
    assert (found.url, found.checksums, found.member) == (url, checksums, member)


def test_versions_and_platforms_do_not_share_a_cached_program() -> None:
    """The cache's folder names say version and platform, the file is called like the program."""
    cached = PROGRAMS["etcd"].cached(Path("/p"), LINUX)
    assert cached == Path("/p/etcd-v3.6.16-linux-amd64/etcd")


def test_kubernetes_knows_its_version() -> None:
    """The linker is told the version, and the staging modules' version follows from it."""
    module = PROGRAMS["kube-apiserver"].module
    assert module.staging == "v0.35.4"
    assert set(module.variables.values()) == {"v1.35.4", "1", "35"}
