"""Why releases do not run, on a real control plane: one environment with many broken releases, applied once.

What nodes do wrong is played by kwok (`tests/stages.yaml`, by the name of the image); all the rest, from the scheduler
to quotas and policies, is the real thing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from reconciler.sandbox import Sandbox
from tests.adapters.kube.test_storage import RELEASE, packed
from tests.conftest import Kubectl, Run, run_reconcile
from tests.e2e.conftest import Project

# One worker has them all: the broken environment takes half a minute to break.
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("diagnose")]

PASSWORD = "hunter2-secret"  # in the log of every container called `main`, see tests/logs
FOUND_IN_LOG = "db.shop.svc"  # the value of a Secret that nobody told reconciler about, in the same log
# Two Services, one port. The API server gives such ports out of this range.
TAKEN_PORT = 30000 + uuid.uuid4().int % 2000

# A Deployment of one pod, whose spec the values give, and any other objects; an immutable part by `generation`.
CHART = """
    {{- with .Values.pod }}
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: {{ $.Release.Name }}}
    spec:
      replicas: {{ $.Values.replicaCount }}
      progressDeadlineSeconds: {{ $.Values.deadline }}
      selector: {matchLabels: {app: {{ $.Release.Name }}, generation: "{{ $.Values.generation }}"}}
      template:
        metadata: {labels: {app: {{ $.Release.Name }}, generation: "{{ $.Values.generation }}"}}
        spec: {{ toJson . }}
    {{- end }}
    {{- range .Values.objects }}
    ---
    {{ toJson . }}
    {{- end }}
"""
VALUES = "{pod: null, replicaCount: 1, generation: 1, deadline: 600, objects: []}\n"


def pod(image: str = "example.com/app:1", container: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Values for a pod of one container."""
    return {"pod": {"containers": [{"name": "main", "image": image, **(container or {})}], **spec}}


