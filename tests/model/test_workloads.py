"""Which nodes take a pod, and where kinds keep the template of their pods."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.workloads import fits, pod_spec, pod_template
from tests.preflight.objects import live, rendered

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


TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("pod", "node", "taken"),
    [
        pytest.param({}, {}, True, id="any node"),
        pytest.param({"nodeName": "node-1"}, {}, True, id="by name"),
        pytest.param({"nodeName": "node-2"}, {}, False, id="by another name"),
        pytest.param({"nodeSelector": {"zone": "a"}}, {}, True, id="by label"),
        pytest.param({"nodeSelector": {"zone": "b"}}, {}, False, id="by another label"),
        pytest.param({}, {"taints": [TAINT]}, False, id="a taint"),
        pytest.param({}, {"taints": [{**TAINT, "effect": "PreferNoSchedule"}]}, True, id="a taint that only asks"),
        pytest.param(
            {"tolerations": [{"key": "gpu", "value": "yes"}]}, {"taints": [TAINT]}, True, id="tolerated by value"
        ),
        pytest.param({"tolerations": [{"key": "gpu", "value": "no"}]}, {"taints": [TAINT]}, False, id="another value"),
        pytest.param(
            {"tolerations": [{"key": "gpu", "operator": "Exists"}]}, {"taints": [TAINT]}, True, id="whatever its value"
        ),
        pytest.param({"tolerations": [{"operator": "Exists"}]}, {"taints": [TAINT]}, True, id="every taint"),
        pytest.param(
            {"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]},
            {"taints": [TAINT]},
            False,
            id="another effect",
        ),
    ],
)
def test_nodes(pod: dict[str, Any], node: dict[str, Any], *, taken: bool) -> None:
    """By name, labels and taints."""
    made = live("Node", "node-1", "", spec=node, metadata={"labels": {"zone": "a"}})
    assert fits(pod, made) is taken
