"""Kubeconfigs for Helm: complete, private, silent about their content."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.helm.kubeconfig import KubeconfigFiles, kubeconfig_text
from reconciler.errors import EngineError, Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText

if TYPE_CHECKING:
    from pathlib import Path

WHERE = Location("env.yaml", 4, 7)


def access(text: str | None, base: Path) -> ClusterAccess:
    """Access by this kubeconfig."""
    return ClusterAccess("main", None if text is None else SecretText(text), None, base, WHERE)


def test_relative_paths_become_absolute(tmp_path: Path) -> None:
    """Files are looked for beside the kubeconfig, wherever Helm reads its copy; a bare command stays one."""
    text = """
    clusters: [{name: c, cluster: {server: x, certificate-authority: ca.crt}}]
    users:
    - {name: a, user: {client-certificate: ../a.crt, client-key: /abs/a.key, tokenFile: t}}
    - {name: b, user: {exec: {command: ./login}}}
    - {name: c, user: {exec: {command: aws}}}
    """
    config = json.loads(kubeconfig_text(access(text, tmp_path), {}))
    assert config["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.crt")
    assert config["users"][0]["user"] == {
        "client-certificate": str(tmp_path / "../a.crt"),
        "client-key": "/abs/a.key",
        "tokenFile": str(tmp_path / "t"),
    }
    assert [user["user"]["exec"]["command"] for user in config["users"][1:]] == [str(tmp_path / "login"), "aws"]


@pytest.mark.parametrize("text", ["token: s3cr3t\n  bad: [", "just s3cr3t", "users: [{token: s3cr3t}]", "", "- s3cr3t"])
def test_what_is_no_kubeconfig_is_an_error_without_its_text(tmp_path: Path, text: str) -> None:
    """The error names the cluster and its place in the environment file, and quotes nothing."""
    with pytest.raises(EngineError, match="kubeconfig of cluster main") as caught:
        kubeconfig_text(access(text, tmp_path), {})
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.where == WHERE


def test_in_cluster_is_the_service_account(tmp_path: Path) -> None:
    """The token stays a file, since the kubelet renews it; an IPv6 address gets its brackets."""
    (tmp_path / "token").write_text("t")
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    config = json.loads(kubeconfig_text(access(None, tmp_path), environ, tmp_path))
    assert config["clusters"][0]["cluster"]["server"] == "https://[fd00::1]:443"
    assert config["users"][0]["user"] == {"tokenFile": str(tmp_path / "token")}


def test_in_cluster_outside_of_a_pod_is_an_error(tmp_path: Path) -> None:
    """It does not fall back to whatever kubeconfig the user happens to have."""
    with pytest.raises(EngineError, match="inCluster"):
        kubeconfig_text(access(None, tmp_path), {}, tmp_path)


def test_files_are_private_and_shared(tmp_path: Path) -> None:
    """One file for each cluster, readable by its owner only."""
    files = KubeconfigFiles(tmp_path, {})
    first = access("clusters: [{name: c}]", tmp_path)
    path = files.path(first)
    assert files.path(access("clusters: [{name: c}]", tmp_path)) == path
    assert files.path(access("clusters: [{name: d}]", tmp_path)) != path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
