"""What is done about a release that fails: its policy, on real releases."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

GOOD, BAD = "example.com/app:1", "broken.example.com/pull-no-tag:1"


def _release(project: Project, image: str, policy: str = "{}") -> None:
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    values = f"{{image: '{image}', replicaCount: 2}}"
    project.environment(
        f"releases: {{app: {{chart: charts/app, wait: 3s, onFailure: {policy}, values: [{values}]}}}}\n"
    )


def _outcome(project: Project, *options: str, **environ: str) -> Any:
    done = project("apply", "-o", "json", *options, **environ)
    [found] = [item for item in json.loads(done.out)["actions"] if item["target"]["kind"] == "release"]
    assert done.code == (0 if found["outcome"]["result"] in ("done", "unchanged") else 1)
    return found["outcome"]


def _history(project: Project, kubectl: Kubectl) -> list[str]:
    """The status of each revision that Helm keeps, oldest first."""
    labels = kubectl(
        "-n", project.namespace, "get", "secret", "-l", "owner=helm", "-o",
        'jsonpath={range .items[*]}{.metadata.labels.version} {.metadata.labels.status}{"\\n"}{end}',
    )  # fmt: skip
    return [line.split()[1] for line in sorted(labels.splitlines(), key=lambda line: int(line.split()[0]))]


@pytest.mark.parametrize("engine", ["library", "program"])
def test_a_failed_upgrade_is_rolled_back(project: Project, kubectl: Kubectl, engine: str, helm_program: Path) -> None:
    """To the revision that was deployed, whose pods run again; the outcome has the cause and the remedy."""
    path = f"{helm_program.parent}:{os.environ['PATH']}"
    _release(project, GOOD, "{upgrade: rollback}")
    project.applied("--engine", engine, PATH=path)
    _release(project, BAD, "{upgrade: rollback}")

    outcome = _outcome(project, "--engine", engine, PATH=path)

    assert outcome["result"] == "failed"
    assert outcome["findings"][0]["cause"] == "image tag not found"
    assert outcome["remedied"] == {"remedy": "rollback", "done": True, "message": "rolled back to revision 1"}
    assert _history(project, kubectl) == ["superseded", "failed", "deployed"]
    live = json.loads(kubectl("-n", project.namespace, "get", "deployment", "app", "-o", "json"))
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == GOOD
    assert live["status"]["availableReplicas"] == 2


def test_what_was_rolled_back_is_tried_again_and_says_so(project: Project, kubectl: Kubectl) -> None:
    """The file asks for what failed, so the next plan is no empty one; a corrected file converges."""
    _release(project, GOOD, "{upgrade: rollback}")
    project.applied()
    _release(project, BAD, "{upgrade: rollback}")
    assert project("apply").code == 1

    kind, reason = project.actions()["app"]
    assert kind == "upgrade"
    assert "values changed: image; revision 3 is a rollback: Rollback to 1" in reason
    text = project("apply").out
    assert "then: rolled back to revision 3" in text
    assert _history(project, kubectl) == ["superseded", "failed", "superseded", "failed", "deployed"]

    _release(project, GOOD, "{upgrade: rollback}")
    project.applied()
    assert project.actions() == {}


def test_a_failed_first_install_is_uninstalled(project: Project, kubectl: Kubectl) -> None:
    """Nothing of it is left, so that the next apply installs anew."""
    _release(project, BAD, "{install: uninstall, upgrade: rollback}")

    outcome = _outcome(project)

    assert outcome["result"] == "failed"
    assert outcome["findings"][0]["cause"] == "image tag not found"
    assert outcome["remedied"] == {"remedy": "uninstall", "done": True, "message": "uninstalled"}
    assert _history(project, kubectl) == []
    assert kubectl("-n", project.namespace, "get", "deployment,pod", "-o", "name") == ""
    assert project.actions()["app"] == ("install", "not installed")


def test_what_was_there_before_an_install_outlives_its_remedy(project: Project, kubectl: Kubectl) -> None:
    """Helm's records were lost while the objects lived: the install takes them up again, and fails."""
    templates = {"templates/app.yaml": DEPLOYMENT, "templates/config.yaml": CONFIG_MAP}

    def release(image: str) -> None:
        _release(project, image, "{install: uninstall}")
        project.chart("app", templates, f"text: precious\n{DEPLOYMENT_VALUES}")

    release(GOOD)
    project.applied()
    live = ("-n", project.namespace, "get", "configmap", "app", "-o", "jsonpath={.metadata.uid}")
    uid = kubectl(*live)
    kubectl("-n", project.namespace, "delete", "secret", "-l", "owner=helm")
    release(BAD)

    remedied = _outcome(project)["remedied"]

    assert remedied["done"] is False
    assert f"was there before the install too: ConfigMap {project.namespace}/app, Dep" in remedied["message"]
    assert _history(project, kubectl) == ["failed"]
    assert kubectl(*live) == uid
    release(GOOD)
    project.applied()


