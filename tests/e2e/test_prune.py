"""What the file no longer has is removed, nothing else ever is; the audit log says what was written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

TWO_RELEASES = (
    "releases: {base: {chart: charts/map}, app: {chart: charts/map, needs: [base]}, kept: {chart: charts/map}}"
)
CLAIM = """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: {{ .Release.Name }}-data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


@pytest.fixture
def shop(project: Project) -> Project:
    """An environment with the chart `map`."""
    project.chart("map", {"templates/map.yaml": CONFIG_MAP}, "text: hello\n")
    return project


def removed(project: Project, *options: str, **environ: str) -> list[tuple[str, str]]:
    """The plan's removals, in its order."""
    actions = project.document("plan", *options, **environ)["actions"]
    return [(item["target"]["kind"], item["target"]["name"]) for item in actions if item["kind"] in REMOVAL]


REMOVAL = ("uninstall", "delete")


def refused(project: Project, *options: str) -> dict[str, Any]:
    """Guard → its refusal; neither command may write, and both exit with 3."""
    planned, by_plan = project.writes_during("plan", *options)
    applied, by_apply = project.writes_during("apply", *options)
    assert (planned.code, by_plan, applied.code, by_apply) == (3, [], 3, []), planned.text + applied.text
    return {item["guard"]: item for item in project.document("plan", *options)["refusals"]}


def names(kubectl: Kubectl, namespace: str, kind: str) -> set[str]:
    """What there is of a kind."""
    return set(kubectl("-n", namespace, "get", kind, "-o", "jsonpath={.items[*].metadata.name}").split())


def test_two_entries_that_reach_one_cluster(shop: Project) -> None:
    """Neither removes what the other one asks for; what both no longer have goes once."""
    head = """
        apiVersion: reconciler/v1
        kind: Environment
        name: NAMESPACE
        clusters: {us: {kubeconfig: {env: RECONCILE_KUBECONFIG}}, eu: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}
        namespaces: {us: {cluster: us, name: NAMESPACE}, eu: {cluster: eu, name: NAMESPACE}}
    """
    both = ["app: {chart: charts/map, namespace: us}", "web: {chart: charts/map, namespace: eu}"]
    old = "old: {chart: charts/map, namespace: eu}"
    shop.write("env.yaml", f"{dedent(head)}releases: {{{', '.join([*both, old])}}}")
    shop.applied()
    assert shop("plan").code == 0
    shop.write("env.yaml", f"{dedent(head)}releases: {{{', '.join(both)}}}")
    assert removed(shop) == [("release", "old")]
    shop.applied()
    assert shop("plan").code == 0


@pytest.mark.parametrize("engine", ["library", "program"])
def test_what_the_file_drops_is_removed_in_reverse_order(
    shop: Project, kubectl: Kubectl, engine: str, helm_program: Path
) -> None:
    """A plan lists it and writes nothing; an apply deletes exactly that; a second one has nothing to do."""
    shop.environment(
        f"{TWO_RELEASES}\nsecrets: {{db: {{type: Opaque, data: {{p: {{env: P}}}}, namespaces: [NAMESPACE]}}}}"
    )
    given = {"P": "s3cret-value", "PATH": f"{helm_program.parent}:{os.environ['PATH']}"}
    shop.applied(**given)
    shop.environment("releases: {kept: {chart: charts/map}}")

    planned, by_plan = shop.writes_during("plan", "--allow-deletions", "3")
    assert (planned.code, by_plan) == (2, []), planned.text
    assert f"- release {shop.namespace}/app  the file no longer has it" in planned.out
    assert f"- ConfigMap {shop.namespace}/app" in planned.out
    assert removed(shop) == [("release", "app"), ("release", "base"), ("secret", "db")]
    status = shop.document("status")
    assert {item["target"]["name"] for item in status["others"]} == {"app", "base", "db"}

    done, written = shop.writes_during("apply", "--engine", engine, "--allow-deletions", "3", **given)
    assert done.code == 0, done.text
    deleted = [(item.resource, item.name) for item in written if item.verb == "delete"]
    assert deleted == [
        ("configmaps", "app"),
        ("secrets", "sh.helm.release.v1.app.v1"),
        ("configmaps", "base"),
        ("secrets", "sh.helm.release.v1.base.v1"),
        ("secrets", "db"),
    ]
    assert names(kubectl, shop.namespace, "configmap") == {"kept", "kube-root-ca.crt"}
    assert names(kubectl, shop.namespace, "secret") == {"sh.helm.release.v1.kept.v1"}

    again, written = shop.writes_during("apply")
    assert (again.code, written) == (0, [])


