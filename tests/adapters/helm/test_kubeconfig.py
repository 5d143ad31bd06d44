"""Kubeconfigs for Helm: private, shared, and with nothing in them but the context in use."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.helm.kubeconfig import KubeconfigFiles
from reconciler.errors import ClusterError
from tests.adapters.kube.test_kubeconfig import access, document

if TYPE_CHECKING:
    from pathlib import Path


def test_files_are_private_and_shared(tmp_path: Path) -> None:
    """One file for each cluster, readable by its owner only."""
    files = KubeconfigFiles(tmp_path)
    path = files.path(access(document({}, {"token": "one"}), tmp_path))
    assert files.path(access(document({}, {"token": "one"}), tmp_path)) == path
    assert files.path(access(document({}, {"token": "two"}), tmp_path)) != path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_helm_is_given_what_the_environment_allows(tmp_path: Path) -> None:
    """A program to log in is refused before Helm could start it; nothing is written then."""
    text = document({}, {"exec": {"command": "login"}})
    with pytest.raises(ClusterError, match="logs in by `login`"):
        KubeconfigFiles(tmp_path).path(access(text, tmp_path))
    assert not list(tmp_path.iterdir())
    path = KubeconfigFiles(tmp_path).path(access(text, tmp_path, plugins=["login"]))
    assert json.loads(path.read_text())["users"][0]["user"] == {"exec": {"command": "login"}}
