"""Findings for people and machines."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import Location
from reconciler.model.finding import Cause, Finding
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId
from reconciler.report.finding_documents import FindingsDocument, findings_document
from reconciler.report.findings import diagnosis_text, findings_text
from reconciler.report.style import Style

FINDING = Finding(
    cause=Cause.TAG_NOT_FOUND,
    target=ReleaseId("main", "shop", "api"),
    subject=ObjectId(Kind("v1", "Pod"), "shop", "api-1"),
    message="there is no tag 9 of image example.com/api",
    evidence=("container main waits: ErrImagePull", "log of main: \x1b[31mred"),
    hint="correct the tag, or push it",
    where=Location("env.yaml", 7, 12),
)
PLAIN = Style()


def test_the_cause_comes_first_and_the_next_step_last() -> None:
    """The evidence is indented between them, and cannot steer the terminal."""
    assert findings_text([FINDING], PLAIN).splitlines() == [
        "  release shop/api: image tag not found",
        "      there is no tag 9 of image example.com/api",
        "        container main waits: ErrImagePull",
        "        log of main: �[31mred",
        "      at: env.yaml:7:12",
        "      try: correct the tag, or push it",
    ]


def test_what_was_told_is_not_told_again() -> None:
    """The summary of an apply has the message already."""
    text = findings_text([replace(FINDING, where=None, evidence=())], PLAIN, {FINDING.message})
    assert text.splitlines() == ["  release shop/api: image tag not found", "      try: correct the tag, or push it"]


def test_several_clusters_are_told_apart() -> None:
    """By their names in the environment."""
    other = replace(FINDING, target=ReleaseId("eu", "shop", "api"))
    text = findings_text([FINDING, other], PLAIN)
    assert "release shop/api [main]: " in text
    assert "release shop/api [eu]: " in text


def test_the_head_of_a_diagnosis() -> None:
    """How many findings about how many releases; one line when there is nothing."""
    assert diagnosis_text("staging", 3, [], PLAIN) == "staging: nothing is wrong with its 3 releases"
    assert diagnosis_text("staging", 3, [FINDING], PLAIN).startswith("staging: 1 finding about 1 of 3 releases\n")
    two = diagnosis_text("staging", 3, [FINDING, FINDING], PLAIN)
    assert two.startswith("staging: 2 findings about 1 of 3 releases\n")


def test_the_document() -> None:
    """Every field, as the schema has it."""
    home = replace(FINDING, target=NamespaceId("main", "shop"), subject=None, where=None)
    made = findings_document("staging", 3, [FINDING, home])
    assert FindingsDocument.model_validate_json(made.model_dump_json()) == made
    first, second = made.model_dump(mode="json")["findings"]
    assert (made.healthy, made.releases) == (False, 3)
    assert (first["cause"], first["where"]) == ("image tag not found", "env.yaml:7:12")
    assert first["subject"] == {"api_version": "v1", "kind": "Pod", "namespace": "shop", "name": "api-1"}
    assert (second["target"]["kind"], second["subject"], second["where"]) == ("namespace", None, None)
    assert findings_document("staging", 3, []).healthy
