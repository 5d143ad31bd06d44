"""Saved plans on a real API server: done exactly, or refused without a write."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pyrage
import pytest

from reconciler.sandbox import writes
from tests.conftest import Kubectl, run_reconcile
from tests.e2e.conftest import CONFIG_MAP, Project

pytestmark = pytest.mark.e2e

SECRET = 's3cret/of "the"+database'
KEY = {"RECONCILE_PLAN_KEY": "k" * 64}
ENVIRON = {"DB_PASSWORD": SECRET, **KEY}
RELEASES = """
    secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    releases:
      app: {chart: charts/config, values: [values/app.yaml], valuesFrom: {password: {secret: db, key: password}}}
      other: {chart: charts/config}
"""


@pytest.fixture
def saved(project: Project) -> Project:
    """Applied, then edited so that `app` is to be upgraded, and that plan saved in plan.json."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.write("values/app.yaml", "text: one\n")
    project.environment(RELEASES)
    project.applied(**ENVIRON)
    project.write("values/app.yaml", "text: two\n")
    done, written = project.writes_during("plan", "--save", "plan.json", **ENVIRON)
    assert done.code == 2, done.text
    assert "saved in plan.json: plan " in done.err
    assert written == []
    return project


def _apply(project: Project, *options: str, **environ: str) -> tuple[int, str, int]:
    """Apply plan.json: exit code, output, and how much was written."""
    mark = project.control_plane.settle_audit()
    done = project.run("apply", "--plan", "plan.json", *options, **(environ or ENVIRON))
    project.control_plane.settle_audit()
    written = list(writes(project.control_plane.audit.read(mark), user="admin"))
    return done.code, done.text, len(written)


def test_a_saved_plan_is_applied_as_it_was_reviewed(saved: Project, kubectl: Kubectl) -> None:
    """It needs no environment file on the command line, changes what it says, and can be applied once."""
    assert stat.S_IMODE((saved.folder / "plan.json").stat().st_mode) == 0o600
    code, text, written = _apply(saved)
    assert code == 0, text
    assert written > 0
    assert kubectl("-n", saved.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "two"
    assert saved("plan", **ENVIRON).code == 0
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0)
    assert "was at revision 1 (deployed), and is at revision 2 (deployed) now" in text


def _edit_values(project: Project, _kubectl: Kubectl) -> None:
    project.write("values/app.yaml", "text: three\n")


def _break_environment(project: Project, _kubectl: Kubectl) -> None:
    project.write("env.yaml", "no: environment\n")


def _add_lock(project: Project, _kubectl: Kubectl) -> None:
    project.write("env.lock", "apiVersion: reconciler/v1\nkind: Lock\ncharts: []\n")


def _other_chart(project: Project, _kubectl: Kubectl) -> None:
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: tampered\n")


def _edit_object(project: Project, kubectl: Kubectl) -> None:
    kubectl("-n", project.namespace, "annotate", "cm", "app", "seen=yes", "--field-manager", "someone")


def _remake_object(project: Project, kubectl: Kubectl) -> None:
    item = json.loads(kubectl("-n", project.namespace, "get", "cm", "app", "-o", "json"))
    kubectl("-n", project.namespace, "delete", "cm", "app")
    for key in ("uid", "resourceVersion", "creationTimestamp"):
        del item["metadata"][key]
    kubectl("create", "-f", "-", stdin=json.dumps(item))


def _drift_elsewhere(project: Project, kubectl: Kubectl) -> None:
    patch = ("patch", "cm", "other", "--type", "merge", "-p", '{"data":{"text":"drifted"}}')
    kubectl("-n", project.namespace, *patch, "--field-manager", "someone")


def _upgrade_by_hand(project: Project, kubectl: Kubectl) -> None:
    secret = json.loads(kubectl("-n", project.namespace, "get", "secret", "sh.helm.release.v1.app.v1", "-o", "json"))
    kubectl("-n", project.namespace, "label", "secret", secret["metadata"]["name"], "touched=yes")


def _edit_plan(project: Project, _kubectl: Kubectl) -> None:
    path = project.folder / "plan.json"
    path.write_text(path.read_text().replace('"after": "two"', '"after": "2"'))


def _cut_plan(project: Project, _kubectl: Kubectl) -> None:
    path = project.folder / "plan.json"
    path.write_text(path.read_text()[:-200])


