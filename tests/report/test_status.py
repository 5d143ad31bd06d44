"""How releases stand, as a table and as a document."""

from __future__ import annotations

import json
import re
from textwrap import dedent

import jsonschema_rs

from reconciler.model.identity import ReleaseId
from reconciler.model.standing import HEALTHY, Condition, Health, Standing, Sync
from reconciler.report.documents import StatusDocument
from reconciler.report.status import Entry, status_document, status_text
from reconciler.report.style import Style

ENTRIES: list[Entry] = [
    (ReleaseId("main", "shop", "api"), Standing(Sync.IN_SYNC, "", 12, "api-1.0.0"), HEALTHY),
    (ReleaseId("main", "shop", "web"), Standing(Sync.DRIFTED, "drifted: x", 3, "web-1.10.0"), HEALTHY),
    (
        ReleaseId("main", "shop", "cache"),
        Standing(Sync.IN_SYNC, "", 1, "redis-20.1.0"),
        Health(Condition.PROGRESSING, "Pod shop/x is not ready"),
    ),
    (
        ReleaseId("main", "shop", "new"),
        Standing(Sync.MISSING, "not installed", None, None),
        Health(Condition.MISSING, "not installed"),
    ),
]


def test_the_table() -> None:
    """Exactly this: columns as wide as they need, and the reason below what is not well."""
    assert status_text("staging", ENTRIES, [], Style()) == dedent("""\
        staging: 4 releases
        RELEASE     SYNC           HEALTH       REV  CHART
        shop/api    in sync        healthy      12   api-1.0.0
        shop/web    drifted        healthy      3    web-1.10.0
            drifted: x
        shop/cache  in sync        progressing  1    redis-20.1.0
            Pod shop/x is not ready
        shop/new    not installed  missing      -    -
            not installed""")


def test_several_clusters_have_a_column() -> None:
    """With one, its name would be noise."""
    other = (ReleaseId("edge", "shop", "api"), Standing(Sync.LOCKED, "x", 1, "api-1"), HEALTHY)
    lines = status_text("staging", [*ENTRIES, other], [], Style()).splitlines()
    assert lines[1].startswith("CLUSTER  RELEASE")
    assert lines[-2].startswith("edge     shop/api")


def test_colours_are_added_and_nothing_else() -> None:
    """Green what is well, red what is bad, yellow what is between."""
    coloured = status_text("staging", ENTRIES, [], Style(colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == status_text("staging", ENTRIES, [], Style())
    assert "\x1b[32min sync" in coloured
    assert "\x1b[33mdrifted" in coloured
    assert "\x1b[1;31mmissing" in coloured


def test_an_environment_without_releases() -> None:
    """No row is no error."""
    assert status_text("staging", [], [], Style()).startswith("staging: 0 releases")


def test_nothing_foreign_steers_the_terminal() -> None:
    """A chart's name and version and a condition's message come from elsewhere."""
    evil = "evil\x1b[2J\r"
    entry = (ReleaseId("main", "shop", "api"), Standing(Sync.FAILED, evil, 1, evil), Health(Condition.FAILED, evil))
    text = status_text("staging", [entry], [], Style())
    assert text.count("evil") >= 2
    assert all(char.isprintable() or char == "\n" for char in text)


def test_the_document() -> None:
    """Valid by its own schema; both reasons, each once."""
    document = status_document("staging", ENTRIES, [], well=False)
    found = json.loads(document.model_dump_json())
    jsonschema_rs.validate(StatusDocument.model_json_schema(), found)
    assert (found["environment"], found["well"]) == ("staging", False)
    assert found["releases"][3] == {
        "cluster": "main",
        "namespace": "shop",
        "name": "new",
        "sync": "not installed",
        "health": "missing",
        "revision": None,
        "chart": None,
        "reason": "not installed",
    }
    assert [item["reason"] for item in found["releases"]] == [
        "",
        "drifted: x",
        "Pod shop/x is not ready",
        "not installed",
    ]


def test_two_reasons_are_joined() -> None:
    """Out of sync and unhealthy are two things to know."""
    both = (ReleaseId("main", "shop", "api"), Standing(Sync.DRIFTED, "a", 1, "x"), Health(Condition.FAILED, "b"))
    assert status_document("staging", [both], [], well=False).releases[0].reason == "a; b"
