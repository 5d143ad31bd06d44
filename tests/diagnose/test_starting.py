"""Containers that cannot be started: what they need is missing, or what they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.evidence import Contents
from reconciler.model.finding import Cause
from reconciler.model.identity import ObjectId
from tests.diagnose.scenes import LOOPING, ask, config_map, ended, event, evidence, pod, secret, waits

CREATING = waits("ContainerCreating")
DB = Contents("Opaque", frozenset({"password", "user"}))


def env(kind: str, name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    """A container that takes a variable from a key."""
    source = {"name": name, "key": key, "optional": optional}
    return {"env": [{"name": "V", "valueFrom": {f"{kind}KeyRef": source}}]}


@pytest.mark.parametrize(
    ("container", "told", "contents", "cause", "said"),
    [
        pytest.param(
            env("secret", "db", "password"),
            'secret "db" not found',
            {secret("db"): None},
            Cause.SECRET_MISSING,
            "Secret db, which Pod shop/api-1 needs, does not exist",
            id="secret",
        ),
        pytest.param(
            {"envFrom": [{"configMapRef": {"name": "app"}}]},
            'configmap "app" not found',
            {},
            Cause.CONFIG_MAP_MISSING,
            "ConfigMap app",
            id="config map, by what the kubelet says alone",
        ),
        pytest.param(
            env("secret", "db", "pasword"),
            "couldn't find key pasword in Secret shop/db",
            {secret("db"): DB},
            Cause.KEY_MISSING,
            "Secret db has no key pasword; it has password, user",
            id="key",
        ),
        pytest.param(
            {},
            "couldn't find key pasword in Secret shop/db",
            {},
            Cause.KEY_MISSING,
            "Secret shop/db has no key pasword",
            id="key, by what the kubelet says alone",
        ),
        pytest.param(
            env("configMap", "app", "mode", optional=True),
            'secret "other" not found',
            {config_map("app"): None},
            Cause.CANNOT_START,
            'secret "other" not found',
            id="an optional one is not to blame",
        ),
    ],
)
def test_what_is_missing(
    container: Mapping[str, Any], told: str, contents: Mapping[ObjectId, Contents | None], cause: Cause, said: str
) -> None:
    """By what was read, which is newer; without the right to read, by what was said."""
    item = pod(waits("CreateContainerConfigError", told), container=container)
    found = ask(evidence(item, contents=contents))
    assert found.cause is cause
    assert said in found.message
    assert told in "\n".join(found.evidence)


VOLUMES = {"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "app"}}]}}]}


@pytest.mark.parametrize(
    ("reason", "told", "cause"),
    [
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "v" : configmap "app" not found',
            Cause.CONFIG_MAP_MISSING,
        ),
        ("FailedMount", 'MountVolume.SetUp failed for volume "v" : mount failed: exit 32', Cause.VOLUME_NOT_MOUNTED),
        ("FailedAttachVolume", "Multi-Attach error for volume: in use by another node", Cause.VOLUME_NOT_MOUNTED),
        ("Pulled", "all is well", Cause.NOT_READY),
    ],
)
def test_volumes(reason: str, told: str, cause: Cause) -> None:
    """They are told by events alone, while the container is created."""
    item = pod(CREATING, spec=VOLUMES)
    found = ask(evidence(item, events=[event("api-1", reason, told)]))
    assert found.cause is cause


def test_a_mount_that_failed_once_is_no_cause_of_a_later_trouble() -> None:
    """The event is old: the container has been started since."""
    item = pod({**LOOPING, "lastState": ended(1)}, spec=VOLUMES)
    told = event("api-1", "FailedMount", 'configmap "app" not found')
    assert ask(evidence(item, events=[told])).cause is Cause.CRASH_LOOP


OCI = 'OCI runtime create failed: unable to start container process: exec: "/serve": permission denied'


@pytest.mark.parametrize(
    ("status", "cause", "said"),
    [
        pytest.param(
            {**LOOPING, "lastState": ended(128, "StartError", message=OCI)},
            Cause.CANNOT_START,
            'exec: "/serve": permission denied',
            id="no right to run it",
        ),
        pytest.param(waits("RunContainerError", OCI), Cause.CANNOT_START, "permission denied", id="at once"),
        pytest.param({**LOOPING, "lastState": ended(127)}, Cause.CANNOT_START, "was not found", id="a shell's 127"),
        pytest.param({**LOOPING, "lastState": ended(126)}, Cause.CANNOT_START, "cannot be executed", id="126"),
        pytest.param(
            waits("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
            Cause.RUNS_AS_ROOT,
            "`runAsNonRoot: true` forbids",
            id="root",
        ),
    ],
)
def test_what_cannot_be_run(status: Mapping[str, Any], cause: Cause, said: str) -> None:
    """The last part of what the runtime says is the reason."""
    found = ask(evidence(pod(status)))
    assert found.cause is cause
    assert said in found.message
