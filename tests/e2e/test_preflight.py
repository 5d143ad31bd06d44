"""`reconcile preflight` on a real control plane: what would go wrong is known before, and nothing is written."""

from __future__ import annotations

import base64
import json
import random
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import Sandbox
from tests.adapters.kube.servers import Authority, serve
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project
from tests.servers import free_port

pytestmark = pytest.mark.e2e

DAY = timedelta(days=1)
NODE_PORT = """
    apiVersion: v1
    kind: Service
    metadata: {name: {{ .Release.Name }}}
    spec: {type: NodePort, selector: {app: x}, ports: [{port: 80, nodePort: {{ .Values.nodePort }}}]}
"""
# Noise, so that it does not compress: Helm's record of a chart with so much of it is larger than a Secret can be.
NOISE = random.Random(4).randbytes(700_000)  # noqa: S311 - noise, no secret


def troubles(project: Project, *options: str, **environ: str) -> dict[str, dict[str, Any]]:
    """The checks that did not end well: subject → check."""
    document = project.document("preflight", *options, **environ)
    # What the plan then refuses comes after its cause, with the same subject.
    return {item["subject"]: item for item in reversed(document["checks"]) if item["status"] != "ok"}


def kubeconfig_for(server: str, authority: str | None = None) -> str:
    """A kubeconfig by hand."""
    cluster: dict[str, Any] = {"server": server}
    if authority:
        cluster["certificate-authority-data"] = base64.b64encode(authority.encode()).decode()
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


