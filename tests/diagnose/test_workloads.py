"""Workloads whose pods may not be made, jobs that failed, and what nobody could name."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.finding import Cause
from reconciler.model.standing import Condition, Health
from tests.diagnose.scenes import (
    LOOPING,
    NAMESPACE,
    RUNNING,
    ask,
    ended,
    event,
    evidence,
    live,
    pod,
    waits,
)


def replica_set(message: str) -> dict[str, Any]:
    """A ReplicaSet of the Deployment `api` whose pods the server refuses."""
    failure = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}]
    return live("ReplicaSet", "refused", "apps/v1", owner="api", status={"conditions": failure})


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ('pods "x" is forbidden: exceeded quota: small', Cause.QUOTA),
        ('pods "x" is forbidden: maximum memory usage per Container is 1Gi', Cause.LIMIT_RANGE),
        ('pods "x" is forbidden: violates PodSecurity "restricted:latest"', Cause.POD_SECURITY),
        ('admission webhook "guard" denied the request: no', Cause.ADMISSION),
        ('failed calling webhook "guard": timeout', Cause.WEBHOOK_UNAVAILABLE),
        ("something that nobody knows", Cause.ADMISSION),
    ],
)
def test_pods_that_may_not_be_made(told: str, cause: Cause) -> None:
    """By the condition of a ReplicaSet, and by the events of workloads that have none."""
    found = ask(evidence(replica_set(told)))
    assert found.cause is cause
    assert told in found.message
    of_event = ask(evidence(events=[event("set", "FailedCreate", told)]), root=live("StatefulSet", "set", "apps/v1"))
    assert of_event.cause is cause


def test_an_old_refusal_is_no_cause_once_there_are_pods() -> None:
    """The event stays for an hour; the pods tell what is wrong now."""
    told = [event("rs", "FailedCreate", "exceeded quota")]
    assert ask(evidence(pod(waits("ErrImagePull", "not found")), events=told)).cause is Cause.IMAGE_NOT_FOUND


def job(reason: str, **annotations: str) -> dict[str, Any]:
    """A Job that has given up."""
    failed = [{"type": "Failed", "status": "True", "reason": reason, "message": "it gave up"}]
    return live("Job", "rs", "batch/v1", metadata={"annotations": annotations}, status={"conditions": failed})


@pytest.mark.parametrize(
    ("item", "cause", "said", "hint"),
    [
        (job("BackoffLimitExceeded"), Cause.JOB_FAILED, "Job shop/rs failed: exit code 1; its log says: ERROR", "mend"),
        (job("DeadlineExceeded"), Cause.JOB_FAILED, "failed", "raise its activeDeadlineSeconds"),
        (job("BackoffLimitExceeded", **{"helm.sh/hook": "pre-install"}), Cause.HOOK_FAILED, "hook Job shop/rs", "logs"),
    ],
)
def test_jobs(item: dict[str, Any], cause: Cause, said: str, hint: str) -> None:
    """With the log of the pod that ended badly."""
    made = pod({"state": ended(1)}, phase="Failed")
    found = ask(evidence(made, log=["ERROR no"]), root=item, health=Health(Condition.FAILED, "failed"))
    assert found.cause is cause
    assert said in found.message
    assert hint in found.hint
    assert "log of main: ERROR no" in found.evidence


def test_a_job_whose_image_is_missing_has_that_cause() -> None:
    """It is what to mend; that the job gave up is its consequence."""
    item = job("DeadlineExceeded")
    assert ask(evidence(pod(waits("ErrImagePull", "not found"))), root=item).cause is Cause.IMAGE_NOT_FOUND


def test_a_rollout_without_progress() -> None:
    """Only where nothing else is known to be wrong."""
    stalled = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}]
    root = live("Deployment", "api", "apps/v1", status={"conditions": stalled})
    waiting = evidence(pod(waits("ContainerCreating")))
    found = ask(waiting, root=root)
    assert found.cause is Cause.PROGRESS_DEADLINE
    assert "Pod shop/api-1: Pending, main ContainerCreating" in found.evidence
    assert ask(evidence(pod({**LOOPING, "lastState": ended(1)})), root=root).cause is Cause.CRASH_LOOP


@pytest.mark.parametrize(
    ("status", "doing"),
    [
        (waits("ContainerCreating"), "main ContainerCreating"),
        (RUNNING, "main runs and is not ready"),
        (None, "main has not started"),
        ({"ready": True}, "main is ready"),
    ],
)
def test_what_is_only_not_ready(status: dict[str, Any] | None, doing: str) -> None:
    """It says what each pod was doing."""
    found = ask(evidence(pod(status)))
    assert found.cause is Cause.NOT_READY
    assert found.message == f"Deployment {NAMESPACE}/api has 0 of 1 available"
    assert found.evidence == (f"Pod {NAMESPACE}/api-1: Pending, {doing}",)


def test_an_object_that_is_gone() -> None:
    """Drift that an apply repairs."""
    found = ask(evidence(), health=Health(Condition.MISSING, "does not exist"))
    assert (found.cause, found.hint) == (Cause.OBJECT_MISSING, "`reconcile apply` puts it back")
