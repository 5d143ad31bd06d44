"""Plans and outcomes as people read them."""

from __future__ import annotations

import re
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from reconciler.model.failure import Remedy
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId, SecretId, Target
from reconciler.model.json import Json
from reconciler.model.outcome import ActionOutcome, Outcome, Remedied, Result, Started
from reconciler.model.plan import (
    Action,
    ActionKind,
    ApplyObjects,
    FieldChange,
    ObjectChange,
    Plan,
    Refusal,
    RiskLabel,
    Verb,
)
from reconciler.model.policy import Leave, Risk
from reconciler.report.style import Style
from reconciler.report.text import event_text, outcome_text, plan_summary, plan_text

PLAIN, COLOUR = Style(), Style(colour=True)
CONFIG = ObjectId(Kind("v1", "ConfigMap"), "shop", "api")
WORK = ApplyObjects((), "helm")


def change(*fields: FieldChange, verb: Verb = Verb.UPDATE, note: str | None = None, name: str = "api") -> ObjectChange:
    """What happens to a ConfigMap."""
    return ObjectChange(verb, ObjectId(CONFIG.kind, "shop", name), fields, note is None, note)


def action(kind: ActionKind, target: Target | None = None, reason: str = "why", *changes: ObjectChange) -> Action:
    """An action on a release."""
    work = None if kind in (ActionKind.NONE, ActionKind.BLOCKED) else WORK
    return Action(kind, target or ReleaseId("main", "shop", str(kind)), reason, changes, frozenset(), work)


EVERYTHING = Plan(
    "staging",
    (
        action(
            ActionKind.CREATE,
            NamespaceId("main", "shop"),
            "does not exist",
            ObjectChange(
                Verb.CREATE,
                ObjectId(Kind("v1", "Namespace"), "", "shop"),
                (FieldChange("metadata", None, {"name": "shop"}),),
                verified=True,
                note=None,
            ),
        ),
        action(
            ActionKind.UPDATE,
            SecretId("main", "shop", "db"),
            "differs: Secret shop/db data.password",
            change(FieldChange("data.password", "(old value, secret)", "(new value, secret)"), name="db"),
        ),
        action(
            ActionKind.INSTALL,
            ReleaseId("main", "shop", "cache"),
            "not installed",
            change(FieldChange("data", None, {"a": "1"}), verb=Verb.CREATE, note="namespace shop does not exist yet"),
            change(verb=Verb.CREATE, note="namespace shop does not exist yet", name="b"),
        ),
        action(
            ActionKind.UPGRADE,
            ReleaseId("main", "shop", "api"),
            "chart 1.0.0 → 1.1.0",
            change(
                FieldChange("data.changed", "1", "2"),
                FieldChange("data.added", None, after=True),
                FieldChange("data.removed", {"a": 1}, None),
                FieldChange("data.text", "one\ntwo\nthree\n", "one\n2\nthree\n"),
            ),
            change(verb=Verb.DELETE, name="old"),
        ),
        action(
            ActionKind.CORRECT,
            ReleaseId("main", "shop", "web"),
            "drifted: ConfigMap shop/web data.a (by kubectl at t)",
            change(FieldChange("data.a", "x", "y", "kubectl at t"), name="web"),
        ),
        action(ActionKind.NONE, ReleaseId("main", "shop", "same"), "nothing to do"),
        action(ActionKind.BLOCKED, ReleaseId("main", "shop", "stuck"), "another operation is in progress"),
        action(
            ActionKind.UNINSTALL,
            ReleaseId("main", "shop", "gone"),
            "the file no longer has it",
            change(verb=Verb.DELETE, name="gone"),
        ),
        action(ActionKind.DELETE, SecretId("main", "shop", "gone"), "the file no longer has it"),
    ),
)


def test_a_plan_with_every_kind_of_action() -> None:
    """Exactly this; what stays as it is is counted alone."""
    assert plan_text(EVERYTHING, PLAIN) == dedent("""\
        staging: 1 to create, 1 to update, 1 to install, 1 to upgrade, 1 to correct, 1 to uninstall, 1 to delete, \
1 blocked, 1 as they should be

          + namespace shop  does not exist
              + Namespace shop

          ~ secret shop/db  differs: Secret shop/db data.password
              ~ ConfigMap shop/db
                  data.password: "(old value, secret)" → "(new value, secret)"

          + release shop/cache  not installed
              + ConfigMap shop/api
              + ConfigMap shop/b
              (not checked by the server: namespace shop does not exist yet)

          ~ release shop/api  chart 1.0.0 → 1.1.0
              ~ ConfigMap shop/api
                  data.changed: "1" → "2"
                  data.added: true
                  data.removed: {"a": 1} → (removed)
                  data.text:
                    @@ -1,3 +1,3 @@
                     one
                    -two
                    +2
                     three
              - ConfigMap shop/old

          ~ release shop/web  drifted: ConfigMap shop/web data.a (by kubectl at t)
              ~ ConfigMap shop/web
                  data.a: "x" → "y"  (by kubectl at t)

          ! release shop/stuck  blocked: another operation is in progress

          - release shop/gone  the file no longer has it
              - ConfigMap shop/gone

          - secret shop/gone  the file no longer has it""")