@pytest.fixture
def config(project: Project) -> Project:
    """A project with one release of one ConfigMap."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/config}}\n")
    return project


def test_all_is_well(config: Project) -> None:
    """Exit code 0, every area counted, the way in with its times; nothing is written, reviews are no writes."""
    done, written = config.writes_during("preflight")
    assert (done.code, written) == (0, []), done.text
    lines = done.out.splitlines()
    assert "0 failed" not in done.out
    assert lines[0].startswith(f"{config.namespace}: ")
    assert lines[0].endswith(" ok")
    full = config("preflight", "--full").out
    assert "✓ TLS 127.0.0.1:" in full
    assert "accepted as admin (system:masters, system:authenticated)" in full
    assert "✓ everything: we may do everything in it" in full


@pytest.mark.parametrize(
    ("server", "subject", "message", "hint"),
    [
        pytest.param(
            "https://api.invalid:6443",
            "DNS api.invalid",
            "its name is not known to DNS",
            "check the `server` of the kubeconfig, and the VPN",
            id="unknown host",
        ),
        pytest.param(
            "https://127.0.0.1:PORT",
            "TCP 127.0.0.1:PORT",
            "connection refused",
            "is the API server running, and is this its port?",
            id="closed port",
        ),
    ],
)
def test_a_cluster_that_cannot_be_reached(server: str, subject: str, message: str, hint: str, config: Project) -> None:
    """The step that failed, why, what to try, and where it is written; what depends on it is unknown."""
    port = str(free_port())
    given = kubeconfig_for(server.replace("PORT", port))
    done = config("preflight", RECONCILE_KUBECONFIG=given)
    found = troubles(config, RECONCILE_KUBECONFIG=given)
    failed = found[subject.replace("PORT", port)]
    assert done.code == 2
    assert (failed["status"], failed["message"], failed["hint"]) == ("failed", message, hint)
    assert (failed["path"], failed["line"]) == ("env.yaml", 4)
    assert found["everything in it"]["status"] == "unknown"


@dataclass(frozen=True)
class Served:
    """The certificate that a server shows, and whether its authority is known."""

    name: str = "127.0.0.1"
    begins: timedelta = -DAY
    ends: timedelta = DAY
    known: bool = True


@pytest.mark.parametrize(
    ("served", "message", "hint"),
    [
        pytest.param(
            Served(begins=-2 * DAY, ends=-DAY),
            "its certificate has expired on ",
            "renew the certificate",
            id="expired",
        ),
        pytest.param(
            Served("other.example.com"),
            "its certificate is for another name: other.example.com",
            "name it in `tls-server-name`",
            id="wrong name",
        ),
        pytest.param(
            Served(known=False), "its certificate is not trusted: ", "check `certificate-authority`", id="untrusted"
        ),
    ],
)
def test_certificates_that_are_refused(
    served: Served, message: str, hint: str, config: Project, tmp_path: Path
) -> None:
    """Told apart, by a TLS server on this machine; it is sent nothing."""
    authority = Authority.new()
    trust = authority if served.known else Authority.new("another")
    context = authority.context(tmp_path, served.name, begins=served.begins, ends=served.ends)
    with serve(tls=context) as server:
        found = troubles(config, RECONCILE_KUBECONFIG=kubeconfig_for(server.url, trust.pem))
    failed = found[f"TLS 127.0.0.1:{server.port}"]
    assert failed["status"] == "failed"
    assert failed["message"].startswith(message)
    assert hint in failed["hint"]
    assert server.requests == []


def test_a_certificate_that_ends_soon(config: Project, tmp_path: Path) -> None:
    """A warning with the days that are left; what else the server says decides."""
    authority = Authority.new()
    with serve(tls=authority.context(tmp_path, "127.0.0.1", ends=3.5 * DAY)) as server:
        found = troubles(config, RECONCILE_KUBECONFIG=kubeconfig_for(server.url, authority.pem))
    warned = found[f"certificate of 127.0.0.1:{server.port}"]
    assert (warned["status"], warned["hint"]) == ("warning", "renew it before then")
    assert warned["message"].startswith("valid for 3 days more, until ")


def test_a_wrong_token(config: Project, kubeconfig: str) -> None:
    """The server is there and does not know us; the token is not printed."""
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    wrong = kubeconfig.replace(token, "a-wrong-token")
    done = config("preflight", RECONCILE_KUBECONFIG=wrong)
    failed = troubles(config, RECONCILE_KUBECONFIG=wrong)["credentials"]
    assert done.code == 2
    assert "refused the credentials (401 Unauthorized)" in failed["message"]
    assert failed["hint"] == "the token or certificate is wrong or has expired: get a new kubeconfig"
    assert "a-wrong-token" not in done.text


def test_one_cluster_of_two(config: Project) -> None:
    """A cluster that cannot be reached does not keep another one from being looked at."""
    config.write(
        "env.yaml",
        """
        apiVersion: reconciler/v1
        kind: Environment
        name: NAMESPACE
        clusters: {main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}, edge: {kubeconfig: {env: EDGE}}}
        namespaces: {NAMESPACE: {cluster: main}, far: {cluster: edge}}
        releases:
          app: {chart: charts/config, namespace: NAMESPACE}
          other: {chart: charts/config, namespace: far}
        """,
    )
    document = config.document("preflight", EDGE=kubeconfig_for(f"https://127.0.0.1:{free_port()}"))
    by_cluster = {
        name: {item["status"] for item in document["checks"] if item["cluster"] == name} for name in ("main", "edge")
    }
    assert by_cluster["main"] == {"ok"}
    assert {"failed", "unknown"} <= by_cluster["edge"]


def test_needs_across_clusters(config: Project) -> None:
    """Each cluster is looked at by itself, and says nothing of what is needed elsewhere. One server, by two names."""
    config.write(
        "env.yaml",
        """
        apiVersion: reconciler/v1
        kind: Environment
        name: NAMESPACE
        clusters: {hub: {kubeconfig: {env: RECONCILE_KUBECONFIG}}, edge: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}
        namespaces: {NAMESPACE: {cluster: hub}, NAMESPACE-far: {cluster: edge}}
        releases:
          policy: {chart: charts/config, namespace: NAMESPACE}
          app: {chart: charts/config, namespace: NAMESPACE-far, needs: [policy]}
        """,
    )
    assert troubles(config) == {}
    assert troubles(config, "--only", "app") == {}


def test_a_node_port_that_somebody_has(project: Project, kubectl: Kubectl) -> None:
    """Its holder is named, where no dry run would tell: the namespace does not exist yet. The apply really fails."""
    kubectl("create", "namespace", f"{project.namespace}-other")
    kubectl("-n", f"{project.namespace}-other", "create", "service", "nodeport", "holder", "--tcp=80:80")
    held = kubectl(
        "-n", f"{project.namespace}-other", "get", "service", "holder", "-o", "jsonpath={.spec.ports[0].nodePort}"
    )
    project.chart("web", {"templates/service.yaml": NODE_PORT}, f"nodePort: {held}\n")
    project.environment("releases: {web: {chart: charts/web}}\n")

    found = troubles(project)
    failed = found[f"Service {project.namespace}/web nodePort {held}"]
    done = project("apply")

    assert failed["status"] == "failed"
    assert failed["message"] == f"provided port is already allocated: Service {project.namespace}-other/holder has it"
    assert (failed["path"], failed["line"]) == ("env.yaml", 7)
    assert done.code == 1
    assert "provided port is already allocated" in done.text
    kubectl("delete", "namespace", f"{project.namespace}-other", "--wait=false")


def test_a_node_port_that_two_releases_want(project: Project) -> None:
    """Known from the files alone, so the plan blocks the second one too."""
    project.chart("web", {"templates/service.yaml": NODE_PORT}, "nodePort: 30999\n")
    project.environment("releases: {one: {chart: charts/web}, two: {chart: charts/web}}\n")
    kind, reason = project.actions()["two"]
    assert kind == "blocked"
    assert reason.startswith("node port 30999 is asked for twice in this environment: Service ")
    assert project.actions()["one"][0] == "install"


def test_a_quota(project: Project, kubectl: Kubectl) -> None:
    """More pods than there may be: known before, and true, since the server then makes only as many."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "quota", "small", "--hard=pods=2,requests.cpu=1")
    pods = DEPLOYMENT.replace(
        "image: {{ .Values.image }}", "image: x\n              resources: {requests: {cpu: 100m}}"
    )
    project.chart("app", {"templates/app.yaml": pods}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app, values: [{replicaCount: 3}]}}\n")

    subject = f"ResourceQuota {project.namespace}/small pods"
    failed = troubles(project)[subject]
    assert failed["status"] == "failed"
    assert failed["message"] == "0 of 2 are used, and 3 more are asked for"

    done = project("apply", "--only", "app")
    assert done.code == 0, done.text  # the Deployment is stored; its pods are what the quota holds back
    kubectl("-n", project.namespace, "wait", "deployment/app", "--for=jsonpath={.status.replicas}=2", "--timeout=30s")

    project.environment("releases: {app: {chart: charts/app, values: [{replicaCount: 2}]}}\n")
    assert subject not in troubles(project)  # an upgrade counts only what is new


