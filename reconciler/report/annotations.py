"""Notices as the workflow commands that GitHub and Gitea show beside the lines of a change.

Their form and escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions, and
`packages/core/src/command.ts` of github.com/actions/toolkit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.report.notices import Notice, worst
from reconciler.report.style import clean

_IN_MESSAGES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {**_IN_MESSAGES, ":": "%3A", ",": "%2C"}


def workflow_commands(notices: Iterable[Notice]) -> str:
    """A line for each, the worst first, since only ten of each severity are shown for a step."""
    return "\n".join(map(_line, worst(notices)))


def _line(notice: Notice) -> str:
    where = notice.where
    place = {"file": where.path, "line": str(where.line), "col": str(where.column)} if where else {}
    properties = {**place, "title": notice.title or notice.rule}
    told = ",".join(f"{key}={_escaped(value, _IN_PROPERTIES)}" for key, value in properties.items())
    return f"::{notice.severity} {told}::{_escaped(notice.message, _IN_MESSAGES)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return clean(text).translate({ord(char): code for char, code in escapes.items()})
