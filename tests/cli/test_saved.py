"""Options of saved plans, where no cluster is needed."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.cli.saved_wiring import make_saving
from tests.conftest import Reconcile

KEY = {"RECONCILE_PLAN_KEY": "k" * 64}
USAGE = {
    "neither": (("apply",), "missing option '-e' / '--environment'; or '--plan', which names it"),
    "an identity without a plan": (("apply", "-e", "env.yaml", "--age-identity", "key"), "add --plan FILE"),
    "a key without a plan": (("apply", "-e", "env.yaml", "--key-file", "key"), "add --plan FILE"),
    "a key that seals nothing": (("plan", "-e", "env.yaml", "--key-file", "key"), "add --save FILE"),
    "a recipient of nothing": (("plan", "-e", "env.yaml", "--age-recipient", "age1"), "add --save FILE"),
    "no lifetime": (("plan", "-e", "env.yaml", "--save", "p", "--lifetime", "0"), "a duration such as 90s"),
    "no key": (("plan", "-e", "env.yaml", "--save", "p", "--key-file", "none"), "the key in none cannot be used"),
    "no recipient": (("plan", "-e", "env.yaml", "--save", "p", "--age-recipient", "me"), "me is no recipient of age"),
    "no plan": (("apply", "--plan", "none"), "none cannot be read: no such file or directory"),
    "a folder": (("apply", "--plan", "."), ". cannot be read: is a directory"),
}


@pytest.mark.parametrize(("arguments", "message"), USAGE.values(), ids=USAGE)
def test_wrong_usage_is_an_error(arguments: tuple[str, ...], message: str, reconcile: Reconcile) -> None:
    """Exit code 1, and what to do; before any file is read."""
    done = reconcile(*arguments, **KEY)
    assert done.code == 1, done.text
    assert message in done.err


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\xfe", b'{"kind": "Plan"}'], ids=["empty", "map", "binary", "bare"]
)
def test_what_is_no_plan_is_refused(content: bytes, reconcile: Reconcile, tmp_path: Path) -> None:
    """Exit code 3: a script that applies saved plans need not tell why."""
    (tmp_path / "plan.json").write_bytes(content)
    done = reconcile("apply", "--plan", "plan.json", **KEY)
    assert done.code == 3, done.text
    assert done.err.startswith("plan.json ")


def test_a_plan_is_kept_in_one_step_and_for_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It replaces an older one; nothing else is left in the folder. Who made it is told by the option, or user@host."""
    monkeypatch.setenv("RECONCILE_PLAN_KEY", "k" * 64)
    target = tmp_path / "plans" / "plan.json"
    target.parent.mkdir()
    target.write_text("older")
    target.chmod(0o644)
    saving = make_saving(target, timedelta(hours=1), None, (), None)
    saving.keep("text")
    assert target.read_text() == "text"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["plan.json"]
    assert "@" in saving.origin.by
    assert make_saving(target, timedelta(hours=1), "job 7", (), None).origin.by == "job 7"