@pytest.mark.parametrize("needs", [False, True])
def test_a_version_that_is_not_served(project: Project, *, needs: bool) -> None:
    """Blocked, with the version that is; unless something that it needs may bring the kind in the same apply."""
    ingress = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n"
    project.chart("web", {"templates/ingress.yaml": ingress})
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    more = "needs: [first]" if needs else ""
    project.environment(f"releases: {{web: {{chart: charts/web, {more}}}, first: {{chart: charts/config}}}}\n")

    failed = troubles(project)[f"Ingress of release {project.namespace}/web"]
    kind, reason = project.actions()["web"]

    assert failed["message"] == "the cluster does not serve Ingress in extensions/v1beta1"
    assert failed["hint"].startswith("it serves it in networking.k8s.io/v1: ")
    assert kind == ("install" if needs else "blocked")
    assert needs or "it serves it in networking.k8s.io/v1" in reason


def test_a_version_that_is_deprecated(project: Project, kubectl: Kubectl) -> None:
    """The server's own words, in the preflight and below the plan; exit code 0: a warning stops nothing."""
    kubectl("create", "namespace", project.namespace)
    endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\n"
    project.chart("web", {"templates/endpoints.yaml": endpoints})
    project.environment("releases: {web: {chart: charts/web}}\n")
    said = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"

    assert project("preflight").code == 0
    assert [item["message"] for item in troubles(project).values()] == [said]
    assert [item["message"] for item in project.document("plan")["warnings"]] == [said]
    assert said in project("plan").out


