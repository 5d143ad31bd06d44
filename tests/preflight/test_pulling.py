"""Who pulls which image, and with which logins."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from reconciler.errors import Location
from reconciler.model.attachment import ACCOUNT
from reconciler.model.desired import SecretObject
from reconciler.model.identity import ObjectId, SecretId
from reconciler.model.pods import SECRET
from reconciler.model.secret import SecretText
from reconciler.model.surroundings import Unread
from reconciler.preflight.pulling import ImageUse, image_uses, own_secrets, secrets_of, wallet
from tests.preflight.factories import rendered

_POD = {"containers": [{"name": "main", "image": "app:1"}]}
DEFAULT = ObjectId(ACCOUNT, "shop", "default")


def _secret(name: str) -> ObjectId:
    return ObjectId(SECRET, "shop", name)


def _use(**spec: Any) -> ImageUse:
    [found] = image_uses([rendered("Pod.v1", {**_POD, **spec})])
    return found


def _docker(user: str) -> dict[str, Any]:
    text = json.dumps({"auths": {"example.com": {"username": user, "password": "pw"}}})
    data = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
    return {"type": "kubernetes.io/dockerconfigjson", "data": data}


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Pod.v1", _POD),
        ("Deployment.apps/v1", {"template": {"spec": _POD}}),
        ("StatefulSet.apps/v1", {"template": {"spec": _POD}}),
        ("DaemonSet.apps/v1", {"template": {"spec": _POD}}),
        ("Job.batch/v1", {"template": {"spec": _POD}}),
        ("CronJob.batch/v1", {"jobTemplate": {"spec": {"template": {"spec": _POD}}}}),
    ],
)
def test_every_kind_that_makes_pods(kind: str, spec: dict[str, Any]) -> None:
    """The pod template is found where the kind keeps it."""
    [found] = image_uses([rendered(kind, spec)])
    assert (found.image, found.account, found.secrets) == ("app:1", DEFAULT, ())


def test_every_container() -> None:
    """Init and ephemeral ones too; the same image is there once, and once more with another policy."""
    spec = {
        "initContainers": [{"image": "init:1"}, {"image": "app:1"}],
        "containers": [{"image": "app:1"}, {"image": "app:1", "imagePullPolicy": "Never"}, "none", {}],
        "ephemeralContainers": [{"image": "debug:1"}],
        "serviceAccountName": "runner",
        "imagePullSecrets": [{"name": "a"}, {}, {"name": "a"}, {"name": "b"}],
    }
    found = list(image_uses([rendered("Pod.v1", spec)]))
    expected = [("init:1", ""), ("app:1", ""), ("app:1", "Never"), ("", ""), ("debug:1", "")]
    assert [(use.image, use.policy) for use in found] == expected
    assert {use.account.name for use in found} == {"runner"}
    assert found[0].secrets == (_secret("a"), _secret("b"))


@pytest.mark.parametrize(
    ("hooks", "count"), [("test", 0), ("test-success", 0), ("pre-install", 1), ("test,post-install", 1)]
)
def test_an_apply_runs_no_tests(hooks: str, count: int) -> None:
    """Pods that only `helm test` starts are left out."""
    item = rendered("Pod.v1", _POD, annotations={"helm.sh/hook": hooks})
    assert len(list(image_uses([item]))) == count


def test_an_accounts_pull_secrets_are_for_pods_without_their_own() -> None:
    """So does the ServiceAccount admission: a pod that names one gets none from its account."""
    accounts = {DEFAULT: {"imagePullSecrets": [{"name": "of-account"}]}}
    assert secrets_of(_use(), accounts) == (_secret("of-account"),)
    assert secrets_of(_use(imagePullSecrets=[{"name": "own"}]), accounts) == (_secret("own"),)
    assert secrets_of(_use(), {DEFAULT: None}) == ()


def test_a_wallet() -> None:
    """What can be used is, and of the rest it is told why not; what only we may not read is no certain fault."""
    use = _use(imagePullSecrets=[{"name": name} for name in ("good", "gone", "odd", "hidden")])
    live = {
        _secret("good"): _docker("ci"),
        _secret("gone"): None,
        _secret("odd"): {"type": "Opaque"},
        _secret("hidden"): Unread("forbidden"),
    }
    found = wallet(use, {DEFAULT: {}}, live)

    assert [(entry.source, entry.credentials.username) for entry in found.logins] == [("good", "ci")]
    told = {item.name: (fault.why, fault.is_certain) for item, fault in found.faults.items()}
    assert told["gone"] == ("it does not exist", True)
    assert told["odd"] == ("it is of type Opaque, which the kubelet does not take for a pull secret", True)
    assert told["hidden"] == ("it cannot be read: forbidden", False)


def test_an_account_that_cannot_be_read() -> None:
    """It may name pull secrets, so nothing is certain; for a pod that names its own it does not matter."""
    accounts = {DEFAULT: Unread("forbidden")}
    assert wallet(_use(), accounts, {}).faults[DEFAULT].is_certain is False
    named = wallet(_use(imagePullSecrets=[{"name": "a"}]), accounts, {_secret("a"): _docker("ci")})
    assert not named.faults


def test_secrets_of_the_environment() -> None:
    """They are taken as they will be, before they are there."""
    kept = _docker("ci")
    text = base64.b64decode(kept["data"][".dockerconfigjson"]).decode()
    data = {".dockerconfigjson": SecretText(text)}
    made = SecretObject(SecretId("main", "shop", "a"), kept["type"], data, Location("env.yaml", 1, 1))
    assert own_secrets([made]) == {_secret("a"): kept}