MOVES: Mapping[str, tuple[Callable[[Project, Kubectl], None], str]] = {
    "values": (_edit_values, "the plan was made from other files: values/app.yaml was changed"),
    "an environment that is none any more": (_break_environment, "env.yaml was changed"),
    "a lock file that was not there": (_add_lock, "env.lock was not there, or not read"),
    "a chart": (_other_chart, "was to be of chart config 0.1.0 (sha256:"),
    "an object": (_edit_object, "last written by someone at "),
    "an object made anew": (_remake_object, "app was deleted and made anew"),
    "an object of another release": (_drift_elsewhere, "other was as it should be, and is not now: resourceVersion"),
    "Helm's record": (_upgrade_by_hand, "has another record of revision 1 (deployed)"),
    "the plan itself": (_edit_plan, "plan.json is not as it was made"),
    "half a plan": (_cut_plan, "plan.json is no saved plan: it is no JSON"),
}


@pytest.mark.parametrize(("move", "message"), MOVES.values(), ids=MOVES)
def test_what_moved_is_named_and_nothing_is_written(
    move: Callable[[Project, Kubectl], None], message: str, saved: Project, kubectl: Kubectl
) -> None:
    """Exit code 3, and the audit log has no write."""
    move(saved, kubectl)
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0), text
    assert message in text


def test_a_release_upgraded_by_hand(saved: Project, helm_program: Path, kubeconfig: str) -> None:
    """`helm upgrade` in between: the revision moved, and the plan is not applied."""
    path = saved.folder / "kubeconfig"
    path.write_text(kubeconfig)
    command = [helm_program, "upgrade", "other", saved.folder / "charts/config", "-n", saved.namespace]
    subprocess.run([*map(str, command), "--kubeconfig", str(path)], check=True, capture_output=True)
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0), text
    assert "release " in text
    assert "was at revision 1 (deployed), and is at revision 2 (deployed) now" in text


@pytest.mark.parametrize(
    ("environ", "code", "message"),
    [
        (KEY, 1, "the environment variable DB_PASSWORD is not set"),
        ({"DB_PASSWORD": "another", **KEY}, 3, "the reference `env DB_PASSWORD` holds another text now"),
        ({"DB_PASSWORD": SECRET, "RECONCILE_PLAN_KEY": "o" * 64}, 3, "was made with another key than the one here"),
        ({"DB_PASSWORD": SECRET, "RECONCILE_PLAN_KEY": "short"}, 1, "could be guessed"),
    ],
    ids=["no secret", "another secret", "another key", "a short key"],
)
def test_secrets_and_keys(environ: Mapping[str, str], code: int, message: str, saved: Project) -> None:
    """A secret that is missing can be supplied, and is an error; one that changed is a plan that moved."""
    found, text, written = _apply(saved, **environ)
    assert (found, written) == (code, 0), text
    assert message in text
    assert "another" not in text.replace(message, "") or "another" not in environ.values()


def test_a_plan_that_is_too_old(saved: Project) -> None:
    """After its lifetime it is refused, and says when that was."""
    assert saved("plan", "--save", "plan.json", "--lifetime", "1s", **ENVIRON).code == 2
    time.sleep(1)
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0), text
    assert "and could be applied until" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--only", "app"), "a saved plan says itself what is done"),
        (("--allow-deletions", "3"), "a saved plan says itself what is done"),
        (("-e", "other.yaml"), "the plan is for env.yaml, not for other.yaml"),
        (("--age-identity", "key.txt"), "the plan holds no secrets that an identity could open"),
    ],
    ids=["selector", "consent", "another environment", "identity"],
)
def test_the_plan_alone_says_what_is_done(options: tuple[str, ...], message: str, saved: Project) -> None:
    """Options that would say something else are refused."""
    saved.write("other.yaml", (saved.folder / "env.yaml").read_text())
    code, text, written = _apply(saved, *options)
    assert code in (1, 3)
    assert written == 0
    assert message in text


def test_no_secret_is_in_the_file(saved: Project) -> None:
    """In no form: plain, base64, in a URL, in JSON; and the digest is not the one that anybody could make."""
    text = (saved.folder / "plan.json").read_text()
    forms = {SECRET, base64.b64encode(SECRET.encode()).decode(), quote(SECRET, safe=""), json.dumps(SECRET)[1:-1]}
    assert [form for form in forms if form in text] == []
    assert '"env DB_PASSWORD"' in text


