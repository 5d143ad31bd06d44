"""Plans, outcomes and standings as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.model.chart import ChartIdentity
from reconciler.model.identity import Target
from reconciler.model.lease import holder_text
from reconciler.model.outcome import ActionOutcome, Event, Outcome, Result, Started, Waiting
from reconciler.model.plan import Action, ActionKind, FieldChange, ObjectChange, Plan, RiskLabel, Verb, WriteRelease
from reconciler.model.policy import Leave
from reconciler.report.checks import check_lines
from reconciler.report.findings import findings_text
from reconciler.report.style import Style, clean
from reconciler.report.values import LONGEST_LINE, cut, long_texts, text_diff, value_text

_SIGNS = {
    ActionKind.CREATE: ("+", "add"),
    ActionKind.INSTALL: ("+", "add"),
    ActionKind.UPDATE: ("~", "change"),
    ActionKind.UPGRADE: ("~", "change"),
    ActionKind.CORRECT: ("~", "change"),
    ActionKind.UNINSTALL: ("-", "remove"),
    ActionKind.DELETE: ("-", "remove"),
    ActionKind.NONE: ("=", "quiet"),
    ActionKind.BLOCKED: ("!", "error"),
}
_VERB_SIGNS = {
    Verb.CREATE: ("+", "add"),
    Verb.UPDATE: ("~", "change"),
    Verb.REPLACE: ("±", "remove"),
    Verb.DELETE: ("-", "remove"),
}
_NOTHING = "nothing in it"
_MARKS = {
    Result.DONE: ("✓", "good"),
    Result.UNCHANGED: ("=", "quiet"),
    Result.FAILED: ("✗", "error"),
    Result.SKIPPED: ("-", "change"),
    Result.CANCELLED: ("-", "change"),
    Result.REFUSED: ("-", "change"),
}


def plan_text(plan: Plan, style: Style, *, full: bool = False) -> str:
    """A plan; with `full`, new objects show their content and targets that stay as they are are listed too."""
    several = spans_clusters(plan)
    lines = [style.paint(plan_summary(plan), "strong")]
    for action in plan.actions:
        if full or action.kind is not ActionKind.NONE:
            lines += ["", *_action_lines(action, style, several=several, full=full)]
    lines += _refusal_lines(plan, style)
    if plan.warnings:
        lines.append("")
    for check in plan.warnings:
        lines += check_lines(check, style, several=several)
    return "\n".join(lines)


def _refusal_lines(plan: Plan, style: Style) -> Iterator[str]:
    for refusal in plan.refusals:
        yield ""
        yield f"  {style.paint(f'✗ refused ({refusal.guard})', 'error')}  {_said(refusal.message)}"
        if refusal.hint:
            yield f"      try: {_said(refusal.hint)}"


def spans_clusters(plan: Plan) -> bool:
    """Whether targets have to be told with their cluster."""
    return len({action.target.cluster for action in plan.actions}) > 1


def plan_summary(plan: Plan) -> str:
    """One line: how many of what."""
    counts = Counter(action.kind for action in plan.actions)
    parts = [f"{counts[kind]} to {kind}" for kind in ActionKind if counts[kind] and kind not in _PASSIVE]
    if counts[ActionKind.BLOCKED]:
        parts.append(f"{counts[ActionKind.BLOCKED]} blocked")
    if counts[ActionKind.NONE]:
        parts.append(f"{counts[ActionKind.NONE]} as they should be")
    return f"{plan.environment}: {', '.join(parts) or _NOTHING}"


_PASSIVE = (ActionKind.NONE, ActionKind.BLOCKED)


def event_text(event: Event, style: Style, *, several: bool) -> str | None:
    """One line of progress, or None for what needs none; the summary at the end says why what failed has failed."""
    if isinstance(event, Waiting):
        return f"waiting for the lock of cluster {event.cluster}, which {clean(holder_text(event.lease.holder))} holds"
    if isinstance(event, Started):
        return None
    if event.result is Result.UNCHANGED:
        return None
    sign, meaning = _MARKS[event.result]
    line = f"{style.paint(sign, meaning)} {target_text(event.action.target, several=several)} {event.result}"
    if event.result is Result.DONE:
        return f"{line} ({event.action.kind}, {event.seconds:.1f} s)"
    return f"{line} after {event.seconds:.1f} s" if event.result is Result.FAILED and event.seconds else line


def outcome_text(outcome: Outcome, style: Style) -> str:
    """The summary after an apply: counts, what failed and why, and what did not happen because of it."""
    several = spans_clusters(outcome.plan)
    counts = Counter(item.result for item in outcome.actions)
    parts = [f"{counts[result]} {result}" for result in Result if counts[result]]
    meaning = "good" if outcome.converged else "error"
    lines = [style.paint(f"{outcome.plan.environment}: {', '.join(parts) or _NOTHING}", meaning)]
    lines += [_trouble(item, style, several=several) for item in outcome.actions if item.result in _TROUBLE]
    findings = [finding for item in outcome.actions for finding in item.findings]
    told = {item.message for item in outcome.actions}
    return "\n".join([*lines, *([findings_text(findings, style, told)] if findings else [])])


_TROUBLE = (Result.FAILED, Result.SKIPPED, Result.CANCELLED)


def _trouble(item: ActionOutcome, style: Style, *, several: bool) -> str:
    sign, meaning = _MARKS[item.result]
    # A finding has a hint of its own, and knows more.
    hint = f"\n      try: {_said(item.hint)}" if item.hint and not item.findings else ""
    name = target_text(item.action.target, several=several)
    return f"  {style.paint(sign, meaning)} {name} {item.result}: {_said(item.message)}{hint}{_remedy(item)}"


def _remedy(item: ActionOutcome) -> str:
    return f"\n      then: {_said(item.remedied.message)}" if item.remedied else ""


def target_text(target: Target, *, several: bool) -> str:
    """A target; with its cluster where there are several."""
    return clean(f"{target} [{target.cluster}]" if several else str(target))


def _said(text: str) -> str:
    """What somebody else said; further lines are indented, so that none looks like one of ours."""
    return clean(text).replace("\n", "\n        ")


def _action_lines(action: Action, style: Style, *, several: bool, full: bool) -> Iterator[str]:
    sign, meaning = _SIGNS[action.kind]
    name = style.paint(f"{sign} {target_text(action.target, several=several)}", meaning)
    word = "blocked: " if action.kind is ActionKind.BLOCKED else ""
    yield f"  {name}  {word}{_said(action.reason)}"
    if action.chart and isinstance(action.work, WriteRelease):
        yield style.paint(f"      {clean(_chart_text(action.chart))}", "quiet")
    for label in action.risks:
        yield "      " + style.paint(risk_text(label), "change" if label.leave is Leave.ALLOW else "error")
    for change in action.changes:
        yield from _change_lines(change, style, full=full)
    yield from (style.paint(f"      ({clean(note)})", "quiet") for note in _notes(action.changes))


def _chart_text(chart: ChartIdentity) -> str:
    """The chart, and as much of its digest as tells it from others."""
    return f"chart {chart.name} {chart.version} (sha256:{chart.digest[:12]})"


def risk_text(label: RiskLabel) -> str:
    """`! deletes data: PersistentVolumeClaim shop/data: …`."""
    parts = (label.risk.replace("-", " "), str(label.object or ""), label.message)
    return _said("! " + ": ".join(part for part in parts if part))


def _notes(changes: Iterable[ObjectChange]) -> list[str]:
    return [f"not checked by the server: {note}" for note in dict.fromkeys(item.note for item in changes) if note]


def _change_lines(change: ObjectChange, style: Style, *, full: bool) -> Iterator[str]:
    sign, meaning = _VERB_SIGNS[change.verb]
    yield "      " + style.paint(f"{sign} {clean(str(change.id))}", meaning)
    if change.verb in (Verb.UPDATE, Verb.REPLACE) or full:
        for field in change.fields:
            yield from _field_lines(field, style)


def _field_lines(field: FieldChange, style: Style) -> Iterator[str]:
    path = clean(field.path)
    who = style.paint(f"  (by {clean(field.writer)})", "quiet") if field.writer else ""
    texts = long_texts(field.before, field.after)
    if texts:
        yield f"          {path}:{who}"
        yield from _text_diff(*texts, style)
        return
    old, new = value_text(field.before), value_text(field.after)
    if field.before is None:
        yield f"          {path}: {style.paint(new, 'add')}{who}"
    elif field.after is None:
        yield f"          {path}: {style.paint(old, 'remove')} → (removed){who}"
    else:
        yield f"          {path}: {style.paint(old, 'remove')} → {style.paint(new, 'add')}{who}"


def _text_diff(before: str, after: str, style: Style) -> Iterator[str]:
    meanings = {"+": "add", "-": "remove"}
    for line in text_diff(before, after):
        text = cut(clean(line), LONGEST_LINE)
        yield "            " + (style.paint(text, meanings[line[0]]) if line[0] in meanings else text)
