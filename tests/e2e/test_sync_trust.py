"""`reconcile sync` with `verify`: what is not signed by somebody who is trusted is not applied."""

from __future__ import annotations

from functools import partial

import pytest

from tests.e2e.daemons import Daemon, Kept, release
from tests.git_servers import make_key

pytestmark = pytest.mark.e2e


def sign(kept: Kept, person: str | None) -> None:
    """All that is committed from now on, by this person's ssh key; None: by nobody."""
    kept.origin.git("config", "gpg.format", "ssh")
    kept.origin.git("config", "commit.gpgsign", "true" if person else "false")
    kept.origin.git("config", "user.signingkey", str(kept.folder / (person or "")))


def test_signed_commits(kept: Kept) -> None:
    """One that is not signed is not applied, nor one that is signed by a stranger: page, log and probe say so, and the
    last good one is kept applied. The next one that is signed by who is trusted is applied, and all is well again."""
    ada, _ = (make_key(kept.folder / name) for name in ("ada", "mallory"))
    (kept.folder / "signers").write_text(f"ada@example.com {ada}\n")
    kept.write("verify: {allowedSigners: {file: signers}}\n", ready="2s")
    sign(kept, "ada")
    kept.commit("First", release("first"))
    daemon = kept.start()
    daemon.until(lambda: kept.text("note") == "first")
    for person, verdict in ((None, "unsigned"), ("mallory", "unknown key")):
        sign(kept, person)
        sha = kept.commit(f"By {person}", release(f"by-{person}"))
        daemon.until(partial(told, daemon, kept, f"commit {sha[:12]} is not believed", f"is {verdict}"))
    daemon.until(lambda: daemon.get("/readyz").status_code == 503)
    assert "untrusted" in daemon.get("/readyz").text
    kept.kubectl("delete", "configmap", "note", "-n", kept.namespace)
    daemon.until(lambda: kept.text("note") == "first")
    sign(kept, "ada")
    kept.commit("Last", release("last"))
    daemon.until(lambda: kept.text("note") == "last")
    daemon.until(lambda: "</span> ready" in daemon.get(f"/environments/{kept.name}").text)


def told(daemon: Daemon, kept: Kept, *texts: str) -> bool:
    """Whether the page and the log say all that."""
    places = daemon.get(f"/environments/{kept.name}").text, daemon.log.read_text()
    return all(text in place for text in texts for place in places)
