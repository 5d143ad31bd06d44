"""Messages to people: what Slack and webhooks are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from reconciler.model.news import Bulletin, Detail, News, Subject
from reconciler.report.news import slack_content, webhook_content
from tests.daemon.stories import COMMIT, NOW

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/notification.schema.json").read_text())
FAILED = News(
    Subject.FAILED,
    "staging",
    NOW,
    "1 release failed",
    "look at its events",
    COMMIT,
    "0123456789ab",
    (Detail("release/shop/api", "image not found"),),
)


def slack(*news: News, dropped: int = 0) -> Any:
    """The message for Slack."""
    return json.loads(slack_content(Bulletin(news, dropped)))


def test_the_document_says_everything() -> None:
    """As its schema promises."""
    document = json.loads(webhook_content(Bulletin((FAILED,), 2)))
    jsonschema_rs.validator_for(SCHEMA).validate(document)
    assert document == {
        "version": 1,
        "events": [
            {
                "event": "failed",
                "environment": "staging",
                "time": "2026-11-25T12:00:00+00:00",
                "message": "1 release failed",
                "hint": "look at its events",
                "commit": {"sha": "c" * 40, "ref": "refs/heads/main", "author": "Ada", "subject": "Raise the limits"},
                "run": "0123456789ab",
                "details": [{"about": "release/shop/api", "message": "image not found"}],
            }
        ],
        "dropped": 2,
    }


def test_slack_gets_a_summary_and_a_section_for_each() -> None:
    """The summary is for notifications on a phone."""
    message = slack(FAILED)
    assert message["text"] == "❌ staging: failed"
    (block,) = message["blocks"]
    assert block["text"]["text"].splitlines() == [
        "❌ staging: failed",
        "1 release failed",
        "Try: look at its events",
        "• release/shop/api: image not found",
        "cccccccccc Raise the limits (Ada)",
    ]


def test_nothing_foreign_mentions_or_links() -> None:
    """A hostile commit message calls nobody, and breaks no line."""
    message = slack(News(Subject.INVALID, "<!channel>", NOW, "<https://evil.example.com|ok> & @here\n\x1b[31mred"))
    text = message["blocks"][0]["text"]
    assert text["verbatim"] is True
    assert text["text"] == ("❌ &lt;!channel&gt;: invalid\n&lt;https://evil.example.com|ok&gt; &amp; @here �[31mred")
    assert message["text"] == "❌ &lt;!channel&gt;: invalid"


@pytest.mark.parametrize("count", [1, 49, 50, 100])
def test_what_is_too_much_for_slack_is_cut(count: int) -> None:
    """No message is refused for its size: 50 blocks of 3,000 characters."""
    long = News(Subject.FAILED, "staging", NOW, "x" * 5_000, details=(Detail("a", "y" * 5_000),) * 20)
    blocks = slack(*[long] * count, dropped=3)["blocks"]
    assert len(blocks) == min(count, 49) + 1
    assert max(len(block["text"]["text"]) for block in blocks) <= 3_000
    assert blocks[-1]["text"]["text"] == f"… and {max(0, count - 49) + 3} more"
