"""examples/publish: the walk from a chart's source to a running release, run as its README says."""

from __future__ import annotations

import pytest

from tests.examples.conftest import Walks
from tests.servers import free_port

pytestmark = pytest.mark.e2e


def test_the_walk(walks: Walks) -> None:
    """Each command ends as the script says; the broken tag is found before and after the apply; no token is printed."""
    done = walks.run("publish/publish.sh", REGISTRY_PORT=str(free_port()))

    assert done.returncode == 0, done.stdout + done.stderr
    told = [
        "created hello",
        "hello: 0 errors, 0 warnings",
        "hello-1.0.0.tgz sha256:",
        "hello-1.0.0.tgz in team: created",
        "hello-1.0.0.tgz in team: unchanged",
        "environment.lock: 1 added",
        "publish: 2 to create, 1 to install",
        "publish: 3 done",
        "in sync  healthy",
        ":1.0.1: ",
        "environment.yaml:",
        "image tag not found",
        "publish: 2 unchanged, 1 done",
    ]
    places = [done.stdout.find(text) for text in told]
    assert -1 not in places, dict(zip(told, places, strict=True))
    assert places == sorted(places), dict(zip(told, places, strict=True))
    assert "walk-registry-token" not in done.stdout + done.stderr
    assert list(walks.sandboxes.glob("publish*")) == []
