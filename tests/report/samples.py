"""Plans and outcomes with everything in them, and with text that tries to break out of what it stands in."""

from __future__ import annotations

from reconciler.errors import Location
from reconciler.model.finding import Cause, Finding
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId
from reconciler.model.json import Json
from reconciler.model.outcome import ActionOutcome, Outcome, Result
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
from reconciler.model.preflight import Area, Check, Status

WHERE = Location("envs/staging.yaml", 7, 3)
CONFIG = ObjectId(Kind("v1", "ConfigMap"), "shop", "api")
WORK = ApplyObjects((), "helm")
HOSTILE = (
    "`` ```` code",
    "a | b \\| c \\\\| d",
    "<img src=x onerror=alert(1)></details>",
    "@everyone #12 [text](https://evil.example.com)",
    "::error::gotcha\n::stop-commands::x",
    "```\n# title\n```",
    "]]></failure><x>&amp;",
    "\x1b[31mred\x00\x08 \ufffe",
    "%0A,title=a:b",
)


def change(before: Json, after: Json, path: str = "data.text") -> ObjectChange:
    """What happens to a field of a ConfigMap."""
    return ObjectChange(Verb.UPDATE, CONFIG, (FieldChange(path, before, after),), verified=True, note=None)


def action(
    kind: ActionKind = ActionKind.UPGRADE, reason: str = "values changed", *changes: ObjectChange, name: str = "api"
) -> Action:
    """An action on a release that has a place."""
    work = None if kind in (ActionKind.NONE, ActionKind.BLOCKED) else WORK
    return Action(kind, ReleaseId("main", "shop", name), reason, changes, frozenset(), work, where=WHERE)


def hostile(text: str) -> Plan:
    """A plan that has the text wherever others can put one."""
    made = action(ActionKind.UPGRADE, text, change(text, f"{text}!", text), change("a\n", text), name=text)
    label = RiskLabel(Risk.RESTARTS_PODS, CONFIG, text, Leave.ALLOW)
    risky = Action(made.kind, made.target, text, made.changes, frozenset(), WORK, risks=(label,), where=WHERE)
    blocked = action(ActionKind.BLOCKED, text, name="blocked")
    warning = Check(Area.API, text, Status.WARNING, text, text, Location(text, 1, 1), "main")
    refusal = Refusal("deletion-budget", text, text, (NamespaceId("main", text),))
    return Plan("staging", (risky, blocked), (warning,), (refusal,))


def finding(message: str = "there is no tag 1.2") -> Finding:
    """A cause with a place of its own."""
    where = Location("envs/staging.yaml", 12, 9)
    return Finding(
        cause=Cause.TAG_NOT_FOUND,
        target=ReleaseId("main", "shop", "api"),
        subject=None,
        message=message,
        evidence=(),
        hint="correct the tag",
        where=where,
    )


def outcome(*results: Result, message: str = "timed out") -> Outcome:
    """What became of one release for each result."""
    actions = [action(ActionKind.INSTALL, "not installed", name=f"api-{i}") for i in range(len(results))]
    ends = tuple(
        ActionOutcome(made, result, message, "look", 1.5, (finding(),) if result is Result.FAILED else ())
        for made, result in zip(actions, results, strict=True)
    )
    return Outcome(Plan("staging", tuple(actions)), ends)
