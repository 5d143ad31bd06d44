"""Previews → the changes that are shown: masked, field by field."""

from __future__ import annotations

import pytest

from reconciler.model.json import Json, JsonMap
from reconciler.model.plan import FieldChange, Verb
from reconciler.model.secret import MASK, Mask, SecretText
from reconciler.plan.changes import change
from tests.plan.factories import config_map, object_id, preview

NOTHING = Mask()
HIDING = Mask.of([SecretText("s3cret-password")])


def _secret(**data: Json) -> JsonMap:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}


def test_what_stays_as_it_is_is_no_change() -> None:
    """The server's bookkeeping and status are nobody's change."""
    before = {**config_map(a="1"), "metadata": {"name": "api", "resourceVersion": "1"}, "status": {"x": 1}}
    after = {**config_map(a="1"), "metadata": {"name": "api", "resourceVersion": "2"}}
    assert change(preview(before, after), NOTHING) is None


def test_a_new_object_shows_its_content() -> None:
    """All of it but what its heading says already, and what the server alone keeps."""
    after = {**config_map(a="1"), "metadata": {"name": "api", "uid": "x", "creationTimestamp": "t"}, "status": {"b": 1}}
    made = change(preview(None, after, verified=False, note="why"), NOTHING)
    assert made
    assert (made.verb, made.id, made.verified, made.note) == (Verb.CREATE, object_id(), False, "why")
    assert made.fields == (FieldChange("metadata", None, {"name": "api"}), FieldChange("data", None, {"a": "1"}))


def test_a_deletion_shows_no_content() -> None:
    """What goes away need not be read."""
    gone = change(preview(config_map(a="1"), None), NOTHING)
    assert gone
    assert (gone.verb, gone.fields) == (Verb.DELETE, ())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a": "1"}, {"a": "2"}, FieldChange("data.a", "1", "2"), id="changed"),
        pytest.param({}, {"a": "2"}, FieldChange("data.a", None, "2"), id="added"),
        pytest.param({"a": "1", "b": "1"}, {"b": "1"}, FieldChange("data.a", "1", None), id="removed"),
        pytest.param({"a.b": "1"}, {"a.b": "2"}, FieldChange('data."a.b"', "1", "2"), id="a key with a dot"),
        pytest.param(
            {"u": "x"}, {"u": "db://me:s3cret-password@h"}, FieldChange("data.u", "x", f"db://me:{MASK}@h"), id="masked"
        ),
        pytest.param({}, {"s3cret-password": "x"}, FieldChange(f"data.{MASK}", None, "x"), id="a key that is a secret"),
    ],
)
def test_each_field_is_shown_on_both_sides(
    before: dict[str, str], after: dict[str, str], expected: FieldChange
) -> None:
    """Path, old and new value; secrets are masked in all three."""
    found = change(preview(config_map(**before), config_map(**after)), HIDING)
    assert found
    assert (found.verb, found.fields) == (Verb.UPDATE, (expected,))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"p": "b2xk"}, {"p": "bmV3"}, ("(old value, secret)", "(new value, secret)")),
        ({}, {"p": "bmV3"}, (None, "(new value, secret)")),
        ({"p": "b2xk", "q": "eA=="}, {"q": "eA=="}, ("(old value, secret)", None)),
    ],
)
def test_the_data_of_a_secret_is_hidden_on_both_sides(before: JsonMap, after: JsonMap, expected: object) -> None:
    """Also what no mask knows: the value of a Secret that a chart made, or that somebody changed by hand."""
    found = change(preview(_secret(**before), _secret(**after)), NOTHING)
    assert found
    (field,) = found.fields
    assert (field.before, field.after) == expected


def test_the_data_of_a_new_secret_is_hidden() -> None:
    """Its keys are shown, its values are not."""
    made = change(preview(None, {**_secret(p="bmV3"), "stringData": {"q": "plain"}}), NOTHING)
    assert made
    shown = {field.path: field.after for field in made.fields}
    assert (shown["data"], shown["stringData"]) == ({"p": MASK}, {"q": MASK})


def test_all_data_of_a_secret_gone_is_hidden() -> None:
    """Where the whole of `data` is on one side, it is hidden as one."""
    before: JsonMap = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    found = change(preview(before, _secret(p="bmV3")), NOTHING)
    assert found
    assert [(field.path, field.after) for field in found.fields] == [("data", "(new value, secret)")]


def test_the_writer_is_named_for_drift_only() -> None:
    """With our own manager given, each field tells who else wrote it."""
    managed: Json = [{"manager": "kubectl-edit", "time": "t", "fieldsV1": {"f:data": {"f:a": {}}}}]
    before = {**config_map(a="1"), "metadata": {"name": "api", "managedFields": managed}}
    for ours, expected in (("helm", "kubectl-edit at t"), (None, None), ("kubectl-edit", None)):
        found = change(preview(before, config_map(a="2")), NOTHING, ours)
        assert found
        assert found.fields[0].writer == expected
