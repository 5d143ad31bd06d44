"""A saved plan against a new one: each kind of movement and its message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import SavedPlanError
from reconciler.model.cluster import ClusterIdentity
from reconciler.model.identity import ReleaseId
from reconciler.model.object_version import ObjectVersion
from reconciler.model.observed import ReleaseStatus
from reconciler.model.saved import Asked, Origin, SavedPlan, SeenRelease, Snapshot, Step
from reconciler.plan.saved import check_age, check_inputs, compare_saved
from tests.plan.factories import API, NOW, object_id

OBJECT = ("main", object_id("api"))
RECORD = ObjectVersion("r-1", "40", "helm at noon", None)
FOUND = ObjectVersion("u-1", "7", "helm at noon", "digest")
CLUSTER = ClusterIdentity("https://a.example.com", "ca", "k-1")


def _field(after: Any) -> dict[str, Any]:
    return {"path": "data.text", "before": "one", "after": after, "writer": "helm at noon"}


def _object(*, after: Any = "two", verified: bool = True, name: str = "api", note: str | None = None) -> dict[str, Any]:
    return {
        "verb": "update",
        "api_version": "v1",
        "kind": "ConfigMap",
        "namespace": "shop",
        "name": name,
        "verified": verified,
        "note": note,
        "fields": [_field(after)],
    }


def _step(kind: str = "upgrade", *objects: dict[str, Any], digest: str = "d1", **others: Any) -> Step:
    content = {
        "kind": kind,
        "chart": {"name": "app", "version": "1.0.0", "digest": digest},
        "reason": "because",
        "needs": [],
        "risks": [],
        "objects": list(objects or (_object(),)),
        "outcome": None,
        **others,
    }
    return Step(API, content)


WAS = Snapshot(
    environment="staging",
    inputs={"env.yaml": "i1", "values.yaml": "i2"},
    references={"env TOKEN": "s1"},
    clusters={"main": CLUSTER},
    releases={API: SeenRelease(3, ReleaseStatus.DEPLOYED, RECORD)},
    objects={OBJECT: FOUND},
    steps=(_step(),),
)
OTHER = ReleaseId("main", "shop", "web")


def _release(revision: int = 3, status: ReleaseStatus = ReleaseStatus.DEPLOYED, **version: Any) -> dict[str, Any]:
    return {"releases": {API: SeenRelease(revision, status, replace(RECORD, **version))}}


def _version(**version: Any) -> dict[str, Any]:
    return {"objects": {OBJECT: replace(FOUND, **version)}}


def _cluster(**others: Any) -> dict[str, Any]:
    return {"clusters": {"main": replace(CLUSTER, **others)}}


MOVES: dict[str, tuple[dict[str, Any], str]] = {
    "a file": ({"inputs": {**WAS.inputs, "env.yaml": "i9"}}, "env.yaml was changed"),
    "a file is gone": ({"inputs": {"env.yaml": "i1"}}, "values.yaml is no longer there, or no longer read"),
    "a file is new": ({"inputs": {**WAS.inputs, "env.lock": "i3"}}, "env.lock was not there, or not read"),
    "a name": ({"environment": "prod"}, 'the environment was called "staging" and is "prod" now'),
    "a secret": ({"references": {"env TOKEN": "s2"}}, "the reference `env TOKEN` holds another text now"),
    "a secret more": ({"references": {**WAS.references, "env B": "s"}}, "the reference `env B` is new"),
    "a secret less": ({"references": {}}, "the reference `env TOKEN` is no longer used"),
    "a cluster's address": (
        _cluster(server="https://b.example.com"),
        "cluster main was https://a.example.com and is https://b.example.com now",
    ),
    "a cluster's authority": (_cluster(authority="cb"), "cluster main has another certificate authority now"),
    "a cluster": (
        _cluster(uid="k-2"),
        "cluster main is another one behind the same address: its namespace kube-system has the uid k-2, and had k-1",
    ),
    "a cluster that hides": (
        _cluster(uid=None),
        "cluster main is another one behind the same address: its uid may not be read, and had k-1",
    ),
    "a cluster less": ({"clusters": {}}, "cluster main is no longer used"),
    "a release": (
        _release(4, writer="helm at one"),
        (
            "cluster main: release shop/api was at revision 3 (deployed), and is at revision 4 (deployed) now, "
            "last written by helm at one"
        ),
    ),
    "a release's status": (
        _release(3, ReleaseStatus.FAILED, writer=None),
        "cluster main: release shop/api was at revision 3 (deployed), and is at revision 3 (failed) now",
    ),
    "a release's record": (
        _release(resource_version="41"),
        (
            "cluster main: release shop/api has another record of revision 3 (deployed): "
            "it was changed: resourceVersion 40 → 41, last written by helm at noon"
        ),
    ),
    "a release is gone": ({"releases": {}}, "cluster main: release shop/api is no longer installed"),
    "an object": (
        _version(resource_version="9", content="other", writer="kubectl-edit at one"),
        "cluster main: ConfigMap shop/api was changed: resourceVersion 7 → 9, last written by kubectl-edit at one",
    ),
    "an object made anew": (
        _version(uid="u-2", writer=None),
        "cluster main: ConfigMap shop/api was deleted and made anew",
    ),
    "an object is gone": ({"objects": {OBJECT: None}}, "cluster main: ConfigMap shop/api is gone"),
    "another object": (
        {"objects": {OBJECT: FOUND, ("main", object_id("new")): FOUND}},
        (
            "cluster main: ConfigMap shop/new was as it should be, and is not now: "
            "resourceVersion 7, last written by helm at noon"
        ),
    ),
    "a chart": (
        {"steps": (_step(digest="d2"),)},
        "cluster main: release shop/api was to be of chart app 1.0.0 (d1), and would be of app 1.0.0 (d2) now",
    ),
    "what is done": (
        {"steps": (_step("none"),)},
        "cluster main: release shop/api was to be done as upgrade, and would be done as none now",
    ),
    "how it is done": (
        {"steps": (_step("upgrade", _object(after="three")),)},
        (
            "cluster main: release shop/api would change in another way: ConfigMap shop/api, "
            "if its templates use the time or random values, they give others each time"
        ),
    ),
    "after what": (
        {"steps": (_step("upgrade", needs=[{"name": "x"}]),)},
        "cluster main: release shop/api would change in another way: needs",
    ),
    "what it costs": (
        {"steps": (_step("upgrade", risks=[{"risk": "downgrade", "message": "from 2 to 1"}]),)},
        "cluster main: release shop/api would change in another way: risks",
    ),
    "a step less": ({"steps": ()}, "cluster main: release shop/api is no longer in the plan"),
}


@pytest.mark.parametrize(("change", "message"), MOVES.values(), ids=MOVES)
def test_what_moved_is_named(change: dict[str, Any], message: str) -> None:
    """One refusal, with what to do about it."""
    (refusal,) = compare_saved(WAS, replace(WAS, **change))
    assert refusal.message == message
    assert refusal.guard == "saved-plan"
    assert "reconcile plan --save" in (refusal.hint or "")


@pytest.mark.parametrize(
    "change",
    [
        {},
        _version(resource_version="9", writer="kube-controller-manager at one"),
        {"steps": (_step("upgrade", {**_object(note="said"), "fields": [{**_field("two"), "writer": None}]}),)},
        {"steps": (_step("upgrade", reason="for another reason"),)},
    ],
    ids=["nothing", "a status", "words about an object", "a reason"],
)
def test_what_is_no_movement(change: dict[str, Any]) -> None:
    """A controller's status, and words that are there for people."""
    assert compare_saved(WAS, replace(WAS, **change)) == ()


