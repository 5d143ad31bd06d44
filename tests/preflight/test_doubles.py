"""Objects that two releases, or a release and the environment itself, want to have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.preflight import Status
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.doubles import double_checks
from tests.plan.factories import desired, namespace, secret
from tests.preflight.objects import API, ELSEWHERE, PLACES, WEB, rendered


def test_the_second_release_is_told_of_the_first() -> None:
    """Helm would fail at it: an object belongs to one release."""
    items = [rendered("Secret", "sec"), rendered("Secret", "own"), rendered("Secret", "sec", of=WEB)]
    (found,) = double_checks(items, desired(), PLACES)
    assert (found.subject, found.status, found.where) == ("release shop/web", Status.FAILED, ELSEWHERE)
    assert found.message == "Secret shop/sec is an object of release shop/api too"


def test_hooks_and_objects_without_a_name_are_none() -> None:
    """Hooks come and go; what has no name is refused for that."""
    hook: dict[str, Any] = {"metadata": {"name": "migrate", "annotations": {"helm.sh/hook": "pre-install"}}}
    items = [rendered("Job", "migrate", **hook), rendered("Job", "migrate", of=WEB, **hook)]
    items += [rendered("Job", ""), rendered("Job", "", of=WEB)]
    assert list(double_checks(items, desired(), PLACES)) == []


@pytest.mark.parametrize(
    ("item", "said"),
    [
        pytest.param(
            rendered("Secret", "db"), "Secret shop/db is an object of the environment itself too", id="secret"
        ),
        pytest.param(
            rendered("Namespace", "shop", namespace=""),
            "Namespace shop is an object of the environment itself too",
            id="namespace",
        ),
        pytest.param(rendered("Secret", "db", namespace="other"), None, id="elsewhere"),
        pytest.param(rendered("ConfigMap", "db"), None, id="of another kind"),
        pytest.param(rendered("Secret", "db", of=replace(API, cluster="other")), None, id="on another cluster"),
    ],
)
def test_what_the_environment_keeps_itself_is_no_release_s(item: RenderedObject, said: str | None) -> None:
    """Whichever of the two came second would be refused, by Helm or by us."""
    found = [
        check.message for check in double_checks([item], desired(namespaces=[namespace()], secrets=[secret()]), {})
    ]
    assert found == ([said] if said else [])


@pytest.mark.parametrize(
    ("items", "warned"),
    [
        pytest.param([rendered("Secret", "db", data={"a": "1"}), rendered("Secret", "db")], True, id="other content"),
        pytest.param([rendered("Secret", "db"), rendered("Secret", "db")], False, id="the same"),
        pytest.param([rendered("Secret", "db"), rendered("Secret", "own")], False, id="of two names"),
        pytest.param([rendered("Job", "", data={"a": "1"}), rendered("Job", "")], False, id="without a name"),
    ],
)
def test_what_one_release_has_twice(items: list[RenderedObject], *, warned: bool) -> None:
    """Which of the two an install leaves is chance; that both say the same is none."""
    found = [(check.status, check.message) for check in double_checks(items, desired(), PLACES)]
    said = "Secret shop/db is in its chart twice, with different content: an install leaves either of the two"
    assert found == ([(Status.WARNING, f"{said}, and the next apply the last")] if warned else [])
