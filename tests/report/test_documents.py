"""The JSON documents keep the promises of their schemas."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from reconciler.model.failure import Remedy
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId, SecretId, Target
from reconciler.model.outcome import ActionOutcome, Outcome, Remedied, Result
from reconciler.model.plan import ActionKind, Plan, Refusal, RiskLabel
from reconciler.model.policy import Leave, Risk
from reconciler.report.documents import PlanDocument, outcome_document, plan_document
from tests.report.test_text import EVERYTHING


def valid(document: PlanDocument) -> Any:
    """The document as JSON, after a look at it by its schema."""
    found = json.loads(document.model_dump_json())
    jsonschema_rs.validate(PlanDocument.model_json_schema(), found)
    return found


def test_a_plan_with_every_kind_of_action() -> None:
    """Valid, with as many changes as there is work."""
    found = valid(plan_document(EVERYTHING))
    assert {item["kind"] for item in found["actions"]} == {kind.value for kind in ActionKind}
    assert (found["environment"], found["changes"], found["converged"]) == ("staging", 7, None)
    assert all(item["outcome"] is None for item in found["actions"])


def test_targets() -> None:
    """Three kinds; a namespace is in none."""
    found = valid(plan_document(EVERYTHING))["actions"]
    assert [item["target"] for item in found[:3]] == [
        {"kind": "namespace", "cluster": "main", "namespace": None, "name": "shop"},
        {"kind": "secret", "cluster": "main", "namespace": "shop", "name": "db"},
        {"kind": "release", "cluster": "main", "namespace": "shop", "name": "cache"},
    ]


def test_objects_and_fields() -> None:
    """What differs, as JSON values and not as text."""
    upgrade = valid(plan_document(EVERYTHING))["actions"][3]
    changed, gone = upgrade["objects"]
    assert {key: value for key, value in changed.items() if key != "fields"} == {
        "verb": "update",
        "api_version": "v1",
        "kind": "ConfigMap",
        "namespace": "shop",
        "name": "api",
        "verified": True,
        "note": None,
    }
    assert changed["fields"][2] == {"path": "data.removed", "before": {"a": 1}, "after": None, "writer": None}
    assert (gone["verb"], gone["fields"]) == ("delete", [])


def test_needs_are_sorted() -> None:
    """Two documents of one plan are equal."""
    needs: frozenset[Target] = frozenset(
        {
            ReleaseId("main", "shop", "b"),
            ReleaseId("main", "shop", "a"),
            NamespaceId("main", "x"),
            SecretId("m", "n", "s"),
        }
    )
    plan = Plan("staging", (replace(EVERYTHING.actions[3], needs=needs),))
    (found,) = valid(plan_document(plan))["actions"]
    assert [item["name"] for item in found["needs"]] == ["x", "a", "b", "s"]


@pytest.mark.parametrize("result", Result)
def test_outcomes(result: Result) -> None:
    """Every result is one that the schema knows; converged says whether all went well."""
    outcome = ActionOutcome(EVERYTHING.actions[2], result, "message", "hint", 1.23456)
    found = valid(outcome_document(Outcome(EVERYTHING, (outcome,))))
    assert found["converged"] is (result in (Result.DONE, Result.UNCHANGED))
    assert found["actions"][0]["outcome"] == {
        "result": result.value,
        "message": "message",
        "hint": "hint",
        "seconds": 1.235,
        "findings": [],
        "remedied": None,
    }


def test_a_remedy() -> None:
    """What was done about a failure stands beside the failure."""
    remedied = Remedied(Remedy.ROLLBACK, done=False, message="no revision is deployed to roll back to")
    outcome = ActionOutcome(EVERYTHING.actions[2], Result.FAILED, "message", None, 1.0, remedied=remedied)
    found = valid(outcome_document(Outcome(EVERYTHING, (outcome,))))["actions"][0]["outcome"]["remedied"]
    assert found == {"remedy": "rollback", "done": False, "message": "no revision is deployed to roll back to"}


def test_an_empty_plan() -> None:
    """Nothing in it is a valid document."""
    assert valid(plan_document(Plan("staging", ())))["actions"] == []


def test_risks_and_refusals() -> None:
    """Each risk with whether it may be; each refusal with what would allow it."""
    label = RiskLabel(
        Risk.DELETES_DATA, ObjectId(Kind("v1", "PersistentVolumeClaim"), "shop", "data"), "goes", Leave.ASK
    )
    target = EVERYTHING.actions[2].target
    refusal = Refusal("risk", "deletes data", "--allow deletes-data", (target,))
    risky = replace(EVERYTHING.actions[2], risks=(label,))
    found = valid(plan_document(replace(EVERYTHING, actions=(risky,), refusals=(refusal,))))
    assert found["actions"][0]["risks"] == [
        {"risk": "deletes-data", "object": "PersistentVolumeClaim shop/data", "message": "goes", "leave": "ask"}
    ]
    assert found["refusals"] == [
        {
            "guard": "risk",
            "message": "deletes data",
            "hint": "--allow deletes-data",
            "targets": [{"kind": "release", "cluster": "main", "namespace": "shop", "name": "cache"}],
        }
    ]