def test_pods_that_the_namespace_does_not_let_in(project: Project, kubectl: Kubectl) -> None:
    """Pod security is asked of the server, by its warning on the dry run of the Deployment."""
    kubectl("create", "namespace", project.namespace)
    kubectl("label", "namespace", project.namespace, "pod-security.kubernetes.io/enforce=restricted")
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}\n")
    found = troubles(project)[f"Deployment {project.namespace}/app"]
    assert found["status"] == "warning"
    assert found["message"].startswith('would violate PodSecurity "restricted:latest"')


def test_a_namespace_that_is_being_deleted(config: Project, kubectl: Kubectl) -> None:
    """The plan blocks what would go there, with one sentence, and an apply writes nothing."""
    namespace = {"metadata": {"name": config.namespace, "finalizers": ["example.com/hold"]}}
    kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", **namespace}))
    kubectl("delete", "namespace", config.namespace, "--wait=false")

    failed = troubles(config)[f"namespace {config.namespace}"]
    done, written = config.writes_during("apply")

    assert failed["message"] == f"namespace {config.namespace} is being deleted"
    assert (done.code, written) == (1, [])
    planned = config("plan").out
    assert "it is being deleted since" in planned  # the namespace
    assert "is being deleted: wait until it is gone" in planned  # the release
    patch = '{"metadata":{"finalizers":null}}'
    kubectl("patch", "namespace", config.namespace, "--type=merge", "-p", patch)


def test_names_of_what_is_not_there(project: Project, kubectl: Kubectl) -> None:
    """Secrets, keys, classes: by name; values of Secrets are not shown."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "secret", "generic", "db", "--from-literal=user=very-secret-name")
    env = (
        "image: x\n              env:\n"
        "                - {name: A, valueFrom: {secretKeyRef: {name: db, key: password}}}\n"
        "                - {name: B, valueFrom: {secretKeyRef: {name: own, key: password}}}\n"
        "              envFrom: [{configMapRef: {name: settings}}]"
    )
    pods = DEPLOYMENT.replace("image: {{ .Values.image }}", env)
    pods = pods.replace("containers:", "priorityClassName: high\n          containers:")
    project.chart("app", {"templates/app.yaml": pods}, DEPLOYMENT_VALUES)
    project.environment(
        "secrets: {own: {type: Opaque, data: {password: {env: OWN}}, namespaces: [NAMESPACE]}}\n"
        "releases: {app: {chart: charts/app}}\n"
    )

    found = troubles(project, OWN="correct-horse")

    by = f"of Deployment {project.namespace}/app"
    assert found[f"Secret {project.namespace}/db {by}"]["message"] == "it has no key password"
    assert found[f"Secret {project.namespace}/db {by}"]["hint"] == "its keys are: user"
    assert found[f"ConfigMap {project.namespace}/settings {by}"]["status"] == "failed"
    assert found[f"PriorityClass high {by}"]["status"] == "failed"
    assert f"Secret {project.namespace}/own {by}" not in found
    assert "very-secret-name" not in json.dumps(found)


def test_a_chart_that_is_too_large(
    project: Project, kubectl: Kubectl, helm_program: Path, control_plane: Sandbox
) -> None:
    """The plan blocks it and names the file; Helm by itself makes objects first and then fails, as this proves."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    (project.folder / "charts/config/files").mkdir()
    (project.folder / "charts/config/files/model.bin").write_bytes(NOISE + NOISE[:100_000])
    project.environment("releases: {app: {chart: charts/config}}\n")

    failed = troubles(project)[f"release {project.namespace}/app"]
    kind, reason = project.actions()["app"]
    done = project("apply")

    assert (failed["area"], failed["status"]) == ("size", "failed")
    assert "more than what a Secret can hold; the largest files: files/model.bin (781 KiB)" in failed["message"]
    assert kind == "blocked"
    assert ".helmignore" in reason
    assert done.code == 1

    kubectl("create", "namespace", f"{project.namespace}-helm")
    command = [str(helm_program), "--kubeconfig", str(control_plane.kubeconfig_path), "-n", f"{project.namespace}-helm"]
    install = [*command, "install", "app", str(project.folder / "charts/config")]
    helm = subprocess.run(install, capture_output=True, text=True, check=False)
    assert helm.returncode != 0
    assert "1048576" in helm.stderr