@pytest.mark.parametrize("engine", ["library", "program"])
def test_a_rollback_whose_hook_fails_is_not_left_pending(
    project: Project, kubectl: Kubectl, engine: str, helm_program: Path
) -> None:
    """Helm would leave it so, and the next apply would take it for somebody's who is at work."""
    path = f"{helm_program.parent}:{os.environ['PATH']}"
    hook = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: no_such_name, annotations: {helm.sh/hook: pre-rollback}}
    """

    def release(image: str) -> None:
        _release(project, image, "{upgrade: rollback}")
        project.chart("app", {"templates/app.yaml": DEPLOYMENT, "templates/hook.yaml": hook}, DEPLOYMENT_VALUES)

    release(GOOD)
    project.applied("--engine", engine, PATH=path)
    release(BAD)

    remedied = _outcome(project, "--engine", engine, PATH=path)["remedied"]

    assert (remedied["done"], "no_such_name" in remedied["message"]) == (False, True)
    assert _history(project, kubectl) == ["deployed", "failed", "failed"]
    release(GOOD)
    project.applied("--engine", engine, PATH=path)


def test_what_fails_is_left_when_nothing_is_said(project: Project, kubectl: Kubectl) -> None:
    """As Helm does."""
    _release(project, GOOD)
    project.applied()
    _release(project, BAD)
    assert _outcome(project)["remedied"] is None
    assert _history(project, kubectl) == ["deployed", "failed"]


def test_nothing_is_remedied_when_nothing_was_written(project: Project, kubectl: Kubectl) -> None:
    """A release that the server refuses beforehand is still as it was."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {c: {chart: charts/config, onFailure: {upgrade: rollback}}}\n")
    project.applied()
    project.chart("config", {"templates/config.yaml": CONFIG_MAP.replace("data:", "datta:")}, "text: hello\n", "0.2.0")
    assert _outcome(project)["remedied"] is None
    assert _history(project, kubectl) == ["deployed"]


def test_the_deployed_revision_outlives_many_failures(project: Project, kubectl: Kubectl) -> None:
    """However short the history is kept."""
    _release(project, GOOD)
    project.applied()
    for number in range(3):
        _release(project, f"{BAD}-{number}")
        text = (project.folder / "env.yaml").read_text()
        (project.folder / "env.yaml").write_text(text.replace("wait: 3s", "wait: 1s, history: 2"))
        assert project("apply").code == 1
        assert _history(project, kubectl) == ["deployed", "failed"]


# A webhook for the test's ConfigMaps where nobody answers: a restarting admission controller, after the plan.
WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NAMESPACE}
webhooks:
  - name: nobody.example.com
    clientConfig: {url: "https://127.0.0.1:1/"}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}
    matchConditions: [{name: for-real, expression: request.dryRun != true}]
    admissionReviewVersions: [v1]
    sideEffects: NoneOnDryRun
    failurePolicy: Fail
"""


@pytest.fixture
def webhook(project: Project, kubectl: Kubectl) -> Iterator[None]:
    """The webhook, until the test is over."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    kubectl("apply", "-f", "-", stdin=WEBHOOK.replace("NAMESPACE", project.namespace))
    yield
    kubectl("delete", "validatingwebhookconfiguration", project.namespace, "--ignore-not-found")


@pytest.mark.usefixtures("webhook")
def test_what_may_pass_is_tried_again_until_it_passes(project: Project, kubectl: Kubectl) -> None:
    """The webhook goes after the first try: the same apply converges, and the next one writes nothing."""
    project.environment("releases: {c: {chart: charts/config, onFailure: {retries: 8, backoff: 1s, maxBackoff: 2s}}}\n")

    def pass_by() -> None:
        deadline = time.monotonic() + 60
        while "failed" not in _history(project, kubectl) and time.monotonic() < deadline:
            time.sleep(0.2)
        kubectl("delete", "validatingwebhookconfiguration", project.namespace)

    passing = threading.Thread(target=pass_by)
    passing.start()
    done = project("apply")
    passing.join()
    assert done.code == 0, done.text
    # Helm calls a failed first install superseded, once an upgrade has made it good.
    first, *_, last = _history(project, kubectl)
    assert (first, last) == ("superseded", "deployed")
    again, written = project.writes_during("apply")
    assert (again.code, written) == (0, [])


@pytest.mark.usefixtures("webhook")
def test_what_does_not_pass_is_given_up_and_remedied(project: Project, kubectl: Kubectl) -> None:
    """The outcome says how often it was tried."""
    policy = "{retries: 1, backoff: 1s, install: uninstall}"
    project.environment(f"releases: {{c: {{chart: charts/config, onFailure: {policy}}}}}\n")
    outcome = _outcome(project)
    assert outcome["message"].endswith("(tried 2 times)")
    assert outcome["remedied"]["message"] == "uninstalled"
    assert _history(project, kubectl) == []