def test_removal_comes_after_all_else_and_not_when_that_fails(shop: Project) -> None:
    """What replaces it is up first, or it stays."""
    shop.environment("releases: {old: {chart: charts/map}}")
    shop.applied()
    shop.chart("bad", {"templates/map.yaml": 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: "Not A Name"}\n'})
    shop.environment("releases: {new: {chart: charts/bad}}")
    outcome = {item["target"]["name"]: item["outcome"]["result"] for item in shop.document("apply")["actions"]}
    assert (outcome["new"], outcome["old"]) == ("failed", "skipped")

    shop.environment("releases: {new: {chart: charts/map}}")
    done, written = shop.writes_during("apply")
    assert done.code == 0, done.text
    touched = [item.name for item in written if item.resource == "configmaps"]
    assert touched[0] != "old"
    assert touched[-1] == "old"


def test_only_prunes_nothing(shop: Project) -> None:
    """A part of the file says nothing about the rest."""
    shop.environment("releases: {a: {chart: charts/map}, b: {chart: charts/map}}")
    shop.applied()
    shop.environment("releases: {b: {chart: charts/map}}")
    assert removed(shop, "--only", "b") == []
    assert removed(shop) == [("release", "a")]


def test_pruning_can_be_turned_off(shop: Project) -> None:
    """The plan says what stays, and has nothing to do."""
    shop.environment("releases: {a: {chart: charts/map}, b: {chart: charts/map}}")
    shop.applied()
    shop.environment("policy: {prune: {enabled: false}}\nreleases: {b: {chart: charts/map}}")
    document = shop.document("plan")
    assert (document["changes"], [item["subject"] for item in document["warnings"]]) == (
        0,
        [f"release {shop.namespace}/a"],
    )
    assert shop("plan").code == 0
    assert shop("status").code == 0


def test_what_is_not_ours_is_untouched(shop: Project, kubectl: Kubectl, helm_program: Path) -> None:
    """A release without labels, another environment's, copies of our Secrets by others, and a plain Secret."""
    shop.environment("releases: {a: {chart: charts/map}, b: {chart: charts/map}}")
    shop.applied()
    config = str(shop.control_plane.kubeconfig_path)
    helm = [str(helm_program), "--kubeconfig", config, "-n", shop.namespace]
    subprocess.run([*helm, "install", "plain", str(shop.folder / "charts/map")], check=True, capture_output=True)
    other = f"{shop.namespace}-other"
    subprocess.run(
        [*helm, "install", "theirs", str(shop.folder / "charts/map"), f"--labels=reconciler/environment={other}"],
        check=True,
        capture_output=True,
    )
    marks = f"reconciler/environment={shop.namespace},app.kubernetes.io/managed-by=reconciler"
    copy = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "copy", "labels": dict(mark.split("=") for mark in marks.split(","))},
    }
    kubectl("-n", shop.namespace, "create", "-f", "-", stdin=json.dumps(copy))
    shop.environment("releases: {b: {chart: charts/map}}")
    assert removed(shop) == [("release", "a")]
    shop.applied()
    assert {"plain", "theirs", "b"} <= names(kubectl, shop.namespace, "configmap")
    assert "copy" in names(kubectl, shop.namespace, "secret")


