"""Requests are told apart by what they ask for, not by names."""

from __future__ import annotations

import pytest

from tests.chaos.requests import Asked


@pytest.mark.parametrize(
    ("method", "target", "kind", "writes"),
    [
        ("GET", "/version", "GET version", False),
        ("GET", "/apis", "GET discovery", False),
        ("GET", "/apis/apps/v1", "GET discovery", False),
        ("GET", "/api/v1/namespaces/shop", "GET namespaces/*", False),
        ("PATCH", "/api/v1/namespaces/shop?force=true", "PATCH namespaces/*", True),
        ("GET", "/api/v1/namespaces/shop/secrets?labelSelector=owner%3Dhelm", "GET secrets", False),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/api", "PATCH deployments/*", True),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/api?dryRun=All",
            "PATCH deployments/* (dry run)",
            False,
        ),
        ("PUT", "/api/v1/namespaces/shop/secrets/sh.helm.release.v1.api.v1", "PUT release records/*", True),
        ("GET", "/apis/batch/v1/namespaces/shop/jobs?watch=true", "GET jobs (watch)", False),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST selfsubjectaccessreviews", False),
        ("DELETE", "/api/v1/namespaces/shop/configmaps/api", "DELETE configmaps/*", True),
    ],
)
def test_kinds_of_requests(method: str, target: str, kind: str, writes: bool) -> None:  # noqa: FBT001 - of a table
    """The kind, and whether something is to be stored."""
    asked = Asked(0, method, target)
    assert (asked.kind, asked.is_write) == (kind, writes)
