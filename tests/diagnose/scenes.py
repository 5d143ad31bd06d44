"""Live objects in few words, and the scenes that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from reconciler.diagnose.rules import judge
from reconciler.diagnose.scene import Answer, make_scene
from reconciler.model.evidence import Contents, Evidence, LogId, Run
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.standing import Condition, Health

NAMESPACE = "shop"
PROGRESSING = Health(Condition.PROGRESSING, "has 0 of 1 available")
_numbers = count()


def live(kind: str, name: str, api: str = "v1", owner: str = "", **fields: Any) -> dict[str, Any]:
    """A live object; its uid is its name, and `owner` is the uid of what it belongs to."""
    owners = [{"uid": owner}] if owner else []
    created = f"2026-01-01T00:00:{next(_numbers) % 60:02}Z"
    metadata = {"name": name, "namespace": NAMESPACE, "uid": name, "ownerReferences": owners}
    metadata |= {"creationTimestamp": created, **fields.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def waits(reason: str, message: str = "", **status: Any) -> dict[str, Any]:
    """The status of a container that waits."""
    return {"state": {"waiting": {"reason": reason, "message": message}}, **status}


def ended(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    """How a run of a container ended."""
    return {"terminated": {"exitCode": code, "reason": reason, **more}}


RUNNING = {"state": {"running": {}}, "ready": False, "started": True}
LOOPING = {**waits("CrashLoopBackOff", "back-off 20s"), "restartCount": 4}


def pod(
    status: Mapping[str, Any] | None = None,
    *,
    image: str = "example.com/app:1",
    name: str = "api-1",
    container: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    **told: Any,
) -> dict[str, Any]:
    """A pod of the ReplicaSet `api` with one container, and its status."""
    made = {"name": "main", "image": image, **(container or {})}
    statuses = [] if status is None else [{"name": "main", "image": image, **status}]
    whole = {"phase": "Pending", "containerStatuses": statuses, **told}
    return live("Pod", name, owner="rs", spec={"containers": [made], **(spec or {})}, status=whole)


def unscheduled(message: str, **spec: Any) -> dict[str, Any]:
    """A pod that no node takes."""
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    return pod(spec=spec, conditions=conditions)


def event(about: str, reason: str, message: str) -> dict[str, Any]:
    """A warning about the object of this uid."""
    return {"involvedObject": {"uid": about}, "reason": reason, "message": message, "type": "Warning"}


DEPLOYMENT = live("Deployment", "api", "apps/v1")
REPLICA_SET = live("ReplicaSet", "rs", "apps/v1", owner="api")


def secret(name: str) -> ObjectId:
    """A Secret of the namespace."""
    return ObjectId(Kind("v1", "Secret"), NAMESPACE, name)


def config_map(name: str) -> ObjectId:
    """A ConfigMap of the namespace."""
    return ObjectId(Kind("v1", "ConfigMap"), NAMESPACE, name)


def evidence(
    *objects: Mapping[str, Any],
    events: Iterable[Mapping[str, Any]] = (),
    log: Iterable[str] = (),
    contents: Mapping[ObjectId, Contents | None] | None = None,
    **others: Any,
) -> Evidence:
    """What was gathered; `log` is that of the last run of `main` in the pod `api-1`."""
    lines = tuple(log)
    of = LogId(ObjectId(Kind("v1", "Pod"), NAMESPACE, "api-1"), "main", Run.PREVIOUS)
    return Evidence(
        objects=(REPLICA_SET, *objects),
        events=tuple(events),
        logs={of: lines} if lines else {},
        contents=contents or {},
        **others,
    )


def ask(gathered: Evidence, root: Mapping[str, Any] = DEPLOYMENT, health: Health = PROGRESSING) -> Answer:
    """What the rules say."""
    return judge(make_scene(root, health, gathered))
