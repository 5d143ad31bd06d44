"""Tests that share something expensive stay on one worker."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("groups")
def test_a_group_is_known_to_xdist(request: pytest.FixtureRequest) -> None:
    """It goes by the end of a test's id, which a newer pytest may not let it write."""
    assert request.node.nodeid.endswith("@groups") or "PYTEST_XDIST_WORKER" not in os.environ
