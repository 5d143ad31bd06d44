"""Secrets that somebody else made as they should be."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from reconciler.model.ownership import ENVIRONMENT
from reconciler.plan.own import classify_own, own_hazards
from reconciler.plan.unclaimed import is_as_desired
from tests.plan.factories import desired, observed, secret

PULL = "kubernetes.io/dockerconfigjson"


def encoded(document: Any) -> str:
    """As it stands in a Secret's data."""
    return base64.b64encode(json.dumps(document).encode()).decode()


def item(kind: str = "Opaque", environment: str | None = None, **data: str) -> dict[str, Any]:
    """A Secret."""
    labels = {ENVIRONMENT: environment} if environment else {}
    return {"kind": "Secret", "metadata": {"labels": labels}, "type": kind, "data": data}


def pull(entry: dict[str, str], host: str = "registry.example.com") -> dict[str, Any]:
    """A pull secret."""
    return item(PULL, **{".dockerconfigjson": encoded({"auths": {host: entry}})})


PAIR = base64.b64encode(b"ci:t0ken").decode()
OURS = pull({"username": "ci", "password": "t0ken", "auth": PAIR})


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        pytest.param(item(a="MQ=="), item(a="MQ=="), True, id="the same"),
        pytest.param(item(a="MQ=="), item(a="Mg=="), False, id="another value"),
        pytest.param(item(a="MQ==", b="MQ=="), item(a="MQ=="), False, id="more keys"),
        pytest.param(item("kubernetes.io/tls", a="MQ=="), item(a="MQ=="), False, id="another type"),
        pytest.param(item(environment="staging", a="MQ=="), item(a="MQ=="), False, id="of an environment"),
        pytest.param(None, item(a="MQ=="), False, id="missing"),
        pytest.param(pull({"auth": PAIR}), OURS, True, id="the pair alone"),
        pytest.param(pull({"username": "ci", "password": "t0ken", "email": ""}), OURS, True, id="as kubectl writes it"),
        pytest.param(pull({"username": "ci", "password": "other"}), OURS, False, id="another password"),
        pytest.param(pull({"auth": PAIR}, "other.example.com"), OURS, False, id="another registry"),
        pytest.param(pull({"identitytoken": "x"}), OURS, False, id="an identity token"),
        pytest.param(item(PULL, **{".dockerconfigjson": "!"}), OURS, False, id="no base64"),
    ],
)
def test_what_is_the_same(live: dict[str, Any] | None, wanted: dict[str, Any], *, expected: bool) -> None:
    """Type and content; logins by user and password, in whatever form they stand."""
    assert is_as_desired(live, wanted) is expected


def test_such_a_secret_is_no_trouble() -> None:
    """It is neither changed nor blocked."""
    wanted = secret(a="1")
    live = {**item(a="MQ=="), "metadata": {"name": "db", "namespace": "shop"}}
    (state,) = classify_own(desired(secrets=[wanted]), observed(secrets={wanted.id: live}))
    assert (state.as_it_should_be, state.taken, list(own_hazards(state))) == (True, None, [])
