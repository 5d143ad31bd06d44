"""`reconcile sync` on the control plane, with a real repository: what it does unattended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
import requests
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.adapters.kube.servers import Answer, Server, serve
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP
from tests.git_servers import Origin, make_origin
from tests.servers import free_port

pytestmark = pytest.mark.e2e

MAIN = "main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}"
CHART = "apiVersion: v2\nname: note\nversion: 0.1.0\n"

_SLOW = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: slow}
    spec:
      selector: {matchLabels: {app: slow}}
      template:
        metadata: {labels: {app: slow}}
        spec: {nodeSelector: {there: is-no-such-node}, containers: [{name: main, image: example.com/app:1}]}
"""
SLOW = {"charts/slow/templates/slow.yaml": _SLOW}


@dataclass
class Daemon:
    """A daemon under way."""

    process: subprocess.Popen[bytes]
    log: Path

    def lines(self, event: str, **facts: str) -> list[Mapping[str, object]]:
        """What it has logged of one kind."""
        found = []
        for line in self.log.read_text().splitlines():
            if line.startswith("{"):
                told = json.loads(line)
                if told.get("event") == event and all(told.get(key) == value for key, value in facts.items()):
                    found.append(told)
        return found

    def until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, seconds: float = 60) -> int:
        """Its exit code."""
        return self.process.wait(seconds)


@dataclass
class Kept:
    """A repository, and daemons that keep it applied."""

    origin: Origin
    folder: Path
    namespace: str
    kubeconfig: str
    kubectl: Kubectl
    running: list[Daemon] = field(default_factory=list)

    def commit(
        self,
        message: str,
        body: str,
        clusters: str = MAIN,
        namespaces: str = "",
        more: Mapping[str, str] | None = None,
    ) -> str:
        """Commit an environment file with these releases, and the charts; gives the commit's name."""
        head = f"""
            apiVersion: reconciler/v1
            kind: Environment
            name: {self.namespace}-env
            clusters: {{{clusters}}}
            defaults: {{namespace: {self.namespace}}}
            namespaces: {{{self.namespace}: {{cluster: main}}{namespaces}}}
        """
        files = {
            "environments/env.yaml": dedent(head).lstrip() + dedent(body).lstrip(),
            "charts/note/Chart.yaml": CHART,
            "charts/note/values.yaml": "text: begin\n",
            "charts/note/templates/note.yaml": dedent(CONFIG_MAP),
            "charts/slow/Chart.yaml": CHART.replace("note", "slow"),
            **{name: dedent(text) for name, text in (more or {}).items()},
        }
        return self.origin.commit(message, files)

    def write(self, more: str = "", state: str = "state") -> None:
        """Write the Sync file."""
        git = f"git: {{url: '{self.origin.url}', branch: main}}"
        text = f"""
            apiVersion: reconciler/v1
            kind: Sync
            source: {{{git}, environments: "environments/*.yaml"}}
            poll: 1s
            state: {state}
            server: {{listen: "127.0.0.1:0"}}
        """
        (self.folder / "sync.yaml").write_text(dedent(text).lstrip() + more)

    def start(self, *options: str, **environ: str) -> Daemon:
        """Start a daemon."""
        program = Path(sys.executable).with_name("reconcile")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
        log = self.folder / f"log-{len(self.running)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [str(program), "sync", *(options or ("-f", "sync.yaml"))],
                cwd=self.folder,
                env={**kept, "RECONCILE_KUBECONFIG": self.kubeconfig, **environ},
                stdout=file,
                stderr=file,
            )
        daemon = Daemon(process, log)
        self.running.append(daemon)
        return daemon

    def text(self, name: str) -> str:
        """The text in a release's ConfigMap; empty: there is none."""
        found = self.kubectl(
            "get", "configmap", name, "-n", self.namespace, "--ignore-not-found", "-o", "jsonpath={.data.text}"
        )
        return found.strip()


