"""What both engines ask of Helm, in one place, so that they cannot come to differ.

Decisions that the options carry:

* The cluster validates: the plan has dry-run on the server with strict field validation, so Helm's own check
  against the OpenAPI document, some 400 ms for each release, is off.
* Server-side apply, with conflicts forced: what the environment file says wins over what someone changed by
  hand. An upgrade asks for it by name, because Helm would else go on with the method of the last revision:
  a release that was made with client-side apply moves over, its field managers with it.
* Nothing of crds/: Helm 4 applies them by force, over a newer definition that other releases live by. Those that are
  missing are made before (`model/preparation.py`).
* The values given are the whole truth: those of earlier revisions are never reused.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.model.desired import Wait
    from reconciler.model.engine import RemoveRequest, RenderRequest, RollbackRequest, WriteRequest

HOOK_SECONDS = 300
"""How long one hook may take when the release itself is not waited for; Helm's own default."""

FOREVER_SECONDS = 10 * 365 * 24 * 3600
"""Helm has no endless wait; ten years it is."""

QPS = 200.0
BURST = 400
"""The server guards itself by priority and fairness: client-side throttling would only slow us down."""


def timeout_seconds(wait: Wait | None) -> int:
    """Helm's timeout in whole seconds, at least one."""
    if wait is None:
        return HOOK_SECONDS
    return FOREVER_SECONDS if wait.seconds is None else max(1, math.ceil(wait.seconds))


def wait_strategy(wait: Wait | None) -> str:
    """`hookOnly` waits for hooks alone, `watcher` for the release's objects too."""
    return "hookOnly" if wait is None else "watcher"


def install_options(request: WriteRequest) -> dict[str, Any]:
    """The library's options for an install."""
    return _write_options(request) | {"server_side_apply": True, "skip_crds": True}


def upgrade_options(request: WriteRequest) -> dict[str, Any]:
    """The library's options for an upgrade."""
    return _write_options(request) | {
        "server_side_apply": "true",
        "reset_values": True,
        "max_history": request.history,
    }


def rollback_options(request: RollbackRequest) -> dict[str, Any]:
    """The library's options for a rollback."""
    return {
        "version": request.revision,
        "max_history": request.history,
        "force_conflicts": True,
        "server_side_apply": "true",
        "timeout_seconds": HOOK_SECONDS,
        "wait": wait_strategy(None),
    }


def rollback_flags(request: RollbackRequest) -> list[str]:
    """The program's flags for a rollback."""
    return [
        f"--history-max={request.history}",
        "--force-conflicts",
        "--server-side=true",
        f"--timeout={HOOK_SECONDS}s",
        f"--wait={wait_strategy(None)}",
    ]


def uninstall_options(request: RemoveRequest) -> dict[str, Any]:
    """The library's options for an uninstall. Not Helm's `ignore_not_found`, which ignores every failure to look."""
    return {
        "timeout_seconds": timeout_seconds(request.wait),
        "wait": wait_strategy(request.wait),
        "deletion_propagation": _propagation(request.wait),
    }


def uninstall_flags(request: RemoveRequest) -> list[str]:
    """The program's flags for an uninstall."""
    return [
        f"--timeout={timeout_seconds(request.wait)}s",
        f"--wait={wait_strategy(request.wait)}",
        f"--cascade={_propagation(request.wait)}",
    ]


def _propagation(wait: Wait | None) -> str:
    # An object that goes at once leaves its pods running, and what they need is removed next.
    return "foreground" if wait else "background"


def render_options(request: RenderRequest) -> dict[str, Any]:
    """The library's options for a rendering."""
    options: dict[str, Any] = {
        "name": request.release.name,
        "namespace": request.release.namespace,
        "is_install": not request.upgrade,
        "is_upgrade": request.upgrade,
    }
    if request.capabilities:
        options["kube_version"] = request.capabilities.kube_version
        options["api_versions"] = list(request.capabilities.api_versions)
    return options


def write_flags(request: WriteRequest) -> list[str]:
    """The program's flags for what install and upgrade share."""
    labels = ",".join(f"{key}={value}" for key, value in sorted(request.labels.items()))
    return [
        f"--wait={wait_strategy(request.wait)}",
        f"--timeout={timeout_seconds(request.wait)}s",
        f"--description={request.description}",
        "--disable-openapi-validation",
        "--force-conflicts",
        "--server-side=true",
        *([f"--labels={labels}"] if labels else []),
        *(["--wait-for-jobs"] if request.wait else []),
    ]


def install_flags(request: WriteRequest) -> list[str]:
    """The program's flags for an install."""
    return [*write_flags(request), "--skip-crds"]


def upgrade_flags(request: WriteRequest) -> list[str]:
    """The program's flags for an upgrade."""
    return [*write_flags(request), "--reset-values", f"--history-max={request.history}"]


def render_flags(request: RenderRequest) -> list[str]:
    """The program's flags for `helm template`. Against a cluster Helm takes the capabilities from there."""
    flags = ["--disable-openapi-validation", f"--dry-run={'server' if request.cluster else 'client'}"]
    if request.upgrade:
        flags.append("--is-upgrade")
    if request.capabilities:
        flags.append(f"--kube-version={request.capabilities.kube_version}")
    if request.capabilities and request.capabilities.api_versions:
        flags.append(f"--api-versions={','.join(request.capabilities.api_versions)}")
    return flags


def _write_options(request: WriteRequest) -> dict[str, Any]:
    return {
        "description": request.description,
        "disable_openapi_validation": True,
        "force_conflicts": True,
        "labels": dict(request.labels),
        "timeout_seconds": timeout_seconds(request.wait),
        "wait": wait_strategy(request.wait),
        "wait_for_jobs": request.wait is not None,
    }
