"""Objects that two releases want to have."""

from __future__ import annotations

from typing import Any

from reconciler.model.preflight import Status
from reconciler.preflight.doubles import double_checks
from tests.preflight.objects import ELSEWHERE, PLACES, WEB, rendered


def test_the_second_release_is_told_of_the_first() -> None:
    """Helm would fail at it: an object belongs to one release."""
    items = [rendered("Secret", "sec"), rendered("Secret", "own"), rendered("Secret", "sec", of=WEB)]
    (found,) = double_checks(items, PLACES)
    assert (found.subject, found.status, found.where) == ("release shop/web", Status.FAILED, ELSEWHERE)
    assert found.message == "Secret shop/sec is an object of release shop/api too"


def test_hooks_and_objects_without_a_name_are_none() -> None:
    """Hooks come and go; what has no name is refused for that."""
    hook: dict[str, Any] = {"metadata": {"name": "migrate", "annotations": {"helm.sh/hook": "pre-install"}}}
    items = [rendered("Job", "migrate", **hook), rendered("Job", "migrate", of=WEB, **hook)]
    items += [rendered("Job", ""), rendered("Job", "", of=WEB)]
    assert list(double_checks(items, PLACES)) == []
