"""(desired, stored, live) → the state of a release."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.json import Json, JsonMap, dig
from reconciler.model.lease import Hold
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import release_labels
from reconciler.plan.classify import classify
from reconciler.plan.states import Foreign, Locked, NotInstalled, Outdated, Retired, Settled, State, Stuck, Unclaimed
from tests.plan.factories import API, DIGEST, chart, config_map, desired, live, object_id, observed, release, stored

PENDING = [
    ReleaseStatus.PENDING_INSTALL,
    ReleaseStatus.PENDING_UPGRADE,
    ReleaseStatus.PENDING_ROLLBACK,
    ReleaseStatus.UNINSTALLING,
]


def state_of(
    found: StoredRelease | None, *objects: JsonMap, break_lock: bool = False, values: JsonMap | None = None
) -> State:
    """The state of the one release of an environment."""
    seen = observed(*([found] if found else []), objects=objects)
    return classify(desired(release(values=values)), seen, Hold(everyone=break_lock))[API]


def reasons(found: StoredRelease, values: JsonMap | None = None) -> tuple[str, ...]:
    """Why the release is outdated."""
    state = state_of(found, values=values)
    assert isinstance(state, Outdated), state
    return state.reasons


def test_what_is_not_stored_is_not_installed() -> None:
    """Without a stored revision there is nothing to compare with."""
    assert state_of(None) == NotInstalled()


def test_a_kept_history_is_retired_whoever_made_it() -> None:
    """An uninstalled release whose history was kept is told apart: Helm would refuse to install over it."""
    found = stored(status=ReleaseStatus.UNINSTALLED, labels=release_labels("other", DIGEST, 1))
    assert state_of(found) == Retired(found)


@pytest.mark.parametrize("status", [ReleaseStatus.DEPLOYED, ReleaseStatus.FAILED, *PENDING])
def test_a_release_of_another_environment_is_foreign_in_every_status(status: ReleaseStatus) -> None:
    """Another environment's release is not ours to judge, not even with --break-lock."""
    found = stored(status=status, labels=release_labels("production", DIGEST, 1))
    assert state_of(found, break_lock=True) == Foreign(found, "production")


@pytest.mark.parametrize("status", PENDING)
def test_an_operation_that_began_just_now_locks(status: ReleaseStatus) -> None:
    """Whoever runs it may be alive; `--break-lock` says that it is not."""
    found = stored(status=status, age=timedelta(seconds=10))
    assert state_of(found) == Locked(found, found.changed)
    assert state_of(found, break_lock=True) == Stuck(found)


def test_what_a_pending_revision_put_in_place_is_counted() -> None:
    """A repair tells how far the operation had come."""
    there, lost = config_map("a", text="hello"), config_map("b", text="hello")
    found = stored(status=ReleaseStatus.PENDING_UPGRADE, objects=[there, lost])
    assert state_of(found, live(there), break_lock=True) == Stuck(found, None, in_place=1)


@pytest.mark.parametrize(
    "status", [ReleaseStatus.FAILED, ReleaseStatus.SUPERSEDED, ReleaseStatus.UNKNOWN], ids=lambda status: status.value
)
def test_a_release_that_is_not_deployed_is_outdated(status: ReleaseStatus) -> None:
    """What did not end well is done again, with Helm's own words about it."""
    assert reasons(stored(status=status, revision=3)) == (f"revision 3 is {status}: told by Helm",)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(stored(chart_version="0.9.0"), "chart 0.9.0 → 1.0.0", id="another version"),
        pytest.param(stored(chart_name="old"), "chart old 1.0.0 → app 1.0.0", id="another chart"),
        pytest.param(
            stored(labels=release_labels("staging", "e" * 64, 1)),
            "the content of chart app 1.0.0 changed",
            id="content",
        ),
        pytest.param(
            stored(revision=2, labels=release_labels("staging", DIGEST, 1)),
            "revision 2 was made by hand: told by Helm",
            id="helm rollback",
        ),
    ],
)
def test_each_reason_in_words(found: StoredRelease, expected: str) -> None:
    """Each fact that makes a release outdated is said, and nothing else."""
    assert reasons(found) == (expected,)


def test_a_release_of_plain_helm_may_be_as_desired_already() -> None:
    """The same chart by name and version, and the same values: its rendering tells the rest."""
    found = stored(labels={})
    assert state_of(found) == Unclaimed(found)