def broken(case: str, container: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Values for a pod whose node does something wrong."""
    return pod(f"broken.example.com/{case}:1.4.2", container, **spec)


def thing(kind: str, api: str = "v1", name: str = "x", **fields: Any) -> dict[str, Any]:
    """Values for one object."""
    return {"objects": [{"apiVersion": api, "kind": kind, "metadata": {"name": name}, **fields}]}


def claim(name: str, storage_class: str | None, **spec: Any) -> dict[str, Any]:
    """A PersistentVolumeClaim."""
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    metadata = {"name": name}
    kept = {} if storage_class is None else {"storageClassName": storage_class}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {**wanted, **kept}}


def job(name: str, hook: str | None = None, **spec: Any) -> dict[str, Any]:
    """Values for a Job whose pod ends badly."""
    annotations = {"helm.sh/hook": hook} if hook else {}
    template = {
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "broken.example.com/job:1"}]}
    }
    made = thing("Job", "batch/v1", name, spec={"backoffLimit": 0, "template": template, **spec})
    made["objects"][0]["metadata"]["annotations"] = annotations
    return made


REFERENCE = {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]}
HTTP_PROBE = {"httpGet": {"path": "/healthz", "port": 8080}}


def using(name: str) -> dict[str, Any]:
    """A volume by a claim."""
    return {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]}


@dataclass(frozen=True)
class Case:
    """A release that does not run: its values, the cause to be found, and what has to be said.

    `shown` has to stand in the evidence; `at` is a text on the line that the finding points at.
    """

    cause: str
    values: Mapping[str, Any]
    said: str
    shown: str = ""
    at: str = ""
    namespace: str = ""
    wait: str = "8s"


CASES: dict[str, Case] = {
    "pull-not-found": Case(
        "image not found",
        broken("pull-not-found"),
        "image broken.example.com/pull-not-found:1.4.2 does not exist",
        "failed to resolve reference",
        at="pull-not-found:1.4.2",
    ),
    "pull-no-tag": Case(
        "image tag not found",
        broken("pull-no-tag"),
        "there is no tag 1.4.2",
        "manifest unknown",
        at="pull-no-tag:1.4.2",
    ),
    "pull-no-repository": Case(
        "image repository not found", broken("pull-no-repository"), "has no repository", at="pull-no-repository"
    ),
    "pull-denied": Case("registry denied", broken("pull-denied"), "broken.example.com denied", "401 Unauthorized"),
    "pull-forbidden": Case("registry denied", broken("pull-forbidden"), "denied", "403 Forbidden"),
    "pull-dns": Case("registry unreachable", broken("pull-dns"), "cannot be reached from the node", "no such host"),
    "pull-timeout": Case("registry unreachable", broken("pull-timeout"), "cannot be reached", "i/o timeout"),
    "pull-tls": Case("registry not trusted", broken("pull-tls"), "is not trusted by the node", "x509"),
    "pull-secret": Case(
        "pull secret missing",
        broken("pull-secret", imagePullSecrets=[{"name": "regcred"}]),
        "pull secret regcred",
        "FailedToRetrieveImagePullSecret",
        at="regcred",
    ),
    "pull-malformed": Case(
        "pull secret malformed",
        broken("pull-denied", imagePullSecrets=[{"name": "regbad"}]),
        "holds no registry login: its type is Opaque",
        at="regbad",
    ),
    "no-secret": Case(
        "secret missing",
        broken("config-no-secret", {"envFrom": [{"secretRef": {"name": "absent"}}]}),
        "Secret absent",
        at="absent",
    ),
    "no-configmap": Case(
        "config map missing",
        broken("config-no-configmap", {"envFrom": [{"configMapRef": {"name": "app-config"}}]}),
        "ConfigMap app-config",
        'configmap "app-config" not found',
        at="app-config",
    ),
    "no-key": Case(
        "key missing",
        broken(
            "config-no-key", {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "passwort"}}}]}
        ),
        "Secret db has no key passwort; it has password",
        at="passwort",
    ),
    "mount": Case(
        "config map missing",
        broken("mount", volumes=[{"name": "config", "configMap": {"name": "app-config"}}]),
        "ConfigMap app-config",
        "FailedMount",
        at="app-config",
    ),
    "root": Case("container would run as root", broken("config-root"), "runAsNonRoot"),
    "crash": Case(
        "crash loop",
        broken("crash", REFERENCE),
        "exit code 3; its log says: ERROR cannot connect to",
        "log of main: shutting down",
    ),
    "oom": Case(
        "out of memory",
        broken("crash-oom", {"resources": {"limits": {"memory": "64Mi"}}}),
        "more memory than its limit of 64Mi",
        "exit code 137",
        at="64Mi",
    ),
    "command": Case(
        "container cannot start", broken("crash-command"), 'exec: "/app/serve": stat /app/serve: no such file', "128"
    ),
    "liveness": Case(
        "liveness probe failed",
        broken("crash-liveness", {"livenessProbe": HTTP_PROBE}),
        "(httpGet :8080/healthz) is answered with: Get",
        "connection refused",
    ),
    "readiness": Case(
        "readiness probe failed",
        broken("readiness", {"readinessProbe": HTTP_PROBE}),
        "HTTP probe failed with statuscode: 503",
    ),
    "startup": Case(
        "startup probe failed",
        broken("startup", {"startupProbe": {"exec": {"command": ["pg_isready"]}}}),
        "(exec pg_isready)",
    ),
    "init": Case(
        "init container failed",
        pod(initContainers=[{"name": "migrate", "image": "broken.example.com/init:1"}]),
        "init container migrate ends with exit code 2; its log says: Error: schema is locked",
    ),
    "resources": Case(
        "no node has the resources",
        pod(container={"resources": {"requests": {"cpu": "99"}}}),
        "Insufficient cpu",
        "container main asks for cpu 99",
        at="99",
    ),
    "selector": Case(
        "no node fits",
        pod(nodeSelector={"disk": "is-no-such-disk"}),
        "none of 3 nodes has the labels",
        at="is-no-such-disk",
    ),
    "taint": Case("no node is tolerated", pod(nodeSelector={"pool": "tainted"}), "untolerated taint"),
    "affinity": Case(
        "no node fits",
        pod(
            affinity={
                "podAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"labelSelector": {"matchLabels": {"app": "nobody"}}, "topologyKey": "kubernetes.io/hostname"}
                    ]
                }
            }
        ),
        "pod affinity rules",
    ),
    "volume": Case(
        "volume claim pending",
        {**pod(**using("data")), "objects": [claim("data", "is-no-such-class")]},
        'storageclass.storage.k8s.io "is-no-such-class" not found',
        "PodScheduled False",
        at="is-no-such-class",
    ),
    "no-claim": Case("no node has the volume", pod(**using("is-no-claim")), "is-no-claim", at="is-no-claim"),
    "claim": Case("volume claim pending", {"objects": [claim("lonely", None)]}, "no storage class is set"),
    "host-port": Case(
        "port taken",
        {**pod(container={"ports": [{"containerPort": 80, "hostPort": 8080}]}), "replicaCount": 3},
        "didn't have free ports",
        at="hostPort: 8080",
    ),
    "node-port": Case(
        "port taken",
        thing("Service", spec={"type": "NodePort", "ports": [{"port": 80, "nodePort": TAKEN_PORT}]}),
        "provided port is already allocated",
    ),
    "quota": Case("quota exceeded", pod(), "exceeded quota: none", namespace="quota"),
    "limits": Case(
        "limit range violated",
        pod(container={"resources": {"limits": {"memory": "2Gi"}}}),
        "maximum memory usage per Container is 1Gi",
        namespace="limits",
    ),
    "security": Case("pod security violated", pod(), 'violates PodSecurity "restricted', namespace="restricted"),
    "policy": Case("admission denied", thing("ConfigMap"), "no configmaps here", namespace="policy"),
    "gone": Case(
        "namespace terminating",
        thing("ConfigMap"),
        "is being deleted, and with it all that is in it",
        "finalizers",
        "",
        "gone",
    ),
    "hook": Case(
        "hook failed", job("hook-job", "post-install"), "exit code 1; its log says: ERROR migration 42 failed", "Failed"
    ),
    "job": Case("job failed", job("plain-job"), "Job NAMESPACE/plain-job failed: exit code 1", "BackoffLimitExceeded"),
    "deadline": Case(
        "progress deadline exceeded",
        {**broken("stuck"), "deadline": 2},
        # In our words or in Helm's: on a slow machine the condition that Helm saw may be gone a moment later.
        "NAMESPACE/deadline",
        "ContainerCreating",
        # The condition is what ends it, however slow the machine is.
        wait="60s",
    ),
    "slow": Case("timed out", broken("slow"), "the wait of 4 s elapsed", "main ContainerCreating", wait="4s"),
    "taken": Case("object belongs to others", thing("ConfigMap", name="taken"), "belongs to no release"),
    "others": Case("object belongs to others", thing("ConfigMap", name="others"), "belongs to release"),
    "locked": Case("operation in progress", thing("ConfigMap"), "revision 1 is pending-install since"),
    "immutable": Case("immutable field", {**pod(), "generation": 2}, "field is immutable"),
    "gadget": Case("unknown kind", thing("Gadget", "example.com/v1"), "Gadget"),
    "invalid": Case(
        "invalid object", thing("Service", spec={"ports": [{"port": 70000}]}), "must be between 1 and 65535"
    ),
}
HEALTHY = {"fine": pod(), "bare": thing("ConfigMap", name="bare")}

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "tainted-node",
        "annotations": {"kwok.x-k8s.io/node": "fake"},
        "labels": {"pool": "tainted", "kubernetes.io/hostname": "tainted-node"},
    },
    "spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]},
    "status": {"capacity": {"cpu": "1", "pods": "10"}, "allocatable": {"cpu": "1", "pods": "10"}},
}


@dataclass(frozen=True)
class Scenario:
    """The broken environment after its one apply."""

    project: Project
    applied: Run
    outcomes: Mapping[str, Any]

    def findings(self, name: str) -> list[Any]:
        """What apply found about a release at the moment of its failure."""
        found: list[Any] = self.outcomes[name]["findings"]
        return found


def _environment(namespace: str, cases: Mapping[str, Case]) -> str:
    """The environment file: a line for each value."""
    own = sorted({case.namespace for case in cases.values()} - {""})
    releases = {
        name: {
            "chart": "charts/app",
            "wait": case.wait,
            **({"namespace": case.namespace} if case.namespace else {}),
            "values": [case.values],
        }
        for name, case in cases.items()
    }
    healthy = {name: {"chart": "charts/app", "wait": "60s", "values": [values]} for name, values in HEALTHY.items()}
    return yaml.safe_dump(
        {
            "apiVersion": "reconciler/v1",
            "kind": "Environment",
            "name": namespace,
            "clusters": {"main": {"kubeconfig": {"env": "RECONCILE_KUBECONFIG"}}},
            "defaults": {"namespace": "main"},
            "namespaces": {
                "main": {"name": namespace},
                **{name: {"name": f"{namespace}-{name}", "manage": False} for name in own},
            },
            "secrets": {"db": {"type": "Opaque", "data": {"password": {"env": "DB_PASSWORD"}}, "namespaces": ["main"]}},
            "releases": {**releases, **healthy},
        },
        sort_keys=False,
        width=1000,
    )


def _prepare(namespace: str, kubectl: Kubectl) -> None:
    """What others have done in the cluster before."""
    for name in ("", "-quota", "-limits", "-restricted", "-policy", "-gone"):
        kubectl("create", "namespace", f"{namespace}{name}")
    kubectl("-n", f"{namespace}-quota", "create", "quota", "none", "--hard=pods=0")
    kubectl("label", "namespace", f"{namespace}-restricted", "pod-security.kubernetes.io/enforce=restricted")
    documents = [NODE, *_policies(namespace), *_objects(namespace)]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
    kubectl("delete", "namespace", f"{namespace}-gone", "--wait=false")
    kubectl("wait", "--for=condition=NamespaceFinalizersRemaining", f"namespace/{namespace}-gone", "--timeout=60s")


def _policies(namespace: str) -> Iterator[dict[str, Any]]:
    limits = [{"type": "Container", "max": {"memory": "1Gi"}}]
    metadata = {"name": "limits", "namespace": f"{namespace}-limits"}
    yield {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": limits}}
    policy = f"policy-{namespace}"
    rules = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}
    yield {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": policy},
        "spec": {
            "matchConstraints": {"resourceRules": [rules]},
            "validations": [{"expression": "false", "message": "no configmaps here"}],
        },
    }
    selector = {"matchLabels": {"kubernetes.io/metadata.name": f"{namespace}-policy"}}
    yield {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": policy},
        "spec": {
            "policyName": policy,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": selector},
        },
    }


def _objects(namespace: str) -> Iterator[dict[str, Any]]:
    def item(kind: str, name: str, **fields: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": namespace, **fields.pop("metadata", {})}
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}

    yield item("ConfigMap", "held", metadata={"namespace": f"{namespace}-gone", "finalizers": ["example.com/held"]})
    yield item("ConfigMap", "taken")
    other = {"meta.helm.sh/release-name": "somebody", "meta.helm.sh/release-namespace": namespace}
    yield item("ConfigMap", "others", metadata={"annotations": other})
    yield item("Secret", "regbad", type="Opaque", stringData={"login": FOUND_IN_LOG})
    yield item(
        "Service",
        "first",
        spec={"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80, "nodePort": TAKEN_PORT}]},
    )
    release = {**RELEASE, "name": "locked", "version": 1, "info": {"status": "pending-install"}}
    labels = {"owner": "helm", "name": "locked", "version": "1", "status": "pending-install"}
    yield item(
        "Secret",
        "sh.helm.release.v1.locked.v1",
        metadata={"labels": labels},
        type="helm.sh/release.v1",
        data={"release": packed(json.dumps(release).encode())},
    )


@pytest.fixture(scope="module")
def scenario(
    tmp_path_factory: pytest.TempPathFactory, control_plane: Sandbox, kubeconfig: str, kubectl: Kubectl
) -> Iterator[Scenario]:
    """The broken environment, applied once."""
    folder, namespace = tmp_path_factory.mktemp("broken"), f"test-{uuid.uuid4().hex[:10]}"

    def run(*arguments: str, **environ: str) -> Run:
        given = {"RECONCILE_KUBECONFIG": kubeconfig, "DB_PASSWORD": PASSWORD, **environ}
        return run_reconcile(arguments, folder, given)

    project = Project(folder, namespace, control_plane, run)
    project.chart("app", {"templates/all.yaml": CHART}, VALUES)
    _prepare(namespace, kubectl)
    before = {"immutable": Case("", pod(), "")}
    (folder / "env.yaml").write_text(_environment(namespace, before))
    project.applied()
    (folder / "env.yaml").write_text(_environment(namespace, CASES))
    applied = project("apply", "-o", "json", "--workers", "32")
    actions = json.loads(applied.out)["actions"]
    yield Scenario(project, applied, {item["target"]["name"]: item["outcome"] for item in actions})
    kubectl("delete", "node", "tainted-node")
    kubectl("-n", f"{namespace}-gone", "patch", "configmap", "held", "-p", '{"metadata":{"finalizers":null}}')
    policy = f"policy-{namespace}"
    kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", policy)


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_named(name: str, scenario: Scenario) -> None:
    """Apply itself names one cause, shows what proves it, says what to try, and points at the line."""
    case = CASES[name]
    findings = scenario.findings(name)
    assert [item["cause"] for item in findings] == [case.cause], findings
    (finding,) = findings
    assert case.said.replace("NAMESPACE", scenario.project.namespace) in finding["message"]
    assert case.shown in "\n".join(finding["evidence"])
    assert finding["hint"]
    path, line, _column = finding["where"].split(":")
    written = (scenario.project.folder / path).read_text().splitlines()[int(line) - 1]
    assert (case.at or name) in written


def test_an_apply_goes_on_beside_what_fails(scenario: Scenario) -> None:
    """The broken ones fail, the others stay as they are, the exit code says so; people read the findings on stderr."""
    assert scenario.applied.code == 1
    assert {scenario.outcomes[name]["result"] for name in CASES} == {"failed"}
    assert {scenario.outcomes[name]["result"] for name in HEALTHY} == {"unchanged"}
    assert all(scenario.findings(name) == [] for name in HEALTHY)
    assert "crash loop" in scenario.applied.err
    assert "try: " in scenario.applied.err


def test_no_secret_is_shown(scenario: Scenario) -> None:
    """Not the environment's own, nor one that others made and a pod uses: not in log lines either."""
    text = scenario.applied.text + scenario.project("diagnose", "--logs", "50").text
    assert "log of main: connecting to" in text
    assert PASSWORD not in text
    assert FOUND_IN_LOG not in "\n".join(scenario.findings("pull-malformed")[0]["evidence"])


def test_a_log_cannot_steer_the_terminal(scenario: Scenario) -> None:
    """The colours that a container logs are left out, in text and in JSON."""
    assert "\x1b" not in scenario.applied.err
    assert all("\x1b" not in line for line in scenario.findings("crash")[0]["evidence"])


# What was so only at the moment of the failure: meanwhile it is ready.
PASSING = {"slow"}


def test_diagnose_finds_the_same_later(scenario: Scenario) -> None:
    """`reconcile diagnose` names the same causes from what is in the cluster, and exits with 2."""
    done = scenario.project("diagnose", "-o", "json")
    document = json.loads(done.out)
    found = {item["target"]["name"]: item["cause"] for item in document["findings"]}
    assert done.code == 2
    assert (document["healthy"], document["releases"]) == (False, len(CASES) + len(HEALTHY))
    assert found.items() >= {name: CASES[name].cause for name in set(CASES) - PASSING}.items()
    assert not found.keys() & HEALTHY.keys()


def test_a_diagnosis_writes_nothing_and_says_when_all_is_well(scenario: Scenario) -> None:
    """Exit code 0, one line; `--only` and `--logs` bound what is looked at."""
    done, written = scenario.project.writes_during("diagnose", "--only", "fine", "--only", "bare")
    assert (done.code, written) == (0, []), done.text
    assert "nothing is wrong with its 2 releases" in done.out
    crash = scenario.project("diagnose", "--only", "crash", "--logs", "1")
    assert crash.code == 2
    assert [line.strip() for line in crash.out.splitlines() if "log of main" in line] == ["log of main: shutting down"]


def test_what_may_not_be_read_is_said(scenario: Scenario, kubectl: Kubectl, kubeconfig: str) -> None:
    """Without the right to read pods and events the evidence is poorer and names the gap; the exit code is the same."""
    namespace = scenario.project.namespace
    account = f"--serviceaccount={namespace}:reader"
    kubectl("-n", namespace, "create", "serviceaccount", "reader")
    kinds = "deployments.apps,configmaps,secrets,services,jobs.batch,persistentvolumeclaims"
    kubectl("-n", namespace, "create", "role", "reader", "--verb=get,list", f"--resource={kinds}")
    kubectl("-n", namespace, "create", "rolebinding", "reader", "--role=reader", account)
    kubectl("create", "clusterrole", namespace, "--verb=get,list", "--resource=namespaces")
    kubectl("create", "clusterrolebinding", namespace, f"--clusterrole={namespace}", account)
    token = kubectl("-n", namespace, "create", "token", "reader").strip()
    own = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)

    done = scenario.project("diagnose", "--only", "crash", RECONCILE_KUBECONFIG=kubeconfig.replace(own, token))

    assert done.code == 2, done.text
    assert "crash" in done.out
    assert f"pods in {namespace} could not be read" in done.out
    assert "Traceback" not in done.text
