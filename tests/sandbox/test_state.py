"""What is written down about a sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.sandbox.processes import Process
from reconciler.sandbox.state import Ports, SandboxState, load, save

STATE = SandboxState(
    name="a",
    server="https://127.0.0.1:3",
    kubeconfig=Path("/h/a/kubeconfig"),
    audit_log=Path("/h/a/audit.log"),
    ports=Ports(1, 2, 3, 4, 5, 6),
    processes=(Process("etcd", 7, "boot:8"),),
    versions=(("etcd", "v3.6.16"),),
    stages="0123",
    ready=True,
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Equal in every field; and no temporary file stays."""
    path = tmp_path / "a" / "state.json"
    save(STATE, path)
    assert load(path) == STATE
    assert list(path.parent.iterdir()) == [path]


def changed(**fields: object) -> str:
    return json.dumps({"version": 1, "name": "a", **fields})


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", changed(), changed(version=2)])
def test_what_cannot_be_read_is_no_state(content: str | None, tmp_path: Path) -> None:
    """Missing, cut short, or by another version: no state, and no exception."""
    path = tmp_path / "state.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert load(path) is None


def test_a_process_is_found_by_name() -> None:
    """None for one that was not started."""
    assert STATE.process("etcd") == Process("etcd", 7, "boot:8")
    assert STATE.process("kwok") is None
