"""A release that does not run → findings: masked, bounded, one for each object that blocks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.diagnose.explain import Root, explain_other, explain_release, troubled
from reconciler.model.evidence import Evidence
from reconciler.model.finding import Cause, Trouble
from reconciler.model.identity import NamespaceId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.secret import MASK, Mask, SecretText
from reconciler.model.standing import Condition
from tests.diagnose.scenes import DEPLOYMENT, LOOPING, PROGRESSING, ended, evidence, live, pod, waits
from tests.plan.factories import API, WHERE, config_map, observed, release, stored
from tests.plan.factories import live as installed

UNAVAILABLE = {**DEPLOYMENT, "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "updatedReplicas": 1}}
ROOT = Root(UNAVAILABLE, PROGRESSING)
CRASHED = pod({**LOOPING, "lastState": ended(1)})
WAITED = Trouble("resource Deployment/shop/api not ready; the wait of 5 s elapsed", "raise `wait`")


def causes(trouble: Trouble | None, roots: Sequence[Root], gathered: Evidence) -> list[Cause]:
    """The causes that are named."""
    return [finding.cause for finding in explain_release(release(), trouble, roots, gathered, Mask())]


@pytest.mark.parametrize(
    ("trouble", "roots", "gathered", "expected"),
    [
        pytest.param(None, [], evidence(), [], id="all is well"),
        pytest.param(None, [ROOT], evidence(CRASHED), [Cause.CRASH_LOOP], id="an object tells"),
        pytest.param(WAITED, [ROOT], evidence(CRASHED), [Cause.CRASH_LOOP], id="what was waited for tells"),
        pytest.param(WAITED, [ROOT], evidence(pod(waits("ContainerCreating"))), [Cause.TIMED_OUT], id="nothing wrong"),
        pytest.param(WAITED, [], evidence(), [Cause.TIMED_OUT], id="all is ready by now"),
        pytest.param(Trouble("field is immutable"), [ROOT], evidence(CRASHED), [Cause.IMMUTABLE_FIELD], id="refused"),
        pytest.param(Trouble("whatever"), [], evidence(), [Cause.FAILED], id="nobody knows these words"),
        pytest.param(Trouble("whatever"), [ROOT], evidence(CRASHED), [Cause.CRASH_LOOP], id="but the objects do"),
        pytest.param(
            Trouble("it needs b", None, Cause.NEED_MISSING), [], evidence(), [Cause.NEED_MISSING], id="the plan knows"
        ),
        pytest.param(None, [ROOT], evidence(), [Cause.NOT_READY], id="not ready, and nothing is known"),
    ],
)
def test_what_speaks(trouble: Trouble | None, roots: Sequence[Root], gathered: Evidence, expected: list[Cause]) -> None:
    """A refusal speaks for itself; a wait, a hook and what nobody knows are symptoms, and the objects speak."""
    assert causes(trouble, roots, gathered) == expected


def test_each_object_has_one_cause_and_what_only_waits_is_left_out() -> None:
    """Two Deployments that fail are two findings; a third that merely waits for them is none."""
    other = {**UNAVAILABLE, "metadata": {**DEPLOYMENT["metadata"], "name": "web", "uid": "web"}}
    slow = {**UNAVAILABLE, "metadata": {**DEPLOYMENT["metadata"], "name": "slow", "uid": "slow"}}
    broken = pod(waits("InvalidImageName"), name="web-1")
    broken["metadata"]["ownerReferences"] = [{"uid": "web"}]
    roots = [Root(item, PROGRESSING) for item in (UNAVAILABLE, other, slow)]
    assert causes(None, roots, evidence(CRASHED, broken)) == [Cause.CRASH_LOOP, Cause.INVALID_IMAGE]


def test_a_wait_tells_what_was_pending() -> None:
    """Each object, and what its pods were doing."""
    (found,) = explain_release(release(), WAITED, [ROOT], evidence(pod(waits("ContainerCreating"))), Mask())
    assert found.message == WAITED.told
    assert "Pod shop/api-1: Pending, main ContainerCreating" in found.evidence
    assert found.hint == "raise `wait`"
    (ready,) = explain_release(release(), WAITED, [], evidence(), Mask())
    assert ready.hint.startswith("everything is ready by now")
    (unseen,) = explain_release(release(), WAITED, [], evidence(gaps=("pods could not be read",)), Mask())
    assert unseen.hint == "raise `wait`"


def test_what_became_ready_meanwhile_is_not_explained() -> None:
    """The objects around are newer than the health that made us look."""
    ready = {**UNAVAILABLE, "status": {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1}}
    assert causes(None, [ROOT], evidence(ready)) == []


def test_everything_foreign_is_masked_and_then_shortened() -> None:
    """The environment's secrets and those that the pods use; a secret across the cut leaves no part behind."""
    log = ["login s3cret-password", "token of-another-secret", "x" * 490 + " s3cret-password"]
    gathered = evidence(CRASHED, log=log, mask=Mask.of([SecretText("of-another-secret")]))
    (found,) = explain_release(release(), None, [ROOT], gathered, Mask.of([SecretText("s3cret-password")]))
    text = "\n".join((found.message, found.hint, *found.evidence))
    assert "s3cret" not in text
    assert "of-another-secret" not in text
    assert f"login {MASK}" in text
    assert max(map(len, found.evidence)) == 500


def test_gaps_are_told_with_each_finding() -> None:
    """What could not be read may be what matters."""
    (found,) = explain_release(release(), None, [ROOT], evidence(gaps=("events could not be read: no",)), Mask())
    assert found.evidence[-1] == "events could not be read: no"


def test_a_namespace_that_is_being_deleted_explains_all() -> None:
    """With what keeps it from going, by its conditions."""
    conditions = [
        {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "1 resource has the finalizer x/y"},
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "all content was deleted"},
    ]
    leaving = live("Namespace", "shop", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    leaving["status"] = {"conditions": conditions}
    gathered = evidence(CRASHED, namespaces={"shop": leaving})
    (found,) = explain_release(release(), None, [ROOT], gathered, Mask())
    assert found.cause is Cause.NAMESPACE_TERMINATING
    assert found.evidence == (
        "namespace shop is being deleted since 2026-01-01T00:00:00Z",
        "condition NamespaceFinalizersRemaining: 1 resource has the finalizer x/y",
    )
    assert "kubectl get namespace shop" in found.hint


def test_namespaces_and_secrets_have_findings_too() -> None:
    """They point at their own line."""
    trouble = Trouble("Namespace shop: exceeded quota")
    (found,) = explain_other(NamespaceId("main", "shop"), trouble, WHERE, evidence(), Mask())
    assert (found.cause, found.subject, found.where) == (Cause.QUOTA, None, WHERE)


def test_which_objects_are_looked_into() -> None:
    """Those that are not well, those that are gone, and hooks that failed; what is well is left alone."""
    sick: JsonMap = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "sick"}}
    job: JsonMap = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"ttlSecondsAfterFinished": 1}}
    done, hook = ({**job, "metadata": {"name": name}} for name in ("done", "hook"))
    held = stored(objects=[config_map("fine"), config_map("gone"), sick, done], failed_hooks=(hook,))
    alive = [installed(config_map("fine")), {**installed(sick), "status": {"phase": "Pending"}}]
    roots = troubled(held, observed(held, objects=alive).clusters["main"])
    assert [(text_at(root.item, "metadata", "name"), root.health.condition) for root in roots] == [
        ("gone", Condition.MISSING),
        ("sick", Condition.PROGRESSING),
        ("hook", Condition.FAILED),
    ]
    assert text_at(roots[-1].item, "metadata", "namespace") == API.namespace
