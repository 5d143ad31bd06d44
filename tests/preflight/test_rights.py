"""Which of the rights that an apply needs we have."""

from __future__ import annotations

from reconciler.model.preflight import Area, Status
from reconciler.model.probe import Right
from reconciler.preflight.needs import Need
from reconciler.preflight.rights import right_checks
from tests.plan.factories import WHERE


def need(verb: str, *, required: bool = True, name: str = "", resource: str = "deployments") -> Need:
    """A right in the namespace."""
    return Need(Right(verb, "apps", resource, "shop", name), f"to {verb}", required, WHERE)


def test_the_answers_make_one_check_for_each_resource() -> None:
    """What is missing is one rule to ask for; what we have is counted beside it."""
    answers = [
        (need("get"), True),
        (need("create"), False),
        (need("patch"), False),
        (need("delete", required=False), False),
    ]
    missing, later = right_checks("main", [answers[1], answers[2], answers[0], answers[3]])
    assert (missing.area, missing.subject, missing.status) == (Area.RIGHTS, "deployments.apps in shop", Status.FAILED)
    assert missing.message == "no right to create, patch: to create; to patch"
    assert missing.hint == (
        'ask for a Role with this rule: {apiGroups: ["apps"], resources: [deployments], verbs: [create, patch]}'
    )
    assert missing.where == WHERE
    assert (later.status, later.message) == (Status.WARNING, "no right to delete: to delete")


def test_all_there() -> None:
    """One line, for who wants to see it."""
    (found,) = right_checks("main", [(need("get"), True), (need("create"), True)])
    assert (found.status, found.message) == (Status.OK, "we may get, create")


def test_a_right_to_create_goes_by_no_name() -> None:
    """The server does not know the name yet then, so a rule with names would not grant it."""
    answers = [(need(verb, name="shop", resource="namespaces"), False) for verb in ("get", "patch", "create")]
    (found,) = right_checks("main", answers)
    assert found.hint == (
        'ask for a ClusterRole with these rules: {apiGroups: ["apps"], resources: [namespaces], verbs: [get, patch], '
        'resourceNames: [shop]}, {apiGroups: ["apps"], resources: [namespaces], verbs: [create]}'
    )
