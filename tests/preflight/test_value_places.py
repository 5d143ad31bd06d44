"""Texts of rendered objects, found again in the values of a release."""

from __future__ import annotations

import pytest

from reconciler.errors import Location
from reconciler.preflight.value_places import place_of
from tests.preflight.factories import PLACE, release


@pytest.mark.parametrize(
    ("wanted", "column"),
    [
        (["example.com/app:1.4"], 1),
        (["nothing", "1.4"], 2),
        (["example.com/app"], 3),
        (["regcred"], 4),
        (["True"], 0),
        (["8080"], 0),
        ([], 0),
    ],
)
def test_the_first_text_that_a_value_is(wanted: list[str], column: int) -> None:
    """Whole values are compared, numbers as text; without one, it is the release's place."""
    values = {
        "whole": "example.com/app:1.4",
        "image": {"tag": 1.4, "repository": "example.com/app", "enabled": True},
        "imagePullSecrets": [{"name": "regcred"}],
        "port": 80,
    }
    columns = {"whole": 1, "image.tag": 2, "image.repository": 3, "imagePullSecrets.0.name": 4}
    found = place_of(release(values, columns), wanted)
    assert found == (Location("values.yaml", 1, column) if column else PLACE)
