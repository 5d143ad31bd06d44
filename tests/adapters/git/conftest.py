"""Mirrors of real repositories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.git.mirror import GitMirror
from reconciler.model.git_address import GitAddress
from reconciler.model.source import Branch, Followed, GitSource
from tests.adapters.kube.servers import Authority
from tests.git_servers import GitHost, Origin, SshHost, make_origin, run_git_host, run_sshd

MakeMirror = Callable[..., GitMirror]


def source(url: str, follow: Followed | None = None, **more: Any) -> GitSource:
    """A source that follows `main`."""
    return GitSource(GitAddress.parse(url), follow or Branch("main"), "env.yaml", **more)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """What each test has a copy of."""
    return make_origin(tmp_path_factory.mktemp("template") / "env.git")


@pytest.fixture
def origin(template: Origin, tmp_path: Path) -> Origin:
    """A repository with one commit."""
    return Origin(Path(shutil.copytree(template.path, tmp_path / "served/team/env.git")))


@pytest.fixture
def mirror(origin: Origin, tmp_path: Path) -> Iterator[MakeMirror]:
    """Makes mirrors, and ends them; of `origin` and its branch `main` when nothing else is said."""
    with ExitStack() as stack:

        def make(
            url: str = origin.url, follow: Followed | None = None, folder: str = "state", **more: Any
        ) -> GitMirror:
            made = GitMirror(source(url, follow, **more), tmp_path / folder, os.environ)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Whom the https server's certificate is of."""
    return Authority.new()


@pytest.fixture
def git_host(origin: Origin, authority: Authority, tmp_path: Path) -> Iterator[GitHost]:
    """The folder of `origin` over https, for those who have the token."""
    certificate = tmp_path / "server.pem"
    certificate.write_text("".join(authority.issue("server", "127.0.0.1")))
    with run_git_host(origin.path.parents[1], certificate) as made:
        yield made


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """All of this machine's files over ssh, for those who have the key."""
    with run_sshd(tmp_path_factory.mktemp("sshd")) as made:
        yield made