@pytest.fixture
def kept(tmp_path: Path, namespace: str, kubeconfig: str, kubectl: Kubectl) -> Iterator[Kept]:
    """A repository and its daemons, which end with the test."""
    made = Kept(make_origin(tmp_path / "origin"), tmp_path, namespace, kubeconfig, kubectl)
    yield made
    for daemon in made.running:
        daemon.process.kill()
        daemon.process.wait()


def release(text: str, name: str = "note") -> str:
    """A release whose ConfigMap has a text."""
    return f"releases:\n  {name}: {{chart: ../charts/note, values: [{{text: {text}}}]}}\n"


def test_commits(kept: Kept) -> None:
    """A good commit is applied; a bad one leaves the last good one, from which drift is corrected still as it happens,
    and is told with the place of each mistake; the next good one is applied; the end is in order."""
    kept.commit("First", release("first"))
    kept.write()
    daemon = kept.start()
    daemon.until(lambda: kept.text("note") == "first")
    kept.commit("Bad", "relaeses: {}\n")
    daemon.until(lambda: "environments/env.yaml:7:1" in daemon.log.read_text())
    kept.kubectl("patch", "configmap", "note", "-n", kept.namespace, "--type=merge", '-p={"data":{"text":"mine"}}')
    daemon.until(lambda: kept.text("note") == "first")
    daemon.until(lambda: daemon.lines("run ended", trigger="drift", result="converged"))
    kept.commit("Good again", release("third"))
    daemon.until(lambda: kept.text("note") == "third")
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0, daemon.log.read_text()


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
    """SIGTERM lets what is under way go on for the grace, ends it in order then, and leaves nothing half-done."""
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


def test_replicas(kept: Kept) -> None:
    """One of two acts; when it is killed, the other does, within the time of its Lease."""
    kept.commit("First", release("first"))
    leader = "leader: {kubeconfig: {env: RECONCILE_KUBECONFIG}, duration: 3s}\n"
    kept.write(leader)
    first = kept.start()
    first.until(lambda: kept.text("note") == "first")
    kept.write(leader + "# another state\n", state="other")
    second = kept.start()
    second.until(lambda: "standing by" in second.log.read_text())
    assert not second.lines("run started")
    first.process.kill()
    kept.commit("Second", release("second"))
    second.until(lambda: kept.text("note") == "second", 20)
    second.signal(signal.SIGTERM)
    assert second.ended() == 0


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
        (listening,) = daemon.lines("listening")
        page = f"http://127.0.0.1:{listening['port']}"
        assert requests.get(f"{page}/healthz", timeout=10).status_code == 200
        daemon.until(lambda: requests.get(f"{page}/readyz", timeout=10).status_code == 200)
        metrics = requests.get(f"{page}/metrics", timeout=10).text
        name = f"{kept.namespace}-env"
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
    sync = kept.folder / "sync.yaml"
    sync.write_text(sync.read_text().replace("server: {", "server: {token: {env: STATUS_TOKEN}, "))
    daemon = kept.start(STATUS_TOKEN="correct-horse-battery")
    daemon.until(lambda: daemon.lines("listening"))
    page = f"http://127.0.0.1:{daemon.lines('listening')[0]['port']}/environments/{kept.namespace}-env"

    def shows(*texts: str) -> bool:
        answer = requests.get(page, timeout=10)
        return answer.status_code == 200 and all(text in answer.text for text in texts)

    def asks(action: str) -> int:
        bearer = {"Authorization": "Bearer correct-horse-battery"}
        return requests.post(f"{page}/{action}", headers=bearer, data={"who": "Ada"}, timeout=10).status_code

    daemon.until(lambda: shows("</span> ready", "</span> in sync", f"{kept.namespace}/note", "First &lt;b&gt;"))
    assert requests.post(f"{page}/suspend", timeout=10).status_code == 401
    assert asks("suspend") == 202
    daemon.until(lambda: shows("</span> suspended", "Ada"))
    kept.commit("Second", release("second"))
    assert asks("resume") == 202
    daemon.until(lambda: kept.text("note") == "second")
    assert "correct-horse-battery" not in daemon.log.read_text()
