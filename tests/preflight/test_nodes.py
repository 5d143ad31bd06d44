"""What is looked for from which nodes, and what follows from it."""

from __future__ import annotations

from typing import Any

from reconciler.model.node_probe import Attempt, Reach, Target
from reconciler.model.preflight import Status
from reconciler.preflight.nodes import API_SERVER, node_checks, probed, targets

REGISTRY = Target("registry.example.com", 5000)


def _node(name: str, ready: str = "True", system: str = "linux") -> dict[str, Any]:
    conditions = [{"type": "DiskPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    labels = {"kubernetes.io/os": system}
    return {"metadata": {"name": name, "labels": labels}, "status": {"conditions": conditions}}


def test_the_targets() -> None:
    """The API server as pods know it, and each registry once; without those of this machine, and what is no name."""
    images = [
        "nginx",
        "redis:7",
        "registry.example.com:5000/a",
        "ghcr.io/b/c",
        "localhost:5000/x",
        "127.0.0.1/y",
        "[2001:db8::1]:5000/z",
        "UPPER",
    ]
    assert list(map(str, targets(images))) == [
        "kubernetes.default.svc:443",
        "[2001:db8::1]:5000",
        "registry-1.docker.io:443",
        "ghcr.io:443",
        "registry.example.com:5000",
    ]


def test_nodes_that_cannot_be_looked_from() -> None:
    """One that is not ready would never start a pod, and the probe is for Linux; both are told."""
    nodes = [_node("a"), _node("b", ready="Unknown"), _node("c", system="windows"), {"metadata": {"name": "d"}}]
    names, left_out = probed(nodes, [API_SERVER])
    assert names == ["a"]
    assert [(attempt.node, attempt.why) for attempt in left_out] == [
        ("b", "the node is not ready"),
        ("c", "the probe does not run on windows"),
        ("d", "the node is not ready"),
    ]


def test_the_checks() -> None:
    """By target and reason; that pods do not reach a registry is a warning, since nodes may have another way."""
    found = list(
        node_checks(
            [
                *(Attempt(f"n{number}", API_SERVER, Reach.REACHED) for number in range(7)),
                Attempt("n0", REGISTRY, Reach.REACHED),
                Attempt("n1", REGISTRY, Reach.NOT_REACHED, "connection refused"),
                Attempt("n2", REGISTRY, Reach.NOT_REACHED, "connection refused"),
                Attempt("n3", REGISTRY, Reach.UNKNOWN, "the node is not ready"),
            ],
            "main",
        )
    )
    assert [(check.status, check.subject, check.message) for check in found] == [
        (Status.OK, "TCP kubernetes.default.svc:443", "reached from n0, n1, n2, n3, n4 and 2 more"),
        (Status.OK, "TCP registry.example.com:5000", "reached from n0"),
        (Status.WARNING, "TCP registry.example.com:5000", "from n1, n2: connection refused"),
        (Status.UNKNOWN, "TCP registry.example.com:5000", "from n3: the node is not ready"),
    ]
    assert found[2].hint is not None
    assert "NetworkPolicies" in found[2].hint
