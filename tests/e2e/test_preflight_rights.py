"""Missing rights are a list before anything is applied: with exactly those granted, an apply works."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

HOOK = """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: {{ .Release.Name }}-migrate, annotations: {helm.sh/hook: pre-install}}
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: main, image: example.com/app:1}]}
"""
# Whose rights end at a namespace keeps the lock there.
LOCK = "policy: {lock: {namespace: NAMESPACE}}\n"
_DB = "secrets: {db: {type: Opaque, data: {password: {env: DB}}, namespaces: [NAMESPACE]}}\n"
WORKER = """
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: worker}
"""


@pytest.fixture
def limited(project: Project, kubectl: Kubectl, kubeconfig: str) -> str:
    """The kubeconfig of a ServiceAccount without any right, in a namespace that exists."""
    kubectl("create", "namespace", project.namespace)
    kubectl("-n", project.namespace, "create", "serviceaccount", "deployer")
    made = kubectl("-n", project.namespace, "create", "token", "deployer").strip()
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    return kubeconfig.replace(token, made)


@pytest.fixture
def grant(project: Project, kubectl: Kubectl) -> Callable[[str, list[Any]], None]:
    """Gives rules to the ServiceAccount, in the namespace."""

    def give(name: str, rules: list[Any]) -> None:
        subjects = [{"kind": "ServiceAccount", "name": "deployer", "namespace": project.namespace}]
        metadata = {"name": name, "namespace": project.namespace}
        for item in (
            {"kind": "Role", "metadata": metadata, "rules": rules},
            {
                "kind": "RoleBinding",
                "metadata": metadata,
                "subjects": subjects,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            },
        ):
            document = {"apiVersion": "rbac.authorization.k8s.io/v1", **item}
            kubectl("apply", "-f", "-", stdin=json.dumps(document))

    return give


def _shop(project: Project) -> None:
    project.chart(
        "app",
        {
            "templates/app.yaml": DEPLOYMENT,
            "templates/account.yaml": WORKER,
            "templates/config.yaml": CONFIG_MAP,
            "templates/job.yaml": HOOK,
        },
        DEPLOYMENT_VALUES + "text: hello\n",
    )
    project.environment(
        "namespaces: {NAMESPACE: {manage: false}}\n" + LOCK + _DB + "releases: {app: {chart: charts/app, wait: 1m}}\n"
    )


def _rights(document: Any, status: str) -> list[Any]:
    return [item for item in document["checks"] if item["area"] == "rights" and item["status"] == status]


def _rules(checks: list[Any]) -> list[Any]:
    found = (re.search(r"(\{.*\})$", item["hint"]) for item in checks)
    return [rule for match in found if match for rule in yaml.safe_load(f"[{match[1]}]")]


def test_with_exactly_the_missing_rights_an_apply_works(
    project: Project, limited: str, grant: Callable[[str, list[Any]], None]
) -> None:
    """The list is complete: each failed check is one rule of a Role, and all of them are enough. Nothing is written."""
    _shop(project)
    given = {"RECONCILE_KUBECONFIG": limited, "DB": "correct-horse"}
    document = project.document("preflight", **given)
    missing = _rights(document, "failed")
    assert {item["subject"].split()[0] for item in missing} == {
        "namespaces",
        "leases.coordination.k8s.io",
        "secrets",
        "deployments.apps",
        "serviceaccounts",
        "configmaps",
        "jobs.batch",
        "replicasets.apps",
        "pods",
    }
    assert all(item["path"] == "env.yaml" and item["line"] for item in missing)

    grant("deployer", _rules(missing))

    after = project.document("preflight", **given)
    assert _rights(after, "failed") == []
    assert [item["status"] for item in after["checks"] if item["status"] == "failed"] == []
    done = project("apply", **given)
    assert done.code == 0, done.text


def test_the_rights_to_remove_what_the_file_no_longer_has(
    project: Project, limited: str, grant: Callable[[str, list[Any]], None], kubectl: Kubectl
) -> None:
    """What is found is asked about too, though its objects may not be read: with that granted, an apply removes it."""
    _shop(project)
    project.applied(DB="correct-horse")
    given = {"RECONCILE_KUBECONFIG": limited, "DB": "correct-horse"}
    project.environment("namespaces: {NAMESPACE: {manage: false}}\n" + LOCK + _DB)
    to_look = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}
    grant("looker", [to_look])
    kind, reason = project.actions(**given)["app"]
    assert kind == "blocked", reason
    assert "cannot be read" in reason

    missing = _rights(project.document("preflight", **given), "failed")
    assert {item["subject"].split()[0]: item["message"].split(":")[0] for item in missing} == {
        "leases.coordination.k8s.io": "no right to get, create, patch",
        "secrets": "no right to create, patch, update, delete",
        **dict.fromkeys(("configmaps", "deployments.apps", "serviceaccounts"), "no right to get, delete"),
    }

    grant("remover", _rules(missing))
    assert _rights(project.document("preflight", **given), "failed") == []
    done = project("apply", **given)
    assert done.code == 0, done.text
    assert kubectl("-n", project.namespace, "get", "deployments,configmaps", "-o", "name").split() == [
        "configmap/kube-root-ca.crt"
    ]


@pytest.mark.parametrize(
    ("resource", "verb"),
    [
        ("secrets", "list"),
        ("secrets", "create"),
        ("deployments", "create"),
        ("configmaps", "patch"),
        ("jobs", "create"),
        ("leases", "get"),
        ("leases", "create"),
    ],
)
def test_without_one_of_them_an_apply_fails(
    resource: str, verb: str, project: Project, limited: str, grant: Callable[[str, list[Any]], None]
) -> None:
    """The list says nothing beyond need: what is missing is what then really fails."""
    _shop(project)
    given = {"RECONCILE_KUBECONFIG": limited, "DB": "correct-horse"}
    rules = _rules(_rights(project.document("preflight", **given), "failed"))
    for rule in rules:
        if rule["resources"] == [resource]:
            rule["verbs"].remove(verb)
    grant("deployer", rules)

    (missing,) = _rights(project.document("preflight", **given), "failed")
    done = project("apply", **given)

    assert missing["message"].startswith(f"no right to {verb}: ")
    assert missing["subject"].startswith(resource)
    assert done.code == 1
    assert "forbidden" in done.text
    assert resource in done.text


def test_an_administrator_is_asked_about_once(project: Project, kubectl: Kubectl) -> None:
    """One question for everything; and no review counts as a write."""
    kubectl("create", "namespace", project.namespace)
    _shop(project)
    mark = project.control_plane.settle_audit()
    done, written = project.writes_during("preflight", DB="x")
    asked = [record for record in project.control_plane.audit.read(mark) if record.user == "admin"]

    assert (done.code, written) == (0, []), done.text
    assert sum(record.resource == "selfsubjectaccessreviews" for record in asked) == 1


def test_the_rights_of_whom_a_release_acts_as(
    project: Project, limited: str, grant: Callable[[str, list[Any]], None]
) -> None:
    """They are asked of the server for that identity; ours are a matter of their own."""
    assert limited
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/app, impersonate: {serviceAccount: deployer}}}\n")
    account = f"system:serviceaccount:{project.namespace}:deployer"

    document = project.document("preflight")
    missing = _rights(document, "failed")
    grant("deployer", _rules(missing))

    assert {item["subject"] for item in missing} == {
        f"secrets in {project.namespace} as {account}",
        f"configmaps in {project.namespace} as {account}",
    }
    assert "everything" in {item["subject"] for item in _rights(document, "ok")}
    assert _rights(project.document("preflight"), "failed") == []
    project.applied()


def test_without_the_right_to_act_as_somebody(project: Project, limited: str) -> None:
    """That is what is missing, with the rule that gives it."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/app, impersonate: {user: somebody, groups: [devs]}}}\n")
    found = {
        item["subject"]: item for item in _rights(project.document("preflight", RECONCILE_KUBECONFIG=limited), "failed")
    }
    failed = found["acting as somebody"]
    assert "cannot impersonate resource" in failed["message"]
    assert failed["hint"] == (
        'ask for a ClusterRole with this rule: {apiGroups: [""], resources: [users], verbs: [impersonate]}, '
        "and the same for groups: devs"
    )


def test_the_right_to_make_the_namespace(project: Project, limited: str, kubectl: Kubectl) -> None:
    """Its rule is one of a ClusterRole, and enough to make the namespace and keep it."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    made = f"{project.namespace}-made"
    project.environment(f"namespaces: {{{made}: {{}}}}\npolicy: {{lock: {{enabled: false}}}}\nreleases: {{}}\n")
    (missing,) = _rights(project.document("preflight", RECONCILE_KUBECONFIG=limited), "failed")
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": made},
        "rules": _rules([missing]),
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(role))
    account = f"--serviceaccount={project.namespace}:deployer"
    kubectl("create", "clusterrolebinding", made, f"--clusterrole={made}", account)

    assert _rights(project.document("preflight", RECONCILE_KUBECONFIG=limited), "failed") == []
    for _ in range(2):
        done = project("apply", RECONCILE_KUBECONFIG=limited)
        assert done.code == 0, done.text