def test_the_estimate_of_the_size(project: Project, kubectl: Kubectl) -> None:
    """Within two hundredths of what Helm then really stores; a warning that more is too much; in the plan a risk."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    (project.folder / "charts/config/files").mkdir()
    (project.folder / "charts/config/files/model.bin").write_bytes(NOISE)
    project.environment("releases: {app: {chart: charts/config}}\n")

    warned = troubles(project)[f"release {project.namespace}/app"]
    (action,) = (item for item in project.document("plan")["actions"] if item["target"]["kind"] == "release")
    project.applied()
    name = "sh.helm.release.v1.app.v1"
    stored = kubectl("-n", project.namespace, "get", "secret", name, "-o", "jsonpath={.data.release}")

    assert warned["status"] == "warning"
    risk = {"risk": "near-size-limit", "object": None, "message": warned["message"], "leave": "allow"}
    assert action["risks"] == [risk]
    needed = int(warned["message"].split(" needs ")[1].split(" KiB")[0].replace(",", "")) * 1024
    real = len(stored) * 3 / 4
    assert abs(needed - real) / real < 0.02


def test_a_chart_that_cannot_be_had_is_a_check(config: Project) -> None:
    """It does not keep the others from being looked at, and is said once: not of what needs it as well."""
    config.chart("unfit", {"templates/config.yaml": '{{ fail "unfit" }}'})
    config.environment(
        """
        releases:
          bad: {chart: charts/nowhere}
          unfit: {chart: charts/unfit}
          app: {chart: charts/config, needs: [bad, unfit]}
        """
    )
    # A folder that is missing is a mistake in the file; a broken chart is found when it is read.
    broken = config.folder / "charts/nowhere"
    broken.mkdir(parents=True)
    (broken / "Chart.yaml").write_text("name: x\n")
    found = troubles(config)
    assert {subject: item["area"] for subject, item in found.items()} == {
        f"release {config.namespace}/{name}": "chart" for name in ("bad", "unfit")
    }
    document = config.document("preflight")
    assert any(item["subject"] == f"release {config.namespace}/app" for item in document["checks"])


def test_a_plan_with_nothing_to_do_asks_no_more_than_before(config: Project) -> None:
    """The kinds (2), the version, the namespace, the releases, one list; what carries our label (2); no check."""
    config.applied()
    mark = config.control_plane.settle_audit()
    assert config("plan").code == 0
    config.control_plane.settle_audit()
    asked = [record for record in config.control_plane.audit.read(mark) if record.user == "admin"]
    assert sorted(record.uri.partition("?")[0].replace(config.namespace, "NS") for record in asked) == [
        "/api",
        "/api/v1/namespaces",
        "/api/v1/namespaces/NS",
        "/api/v1/namespaces/NS/configmaps",
        "/api/v1/namespaces/NS/secrets",
        "/api/v1/secrets",
        "/apis",
        "/version",
    ]
