"""Which login goes with which image, as the kubelet decides it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from reconciler.model.image import ImageRef
from reconciler.model.oci import Credentials
from reconciler.model.secret import SecretText
from reconciler.preflight.keyring import Entry, entries, matching


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _secret(document: Any, kind: str = "dockerconfigjson") -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(document)
    return {"type": f"kubernetes.io/{kind}", "data": {f".{kind}": _encoded(text)}}


@pytest.mark.parametrize(
    "login",
    [
        {"username": "ci", "password": "pass:word"},
        {"auth": _encoded("ci:pass:word")},
        {"auth": _encoded("ci:pass:word").rstrip("=")},
        {"auth": _encoded("ci:pass:word"), "username": "other", "password": "other"},
    ],
)
@pytest.mark.parametrize("kind", ["dockerconfigjson", "dockercfg"])
def test_a_login_is_read(login: dict[str, str], kind: str) -> None:
    """In both forms of the Secret, as user and password or as both in one."""
    logins = {"registry.example.com": login}
    document = {"auths": logins} if kind == "dockerconfigjson" else logins
    expected = Credentials("ci", SecretText("pass:word"))
    assert entries(_secret(document, kind), "regcred") == [Entry("registry.example.com", expected, "regcred")]


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ({"type": "Opaque", "data": {".dockerconfigjson": _encoded("{}")}}, "of type Opaque"),
        ({"data": {}}, "of type Opaque"),
        ({"type": "kubernetes.io/dockerconfigjson", "data": {"config.json": "e30="}}, "nothing in `.dockerconfigjson`"),
        ({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "{}"}}, "no base64"),
        (_secret("auths:"), "no JSON"),
        (_secret("[" * 100_000), "no JSON"),
        (_secret({"registry.example.com": {"username": "ci"}}), "no login"),
        (_secret({"auths": {}}), "no login"),
        (_secret([]), "no login"),
        (_secret({}, "dockercfg"), "no login"),
    ],
)
def test_what_the_kubelet_cannot_use(secret: dict[str, Any], why: str) -> None:
    """The kubelet passes over such a Secret; we say why, and show nothing of its content."""
    with pytest.raises(ValueError, match=why):
        entries(secret, "regcred")


@pytest.mark.parametrize(
    ("key", "image", "fits"),
    [
        ("registry.example.com", "registry.example.com/team/app", True),
        ("https://registry.example.com", "registry.example.com/team/app", True),
        ("https://registry.example.com/v2/", "registry.example.com/team/app", True),
        ("registry.example.com/v1/", "registry.example.com/team/app", True),
        ("registry.example.com/team", "registry.example.com/team/app", True),
        ("registry.example.com/te", "registry.example.com/team/app", True),
        ("registry.example.com/other", "registry.example.com/team/app", False),
        ("*.example.com", "registry.example.com/app", True),
        ("reg*.example.com", "registry.example.com/app", True),
        ("*.com", "registry.example.com/app", False),
        ("example.com", "registry.example.com/app", False),
        ("registry.example.com", "registry.example.com:5000/app", False),
        ("registry.example.com:5000", "registry.example.com:5000/app", True),
        ("https://index.docker.io/v1/", "nginx", True),
        ("docker.io", "nginx", True),
        ("index.docker.io", "quay.io/nginx", False),
        ("registry.example.com:x/[", "registry.example.com/app", False),
    ],
)
def test_hosts_and_paths(key: str, image: str, *, fits: bool) -> None:
    """A key names a host, with wildcards in its labels, and may go on with a beginning of the path."""
    secret = _secret({"auths": {key: {"username": "ci", "password": "pw"}}})
    assert bool(matching(entries(secret, "regcred"), ImageRef.parse(image))) is fits


def test_the_order_of_logins() -> None:
    """The longer path comes first, a login that is there twice is tried once, others are tried after it."""
    hosts = {"example.com": "a", "example.com/team": "b", "example.com/team/app": "a", "example.com/x": "c"}
    auths = {key: {"username": user, "password": "pw"} for key, user in hosts.items()}
    found = matching(entries(_secret({"auths": auths}), "regcred"), ImageRef.parse("example.com/team/app"))
    assert [entry.credentials.username for entry in found] == ["a", "b"]


def test_no_password_is_shown() -> None:
    """Neither in the form of an entry nor in that of its credentials."""
    found = entries(_secret({"auths": {"h.io": {"auth": _encoded("ci:correct-horse")}}}), "regcred")
    assert "correct-horse" not in repr(found)
