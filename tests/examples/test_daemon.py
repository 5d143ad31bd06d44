"""examples/daemon: a git branch kept applied, run as its README says."""

from __future__ import annotations

import pytest

from tests.examples.conftest import Walks
from tests.servers import free_port

pytestmark = pytest.mark.e2e


def test_the_walk(walks: Walks) -> None:
    """A commit, drift, a commit that is not valid, a suspension: each is answered as the script waits for; no leaks."""
    done = walks.run("daemon/daemon.sh", DAEMON_PORT=str(free_port()))

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    told = [
        "ready: http://127.0.0.1:",
        "pushed: three of them",
        "back again",
        "environments/staging.yaml:18:5: unknown key",
        "suspended by walk",
        'subject="mend it" trigger=commit result=unchanged',
    ]
    assert [text for text in told if text not in said] == []
    assert "Traceback" not in said
    assert "walk-status-token" not in said
    assert list(walks.sandboxes.glob("daemon*")) == []