def test_secrets_travel_encrypted_with_age(project: Project, kubectl: Kubectl) -> None:
    """Who has the identity applies without access to the secrets; who has another one is refused."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.write("values/app.yaml", "text: one\n")
    project.environment(RELEASES)
    identity, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    project.write("key.txt", f"# for the tests\n{identity}\n")
    project.write("other.txt", f"{other}\n")
    recipient = str(identity.to_public())
    done = project("plan", "--save", "plan.json", "--age-recipient", recipient, **ENVIRON)
    assert done.code == 2, done.text
    assert SECRET not in (project.folder / "plan.json").read_text()
    code, text, written = _apply(project, "--age-identity", "other.txt", **KEY)
    assert (code, written) == (1, 0)
    assert "cannot be opened with the identities in other.txt" in text
    code, text, _ = _apply(project, "--age-identity", "key.txt", **KEY)
    assert code == 0, text
    assert SECRET not in text
    data = kubectl("-n", project.namespace, "get", "secret", "db", "-o", "jsonpath={.data.password}")
    assert base64.b64decode(data).decode() == SECRET


def test_a_key_of_the_user_is_made_when_none_is_given(saved: Project) -> None:
    """It is nobody else's to read, and the same the next time; another user's plan is refused."""
    home = {"XDG_STATE_HOME": str(saved.folder / "state"), "DB_PASSWORD": SECRET}
    assert saved("plan", "--save", "plan.json", **home).code == 2
    key = saved.folder / "state/reconciler/plan.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    code, text, _ = _apply(saved, DB_PASSWORD=SECRET, XDG_STATE_HOME=str(saved.folder / "elsewhere"))
    assert code == 3
    assert "RECONCILE_PLAN_KEY or --key-file" in text
    assert _apply(saved, **home)[0] == 0


@pytest.fixture
def reader(saved: Project, kubectl: Kubectl, kubeconfig: str) -> str:
    """The kubeconfig of a ServiceAccount that may only read, and only in the namespace."""
    home = ("-n", saved.namespace)
    kubectl(*home, "create", "serviceaccount", "planner")
    kubectl(*home, "create", "role", "planner", "--verb=get,list", "--resource=secrets,configmaps,namespaces")
    account = f"--serviceaccount={saved.namespace}:planner"
    kubectl(*home, "create", "rolebinding", "planner", "--role=planner", account)
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    return kubeconfig.replace(token, kubectl(*home, "create", "token", "planner").strip())


def test_a_plan_by_a_job_that_may_only_read(saved: Project, reader: str, kubectl: Kubectl) -> None:
    """As in CI: whoever makes the plan has other credentials, and may not ask the server what it would store."""
    done = saved("plan", "--save", "plan.json", RECONCILE_KUBECONFIG=reader, **ENVIRON)
    assert done.code == 2, done.text
    assert "no right to patch it" in done.out
    assert json.loads((saved.folder / "plan.json").read_text())["clusters"][0]["uid"] is None
    code, text, _ = _apply(saved)
    assert code == 0, text
    assert kubectl("-n", saved.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "two"


def test_drift_is_corrected_by_a_saved_plan(saved: Project, kubectl: Kubectl) -> None:
    """The drift that was reviewed, and no later one."""
    saved.write("values/app.yaml", "text: one\n")
    patch = ("-n", saved.namespace, "patch", "cm", "other", "--type", "merge", "-p")
    kubectl(*patch, '{"data":{"text":"drifted"}}')
    assert saved("plan", "--save", "plan.json", **ENVIRON).code == 2
    kubectl(*patch, '{"data":{"text":"drifted again"}}')
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0)
    assert "other was changed: resourceVersion" in text
    assert saved("plan", "--save", "plan.json", **ENVIRON).code == 2
    assert _apply(saved)[0] == 0
    assert saved("plan", **ENVIRON).code == 0


def test_a_plan_with_nothing_to_do_is_saved_too(saved: Project) -> None:
    """Applying it does nothing, as long as there is nothing to do."""
    saved.applied(**ENVIRON)
    assert saved("plan", "--save", "plan.json", **ENVIRON).code == 0
    code, text, written = _apply(saved)
    assert (code, written) == (0, 0), text
    saved.write("values/app.yaml", "text: three\n")
    assert _apply(saved)[0::2] == (3, 0)


def test_what_was_blocked_stays_so_and_the_rest_is_done(saved: Project, kubectl: Kubectl) -> None:
    """The reviewer saw it: as without a file, the exit code is 1."""
    kubectl("-n", saved.namespace, "create", "configmap", "taken")
    saved.environment(RELEASES + "      taken: {chart: charts/config}\n")
    assert saved("plan", "--save", "plan.json", **ENVIRON).code == 1
    document = (saved.folder / "plan.json").read_text()
    assert '"kind": "blocked"' in document
    code, text, written = _apply(saved)
    assert code == 1, text
    assert written > 0
    assert kubectl("-n", saved.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "two"


def test_values_that_are_others_each_time(saved: Project) -> None:
    """What was reviewed cannot be done again, and the refusal says why."""
    saved.chart("random", {"templates/config.yaml": CONFIG_MAP.replace(".Values.text", "randAlphaNum 9")})
    saved.environment(RELEASES + "      random: {chart: charts/random}\n")
    assert saved("plan", "--save", "plan.json", **ENVIRON).code == 2
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0), text
    assert "if its templates use the time or random values, they give others each time" in text


def test_from_another_folder_of_the_project(saved: Project) -> None:
    """A checkout is found by its .git, wherever the plan was made and is applied; outside it is said."""
    (saved.folder / ".git").mkdir()
    assert saved("plan", "--save", "plan.json", **ENVIRON).code == 2
    below = saved.folder / "values"
    kubeconfig = saved.control_plane.kubeconfig_path.read_text()
    environ = {"RECONCILE_KUBECONFIG": kubeconfig, **ENVIRON}
    done = run_reconcile(["apply", "--plan", "../plan.json"], below, environ)
    assert done.code == 0, done.text
    done = run_reconcile(["apply", "--plan", str(saved.folder / "plan.json")], Path("/"), environ)
    assert done.code == 3
    assert "the plan is for env.yaml, which is not in /" in done.err


@pytest.mark.parametrize("what", ["release", "secret"])
def test_what_is_removed_is_what_was_reviewed(what: str, saved: Project, kubectl: Kubectl) -> None:
    """A release and a Secret that the file dropped: neither goes when it was changed since."""
    saved.environment("releases: {app: {chart: charts/config, values: [values/app.yaml]}}")
    options = ("--save", "plan.json", "--allow-deletions", "2")
    assert saved("plan", *options, **ENVIRON).code == 2
    name = {"release": ("cm", "other"), "secret": ("secret", "db")}[what]
    patch = ("-n", saved.namespace, "patch", *name, "--type", "merge", "-p")
    kubectl(*patch, '{"data":{"more":"dHdv"}}')
    code, text, written = _apply(saved)
    assert (code, written) == (3, 0), text
    assert f"{name[1]} was changed: resourceVersion" in text
    assert saved("plan", *options, **ENVIRON).code == 2
    code, text, _ = _apply(saved)
    assert code == 0, text
    assert kubectl("-n", saved.namespace, "get", *name, "--ignore-not-found") == ""


def test_what_goes_with_a_namespace_may_be_busy(project: Project, kubectl: Kubectl) -> None:
    """An autoscaler has a new status every few seconds, which moves no plan; what somebody wants of it does."""
    home = ("-n", f"{project.namespace}-more")
    project.environment(f"namespaces: {{NAMESPACE: {{}}, {home[1]}: {{}}}}\n")
    project.applied()
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    kubectl(*home, "create", "-f", "-", stdin=json.dumps(scaler))
    patch = (*home, "patch", "hpa", "web", "--type", "merge")

    def look(replicas: int) -> None:
        kubectl(*patch, "--subresource=status", "-p", json.dumps({"status": {"desiredReplicas": replicas}}))

    look(1)
    project.environment("namespaces: {NAMESPACE: {}}\npolicy: {prune: {delete: ['horizontalpodautoscaler/*']}}\n")
    assert project("plan", "--save", "plan.json", **KEY).code == 2
    look(2)
    kubectl(*patch, "-p", '{"spec": {"maxReplicas": 5}}', "--field-manager", "someone")
    code, text, written = _apply(project, **KEY)
    assert (code, written) == (3, 0), text
    assert "web was changed: resourceVersion" in text
    assert project("plan", "--save", "plan.json", **KEY).code == 2
    look(3)
    code, text, _ = _apply(project, **KEY)
    assert code == 0, text