def test_in_full() -> None:
    """New objects show their content, and what stays as it is has its line."""
    found = plan_text(EVERYTHING, PLAIN, full=True).splitlines()
    assert '          metadata: {"name": "shop"}' in found
    assert '          data: {"a": "1"}' in found
    assert "  = release shop/same  nothing to do" in found


def test_colours_are_added_and_nothing_else() -> None:
    """Without the escape codes, the coloured text is the plain one; each sign has its colour."""
    coloured = plan_text(EVERYTHING, COLOUR, full=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plan_text(EVERYTHING, PLAIN, full=True)
    for painted in (
        "\x1b[32m+ namespace shop\x1b[0m",
        "\x1b[33m~ release shop/api\x1b[0m",
        "\x1b[31m- ConfigMap shop/old\x1b[0m",
        "\x1b[2m= release shop/same\x1b[0m",
        "\x1b[1;31m! release shop/stuck\x1b[0m",
        "\x1b[31m-two\x1b[0m",
        "\x1b[32m+2\x1b[0m",
    ):
        assert painted in coloured


def test_several_clusters_are_named() -> None:
    """With one, its name would be noise."""
    there = action(ActionKind.INSTALL, ReleaseId("other", "shop", "api"))
    both = Plan("staging", (action(ActionKind.INSTALL), there))
    assert "release shop/api [other]  why" in plan_text(both, PLAIN)
    assert "[main]" in plan_text(both, PLAIN)
    assert "[" not in plan_text(Plan("staging", (there,)), PLAIN)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([], "staging: nothing in it"),
        ([ActionKind.NONE], "staging: 1 as they should be"),
        ([ActionKind.BLOCKED, ActionKind.NONE, ActionKind.NONE], "staging: 1 blocked, 2 as they should be"),
        ([ActionKind.UPGRADE, ActionKind.INSTALL, ActionKind.UPGRADE], "staging: 1 to install, 2 to upgrade"),
    ],
)
def test_the_summary_counts(actions: list[ActionKind], expected: str) -> None:
    """One line."""
    assert plan_summary(Plan("staging", tuple(map(action, actions)))) == expected


def lines_of(before: Json, after: Json) -> list[str]:
    """The lines of one changed field."""
    field = FieldChange("data.a", before, after)
    return plan_text(Plan("staging", (action(ActionKind.UPGRADE, None, "why", change(field)),)), PLAIN).splitlines()[4:]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n", "a"),
        ("a", "a\n"),
        ("a\nb", "a\r\nb"),
        ("a\nb\n", "a\nb\n\n"),
        ("a\nb", "a\x0bb\n"),
        ("a\nb", "a\u2028b"),
    ],
)
def test_a_difference_of_line_ends_is_seen(before: str, after: str) -> None:
    """A text that differs in its last line end, or in a line end of another kind, shows lines that differ."""
    found = lines_of(before, after)
    assert any(line.strip().startswith(("+", "-")) for line in found[1:])


@pytest.mark.parametrize("value", ["x" * 5000, "x\n" + "y" * 5000, ["x" * 5000], {"k" * 5000: 1}])
def test_long_values_are_cut(value: Json) -> None:
    """A line stays a line; `…` tells that there is more."""
    found = lines_of("short\n", value)
    assert all(len(line) < 400 for line in found)
    assert any("…" in line for line in found)


EVIL = "evil\x1b[2J\r\x9b31m\u202e"


