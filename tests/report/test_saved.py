"""A saved plan as text, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import SavedPlanError
from reconciler.model.cluster import ClusterIdentity
from reconciler.model.identity import AccountId, NamespaceId, ObjectId, SecretId, Target
from reconciler.model.object_version import ObjectVersion
from reconciler.model.observed import ReleaseStatus
from reconciler.model.plan import Action, ActionKind, FieldChange, ObjectChange, Verb
from reconciler.model.policy import Consent, Risk
from reconciler.model.saved import Asked, Origin, SavedPlan, SeenRelease, Snapshot
from reconciler.model.seal import Seal
from reconciler.model.secret import SecretText
from reconciler.report.saved import read_saved, saved_line, saved_text, step_of
from tests.plan.factories import API, NAMESPACE, NOW, object_id

KEY, SALT = SecretText("k" * 32), bytes(range(16))
SEAL = Seal.of(KEY, SALT)
FOUND = ObjectVersion("u-1", "7", "kubectl at noon", "digest")


def _action(target: Target, kind: ActionKind = ActionKind.UPDATE) -> Action:
    fields = (FieldChange("data.text", "one", {"deep": [1, 2.5, None, "é"]}, "kubectl at noon"),)
    change = ObjectChange(Verb.UPDATE, object_id(), fields, verified=True, note=None, version=FOUND)
    return Action(kind, target, "because", (change,), frozenset({NamespaceId("main", "shop")}), None)


PLAN = SavedPlan(
    Origin("ci, run 7", NOW, "0.1.0", timedelta(hours=1)),
    Asked(
        environment="environments/staging.yaml",
        only=("app", "namespace=shop"),
        break_lock=True,
        locked=True,
        consent=Consent(((Risk.DOWNGRADE, "*"),), ("deployment/shop/api",), 3),
        with_needs=True,
    ),
    Snapshot(
        environment="staging",
        inputs={"a.yaml": "1", "b.yaml": "2"},
        references={"env TOKEN": "3"},
        clusters={"main": ClusterIdentity("https://a.example.com", None, None)},
        releases={API: SeenRelease(3, ReleaseStatus.PENDING_UPGRADE, ObjectVersion("r-1", "40", None, None))},
        objects={("main", object_id()): FOUND, ("main", ObjectId(NAMESPACE, "", "shop")): None},
        steps=tuple(
            map(
                step_of,
                (
                    _action(NamespaceId("main", "shop")),
                    _action(SecretId("main", "shop", "db")),
                    _action(AccountId("main", "shop", "default")),
                    _action(API, ActionKind.BLOCKED),
                ),
            )
        ),
    ),
    SALT,
    "-----BEGIN AGE ENCRYPTED FILE-----",
)
TEXT = saved_text(PLAN, SEAL)


def test_there_and_back() -> None:
    """Nothing is lost, and the text is the same each time."""
    read, seal = read_saved(TEXT, "plan.json", KEY)
    assert read == PLAN
    assert seal == SEAL
    assert saved_text(read, seal) == TEXT


def test_spacing_is_no_edit() -> None:
    """A tool may have written the same document in another way."""
    assert read_saved(json.dumps(json.loads(TEXT), sort_keys=True), "plan.json", KEY)[0] == PLAN


def _each_leaf(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _each_leaf(item, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for index, item in enumerate(value) for leaf in _each_leaf(item, (*path, index))]
    return [path]


@pytest.mark.parametrize("path", _each_leaf(json.loads(TEXT)), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("text", ["edited", "\ud800"], ids=["a text", "half a character"])
def test_no_value_can_be_edited(path: tuple[str | int, ...], text: str) -> None:
    """Whatever is changed in the file, and to what, it is refused."""
    document = json.loads(TEXT)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = text
    with pytest.raises(SavedPlanError) as found:
        read_saved(json.dumps(document), "plan.json", KEY)
    assert found.value.exit_code == 3


def _drop(document: dict[str, Any]) -> None:
    del document["actions"][0]


def _add(document: dict[str, Any]) -> None:
    document["more"] = 1


@pytest.mark.parametrize("edit", [_drop, _add, lambda document: document.pop("mac")], ids=["less", "more", "no mac"])
def test_nothing_can_be_added_or_dropped(edit: Callable[[dict[str, Any]], None]) -> None:
    """Neither an action nor a key."""
    document = json.loads(TEXT)
    edit(document)
    with pytest.raises(SavedPlanError, match=r"plan\.json is not as it was made"):
        read_saved(json.dumps(document), "plan.json", KEY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is no JSON"),
        (TEXT[:500], "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", 'its `kind` is not "Plan"'),
        ('{"environment": "staging", "changes": 1}', "`plan -o json` prints another document"),
        ('{"kind": "Plan", "version": 2}', "has version 2 of the format, and this reads 1"),
        ('{"kind": "Plan", "version": 1}', "its `salt` is missing"),
        ('{"kind": "Plan", "version": 1, "salt": 7}', "its `salt` is missing"),
        ('{"kind": "Plan", "version": 1, "salt": "00", "key": "00"}', "was made with another key"),
    ],
    ids=["empty", "cut", "deep", "a list", "another document", "newer", "no salt", "a salt of another kind", "no key"],
)
def test_what_is_no_saved_plan(text: str, message: str) -> None:
    """It is said, and never a traceback."""
    with pytest.raises(SavedPlanError, match=message):
        read_saved(text, "plan.json", KEY)


def test_a_document_of_another_program_under_the_right_seal() -> None:
    """A later program may have had parts that this one does not know."""
    document = {**json.loads(TEXT), "more": 1}
    del document["mac"]
    document["mac"] = SEAL.mac(document)
    with pytest.raises(SavedPlanError, match="1 parts of it are not as they should be"):
        read_saved(json.dumps(document), "plan.json", KEY)


def test_another_key_is_told_from_an_edit() -> None:
    """What to do about it differs."""
    with pytest.raises(SavedPlanError, match="was made with another key than the one here") as found:
        read_saved(TEXT, "plan.json", SecretText("o" * 32))
    assert "RECONCILE_PLAN_KEY" in (found.value.hint or "")


def test_a_plan_in_one_line() -> None:
    """Who made it cannot steer the terminal."""
    line = saved_line(replace(PLAN, origin=replace(PLAN.origin, by="ci\x1b[2J")))
    assert line == (
        f"plan {PLAN.id} of ci�[2J, made at 2026-01-02 12:00:00 UTC, to be applied until 2026-01-02 13:00:00 UTC"
    )
