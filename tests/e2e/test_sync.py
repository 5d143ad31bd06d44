"""`reconcile sync` on the control plane, with a real repository: what it does unattended."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest
import requests
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from reconciler.sandbox import Sandbox
from tests.adapters.kube.servers import Answer, Server, serve
from tests.e2e.daemons import SLOW, TOKEN, Kept, release
from tests.servers import free_port

pytestmark = pytest.mark.e2e


def test_commits(kept: Kept) -> None:
    """A good commit is applied; a bad one leaves the last good one, from which drift is corrected still as it happens,
    and is told with the place of each mistake; the next good one is applied; the end is in order. Nor is one good that
    asks for the daemon's own secrets. The page tells of an environment that the Sync file names and there is not."""
    kept.commit("First", release("first"))
    kept.write("environments: {misspelt: {suspend: true}}\n")
    daemon = kept.start()
    daemon.until(lambda: kept.text("note") == "first")
    kept.commit("Bad", "relaeses: {}\n")
    daemon.until(lambda: "environments/env.yaml:7:1" in daemon.log.read_text())
    kept.kubectl("patch", "configmap", "note", "-n", kept.namespace, "--type=merge", '-p={"data":{"text":"mine"}}')
    daemon.until(lambda: kept.text("note") == "first")
    daemon.until(lambda: daemon.lines("run ended", trigger="drift", result="converged"))
    kept.commit("Greedy", "secrets: {stolen: {type: Opaque, data: {token: {env: STATUS_TOKEN}}}}\n")
    daemon.until(lambda: "STATUS_TOKEN is the daemon's own" in daemon.log.read_text())
    kept.commit("Good again", release("third"))
    daemon.until(lambda: kept.text("note") == "third")
    daemon.until(lambda: "misspelt" in daemon.get("/").text)
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0, daemon.log.read_text()


def test_drift_of_one_release(kept: Kept, control_plane: Sandbox) -> None:
    """It is put right without a question about any other release; what is wrong with another one stays told."""
    there = f"{kept.namespace}-b"
    kept.kubectl("create", "namespace", there)
    other = f"  other: {{namespace: {there}, chart: ../charts/note}}\n"
    blocked = f"  blocked: {{namespace: {there}-nowhere, chart: ../charts/note}}\n"
    namespaces = f", {there}: {{manage: false}}, {there}-nowhere: {{manage: false}}"
    kept.commit("One can never be installed", release("first") + other + blocked, namespaces=namespaces)
    kept.write()
    daemon = kept.start()
    daemon.until(lambda: daemon.lines("run ended", result="failed"))
    change = ("--type=merge", '-p={"data":{"text":"mine"}}')
    kept.kubectl("patch", "configmap", "other", "-n", there, *change)
    daemon.until(lambda: daemon.lines("run ended", trigger="drift", result="converged"))
    mark = control_plane.settle_audit()
    kept.kubectl("patch", "configmap", "note", "-n", kept.namespace, *change)
    daemon.until(lambda: len(daemon.lines("run ended", trigger="drift", result="converged")) > 1)
    control_plane.settle_audit()
    records = [item for item in control_plane.audit.read(mark) if item.user == "admin"]
    assert kept.text("note") == "first"
    assert [item.uri for item in records if there in item.uri] == []
    assert any(item.verb == "list" and item.namespace == kept.namespace for item in records)
    assert "failed" in str(daemon.lines("conditions changed")[-1]["conditions"])
    kept.kubectl("delete", "namespace", there, "--wait=false")