def test_nothing_foreign_steers_the_terminal() -> None:
    """Names, reasons, paths, values, writers, notes, messages and hints: control characters are replaced in all."""
    spoilt = change(
        FieldChange(f"data.{EVIL}", EVIL, [EVIL], EVIL),
        FieldChange("data.text", f"{EVIL}\n", f"{EVIL}\nmore"),
        FieldChange(EVIL, None, {EVIL: EVIL}),
        note=EVIL,
        name=EVIL,
    )
    evil = action(ActionKind.UPGRADE, ReleaseId(EVIL, EVIL, EVIL), EVIL, spoilt)
    plan = Plan("staging", (evil, action(ActionKind.NONE)))
    done = ActionOutcome(evil, Result.FAILED, EVIL, EVIL, 0.0)
    texts = [
        plan_text(plan, PLAIN, full=True),
        event_text(done, PLAIN, several=True),
        event_text(ActionOutcome(evil, Result.DONE, "", None, 1.0), PLAIN, several=False),
        outcome_text(Outcome(plan, (done,)), PLAIN),
    ]
    for text in texts:
        assert text
        assert "evil" in text
        assert all(char.isprintable() or char == "\n" for char in text), repr(text)


def test_a_reason_of_several_lines_stays_under_its_action() -> None:
    """Helm's own errors have several lines: none of them may look like an action."""
    plan = Plan("staging", (action(ActionKind.BLOCKED, None, "one\n  + release shop/forged  not installed"),))
    forged = plan_text(plan, PLAIN).splitlines()[-1]
    assert forged.startswith("      ")


def _event(kind: Result, hint: str | None = None) -> Any:
    return ActionOutcome(action(ActionKind.UPGRADE, ReleaseId("main", "shop", "api")), kind, "message", hint, 1.26)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Started(action(ActionKind.INSTALL)), None),
        (_event(Result.UNCHANGED), None),
        (_event(Result.DONE), "✓ release shop/api done (upgrade, 1.3 s)"),
        (_event(Result.FAILED), "✗ release shop/api failed after 1.3 s"),
        (_event(Result.FAILED, "a hint"), "✗ release shop/api failed after 1.3 s"),
        (_event(Result.SKIPPED), "- release shop/api skipped"),
        (_event(Result.CANCELLED), "- release shop/api cancelled"),
    ],
)
def test_events(event: Any, expected: str | None) -> None:
    """A line for what ended; nothing for what began or stays as it is."""
    assert event_text(event, PLAIN, several=False) == expected


def test_the_summary_of_an_apply() -> None:
    """Counts, and once more what is left to care about."""
    outcome = Outcome(
        Plan("staging", ()),
        (_event(Result.DONE), _event(Result.UNCHANGED), _event(Result.FAILED, "a hint"), _event(Result.SKIPPED)),
    )
    assert outcome_text(outcome, PLAIN) == dedent("""\
        staging: 1 unchanged, 1 done, 1 failed, 1 skipped
          ✗ release shop/api failed: message
              try: a hint
          - release shop/api skipped: message""").replace("              try", "      try")
    assert outcome_text(outcome, COLOUR).startswith("\x1b[1;31mstaging")
    remedied = Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")
    healed = replace(_event(Result.FAILED), remedied=remedied)
    assert outcome_text(Outcome(Plan("staging", ()), (healed,)), PLAIN).endswith("then: rolled back to revision 2")
    good = Outcome(Plan("staging", ()), (_event(Result.DONE),))
    assert outcome_text(good, COLOUR) == "\x1b[32mstaging: 1 done\x1b[0m"


def test_nothing_to_apply() -> None:
    """An empty environment has a summary too."""
    assert outcome_text(Outcome(Plan("staging", ()), ()), PLAIN) == "staging: nothing in it"


def test_risks_and_refusals_are_told() -> None:
    """A risk below its action, a refusal after them all, with what would allow it; foreign text stays in its lines."""
    labels = (
        RiskLabel(Risk.RESTARTS_PODS, ObjectId(Kind("apps/v1", "Deployment"), "shop", "api"), "", Leave.ALLOW),
        RiskLabel(Risk.DOWNGRADE, None, "chart 2.0.0 → 1.0.0", Leave.NEVER),
    )
    upgrade = replace(action(ActionKind.UPGRADE), risks=labels)
    refusal = Refusal("risk", "downgrade: chart\n2.0.0 → 1.0.0", "change `policy.risks`")
    assert plan_text(Plan("staging", (upgrade,), refusals=(refusal,)), PLAIN).splitlines()[2:] == [
        "  ~ release shop/upgrade  why",
        "      ! restarts pods: Deployment shop/api",
        "      ! downgrade: chart 2.0.0 → 1.0.0",
        "",
        "  ✗ refused (risk)  downgrade: chart",
        "        2.0.0 → 1.0.0",
        "      try: change `policy.risks`",
    ]
