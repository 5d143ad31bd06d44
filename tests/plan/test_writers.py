"""Who wrote a field: managedFields as a real API server keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.compare import Path
from reconciler.plan.writers import writer

# Written by an API server 1.35: a Deployment by helm, then `kubectl set image`, `kubectl scale`, an admission
# webhook's sidecar, `kubectl label`, and the controller's status.
MANAGED_FIELDS: list[Any] = [
    {
        "manager": "helm",
        "operation": "Apply",
        "time": "2026-01-01T00:00:00Z",
        "fieldsV1": {
            "f:metadata": {"f:labels": {"f:app.kubernetes.io/managed-by": {}}},
            "f:spec": {
                "f:replicas": {},
                "f:template": {
                    "f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}, "f:name": {}}}}
                },
            },
        },
    },
    {
        "manager": "kubectl-set",
        "operation": "Update",
        "time": "2026-01-02T00:00:00Z",
        "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}}},
    },
    {
        "manager": "kubectl",
        "operation": "Update",
        "subresource": "scale",
        "time": "2026-01-03T00:00:00Z",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    },
    {
        "manager": "injector",
        "operation": "Update",
        "time": "2026-01-04T00:00:00Z",
        "fieldsV1": {
            "f:metadata": {"f:finalizers": {".": {}, 'v:"example.com/hold"': {}}},
            "f:spec": {
                "f:template": {
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"sidecar"}': {
                                ".": {},
                                "f:name": {},
                                "f:ports": {
                                    ".": {},
                                    'k:{"containerPort":8080,"protocol":"TCP"}': {".": {}, "f:name": {}},
                                },
                            }
                        }
                    }
                }
            },
        },
    },
    {
        "manager": "kubectl-label",
        "operation": "Update",
        "time": "2026-01-05T00:00:00Z",
        "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}, "f:app.kubernetes.io/managed-by": {}}}},
    },
    {"manager": "timeless", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}},
    {"manager": "odd", "fieldsV1": "not a tree"},
    "not an entry",
]
LIVE = {"metadata": {"managedFields": MANAGED_FIELDS}}
CONTAINERS: Path = ("spec", "template", "spec", "containers")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("spec", "replicas"), "kubectl at 2026-01-03T00:00:00Z", id="a plain field"),
        pytest.param((*CONTAINERS, "[web]", "image"), "kubectl-set at 2026-01-02T00:00:00Z", id="an item by its name"),
        pytest.param((*CONTAINERS, "[web]", "command"), None, id="nobody wrote it"),
        pytest.param((*CONTAINERS, "[sidecar]"), "injector at 2026-01-04T00:00:00Z", id="a whole item"),
        pytest.param(
            (*CONTAINERS, "[sidecar]", "ports", "[8080]"), "injector at 2026-01-04T00:00:00Z", id="by a number"
        ),
        pytest.param((*CONTAINERS, "[sidecar]", "ports", "[80]"), None, id="a number that begins like it"),
        pytest.param((*CONTAINERS, "[name]"), None, id="an item called like the key"),
        pytest.param((*CONTAINERS, "[eb]"), None, id="an item whose name ends like another's"),
        pytest.param((*CONTAINERS, 0, "image"), "kubectl-set at 2026-01-02T00:00:00Z", id="an item by position"),
        pytest.param(CONTAINERS, "injector at 2026-01-04T00:00:00Z", id="the whole list: whoever wrote last below it"),
        pytest.param(("metadata", "finalizers", 0), "injector at 2026-01-04T00:00:00Z", id="an item of a set"),
        pytest.param(
            ("metadata", "labels", "app.kubernetes.io/managed-by"), "kubectl-label at 2026-01-05T00:00:00Z", id="dots"
        ),
        pytest.param(("spec", "paused"), "timeless", id="without a time"),
        pytest.param(("spec", "selector"), None, id="no such field"),
        pytest.param(("spec", "replicas", "below"), "kubectl at 2026-01-03T00:00:00Z", id="below a field owned whole"),
    ],
)
def test_the_last_other_writer_is_named(path: Path, expected: str | None) -> None:
    """Not we ourselves, but whoever wrote the field last, with the time."""
    assert writer(LIVE, path, "helm") == expected


@pytest.mark.parametrize("live", [{}, {"metadata": {}}, {"metadata": {"managedFields": "junk"}}, {"metadata": None}])
def test_without_managed_fields_nobody_is_named(live: dict[str, Any]) -> None:
    """An object whose bookkeeping was stripped is no error."""
    assert writer(live, ("spec",), "helm") is None
