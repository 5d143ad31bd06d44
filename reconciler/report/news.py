"""Messages to people: as a document, and as Slack's webhooks take it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from reconciler.model.news import Bulletin, News, Subject
from reconciler.model.source import Commit
from reconciler.report.style import clean
from reconciler.report.target import Document

# https://docs.slack.dev/reference/block-kit/blocks/section-block, in characters; and of blocks in a message.
_LONGEST_SECTION, _MOST_BLOCKS = 3_000, 50
# https://docs.slack.dev/messaging/formatting-message-text#escaping
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKS = {Subject.RECOVERED: "✅", Subject.CHANGED: "🔄", Subject.SUSPENDED: "⏸", Subject.RESUMED: "▶"}
_LONGEST_LINE = 300


class CommitDocument(Document):
    """A commit, as its author wrote it."""

    sha: str = Field(description="All 40 hex digits.")
    ref: str = Field(description="The branch or tag, in full.")
    author: str = Field(description="Whoever it says.")
    subject: str = Field(description="The first line of its message.")


class DetailDocument(Document):
    """A release, or a mistake of a file."""

    about: str = Field(description="Such as release/shop/api; empty for a mistake, whose message names its place.")
    message: str = Field(description="What is to be said of it.")


class NewsDocument(Document):
    """One thing that happened."""

    event: Literal["failed", "recovered", "changed", "refused", "invalid", "untrusted", "suspended", "resumed"] = Field(
        description="What happened."
    )
    environment: str = Field(description="Its name.")
    time: str = Field(description="When, by RFC 3339.")
    message: str = Field(description="In one line.")
    hint: str | None = Field(description="What to try.")
    commit: CommitDocument | None = Field(description="The newest commit that is known; null for a folder.")
    run: str | None = Field(description="The number of the run, as in the log.")
    details: list[DetailDocument] = Field(description="What makes it so; twenty at most.")


class NotificationDocument(Document):
    """What is posted to a webhook of a Sync file's `notifications`."""

    version: Literal[1] = Field(description="Of this shape.")
    events: list[NewsDocument] = Field(description="The oldest first.")
    dropped: int = Field(description="How many more there were, which nobody is told, since too many waited.")


def notification_document(bulletin: Bulletin) -> NotificationDocument:
    """A message as a document."""
    return NotificationDocument(version=1, events=[_news(item) for item in bulletin.news], dropped=bulletin.dropped)


def webhook_content(bulletin: Bulletin) -> bytes:
    """A message as the generic webhook sends it."""
    return notification_document(bulletin).model_dump_json().encode()


def slack_content(bulletin: Bulletin) -> bytes:
    """A message as Slack takes it; nothing in it can mention anybody, or make a link."""
    texts = [_slack_text(item) for item in bulletin.news]
    shown, more = texts[: _MOST_BLOCKS - 1], len(texts[_MOST_BLOCKS - 1 :]) + bulletin.dropped
    blocks = [_section(text) for text in shown]
    if more:
        blocks.append(_section(f"… and {more} more"))
    summary = "; ".join(_headline(item) for item in bulletin.news[:3])
    return json.dumps({"text": _escaped(summary), "blocks": blocks}).encode()


def _news(item: News) -> NewsDocument:
    return NewsDocument(
        event=item.subject.value,
        environment=item.environment,
        time=item.time.isoformat(),
        message=item.message,
        hint=item.hint,
        commit=_commit(item.commit) if item.commit else None,
        run=item.run or None,
        details=[DetailDocument(about=detail.about, message=detail.message) for detail in item.details],
    )


def _commit(commit: Commit) -> CommitDocument:
    return CommitDocument(sha=commit.sha, ref=commit.ref, author=commit.author.name, subject=commit.subject)


def _headline(item: News) -> str:
    return f"{_MARKS.get(item.subject, '❌')} {item.environment}: {item.subject}"


def _slack_text(item: News) -> str:
    return "\n".join(_escaped(line) for line in _lines(item))


def _lines(item: News) -> Iterator[str]:
    yield _headline(item)
    yield item.message
    if item.hint:
        yield f"Try: {item.hint}"
    for detail in item.details:
        yield f"• {f'{detail.about}: ' if detail.about else ''}{detail.message}"
    if item.commit:
        yield f"{item.commit.sha[:10]} {item.commit.subject} ({item.commit.author.name})"


def _escaped(text: str) -> str:
    """One line, of which Slack takes nothing for a mention or a link."""
    line = " ".join(clean(text).split())
    return f"{line[:_LONGEST_LINE]}…".translate(_ESCAPES) if len(line) > _LONGEST_LINE else line.translate(_ESCAPES)


def _section(text: str) -> dict[str, Any]:
    # Verbatim: what looks like an address or a channel is made no link.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_LONGEST_SECTION], "verbatim": True}}
