"""A plan as Markdown, for a comment on a pull request.

Whatever others wrote (names, values, messages) stands in code, where nothing is a link, a mention or a tag: in spans
and blocks whose fence is longer than any run of backticks in them, or as HTML with its characters escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from reconciler.errors import ReconcilerError
from reconciler.model.plan import Action, ActionKind, Plan, RiskLabel
from reconciler.model.policy import Leave
from reconciler.model.preflight import Check, Status
from reconciler.report.change_lines import change_lines
from reconciler.report.notices import error_notices
from reconciler.report.style import clean
from reconciler.report.text import plan_summary, risk_text, spans_clusters, target_text
from reconciler.report.values import LONGEST_LINE, cut

# A comment on GitHub has at most 65,536 characters; GitLab's may be longer.
LONGEST = 65_000
# What is kept for the note that something is left out.
_RESERVE = 200
_LONGEST_CELL, _LONGEST_BLOCK = 160, 16_000


def plan_markdown(plan: Plan) -> str:
    """A summary, a table of what is not as it should be, and below it the changes of each target, collapsed."""
    several = spans_clusters(plan)
    shown = [action for action in plan.actions if action.kind is not ActionKind.NONE or action.risks]
    page = _Page()
    page.add(f"### {_code(plan_summary(plan))}\n\n")
    page.add_all([_refusal_line(item.guard, item.message, item.hint) for item in plan.refusals], "refusals")
    if shown:
        page.add("\n| | what | why | risks |\n|---|---|---|---|\n")
        page.add_all([_row(action, several=several) for action in shown], "rows")
    page.add("\n")
    page.add_all([_warning_line(check) for check in plan.warnings if check.status is not Status.OK], "warnings")
    page.add_all([_details(action, several=several) for action in shown if action.changes], "changes")
    return page.text


def error_markdown(error: ReconcilerError) -> str:
    """Why there is no plan: each mistake with its place."""
    page = _Page()
    page.add("### There is no plan\n\n")
    told = error_notices(error)
    lines = [f"- {_code(f'{item.where}: {item.message}' if item.where else item.message)}\n" for item in told]
    page.add_all(lines, "mistakes")
    return page.text


class _Page:
    """Text up to a length; what no longer fits is counted."""

    def __init__(self) -> None:
        self.text = ""

    def add(self, part: str) -> bool:
        """Add a part, if there is room for it."""
        fits = len(self.text) + len(part) + _RESERVE <= LONGEST
        if fits:
            self.text += part
        return fits

    def add_all(self, parts: Sequence[str], what: str) -> None:
        """Add parts until one does not fit; the note about the rest always does."""
        for i, part in enumerate(parts):
            if not self.add(part):
                note = f"\n_{len(parts) - i} of {len(parts)} {what} are left out: the comment would be too long._\n"
                self.text += note if len(self.text) + len(note) <= LONGEST else ""
                return


def _refusal_line(guard: str, message: str, hint: str | None) -> str:
    advice = f" — try: {_code(hint)}" if hint else ""
    return f"- **refused** by {_code(guard)}: {_code(message)}{advice}\n"


def _row(action: Action, *, several: bool) -> str:
    name = _code(target_text(action.target, several=several))
    return "| " + " | ".join(map(_cell, (action.kind, name, _code(action.reason), _risks(action.risks)))) + " |\n"


def _cell(text: str) -> str:
    """A cell of a table, in which a bar ends a span of code as well, and a backslash escapes a backslash before one."""
    return re.sub(r"(\\*)\|", r"\1\1\\|", text)


def _risks(labels: Sequence[RiskLabel]) -> str:
    marks = (f"**{label.risk}** ({label.leave})" if label.leave is not Leave.ALLOW else label.risk for label in labels)
    return ", ".join(dict.fromkeys(marks))


def _warning_line(check: Check) -> str:
    place = f" at {_code(str(check.where))}" if check.where else ""
    return f"- {check.status}: {_code(check.subject)}: {_code(check.message)}{place}\n"


def _details(action: Action, *, several: bool) -> str:
    name = html.escape(f"{action.kind} {target_text(action.target, several=several)}")
    lines = [line for change in action.changes for line in change_lines(change)]
    lines += [risk_text(label) for label in action.risks]
    return f"\n<details><summary><code>{name}</code></summary>\n\n{_block(lines)}\n\n</details>\n"


def _block(lines: Sequence[str]) -> str:
    """A block of code, cut where it is long; each line is one line."""
    told: list[str] = []
    room = _LONGEST_BLOCK
    for line in lines:
        text = cut(clean(line).replace("\n", " "), LONGEST_LINE)
        room -= len(text) + 1
        if room < 0:
            told.append(f"# … and {len(lines) - len(told)} more lines")
            break
        told.append(text)
    content = "\n".join(told)
    fence = "`" * max(3, _longest_run(content) + 1)
    return f"{fence}diff\n{content}\n{fence}"


def _code(text: str) -> str:
    """A span of code in one line, cut where it is long."""
    line = cut(" ".join(clean(text).split()), _LONGEST_CELL) or "-"
    fence = "`" * (_longest_run(line) + 1)
    # The spaces next to the fences are not shown, and keep a backtick at the end apart from them.
    return f"{fence} {line} {fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
