"""Plans as comments on pull requests, read by a Markdown parser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.errors import DesiredStateError, DesiredStateErrors
from reconciler.model.plan import ActionKind, Plan
from reconciler.report.markdown import LONGEST, error_markdown, plan_markdown
from tests.report.samples import HOSTILE, WHERE, action, change, hostile

_WORD = "evilword"


def tokens(text: str) -> Iterator[Token]:
    """Everything that a reader's Markdown makes of it."""
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        yield from token.children or [token]


def test_a_plan_reads_as_a_table_and_collapsed_changes() -> None:
    """What, why, and below it each field before and after."""
    plan = Plan("staging", (action(ActionKind.UPGRADE, "values changed: text", change("old", "new")),))
    text = plan_markdown(plan)
    assert "### ` staging: 1 to upgrade `" in text
    assert "| upgrade | ` release shop/api ` | ` values changed: text ` |" in text
    assert '@@ ConfigMap shop/api @@\n- data.text: "old"\n+ data.text: "new"\n' in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_what_stays_as_it_is_is_counted_and_not_listed() -> None:
    """A plan with nothing to do is one line."""
    assert plan_markdown(Plan("staging", (action(ActionKind.NONE),))).strip() == "### ` staging: 1 as they should be `"


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_stays_in_code(text: str) -> None:
    """Nothing that others wrote is a tag, a link, a mention, a heading, or another cell."""
    hidden = f"{_WORD} {text} {_WORD}"
    page = plan_markdown(hostile(hidden))
    told = list(tokens(page))
    assert {token.type for token in told if _WORD in token.content} <= {"code_inline", "fence", "html_block"}
    for token in told:
        if token.type == "html_block":
            shown = re.sub(r"<summary><code>[^<]*</code></summary>|</?details>", "", token.content)
            assert "<" not in shown
    assert not [token for token in told if token.type in ("html_inline", "link_open", "image")]
    assert [token.type for token in told].count("heading_open") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_row_of_the_table_has_its_four_cells(text: str) -> None:
    """A bar in a name or a reason is no new cell."""
    told = [token.type for token in tokens(plan_markdown(hostile(text)))]
    assert told.count("td_open") == 4 * (told.count("tr_open") - 1) == 8


def test_secrets_and_changes_of_others_stay_as_the_plan_has_them() -> None:
    """A value that the plan masks is masked here, since it is the plan's."""
    assert "••••••" in plan_markdown(Plan("staging", (action(ActionKind.UPGRADE, "why", change("••••••", None)),)))


@pytest.mark.parametrize(("count", "size"), [(1, 100_000), (40, 4_000), (3_000, 10)])
def test_a_comment_is_never_too_long(count: int, size: int) -> None:
    """One huge change, or very many: the comment fits, and says what was left out."""
    long = "\n".join(f"line {i}" for i in range(size // 7))
    actions = tuple(action(ActionKind.UPGRADE, "why", change("a\n", long), name=f"api-{i}") for i in range(count))
    text = plan_markdown(Plan("staging", actions))
    assert len(text) <= LONGEST
    assert "are left out" in text or "more lines" in text
    assert text.count("<details>") == text.count("</details>")


def test_mistakes_are_told_where_there_is_no_plan() -> None:
    """A pull request that breaks the file says so in its comment."""
    told = error_markdown(DesiredStateErrors([DesiredStateError('unknown key "chrat"', where=WHERE)]))
    assert '- ` envs/staging.yaml:7:3: unknown key "chrat" `' in told
