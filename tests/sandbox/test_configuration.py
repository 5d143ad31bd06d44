"""The files that a control plane is started with."""

from __future__ import annotations

import base64
import csv
from pathlib import Path

import yaml

from reconciler.sandbox.configuration import ACCOUNTS, audit_policy, write_configuration
from reconciler.sandbox.files import write_private
from reconciler.sandbox.paths import SandboxPaths


def test_every_account_has_its_own_token_and_kubeconfig(tmp_path: Path) -> None:
    """The kubeconfig holds the authority, the server and the token that the API server will know."""
    paths = SandboxPaths(tmp_path / "a")
    write_private(paths.ca, "authority")
    write_configuration(paths, "a", "https://127.0.0.1:1")
    with paths.tokens.open(encoding="utf-8", newline="") as file:
        tokens = {row[1]: row[0] for row in csv.reader(file)}
    assert len(set(tokens.values())) == len(ACCOUNTS)
    document = yaml.safe_load(paths.kubeconfig.read_text(encoding="utf-8"))
    cluster = document["clusters"][0]["cluster"]
    assert cluster["server"] == "https://127.0.0.1:1"
    assert base64.b64decode(cluster["certificate-authority-data"]) == b"authority"
    assert document["users"][0]["user"]["token"] == tokens["admin"]
    assert document["current-context"] == "reconciler-a"
    for account in ACCOUNTS[1:]:
        assert tokens[account.user] in paths.component_kubeconfig(account.name).read_text(encoding="utf-8")


def test_every_request_is_logged() -> None:
    """One rule without conditions: nothing is left out of the audit log."""
    assert audit_policy()["rules"] == [{"level": "Metadata"}]