def test_an_object_that_another_release_has_taken_over_stays(shop: Project, kubectl: Kubectl) -> None:
    """Helm of the library would delete it; it is taken out of the manifest first."""
    shop.environment("releases: {a: {chart: charts/map}, b: {chart: charts/map}}")
    shop.applied()
    kubectl("-n", shop.namespace, "annotate", "--overwrite", "configmap", "a", "meta.helm.sh/release-name=other")
    shop.environment("releases: {b: {chart: charts/map}}")
    planned = shop("plan")
    assert f"ConfigMap {shop.namespace}/a: it stays when release {shop.namespace}/a is uninstalled" in planned.out
    shop.applied()
    assert "a" in names(kubectl, shop.namespace, "configmap")
    assert "sh.helm.release.v1.a.v1" not in names(kubectl, shop.namespace, "secret")
    assert shop("plan").code == 0


def test_an_object_in_a_version_that_is_not_served_any_more_goes_too(shop: Project, kubectl: Kubectl) -> None:
    """Helm cannot even name it, and its record is gone afterwards; so it is not lost when the first try fails."""
    group = f"{shop.namespace}.example.com"
    kubectl("apply", "-f", "-", stdin=json.dumps(widgets(group, old=True)))
    kubectl("wait", "--for=condition=Established", "crd", f"widgets.{group}")
    home = f"namespace: {shop.namespace}-hooks, annotations: {{helm.sh/hook: pre-delete}}"
    hook = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: hook, {home}}}\n"
    widget = f"apiVersion: {group}/v1beta1\nkind: Widget\nmetadata: {{name: w}}\n"
    shop.chart("old", {"templates/w.yaml": widget, "templates/hook.yaml": hook})
    shop.environment("releases: {old: {chart: charts/old}, kept: {chart: charts/map}}")
    shop.applied()
    kubectl("apply", "-f", "-", stdin=json.dumps(widgets(group, old=False)))
    shop.environment("releases: {kept: {chart: charts/map}}")
    assert f"- Widget {shop.namespace}/w" in shop("plan").out
    failed = shop("apply")
    assert (failed.code, f'namespaces "{shop.namespace}-hooks" not found' in failed.text) == (1, True), failed.text
    assert names(kubectl, shop.namespace, f"widgets.{group}") == {"w"}
    kubectl("create", "namespace", f"{shop.namespace}-hooks")
    assert f"- Widget {shop.namespace}/w" in shop("plan").out
    shop.applied()
    assert names(kubectl, shop.namespace, f"widgets.{group}") == set()


def widgets(group: str, *, old: bool) -> dict[str, Any]:
    """The definition of a kind, which is served as `v1beta1` too while it is old."""
    schema = {"openAPIV3Schema": {"type": "object"}}
    versions = [
        {"name": "v1", "served": True, "storage": True, "schema": schema},
        {"name": "v1beta1", "served": old, "storage": False, "schema": schema},
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": versions,
        },
    }


def test_an_empty_file_is_refused(shop: Project, kubectl: Kubectl) -> None:
    """Unless as many deletions are allowed as it takes."""
    shop.environment("releases: {a: {chart: charts/map}}")
    shop.applied()
    shop.environment("namespaces: {}\n")
    assert list(refused(shop)) == ["empty-desired-state"]
    assert "--allow-deletions 2" in shop("plan").out
    assert list(refused(shop, "--allow-deletions", "1")) == ["empty-desired-state"]
    shop.applied("--allow-deletions", "2")
    kubectl("wait", "--for=delete", f"namespace/{shop.namespace}", "--timeout=60s")
    assert shop("plan").code == 0


def test_the_budget_of_deletions(shop: Project) -> None:
    """More than the count or the share takes a flag that says how many."""
    shop.environment(
        "policy: {prune: {maxCount: 1, maxShare: 1.0}}\nreleases: {a: {chart: charts/map}, b: {chart: charts/map}}"
    )
    shop.applied()
    shop.environment("policy: {prune: {maxCount: 1, maxShare: 1.0}}\nreleases: {}")
    found = refused(shop)["deletion-budget"]
    assert found["message"].startswith("2 of 3 releases, secrets and namespaces would be removed")
    assert "maxCount allows 1" in found["message"]
    assert "--allow-deletions 2" in found["hint"]
    shop.environment("releases: {}")
    assert "maxShare allows 50%" in refused(shop)["deletion-budget"]["message"]
    shop.applied("--allow-deletions", "2")


