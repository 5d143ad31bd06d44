"""Drift: seen by every plan, explained, and corrected object by object."""

from __future__ import annotations

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e


@pytest.fixture
def installed(project: Project) -> Project:
    """A release `app` with a Deployment and a ConfigMap, applied."""
    templates = {"templates/app.yaml": DEPLOYMENT, "templates/config.yaml": CONFIG_MAP}
    project.chart("app", templates, f"{DEPLOYMENT_VALUES}text: hello\n")
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    return project


def test_a_first_apply_is_seen_in_the_audit_log(project: Project) -> None:
    """The counterpart of all zero-write tests: what an apply writes does show up in the log."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/app}}")

    _, written = project.writes_during("apply")

    assert {record.resource for record in written} >= {"namespaces", "configmaps", "secrets"}


def test_only_the_drifted_object_is_patched(installed: Project, kubectl: Kubectl) -> None:
    """One field changed by hand is named with its writer, and corrected by one patch, without a new revision."""
    kubectl("-n", installed.namespace, "set", "image", "deployment/app", "main=example.com/app:broken")

    kind, reason = installed.actions()["app"]
    done, written = installed.writes_during("apply")

    assert kind == "correct"
    assert "spec.template.spec.containers[main].image (by kubectl-set" in reason
    assert done.code == 0
    assert [(record.verb, record.resource, record.name) for record in written] == [
        ("patch", "leases", f"reconciler-{installed.namespace}"),
        ("patch", "deployments", "app"),
        ("patch", "leases", f"reconciler-{installed.namespace}"),
    ]
    image = kubectl("-n", installed.namespace, "get", "deployment", "app", "-o", "jsonpath={..image}")
    assert image == "example.com/app:1"
    revisions = kubectl("-n", installed.namespace, "get", "secrets", "-l", "owner=helm", "-o", "name")
    assert revisions.split() == ["secret/sh.helm.release.v1.app.v1"]
    assert installed.writes_during("apply")[1] == []


def test_a_deleted_object_comes_back(installed: Project, kubectl: Kubectl) -> None:
    """An object that somebody deleted is made again, and belongs to the release as before."""
    kubectl("-n", installed.namespace, "delete", "configmap", "app")

    kind, reason = installed.actions()["app"]
    installed.applied()

    assert (kind, reason) == ("correct", f"drifted: ConfigMap {installed.namespace}/app is gone")
    owner = kubectl(
        "-n",
        installed.namespace,
        "get",
        "cm",
        "app",
        "-o",
        r"jsonpath={.metadata.annotations.meta\.helm\.sh/release-name}",
    )
    assert owner == "app"


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param('{"metadata":{"labels":{"app.kubernetes.io/managed-by":null}}}', id="Helm's label removed"),
        pytest.param('{"metadata":{"labels":{"app.kubernetes.io/managed-by":"me"}}}', id="Helm's label changed"),
        pytest.param('{"data":{"text":"changed"}}', id="content changed"),
        pytest.param('{"data":{"text":null}}', id="content removed"),
        pytest.param('{"data":null}', id="everything removed"),
    ],
)
def test_each_kind_of_drift_is_corrected(patch: str, installed: Project, kubectl: Kubectl) -> None:
    """Whatever part of what we wrote is changed or removed is found and put back."""
    kubectl("-n", installed.namespace, "patch", "configmap", "app", "--type", "merge", "-p", patch)
    assert installed.actions()["app"][0] == "correct"

    installed.applied()

    assert installed.actions() == {}
    assert kubectl("-n", installed.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "hello"


def test_what_others_add_is_no_drift(installed: Project, kubectl: Kubectl) -> None:
    """Labels, keys and annotations that the chart does not have are left alone."""
    kubectl("-n", installed.namespace, "label", "configmap", "app", "team=blue")
    kubectl("-n", installed.namespace, "patch", "configmap", "app", "--type", "merge", "-p", '{"data":{"more":"x"}}')

    assert installed.actions() == {}


def test_namespace_and_secret_are_kept_too(project: Project, kubectl: Kubectl) -> None:
    """Labels of a namespace and the data of a secret are put back; what the file drops is removed."""
    project.environment("""
        namespaces: {NAMESPACE: {labels: {team: blue, tier: one}}}
        secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    """)
    project.applied(DB_PASSWORD="first-password")
    kubectl("label", "namespace", project.namespace, "team=red", "--overwrite")
    patch = '{"data":{"password":"d3Jvbmc="}}'
    kubectl("-n", project.namespace, "patch", "secret", "db", "--type", "merge", "-p", patch)
    project.environment("""
        namespaces: {NAMESPACE: {labels: {team: blue}}}
        secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    """)

    found = project.actions(DB_PASSWORD="first-password")
    project.applied(DB_PASSWORD="first-password")

    assert {kind for kind, _ in found.values()} == {"update"}
    assert "metadata.labels.tier" in found[project.namespace][1]
    assert (
        kubectl("get", "ns", project.namespace, "-o", "jsonpath={.metadata.labels.team}{.metadata.labels.tier}")
        == "blue"
    )
    data = kubectl("-n", project.namespace, "get", "secret", "db", "-o", "jsonpath={.data.password}")
    assert data == "Zmlyc3QtcGFzc3dvcmQ="
    done, written = project.writes_during("apply", DB_PASSWORD="first-password")
    assert (done.code, written) == (0, [])


def test_status_says_what_drifted(installed: Project, kubectl: Kubectl) -> None:
    """`status` names the drift and exits with 2; when all is well it exits with 0."""
    kubectl("-n", installed.namespace, "rollout", "status", "deployment/app", "--timeout=60s")
    assert installed("status").code == 0

    kubectl("-n", installed.namespace, "scale", "deployment", "app", "--replicas=2")
    done = installed("status")

    assert done.code == 2
    assert "drifted" in done.out
    assert "spec.replicas" in done.out
