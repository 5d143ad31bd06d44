"""How objects are made anew or taken over, once leave was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.cluster import Cascade
from reconciler.model.identity import NamespaceId
from reconciler.model.observed import Obstacle, Preview
from reconciler.model.preparation import Adoption, Definition, Recreation
from reconciler.plan.recreating import cascade, preparations
from tests.plan.factories import API, CONFIG_MAP, config_map, object_id

LIVE: dict[str, Any] = {**config_map(), "metadata": {"name": "api", "uid": "u-1"}}


def preview(*obstacles: Obstacle, refusal: str | None = None) -> Preview:
    """A change of a live object."""
    return Preview(
        object_id(), LIVE, config_map(a="1"), LIVE, verified=True, refusal=refusal, obstacles=frozenset(obstacles)
    )


def test_what_is_done_first() -> None:
    """The very object is deleted, or marked; one that is made anew needs no mark."""
    found = list(preparations([preview(), preview(Obstacle.UNOWNED), preview(*Obstacle)], API))
    assert found == [Adoption(object_id(), "u-1", API), Recreation(object_id(), "u-1", Cascade.FOREGROUND)]


def test_definitions_are_made_first() -> None:
    """Those that the plan found missing, and nothing else that is new."""
    ahead = Preview(object_id(), None, config_map(), config_map(), verified=True, is_ahead=True)
    assert list(preparations([ahead, replace(ahead, is_ahead=False)], API)) == [Definition(object_id(), config_map())]


def test_nothing_is_done_without_leave() -> None:
    """As long as there is a refusal; and what is no release marks nothing in Helm's way."""
    assert list(preparations([preview(Obstacle.IMMUTABLE, refusal="no")], API)) == []
    assert list(preparations([preview(Obstacle.UNOWNED)], NamespaceId("main", "shop"))) == []


def _selects(label: str) -> dict[str, Any]:
    return {"spec": {"selector": {"matchLabels": {"app": label}}}}


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        ("StatefulSet", "a", "a", Cascade.ORPHAN),
        ("StatefulSet", "a", "b", Cascade.FOREGROUND),
        ("Deployment", "a", "a", Cascade.FOREGROUND),
    ],
)
def test_what_becomes_of_what_it_owns(kind: str, before: str, after: str, expected: Cascade) -> None:
    """Pods that the new one takes over stay; all others go first."""
    named = CONFIG_MAP.__class__("apps/v1", kind)
    assert cascade(named, _selects(before), _selects(after)) is expected
