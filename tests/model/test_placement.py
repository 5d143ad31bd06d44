"""Which nodes take a pod."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.placement import asks_for, fits
from tests.preflight.objects import live

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


def affinity(*expressions: tuple[str, str, list[str]]) -> dict[str, Any]:
    """A pod that requires a node by these expressions, all of one term."""
    listed = [{"key": key, "operator": operator, "values": values} for key, operator, values in expressions]
    required = {"nodeSelectorTerms": [{"matchExpressions": listed}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


@pytest.mark.parametrize(
    ("pod", "asked"),
    [
        pytest.param(affinity(("zone", "In", ["a", "b"])), True, id="in"),
        pytest.param(affinity(("zone", "In", ["b"])), False, id="not in"),
        pytest.param(affinity(("zone", "NotIn", ["b"])), True, id="NotIn"),
        pytest.param(affinity(("zone", "NotIn", ["a"])), False, id="NotIn, and it is"),
        pytest.param(affinity(("zone", "Exists", [])), True, id="Exists"),
        pytest.param(affinity(("disk", "Exists", [])), False, id="Exists, and does not"),
        pytest.param(affinity(("disk", "DoesNotExist", [])), True, id="DoesNotExist"),
        pytest.param(affinity(("cpus", "Gt", ["4"])), True, id="Gt"),
        pytest.param(affinity(("cpus", "Gt", ["8"])), False, id="Gt, and it is not"),
        pytest.param(affinity(("cpus", "Lt", ["16"])), True, id="Lt"),
        pytest.param(affinity(("zone", "In", ["a"]), ("cpus", "Gt", ["8"])), False, id="all of a term"),
        pytest.param(affinity(("zone", "Odd", ["x"])), True, id="an operator that nobody knows rules nothing out"),
        pytest.param({**affinity(("zone", "In", ["a"])), "nodeSelector": {"zone": "b"}}, False, id="and the selector"),
    ],
)
def test_what_a_pod_asks_of_nodes(pod: dict[str, Any], *, asked: bool) -> None:
    """Required node affinity, beside the selector; taints are another matter."""
    node = live("Node", "node-1", "", spec={"taints": [TAINT]}, metadata={"labels": {"zone": "a", "cpus": "8"}})
    assert asks_for(pod, node) is asked


def test_one_of_several_terms_is_enough() -> None:
    """As the scheduler takes them."""
    pod = affinity(("zone", "In", ["b"]))
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    terms.append({"matchExpressions": [{"key": "zone", "operator": "Exists"}]})
    assert asks_for(pod, live("Node", "node-1", "", metadata={"labels": {"zone": "a"}}))
