"""The pod that looks from a node, and what its status tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from reconciler.model.json import JsonMap, as_map, dig, maps_at, number_at, text_at
from reconciler.model.node_probe import Attempt, Reach, Target
from reconciler.model.ownership import MANAGED_BY, PROGRAM

RUN_LABEL = "reconciler/probe"
# Seconds: for one connection, and for the whole life of a pod, its image included.
_CONNECT, DEADLINE = 5, 60
# What the image gives when the connection failed; anything else is the image's own trouble.
_NO_CONNECTION = 1
_WILL_NOT_START = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerError", "RunContainerError")

# The first word of agnhost's answer: k8s.io/kubernetes/test/images/agnhost/connect
_WORDS = {
    "TIMEOUT": "no answer in time",
    "REFUSED": "connection refused",
    "DNS": "its name is not known to DNS",
}


def probe_pod(name: str, namespace: str, node: str, image: str, targets: Sequence[Target], run: str) -> JsonMap:
    """A pod for one node, with a container for each target; as the "restricted" Pod Security Standard wants it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {MANAGED_BY: PROGRAM, RUN_LABEL: run}},
        "spec": {
            "nodeName": node,
            "tolerations": [{"operator": "Exists"}],
            "restartPolicy": "Never",
            "activeDeadlineSeconds": DEADLINE,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65534,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_container(number, image, target) for number, target in enumerate(targets)],
        },
    }


def _container(number: int, image: str, target: Target) -> dict[str, Any]:
    little = {"cpu": "10m", "memory": "32Mi"}
    return {
        "name": f"target-{number}",
        "image": image,
        "args": ["connect", f"--timeout={_CONNECT}s", str(target)],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": {"requests": little, "limits": little},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def is_done(pod: JsonMap) -> bool:
    """Whether it has ended, or will never begin."""
    statuses = maps_at(pod, "status", "containerStatuses")
    ended = text_at(pod, "status", "phase") in ("Succeeded", "Failed")
    return ended or any(text_at(item, "state", "waiting", "reason") in _WILL_NOT_START for item in statuses)


def is_left_over(pod: JsonMap, now: datetime) -> bool:
    """Whether whoever made it is gone: nobody waits for a pod beyond its deadline."""
    try:
        born = datetime.fromisoformat(text_at(pod, "metadata", "creationTimestamp"))
    except ValueError:
        return False
    return now - born > timedelta(seconds=number_at(pod, "spec", "activeDeadlineSeconds", default=DEADLINE))


def attempts(pod: JsonMap | None, node: str, targets: Sequence[Target]) -> Iterator[Attempt]:
    """What the pod of a node found out; None is one that has vanished."""
    status = as_map((pod or {}).get("status"))
    by_name = {text_at(item, "name"): item for item in maps_at(status, "containerStatuses")}
    for number, target in enumerate(targets):
        reach, why = _of(by_name.get(f"target-{number}", {}), status)
        yield Attempt(node, target, reach, why)


def _of(container: JsonMap, status: JsonMap) -> tuple[Reach, str]:
    ended = dig(container, "state", "terminated")
    if isinstance(ended, dict):
        code, message = number_at(ended, "exitCode", default=-1), text_at(ended, "message").strip()
        if code == 0:
            return Reach.REACHED, ""
        if code == _NO_CONNECTION:
            return Reach.NOT_REACHED, _in_words(message)
        return Reach.UNKNOWN, f"the probe ended with {code} {text_at(ended, 'reason')} {message}".rstrip()
    waiting = dig(container, "state", "waiting")
    told = as_map(waiting) or status
    words = (text_at(told, "reason"), text_at(told, "message"))
    return Reach.UNKNOWN, ": ".join(filter(None, words)) or f"the probe did not end within {DEADLINE} s"


def _in_words(message: str) -> str:
    first, _, rest = message.partition(":")
    return _WORDS.get(first, rest.strip() or message or "no connection")
