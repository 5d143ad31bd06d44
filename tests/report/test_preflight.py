"""A preflight as a table and as a document."""

from __future__ import annotations

import json
import re
from textwrap import dedent

import jsonschema_rs

from reconciler.errors import Location
from reconciler.model.preflight import Area, Check, Preflight, Status
from reconciler.report.preflight import PreflightDocument, preflight_document, preflight_text
from reconciler.report.style import Style

WHERE = Location("env.yaml", 12, 5)
FOUND = Preflight(
    "staging",
    (
        Check(Area.NETWORK, "DNS api", Status.OK, "10.0.0.1, 2 ms", cluster="main"),
        Check(Area.PORTS, "Service shop/web", Status.WARNING, "soon", "look", WHERE, "main"),
        Check(Area.PORTS, "Service shop/api", Status.FAILED, "taken\nby another", "choose another", WHERE, "main"),
        Check(Area.CLUSTER, "everything in it", Status.UNKNOWN, "not reached", cluster="main"),
    ),
)


def test_the_table() -> None:
    """Exactly this: by area, the worst first, what is well only counted."""
    assert preflight_text(FOUND, Style()) == dedent("""\
        staging: 1 failed, 1 to look at, 1 unknown, 1 ok
        network     1 ok
        cluster     1 unknown
          ? everything in it: not reached
        ports       1 failed, 1 to look at
          ✗ Service shop/api: taken
                by another
              at env.yaml:12:5
              try: choose another
          ! Service shop/web: soon
              at env.yaml:12:5
              try: look""")


def test_full_shows_every_check() -> None:
    """Also what is well."""
    assert "  ✓ DNS api: 10.0.0.1, 2 ms" in preflight_text(FOUND, Style(), full=True).splitlines()


def test_several_clusters_are_told_apart() -> None:
    """With one, its name would be noise."""
    other = Check(Area.CLUSTER, "credentials", Status.FAILED, "refused", cluster="edge")
    text = preflight_text(Preflight("staging", (*FOUND.checks, other)), Style())
    assert "  ✗ credentials [edge]: refused" in text.splitlines()
    assert "  ? everything in it [main]: not reached" in text.splitlines()


def test_foreign_text_cannot_steer_the_terminal() -> None:
    """Escape codes of a server are shown, not obeyed."""
    nasty = Check(Area.CLUSTER, "a\x1b[2J", Status.FAILED, "b\x1b[2J", "c\x1b[2J", Location("d\x1b[2J", 1, 1))
    assert "\x1b" not in preflight_text(Preflight("staging", (nasty,)), Style())


def test_colours_are_added_and_nothing_else() -> None:
    """Without them the text is the same."""
    coloured = preflight_text(FOUND, Style(colour=True), full=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == preflight_text(FOUND, Style(), full=True)


def test_the_document_keeps_its_schema() -> None:
    """Counts, and every check with its place."""
    document = json.loads(preflight_document(FOUND).model_dump_json())
    jsonschema_rs.validator_for(PreflightDocument.model_json_schema()).validate(document)
    assert (document["passed"], document["failed"], document["warnings"], document["unknown"]) == (False, 1, 1, 1)
    assert document["checks"][1] == {
        "area": "ports",
        "cluster": "main",
        "subject": "Service shop/web",
        "status": "warning",
        "message": "soon",
        "hint": "look",
        "path": "env.yaml",
        "line": 12,
        "column": 5,
    }