def test_all_reasons_are_given() -> None:
    """A user sees everything that an upgrade is for, not just the first fact."""
    found = stored(status=ReleaseStatus.FAILED, chart_version="0.9.0", labels={}, values={"a": 1})
    assert reasons(found, {"a": 2}) == (
        "takes over a release that was not installed by reconciler",
        "revision 1 is failed: told by Helm",
        "chart 0.9.0 → 1.0.0",
        "values changed: a",
    )


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        pytest.param({"a": 1}, {"a": 2}, "a", id="changed"),
        pytest.param({}, {"a": {"b": 2}}, "a", id="added"),
        pytest.param({"a": {"b": 1, "c": 1}}, {"a": {"c": 1}}, "a.b", id="removed"),
        pytest.param(
            {"hosts": {"a.example.com": 1}}, {"hosts": {"a.example.com": 2}}, 'hosts."a.example.com"', id="dot"
        ),
        pytest.param({"a": [1, 2]}, {"a": [1, 3]}, "a[1]", id="item"),
        pytest.param({"a": [1]}, {"a": [1, 2]}, "a", id="longer list"),
        pytest.param({"a": 1}, {"a": True}, "a", id="true is not 1"),
        pytest.param({"a": False}, {"a": 0}, "a", id="0 is not false"),
        pytest.param({"a": "1"}, {"a": 1}, "a", id="text is not a number"),
        pytest.param({}, {"hosts": []}, "hosts", id="an empty list overrides the chart's default"),
        pytest.param({}, {"text": ""}, "text", id="so does an empty text"),
        pytest.param({}, {"map": {}}, "map", id="and an empty map, where the chart's default is none"),
        pytest.param({}, {"gone": None}, "gone", id="and null, which removes it"),
        pytest.param({"text": ""}, {"text": None}, "text", id="null is not an empty text"),
        pytest.param({"status": 1}, {"status": 2}, "status", id="a value named as a field of the server"),
        pytest.param({"metadata": {"uid": 1}}, {"metadata": {"uid": 2}}, "metadata.uid", id="the same, below metadata"),
        pytest.param(
            {"l": [{"name": "a"}, {"name": "b"}]},
            {"l": [{"name": "b"}, {"name": "a"}]},
            "l[0].name, l[1].name",
            id="order",
        ),
    ],
)
def test_changed_values_are_named_by_path(before: JsonMap, after: JsonMap, path: str) -> None:
    """Every change of values that templates can see makes an upgrade; values are no objects, so none is a default."""
    assert reasons(stored(values=before), after) == (f"values changed: {path}",)


@pytest.mark.parametrize(
    ("before", "after"), [({"a": 1}, {"a": 1.0}), ({"a": [], "b": None}, {"b": None, "a": []}), ({}, {})]
)
def test_equal_values_are_no_change(before: JsonMap, after: JsonMap) -> None:
    """1 and 1.0 are one number in JSON, and the order of keys means nothing."""
    assert state_of(stored(values=before), values=after) == Settled(stored(values=before), ())


def test_many_changed_values_are_cut_short() -> None:
    """Six paths are named; the rest is counted."""
    many: dict[str, Json] = {f"k{number}": number for number in range(9)}
    assert reasons(stored(), many) == ("values changed: k0, k1, k2, k3, k4, k5 and 3 more",)


def test_a_release_without_a_fetched_chart_is_judged_by_the_rest() -> None:
    """Where no chart is in hand, nothing is said about it."""
    without = replace(release(), chart=None)
    assert isinstance(classify(desired(without), observed(stored(chart_version="0.1.0")))[API], Settled)


def test_settled_without_suspects() -> None:
    """Objects that hold everything that was applied are no suspects, whatever else they hold."""
    item = config_map(text="hello")
    extra = {**live(item), "data": {"text": "hello", "more": "x"}}
    found = stored(objects=[item])
    assert state_of(found, extra) == Settled(found, ())


@pytest.mark.parametrize("changed", [None, config_map(text="other"), config_map()], ids=["gone", "changed", "removed"])
def test_suspects(changed: JsonMap | None) -> None:
    """An object that is gone or lacks something becomes a suspect, with what it should be and what it is."""
    item = config_map(text="hello")
    there = [live(changed)] if changed else []
    state = state_of(stored(objects=[item]), *there)
    assert isinstance(state, Settled)
    (suspect,) = state.suspects
    assert (suspect.id, suspect.expected, suspect.live) == (object_id(), live(item), there[0] if there else None)


@pytest.mark.parametrize(("held", "suspected"), [("first", ["last"]), ("last", [])])
def test_of_two_documents_of_one_name_the_last_counts(held: str, suspected: list[str]) -> None:
    """As an upgrade leaves it: else the other one would be missing for ever."""
    state = state_of(stored(objects=[config_map(v="first"), config_map(v="last")]), live(config_map(v=held)))
    assert isinstance(state, Settled)
    assert [dig(suspect.expected, "data", "v") for suspect in state.suspects] == suspected


def test_string_data_is_compared_as_the_server_keeps_it() -> None:
    """A Secret's stringData is no suspect when data holds it in base64."""
    item: JsonMap = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "text"}}
    kept = {**live(item), "data": {"a": "dGV4dA=="}}
    kept = {key: value for key, value in kept.items() if key != "stringData"}
    found = stored(objects=[item])
    assert state_of(found, kept) == Settled(found, ())


def test_one_release_does_not_disturb_another() -> None:
    """Every desired release has a state of its own."""
    other = replace(API, name="web")
    states = classify(desired(release(), release(other, of=chart(version="2.0.0"))), observed(stored(), stored(other)))
    assert states == {API: Settled(stored(), ()), other: Outdated(stored(other), ("chart 1.0.0 → 2.0.0",))}
