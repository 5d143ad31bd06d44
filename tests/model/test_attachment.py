"""Pull secrets on a ServiceAccount: others' entries stay, ours come and go."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.attachment import accounts_of, added_by, attached
from reconciler.model.json import Json, JsonMap

MARK = "pull-secrets.reconciler/staging"


def account(entries: Json = None, ours: str | None = None) -> JsonMap:
    """A live ServiceAccount."""
    annotations: JsonMap = {MARK: ours} if ours is not None else {}
    return {"metadata": {"name": "default", "annotations": annotations}, "imagePullSecrets": entries}


def named(*names: str) -> list[Json]:
    """Entries of these names."""
    return [{"name": name} for name in names]


@pytest.mark.parametrize(
    ("live", "wanted", "entries", "marked"),
    [
        pytest.param(account(), ["reg"], named("reg"), "reg", id="the first"),
        pytest.param(account(named("other")), ["reg"], named("other", "reg"), "reg", id="beside another's"),
        pytest.param(account(named("reg", "other"), "reg"), ["reg"], named("reg", "other"), "reg", id="as it was"),
        pytest.param(account(named("other"), "reg"), ["reg"], named("other", "reg"), "reg", id="removed by hand"),
        pytest.param(account(named("old", "other"), "old"), ["reg"], named("other", "reg"), "reg", id="exchanged"),
        pytest.param(account(named("old", "other"), "old"), [], named("other"), None, id="the last one goes"),
        pytest.param(account(named("reg")), ["reg"], named("reg"), None, id="somebody else's of the same name"),
        pytest.param(account(named("reg")), [], named("reg"), None, id="which stays"),
        pytest.param(account(), ["b", "a", "b"], named("b", "a"), "a,b", id="several, in the file's order"),
        pytest.param(account([{}, {"name": "x"}], "y"), ["reg"], [{}, *named("x", "reg")], "reg", id="without a name"),
        pytest.param(account("junk"), ["reg"], named("reg"), "reg", id="no list"),
    ],
)
def test_what_an_account_should_hold(
    live: JsonMap, wanted: Sequence[str], entries: list[Json], marked: str | None
) -> None:
    """The entries, and the mark by which ours are known."""
    item = attached(live, "shop", "default", "staging", wanted)
    assert item == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "shop", "annotations": {MARK: marked} if marked else {}},
        "imagePullSecrets": entries,
    }


NAMES = st.lists(st.sampled_from("abcd"), unique=True)


@given(others=NAMES, ours=NAMES, first=NAMES, second=NAMES)
def test_nothing_of_others_is_lost_or_left_behind(
    others: list[str], ours: list[str], first: list[str], second: list[str]
) -> None:
    """Whatever is attached and detached: the second time nothing changes, and in the end others have what they had."""
    live = account(named(*others, *(name for name in ours if name not in others)), ",".join(set(ours) - set(others)))
    one = attached(live, "shop", "default", "staging", first)
    assert attached(one, "shop", "default", "staging", first) == one
    two = attached(one, "shop", "default", "staging", second)
    found = [entry["name"] for entry in two["imagePullSecrets"]]  # type: ignore[index,call-overload,union-attr]  # ours
    assert set(found) == {*others, *second}
    assert len(found) == len(set(found))
    last = attached(two, "shop", "default", "staging", [])
    assert last["imagePullSecrets"] == named(*others)
    assert added_by(last, "staging") == frozenset()


def test_environments_do_not_meet() -> None:
    """Each knows its own."""
    one = attached({}, "shop", "default", "one", ["a"])
    assert added_by(one, "one") == {"a"}
    assert added_by(one, "two") == frozenset()
    two = attached(one, "shop", "default", "two", [])
    assert two["imagePullSecrets"] == named("a")


def test_a_namespace_remembers_its_accounts() -> None:
    """So that one that the file drops is found again."""
    item: JsonMap = {"metadata": {"annotations": {"reconciler/pull-secret-accounts": "builder,default"}}}
    assert accounts_of(item) == {"builder", "default"}
    assert accounts_of({}) == frozenset()
