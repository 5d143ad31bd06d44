"""Several replicas of `reconcile sync` on one control plane: who acts, and what all of them know."""

from __future__ import annotations

import signal
import time

import pytest
import yaml

from reconciler.sandbox import AuditRecord, Sandbox, writes
from tests.e2e.daemons import MAIN, SLOW, Daemon, Kept, release

pytestmark = pytest.mark.e2e

# Seconds.
DURATION = 3
LEADER = f"leader: {{kubeconfig: {{env: RECONCILE_KUBECONFIG}}, duration: {DURATION}s}}\n"


def replica(kept: Kept, name: str, **environ: str) -> Daemon:
    """One of several, with a state folder of its own."""
    kept.write(LEADER, state=name, file=f"{name}.yaml")
    return kept.start("-f", f"{name}.yaml", **environ)


def leads(daemon: Daemon) -> bool:
    """Whether it has ever led."""
    return any(line["leading"] for line in daemon.lines("leadership changed"))


def shows(daemon: Daemon, kept: Kept, text: str) -> bool:
    """Whether the environment's page has a text."""
    return text in daemon.get(f"/environments/{kept.name}").text


def kubeconfig_of(kept: Kept, user: str) -> str:
    """One by which a ServiceAccount of this name may do everything, so that the audit log tells it from others."""
    kept.kubectl("create", "serviceaccount", user, "-n", "default")
    account = f"default:{user}"
    kept.kubectl("create", "clusterrolebinding", user, "--clusterrole=cluster-admin", f"--serviceaccount={account}")
    made = yaml.safe_load(kept.kubeconfig)
    for entry in made["users"]:
        entry["user"] = {"token": kept.kubectl("create", "token", user, "-n", "default").strip()}
    return yaml.safe_dump(made)


def test_a_leader_that_wakes_up_late(kept: Kept, control_plane: Sandbox) -> None:
    """One that is stopped in the middle of a run is replaced within the time of its Lease. When it wakes up, it writes
    nothing more, whoever asks, and ends; what the other has made of the environment stays."""
    user = f"{kept.namespace}-first"
    lock = f"policy: {{lock: {{duration: {DURATION}s}}}}\n"
    kept.commit("Waits", f"{lock}releases: {{note: {{chart: ../charts/slow, wait: 0}}}}\n", more=SLOW)
    first = replica(kept, "first", RECONCILE_KUBECONFIG=kubeconfig_of(kept, user))
    first.until(lambda: leads(first))
    second = replica(kept, "second")
    second.until(lambda: "standing by" in second.log.read_text())
    first.until(lambda: "slow" in kept.kubectl("get", "deployments", "-n", kept.namespace))
    kept.commit("Does not wait", lock + release("second"))
    second.until(lambda: second.lines("commit seen", subject="Does not wait"))
    first.signal(signal.SIGSTOP)
    stopped = time.monotonic()
    second.until(lambda: leads(second))
    # It looks at the Lease more often, and takes a moment to be seen.
    assert time.monotonic() - stopped < DURATION + 5
    second.until(lambda: kept.text("note") == "second")
    mark = control_plane.settle_audit()
    first.signal(signal.SIGCONT)
    assert first.ended() != 0
    assert "lost the lock" in first.log.read_text()
    control_plane.settle_audit()
    asked = list(writes(control_plane.audit.read(mark), user=f"system:serviceaccount:default:{user}"))
    assert [record for record in asked if not _is_refused_renewal(record)] == []
    assert kept.text("note") == "second"
    second.signal(signal.SIGTERM)
    assert second.ended() == 0


def _is_refused_renewal(record: AuditRecord) -> bool:
    """It may ask whether a Lease is still its own, which the Lease's version answers; or it ends before the answer."""
    return record.resource == "leases" and record.code in (409, 500)


def test_suspended_on_any_replica(kept: Kept) -> None:
    """It holds for the one that acts, also when the page of another was asked; for the one that takes over from a
    leader that was killed; and until it is resumed. A look that is asked for is passed on too."""
    kept.commit("First", release("first"))
    first = replica(kept, "first")
    first.until(lambda: leads(first))
    second = replica(kept, "second")
    second.until(lambda: "standing by" in second.log.read_text())
    first.until(lambda: kept.text("note") == "first")
    assert not second.lines("run started")
    second.act(kept.name, "sync")
    first.until(lambda: first.lines("run ended", trigger="user"))
    second.act(kept.name, "suspend")
    first.until(lambda: shows(first, kept, "suspended by Ada"))
    second.until(lambda: shows(second, kept, "suspended by Ada"))
    first.process.kill()
    kept.commit("Second", release("second"))
    second.until(lambda: leads(second), DURATION + 10)
    second.until(lambda: shows(second, kept, "Second"))
    assert not second.lines("run started")
    assert kept.text("note") == "first"
    second.act(kept.name, "resume")
    second.until(lambda: kept.text("note") == "second")


def test_a_replica_that_comes_later(kept: Kept) -> None:
    """It is handed one of two environments over, which nobody else applies meanwhile."""
    other = f"""
        apiVersion: reconciler/v1
        kind: Environment
        name: {kept.namespace}-other
        clusters: {{{MAIN}}}
        releases: {{}}
    """
    kept.commit("Two", "releases: {}\n", more={"environments/other.yaml": other})
    first = replica(kept, "first")
    first.until(lambda: len([line for line in first.lines("leadership changed") if line["leading"]]) > 1)
    second = replica(kept, "second")
    second.until(lambda: second.lines("run ended"))
    (taken,) = {line["environment"] for line in second.lines("run ended")}
    first.until(lambda: first.lines("leadership changed", environment=str(taken))[-1]["leading"] is False)
    runs = first.lines("run started", environment=str(taken))
    assert max(str(line["time"]) for line in runs) < str(second.lines("run started")[0]["time"])


def test_suspended_and_restarted(kept: Kept) -> None:
    """A daemon without Leases remembers it in its folder, although it was killed."""
    kept.commit("First", release("first"))
    kept.write()
    daemon = kept.start()
    daemon.until(lambda: kept.text("note") == "first")
    daemon.act(kept.name, "suspend")
    daemon.process.kill()
    kept.commit("Second", release("second"))
    again = kept.start()
    again.until(lambda: shows(again, kept, "Second"))
    again.until(lambda: shows(again, kept, "suspended by Ada"))
    assert not again.lines("run started")
    again.act(kept.name, "resume")
    again.until(lambda: kept.text("note") == "second")
