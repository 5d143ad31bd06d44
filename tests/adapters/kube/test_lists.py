"""What is no list is an error: taken for an empty one, it would make everything look deleted."""

from __future__ import annotations

import pytest

from reconciler.adapters.kube.lists import items_of
from reconciler.errors import ClusterError
from reconciler.model.json import Json


@pytest.mark.parametrize("answer", [{"items": []}, {"items": None}, {"items": [{"a": 1}]}])
def test_a_list(answer: dict[str, Json]) -> None:
    """An empty one of metadata has null for its items."""
    assert items_of(answer, "main") == (answer["items"] or [])


@pytest.mark.parametrize("answer", [{}, {"ok": True}, {"items": "x"}, {"items": {}}, [], "text", None])
def test_no_list(answer: Json) -> None:
    """Whatever else answers at that address."""
    with pytest.raises(ClusterError, match="cluster main: the answer to a list is no list"):
        items_of(answer, "main")