def test_a_cluster_whose_uid_could_not_be_read_is_known_by_its_address() -> None:
    """Whoever saved the plan may have fewer rights than whoever applies it."""
    was = replace(WAS, clusters={"main": replace(CLUSTER, uid=None)})
    assert compare_saved(was, WAS) == ()


def test_what_the_server_stores_is_no_movement_where_it_could_not_be_asked() -> None:
    """Without the right to patch, a plan shows what would be sent; the object and what happens to it still count."""
    guessed = replace(WAS, steps=(_step("upgrade", _object(verified=False, note="no right")),))
    fuller = _object(after={"two": "with defaults"})
    assert compare_saved(guessed, replace(WAS, steps=(_step("upgrade", fuller),))) == ()
    assert compare_saved(guessed, replace(WAS, steps=(_step("upgrade", {**fuller, "verb": "delete"}),)))
    assert compare_saved(guessed, replace(WAS, steps=(_step("upgrade", _object(name="else")),)))


def test_only_causes_are_told() -> None:
    """An edited file changes what is done; that it does is not said as well."""
    moved = replace(WAS, inputs={**WAS.inputs, "env.yaml": "i9"}, steps=(_step("none"),))
    assert [refusal.message for refusal in compare_saved(WAS, moved)] == ["env.yaml was changed"]


def test_a_target_that_is_new() -> None:
    """It is told with the target that it is about."""
    (refusal,) = compare_saved(WAS, replace(WAS, steps=(*WAS.steps, replace(_step("install"), target=OTHER))))
    assert refusal.message == "cluster main: release shop/web was not in the plan, and would be now"
    assert refusal.targets == (OTHER,)


@pytest.mark.parametrize(
    ("age", "message"),
    [
        (timedelta(0), None),
        (timedelta(minutes=59), None),
        (timedelta(minutes=-4), None),
        (timedelta(hours=1), r"was made at 2026-01-02 11:00:00 UTC and could be applied until 2026-01-02 12:00:00 UTC"),
        (timedelta(minutes=-6), r"was made at 2026-01-02 12:06:00 UTC, and here it is 2026-01-02 12:00:00 UTC"),
    ],
    ids=["new", "old", "a clock ahead", "too old", "from the future"],
)
def test_the_age_of_a_plan(age: timedelta, message: str | None) -> None:
    """It has a lifetime; clocks may differ by five minutes."""
    origin = Origin("ci", NOW - age, "0.1.0", timedelta(hours=1))
    if message is None:
        check_age(origin, NOW)
        return
    with pytest.raises(SavedPlanError, match=message) as found:
        check_age(origin, NOW)
    assert found.value.exit_code == 3


def test_files_are_compared_before_anything_is_loaded() -> None:
    """All that moved is named in one error."""
    saved = SavedPlan(Origin("ci", NOW, "0.1.0", timedelta(hours=1)), Asked("env.yaml"), WAS, b"", None)
    check_inputs(saved, WAS.inputs)
    with pytest.raises(SavedPlanError, match=r"env.yaml was changed; values.yaml is no longer there"):
        check_inputs(saved, {"env.yaml": "i9"})


def test_ids_are_of_what_is_done() -> None:
    """The same for the same content whatever its words are; another one for another content."""
    assert _step(reason="for another reason").id == _step().id
    assert _step("none").id != _step().id
    plan = SavedPlan(Origin("ci", NOW, "0.1.0", timedelta(hours=1)), Asked("env.yaml"), WAS, b"salt", None)
    assert replace(plan, origin=replace(plan.origin, by="me")).id == plan.id
    assert replace(plan, salt=b"tlas").id != plan.id
