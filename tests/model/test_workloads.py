"""Where kinds keep the template of their pods."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.workloads import pod_spec, pod_template
from tests.preflight.objects import rendered

POD: dict[str, Any] = {"containers": []}


@pytest.mark.parametrize(
    ("kind", "version", "spec"),
    [
        ("Pod", "v1", POD),
        ("Deployment", "apps/v1", {"template": {"spec": POD}}),
        ("StatefulSet", "apps/v1", {"template": {"spec": POD}}),
        ("DaemonSet", "apps/v1", {"template": {"spec": POD}}),
        ("Job", "batch/v1", {"template": {"spec": POD}}),
        ("CronJob", "batch/v1", {"jobTemplate": {"spec": {"template": {"spec": POD}}}}),
    ],
)
def test_where_the_template_is(kind: str, version: str, spec: dict[str, Any]) -> None:
    """By kind and group."""
    assert pod_spec(rendered(kind, spec=spec, version=version)) == POD


@pytest.mark.parametrize(("kind", "version"), [("ConfigMap", "v1"), ("Deployment", "example.com/v1")])
def test_kinds_without_pods(kind: str, version: str) -> None:
    """Also those that only have the name of one with pods."""
    item = rendered(kind, spec={"template": {"spec": POD}}, version=version)
    assert (pod_template(item), pod_spec(item)) == (None, {})