def test_what_is_protected_is_refused(shop: Project, kubectl: Kubectl) -> None:
    """By the policy, or by a mark on a live object."""
    shop.environment("releases: {a: {chart: charts/map}, b: {chart: charts/map}}")
    shop.applied()
    shop.environment("policy: {prune: {protect: ['release/*/a']}}\nreleases: {b: {chart: charts/map}}")
    assert "policy.prune.protect" in refused(shop)["protected"]["message"]
    shop.environment("releases: {b: {chart: charts/map}}")
    kubectl("-n", shop.namespace, "annotate", "configmap", "a", "reconciler/protect=true")
    assert f"ConfigMap {shop.namespace}/a is protected by its mark" in refused(shop)["protected"]["message"]
    kubectl("-n", shop.namespace, "annotate", "configmap", "a", "reconciler/protect-")
    shop.applied()


def test_data_goes_only_when_it_is_named(shop: Project, kubectl: Kubectl) -> None:
    """A claim of a release, and then it is gone."""
    shop.chart("data", {"templates/claim.yaml": CLAIM})
    shop.environment("releases: {a: {chart: charts/data}, b: {chart: charts/map}}")
    shop.applied()
    shop.environment("releases: {b: {chart: charts/map}}")
    assert f"persistentvolumeclaim/{shop.namespace}/a-data" in refused(shop)["kept-data"]["hint"]
    policy = "policy: {prune: {delete: ['persistentvolumeclaim/*/a-data']}}\n"
    shop.environment(f"{policy}releases: {{b: {{chart: charts/map}}}}")
    shop.applied()
    kubectl("-n", shop.namespace, "wait", "--for=delete", "pvc/a-data", "--timeout=60s")
    assert shop("plan").code == 0


def test_a_namespace_goes_when_nothing_of_others_is_in_it(shop: Project, kubectl: Kubectl) -> None:
    """What releases, pods, hooks and Kubernetes leave in it is nothing of others; a ConfigMap by hand is."""
    hook = CONFIG_MAP.replace("{name: {{ .Release.Name }}}", "{name: hook, annotations: {helm.sh/hook: post-install}}")
    shop.chart("app", {"templates/app.yaml": DEPLOYMENT, "templates/hook.yaml": hook}, DEPLOYMENT_VALUES + "text: x\n")
    more = f"{shop.namespace}-more"
    spaces = f"namespaces: {{NAMESPACE: {{}}, {more}: {{}}}}\n"
    shop.environment(
        f"{spaces}secrets: {{db: {{type: Opaque, data: {{p: {{env: P}}}}, namespaces: [{more}]}}}}\n"
        f"releases: {{a: {{chart: charts/app, namespace: {more}, wait: 1m}}, b: {{chart: charts/map}}, "
        "c: {chart: charts/map}, d: {chart: charts/map}}"
    )
    shop.applied(P="s3cret-value")
    rest = "releases: {b: {chart: charts/map}, c: {chart: charts/map}, d: {chart: charts/map}}"
    shop.environment(rest)
    kubectl("-n", more, "create", "configmap", "by-hand")
    found = refused(shop)["namespace-not-empty"]
    assert found["message"] == f"namespace {more} holds what is not removed with it: ConfigMap {more}/by-hand"
    kubectl("-n", more, "delete", "configmap", "by-hand")
    assert removed(shop) == [("release", "a"), ("secret", "db"), ("namespace", more)]
    done, written = shop.writes_during("apply")
    assert done.code == 0, done.text
    assert [(item.resource, item.name) for item in written if item.verb == "delete"][-1] == ("namespaces", more)
    assert shop("plan").code == 0
    kubectl("wait", "--for=delete", f"namespace/{more}", "--timeout=60s")


