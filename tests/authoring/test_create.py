"""A new chart: the starter under a name of the user's."""

from __future__ import annotations

import pytest

from reconciler.authoring.create import new_chart
from reconciler.errors import ChartError


def test_the_starters_name_is_replaced_everywhere() -> None:
    """Every file names the new chart, and none the starter."""
    made = new_chart("my-shop", {"Chart.yaml": b"name: starter\n", "templates/a.yaml": b'{{ include "starter.x" . }}'})
    assert made == {"Chart.yaml": b"name: my-shop\n", "templates/a.yaml": b'{{ include "my-shop.x" . }}'}


@pytest.mark.parametrize("name", ["a", "my-shop", "shop2", "a" * 53])
def test_names_that_charts_can_have(name: str) -> None:
    """What can be a chart, a release and a Service at once is taken."""
    assert new_chart(name, {}) == {}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("", None),
        ("My_Shop", "my-shop"),
        ("2shop", None),
        ("shop-", "shop"),
        ("shop.api", "shop-api"),
        ("../shop", "shop"),
        ("shop\n", "shop"),
        ("a" * 54, "a" * 53),
    ],
)
def test_names_that_charts_cannot_have(name: str, hint: str | None) -> None:
    """The rule is told, and the nearest name that fits, if there is one."""
    with pytest.raises(ChartError, match="lower-case letters, digits and -") as caught:
        new_chart(name, {})
    assert caught.value.hint == hint
