"""Which line of the environment file a finding is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.diagnose.places import locate
from reconciler.errors import Location
from tests.plan.factories import WHERE, release

VALUES: dict[str, Any] = {
    "image": {"repository": "r.example.com/shop/api", "tag": "1.4"},
    "worker": {"image": "r.example.com/shop/worker:2"},
    "replicaCount": 2,
    "release": "1.4",
    "hosts": ["a.example.com", {"name": "b.example.com"}],
    "note": "fast",
    "level": "9",
}


class Told:
    """Places whose columns tell nothing, and whose files are the paths that were asked for."""

    def at(self, path: Sequence[str | int]) -> Location:
        """The path itself."""
        return Location(".".join(map(str, path)), 1, 1)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        pytest.param(["r.example.com/shop/worker:2"], "worker.image", id="a whole image"),
        pytest.param(["x:1", "r.example.com/shop/api"], "image.repository", id="the first that stands anywhere"),
        pytest.param(["1.4"], "image.tag", id="the key that says so wins"),
        pytest.param(["b.example.com"], "hosts.1.name", id="in a list"),
        pytest.param(["a.example.com"], "hosts.0", id="an item of a list"),
        pytest.param(["fast"], "note", id="long enough to mean one thing"),
        pytest.param(["9"], "env.yaml", id="too short to mean anything"),
        pytest.param(["2"], "env.yaml", id="a number that is no tag"),
        pytest.param(["", "nowhere"], "env.yaml", id="nowhere: the release"),
        pytest.param([], "env.yaml", id="nothing to look for"),
    ],
)
def test_places(written: list[str], place: str) -> None:
    """The value that is written there, else the release itself."""
    found = locate(replace(release(values=VALUES), sources=Told()), written)
    assert found == (WHERE if place == "env.yaml" else Location(place, 1, 1))