def test_one_bad_release(kept: Kept) -> None:
    """A release that fails is tried again later and later, and keeps nothing from another."""
    bad = "  bad: {chart: ../charts/slow, wait: 1s}\n"
    kept.commit("One never gets ready", release("first") + bad, more=SLOW)
    kept.write("defaults: {interval: 1s}\n")
    daemon = kept.start()
    daemon.until(lambda: len(daemon.lines("run ended", result="failed")) > 2)
    assert kept.text("note") == "first"
    failures = daemon.lines("action ended", result="failed")
    assert {line["release"] for line in failures} == {f"release/{kept.namespace}/bad"}
    assert len(failures) < len(daemon.lines("run ended", result="failed"))
    kept.commit("A remedy", release("second") + "  bad: {chart: ../charts/note, values: [{text: well}]}\n")
    daemon.until(lambda: kept.text("bad") == "well")


def test_a_dead_cluster(kept: Kept) -> None:
    """What goes to the others is applied, also within one environment; the dead one is told, and tried again."""
    kubeconfig = yaml.safe_load(kept.kubeconfig)
    kubeconfig["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port()}"
    kept.commit(
        "Two clusters",
        """
        releases:
          note: {cluster: main, chart: ../charts/note, values: [{text: first}]}
          far: {cluster: far, namespace: away, chart: ../charts/note}
        """,
        clusters="main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}, far: {kubeconfig: {env: FAR}}",
        namespaces=", away: {cluster: far}",
    )
    kept.write()
    daemon = kept.start(FAR=yaml.safe_dump(kubeconfig))
    daemon.until(lambda: kept.text("note") == "first")
    daemon.until(lambda: "unreachable: far: " in daemon.log.read_text())
    kept.kubectl("delete", "configmap", "note", "-n", kept.namespace)
    daemon.until(lambda: kept.text("note") == "first")


@pytest.mark.parametrize(
    ("how", "condition"),
    [
        ("defaults: {dryRun: true}\n", "dry run"),
        ("defaults: {suspend: true}\n", "suspended"),
        ("defaults: {windows: [{opens: '00:00', closes: '00:01', days: [DAY]}]}\n", "window closed"),
    ],
)
def test_nothing_is_changed(kept: Kept, how: str, condition: str) -> None:
    """In a dry run, while it is suspended, and while no window is open, and the reason is told. Until the Sync file
    says otherwise at SIGHUP."""
    kept.commit("First", release("first"))
    kept.write(how.replace("DAY", f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()))
    daemon = kept.start()
    daemon.until(lambda: condition in str([line.get("conditions") for line in daemon.lines("conditions changed")]))
    if condition != "suspended":
        daemon.until(lambda: daemon.lines("run ended", result="planned"))
    assert kept.kubectl("get", "namespace", kept.namespace, "--ignore-not-found") == ""
    kept.write()
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: kept.text("note") == "first")
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0


def test_the_end_in_the_middle(kept: Kept) -> None:
    """SIGTERM lets what is under way go on for the grace, ends it in order then, and leaves nothing half-done.

    The lock runs out with the process: what the library had begun may go on as long as that lives.
    """
    kept.commit("Slow", "releases: {slow: {chart: ../charts/slow, wait: 0}}\n", more=SLOW)
    kept.write()
    daemon = kept.start("-f", "sync.yaml", "--grace", "1s")
    daemon.until(lambda: "slow" in kept.kubectl("get", "deployments", "-n", kept.namespace))
    daemon.signal(signal.SIGTERM)
    assert daemon.ended(40) == 0, daemon.log.read_text()
    assert daemon.lines("run ended", result="interrupted")
    stored = kept.kubectl("get", "secrets", "-n", kept.namespace, "-l", "owner=helm", "--show-labels")
    assert "status=failed" in stored
    assert "pending" not in stored
    lease = kept.kubectl("get", "lease", f"reconciler-{kept.name}", "-o", "jsonpath={.spec.holderIdentity}")
    assert "/sync/" in lease


