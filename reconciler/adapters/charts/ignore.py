"""Which files of a chart's folder Helm leaves out: `.helmignore`.

Covered as in Helm: comments, `*`, `?` and `[…]` (none of which matches a slash), a leading slash (from the
chart's folder), a trailing slash (folders only), a slash in the middle (the whole path), and negation, which
Helm reads as "leave out all that does not match". `**` is refused by Helm, so it is refused here. Not covered:
backslash escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: `whole` patterns look at the path, the others at the last name in it."""

    pattern: re.Pattern[str]
    whole: bool
    folders_only: bool
    negated: bool

    def matches(self, path: str) -> bool:
        """It describes this path (whatever negation says)."""
        return bool(self.pattern.fullmatch(path if self.whole else path.rpartition("/")[2]))


# Helm adds this one to every chart.
DEFAULT = "templates/.?*"


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a `.helmignore`, with Helm's own.

    Raises:
        ChartError: a rule that Helm refuses.
    """
    lines = [line.strip() for line in (*text.removeprefix("\ufeff").splitlines(), DEFAULT)]
    return tuple(_rule(line) for line in lines if line and not line.startswith("#"))


def ignored(rules: Sequence[Rule], path: str, *, folder: bool) -> bool:
    """Helm leaves out the file or folder at `path` (relative, with slashes)."""
    for rule in rules:
        fits = rule.matches(path) and (folder or not rule.folders_only)
        if fits != rule.negated:
            return True
    return False


def _rule(line: str) -> Rule:
    if "**" in line:
        raise ChartError(f".helmignore: Helm does not know `**` ({line})")
    negated = line.startswith("!")
    body = line.removeprefix("!")
    folders_only = body.endswith("/")
    body = body.removesuffix("/")
    whole = "/" in body
    return Rule(_translate(body.removeprefix("/")), whole, folders_only, negated)


def _translate(glob: str) -> re.Pattern[str]:
    """Go's filepath.Match as a regular expression."""
    parts = re.split(r"(\*|\?|\[[^\]]+\])", glob)
    return re.compile("".join(_piece(part) for part in parts), re.DOTALL)


def _piece(part: str) -> str:
    if part == "*":
        return "[^/]*"
    if part == "?":
        return "[^/]"
    return part.replace("\\", "\\\\") if part.startswith("[") else re.escape(part)