def test_a_namespace_that_was_there_before_is_given_up(shop: Project, kubectl: Kubectl) -> None:
    """Its marks go, and with them the pull secrets that were attached; what it holds stays."""
    kubectl("create", "namespace", shop.namespace)
    kubectl("-n", shop.namespace, "create", "configmap", "by-hand")
    shop.environment(
        """
        namespaces: {NAMESPACE: {labels: {team: shop}, pullSecrets: [pull], attachPullSecrets: true}}
        secrets:
          pull: {type: dockerconfigjson, registries: {r.example.com: {username: ci, password: {env: P}}}}
        """
    )
    shop.applied(P="s3cret-value")
    shop.environment("namespaces: {}\n")
    done = shop.applied("--allow-deletions", "1")
    assert done.code == 0
    live = json.loads(kubectl("get", "namespace", shop.namespace, "-o", "json"))["metadata"]
    assert (live["labels"]["team"], "reconciler/environment" in live["labels"]) == ("shop", False)
    assert "reconciler/adopted" not in live.get("annotations", {})
    assert names(kubectl, shop.namespace, "configmap") == {"by-hand", "kube-root-ca.crt"}
    assert names(kubectl, shop.namespace, "secret") == set()
    account = json.loads(kubectl("-n", shop.namespace, "get", "serviceaccount", "default", "-o", "json"))
    assert not account.get("imagePullSecrets")
    assert shop("plan").code == 0


def test_a_namespace_that_is_left_to_others_is_given_up(shop: Project, kubectl: Kubectl) -> None:
    """`manage: false` for one that was ours: it stays, also when the file drops it later."""
    shop.environment("releases: {a: {chart: charts/map}}")
    shop.applied()
    shop.environment("namespaces: {NAMESPACE: {manage: false}}\nreleases: {a: {chart: charts/map}}")
    assert "the file leaves it to others now" in shop("plan").out
    shop.applied()
    assert shop("plan").code == 0
    shop.environment("namespaces: {}\n")
    shop.applied("--allow-deletions", "1")
    assert names(kubectl, shop.namespace, "configmap") == {"kube-root-ca.crt"}


def test_a_removal_that_was_killed_is_taken_up_again(shop: Project, kubectl: Kubectl, kubeconfig: str) -> None:
    """The release is left as uninstalling; the next run waits until the lock is free, and ends what was begun."""
    policy = "policy: {lock: {duration: 2s}}\n"
    shop.environment(f"{policy}releases: {{a: {{chart: charts/map}}, b: {{chart: charts/map}}}}")
    shop.applied()
    kubectl("-n", shop.namespace, "patch", "configmap", "a", "-p", '{"metadata": {"finalizers": ["example.com/held"]}}')
    shop.environment(f"{policy}releases: {{b: {{chart: charts/map}}}}")
    text = (shop.folder / "env.yaml").read_text().replace("defaults: {", "defaults: {wait: 5m, ", 1)
    (shop.folder / "env.yaml").write_text(text)

    command = [str(Path(sys.executable).with_name("reconcile")), "apply", "-e", "env.yaml"]
    given = {**os.environ, "RECONCILE_KUBECONFIG": kubeconfig}
    with subprocess.Popen(command, cwd=shop.folder, env=given, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: status_of(kubectl, shop.namespace, "a") == "uninstalling")
        process.kill()
    assert "uninstalling by run" in shop("plan").out
    kubectl("-n", shop.namespace, "patch", "configmap", "a", "-p", '{"metadata": {"finalizers": null}}')

    shop.applied("--lock-timeout", "30s")

    assert names(kubectl, shop.namespace, "configmap") == {"b", "kube-root-ca.crt"}
    again, written = shop.writes_during("apply")
    assert (again.code, written) == (0, [])


def status_of(kubectl: Kubectl, namespace: str, release: str) -> str:
    """What Helm says of a release's newest revision."""
    return kubectl(
        "-n", namespace, "get", "secret", "-l", f"owner=helm,name={release}", "-o", "jsonpath={..labels.status}"
    )


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again, half a minute at most."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