def test_a_folder(kept: Kept) -> None:
    """`--watch` applies each change of the files here, as they are saved; SIGHUP looks at once."""
    kept.commit("First", release("first"))
    daemon = kept.start("-e", "origin/environments/env.yaml", "--watch", "--listen", "127.0.0.1:0")
    daemon.until(lambda: kept.text("note") == "first")
    path = kept.origin.path / "environments/env.yaml"
    path.write_text(path.read_text().replace("first", "second"))
    daemon.until(lambda: kept.text("note") == "second")
    assert "with changes that are not committed" in json.dumps(daemon.lines("run started", trigger="folder")[-1])
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: daemon.lines("run ended", trigger="signal", result="unchanged"))
    daemon.signal(signal.SIGINT)
    assert daemon.ended() == 0


def test_what_is_seen_of_it(kept: Kept) -> None:
    """Probes, metrics, events in the cluster, a message and a trace tell the same as the log."""
    with serve(Answer(body="")) as server:
        kept.commit("First", release("first"))
        kept.write(
            f"notifications: [{{url: {{env: HOOK}}, tell: [changed], every: 1s}}]\n"
            f"tracing: {{endpoint: '{server.url}/v1/traces'}}\n"
        )
        daemon = kept.start(HOOK=f"{server.url}/hook")
        daemon.until(lambda: daemon.lines("run ended", result="converged"))
        (ended,) = daemon.lines("run ended", result="converged")
        assert daemon.get("/healthz").status_code == 200
        daemon.until(lambda: daemon.get("/readyz").status_code == 200)
        metrics, name = daemon.get("/metrics").text, kept.name
        assert f'reconciler_runs_total{{environment="{name}",result="converged",trigger="commit"}} 1.0' in metrics
        assert (
            f'reconciler_environment_applied_commit_info{{environment="{name}",ref="refs/heads/main",sha="' in metrics
        )
        assert 'reconciler_api_requests_total{cluster="main",code="200",verb="GET"}' in metrics
        daemon.until(lambda: "Applied" in kept.kubectl("get", "events", "-n", kept.namespace))
        kept.kubectl("patch", "configmap", "note", "-n", kept.namespace, "--type=merge", '-p={"data":{"text":"mine"}}')
        daemon.until(lambda: "DriftCorrected" in kept.kubectl("get", "events", "-n", kept.namespace))
        daemon.signal(signal.SIGTERM)
        assert daemon.ended() == 0, daemon.log.read_text()
    (message, *_) = [body for _, path, _, body in server.requests if path == "/hook"]
    assert json.loads(message)["events"][0]["run"] == ended["run"]
    assert {"wait", "load", "observe", "plan", f"install release/{kept.namespace}/note"} <= spans(
        server, ended["trace"]
    )
    assert server.url not in daemon.log.read_text()


def spans(server: Server, trace: object) -> set[str]:
    """The names of a trace's spans, as a collector reads them."""
    bodies = (body for _, path, _, body in server.requests if path == "/v1/traces")
    told = (ExportTraceServiceRequest.FromString(body.encode(errors="surrogateescape")) for body in bodies)
    scopes = (scope for one in told for resource in one.resource_spans for scope in resource.scope_spans)
    return {span.name for scope in scopes for span in scope.spans if span.trace_id.hex() == trace}


def test_the_page(kept: Kept) -> None:
    """It shows what is kept, and with the token it is suspended and resumed there."""
    kept.commit("First <b>", release("first"))
    kept.write()
    daemon = kept.start()
    page = f"{daemon.address}/environments/{kept.name}"

    def shows(*texts: str) -> bool:
        answer = requests.get(page, timeout=10)
        return answer.status_code == 200 and all(text in answer.text for text in texts)

    daemon.until(lambda: shows("</span> ready", "</span> in sync", f"{kept.namespace}/note", "First &lt;b&gt;"))
    assert requests.post(f"{page}/suspend", timeout=10).status_code == 401
    daemon.act(kept.name, "suspend")
    daemon.until(lambda: shows("</span> suspended", "Ada"))
    kept.commit("Second", release("second"))
    daemon.act(kept.name, "resume")
    daemon.until(lambda: kept.text("note") == "second")
    assert TOKEN not in daemon.log.read_text()
