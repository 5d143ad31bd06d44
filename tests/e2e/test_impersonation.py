"""Acting as somebody else: proved by the API server's audit log, and by what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.sandbox import AuditRecord
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, Project

pytestmark = pytest.mark.e2e

engines = pytest.mark.parametrize("engine", ["library", "program"])
RELEASE = "releases: {app: {chart: charts/app, impersonate: {serviceAccount: deployer}}}\n"


@pytest.fixture
def helm_in_path(helm_program: Path) -> str:
    """A PATH on which the helm of the sandbox is found first."""
    return f"{helm_program.parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def restricted(project: Project, kubectl: Kubectl) -> Project:
    """A project whose release acts as a ServiceAccount that may do all in its namespace, and nothing elsewhere."""
    home = project.namespace
    kubectl("create", "namespace", home)
    kubectl("create", "serviceaccount", "deployer", "-n", home)
    kubectl("create", "rolebinding", "deployer", "-n", home, "--clusterrole=admin", f"--serviceaccount={home}:deployer")
    project.chart("app", {"templates/map.yaml": CONFIG_MAP}, values="text: hello\n")
    return project


def requests_during(project: Project, command: str, engine: str, path: str) -> list[AuditRecord]:
    """What a run that has to succeed asked of the API server."""
    mark = project.control_plane.settle_audit()
    done = project(command, "--engine", engine, PATH=path)
    assert done.code in (0, 2), done.text
    project.control_plane.settle_audit()
    return [item for item in project.control_plane.audit.read(mark) if item.user == "admin"]


@engines
def test_all_that_is_done_for_a_release(engine: str, restricted: Project, kubectl: Kubectl, helm_in_path: str) -> None:
    """Reads, dry runs, Helm's writes and corrections are the ServiceAccount's; the namespace is the environment's, and
    so is the look at what carries its label in all namespaces.
    """
    restricted.environment(RELEASE)
    account = f"system:serviceaccount:{restricted.namespace}:deployer"
    of_release = ("configmaps", "secrets")
    for command in ("plan", "apply", "plan"):
        found = requests_during(restricted, command, engine, helm_in_path)
        assert {item.acting_as for item in found if item.resource in of_release and item.namespace} == {account}
        assert {item.acting_as for item in found if item.resource == "secrets" and not item.namespace} == {""}
        assert {item.acting_as for item in found if item.resource == "namespaces"} == {""}
    kubectl("patch", "configmap", "app", "-n", restricted.namespace, "-p", '{"data":{"text":"changed"}}')
    found = requests_during(restricted, "apply", engine, helm_in_path)
    assert {item.acting_as for item in found if item.resource == "configmaps" and item.verb == "patch"} == {account}
    assert restricted("plan", "--engine", engine, PATH=helm_in_path).code == 0


@engines
def test_what_the_account_may_not_do(engine: str, restricted: Project, kubectl: Kubectl, helm_in_path: str) -> None:
    """An object in another namespace is refused by the API server, whatever we ourselves may do."""
    other = f"{restricted.namespace}-other"
    kubectl("create", "namespace", other)
    elsewhere = CONFIG_MAP.replace("{name: {{ .Release.Name }}}", f"{{name: intruder, namespace: {other}}}")
    restricted.chart("app", {"templates/map.yaml": elsewhere}, values="text: hello\n")
    restricted.environment(RELEASE)
    done = restricted("apply", "--engine", engine, PATH=helm_in_path)
    assert done.code == 1
    assert f"system:serviceaccount:{restricted.namespace}:deployer" in done.text
    assert "forbidden" in done.text
    assert "intruder" not in kubectl("get", "configmaps", "-n", other, "-o", "name")


def test_a_user_with_groups_for_the_whole_environment(project: Project, kubectl: Kubectl) -> None:
    """Namespaces too are written as that user, whose rights are those of its groups."""
    team = f"{project.namespace}-team"
    kubectl("create", "clusterrolebinding", project.namespace, "--clusterrole=cluster-admin", f"--group={team}")
    project.chart("app", {"templates/map.yaml": CONFIG_MAP}, values="text: hello\n")
    project.environment("releases: {app: {chart: charts/app}}\n")
    text = (project.folder / "env.yaml").read_text()
    head = "defaults: {"
    project.write("env.yaml", text.replace(head, f"{head}impersonate: {{user: jane, groups: [first, {team}]}}, "))
    done, written = project.writes_during("apply")
    assert done.code == 0, done.text
    assert {item.acting_as for item in written} == {"jane"}
    assert {"namespaces", "secrets", "configmaps"} <= {item.resource for item in written}
    project.write("env.yaml", text.replace(head, f"{head}impersonate: {{user: jane, groups: [first]}}, "))
    refused = project("plan")
    assert refused.code == 1
    assert 'User "jane" cannot' in refused.err


def test_without_it_nobody_is_impersonated(project: Project) -> None:
    """And nothing more is asked: the lists of releases, of objects, and the two of what carries our label."""
    project.chart("app", {"templates/map.yaml": CONFIG_MAP}, values="text: hello\n")
    project.environment("releases: {app: {chart: charts/app}, second: {chart: charts/app}}\n")
    project.applied()
    found = requests_during(project, "plan", "library", os.environ["PATH"])
    assert {item.acting_as for item in found} == {""}
    lists = [item.resource for item in found if item.verb == "list"]
    assert sorted(lists) == ["configmaps", "namespaces", "secrets", "secrets"]
