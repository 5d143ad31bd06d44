"""Writing YAML; what texts become is tested with `report/objects.py`, against Go itself."""

from __future__ import annotations

from reconciler.model.json import Json
from reconciler.observe.concurrency import concurrently
from reconciler.yaml.plain import load
from reconciler.yaml.write import dump


def test_several_threads_write_at_once() -> None:
    """None disturbs another."""
    values: list[Json] = [{f"key{i}": [{"a": str(i)}] * 20} for i in range(200)]
    assert [load(text) for text in concurrently(dump, values)] == values


def test_shared_parts_are_written_out() -> None:
    """No anchors, in the order of the keys."""
    part: Json = {"z": "1", "a": "2"}
    assert dump({"b": part, "c": part}) == "b:\n  z: '1'\n  a: '2'\nc:\n  z: '1'\n  a: '2'\n"
