"""Webhooks of git servers: what is believed, what is refused, what is of no interest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from reconciler.daemon.seen import LIFETIME, Seen
from reconciler.daemon.source.proofs import TOLERANCE, Provider, is_claimed
from reconciler.daemon.source.webhooks import (
    MAX_BODY,
    Delivery,
    Distrust,
    Ignored,
    Push,
    Received,
    Refused,
    concerns,
    receive,
)
from reconciler.model.git_address import GitAddress
from reconciler.model.secret import SecretText
from reconciler.model.source import Branch, Followed, GitSource, Tag, TagRange
from reconciler.model.versions import VersionRange

NOW = 1_800_000_000.0
SECRET = "correct-horse"
STANDARD_KEY = bytes(range(32))
STANDARD_SECRET = f"whsec_{base64.b64encode(STANDARD_KEY).decode()}"
SHA = "a" * 40
BODY: dict[str, Any] = {"ref": "refs/heads/main", "before": "b" * 40, "after": SHA}
OF_GITHUB = {**BODY, "repository": {"full_name": "team/env", "private": True}, "pusher": {"name": "ada"}}
OF_GITLAB = {**BODY, "object_kind": "push", "project": {"path_with_namespace": "team/env"}}


ANOTHER_ID: dict[str, Any] = {"webhook-id": "msg_2"}


def signature(body: bytes, secret: str = SECRET) -> str:
    """HMAC-SHA256 in hex, computed anew here."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def github(document: object = OF_GITHUB, event: str = "push", secret: str = SECRET, **more: str) -> Delivery:
    """As GitHub sends it."""
    body = json.dumps(document).encode()
    signed = {"X-Hub-Signature-256": f"sha256={signature(body, secret)}", "X-GitHub-Event": event}
    return Delivery(Provider.GITHUB, {**signed, "X-GitHub-Delivery": "1", **more}, body, NOW)


def gitea(document: object = OF_GITHUB, event: str = "push", secret: str = SECRET, name: str = "Gitea") -> Delivery:
    """As Gitea and Forgejo send it."""
    body = json.dumps(document).encode()
    headers = {f"X-{name}-Signature": signature(body, secret), "X-Gitea-Event": event, "X-Gitea-Delivery": "1"}
    return Delivery(Provider.GITEA, headers, body, NOW)


def gitlab(document: object = OF_GITLAB, event: str = "Push Hook", secret: str = SECRET, once: str = "1") -> Delivery:
    """As GitLab sends it, with a token."""
    headers = {"X-Gitlab-Token": secret, "X-Gitlab-Event": event, "Idempotency-Key": once}
    return Delivery(Provider.GITLAB, headers, json.dumps(document).encode(), NOW)


def gitlab_signed(time: str = str(int(NOW)), key: bytes = STANDARD_KEY, form: str = "{}", **more: str) -> Delivery:
    """As GitLab sends it, with a signature."""
    body = json.dumps(OF_GITLAB).encode()
    digest = hmac.new(key, f"msg_1.{time}.".encode() + body, hashlib.sha256).digest()
    signed = form.format(f"v1,{base64.b64encode(digest).decode()}")
    headers = {"webhook-id": "msg_1", "webhook-timestamp": time, "webhook-signature": signed}
    return Delivery(Provider.GITLAB, {**headers, "X-Gitlab-Event": "Push Hook", **more}, body, NOW)


def said(delivery: Delivery, *secrets: str) -> Received:
    """What is received, when nothing was seen before."""
    given = secrets or (STANDARD_SECRET if "webhook-signature" in delivery.headers else SECRET,)
    return receive(delivery, [SecretText(secret) for secret in given], Seen())[0]


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(github(), id="GitHub"),
        pytest.param(gitea(), id="Gitea"),
        pytest.param(gitea(name="Forgejo"), id="Forgejo"),
        pytest.param(gitlab(), id="GitLab, token"),
        pytest.param(gitlab_signed(), id="GitLab, signature"),
        pytest.param(gitlab_signed(form="v1,b2xk {}"), id="GitLab, two signatures"),
        pytest.param(gitlab_signed(time=str(int(NOW - TOLERANCE))), id="GitLab, on the way for a while"),
        pytest.param(gitlab({**OF_GITLAB, "ref": "refs/heads/main"}, "Tag Push Hook"), id="GitLab, tag"),
    ],
)
def test_a_push(delivery: Delivery) -> None:
    """Repository, ref, and what it points to now; its body is waited for."""
    assert is_claimed(delivery.provider, {name.lower(): value for name, value in delivery.headers.items()})
    assert said(delivery) == Push("team/env", "refs/heads/main", SHA)


def test_a_known_signature() -> None:
    """The example in GitHub's documentation of validating deliveries."""
    expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    delivery = Delivery(Provider.GITHUB, {"x-hub-signature-256": f"sha256={expected}"}, b"Hello, World!", NOW)
    assert isinstance(said(delivery, "It's a Secret to Everybody"), Ignored)


def test_a_deleted_branch() -> None:
    """Points to nothing."""
    assert said(github({**OF_GITHUB, "after": "0" * 40})) == Push("team/env", "refs/heads/main", None)


def _without(delivery: Delivery, *names: str) -> Delivery:
    left = {name: value for name, value in delivery.headers.items() if name.lower() not in names}
    return Delivery(delivery.provider, left, delivery.body, delivery.received)


def _with_body(delivery: Delivery, body: bytes) -> Delivery:
    return Delivery(delivery.provider, delivery.headers, body, delivery.received)


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(github(secret="wrong"), id="GitHub, another secret"),
        pytest.param(_without(github(), "x-hub-signature-256"), id="GitHub, none"),
        pytest.param(_with_body(github(), b'{"ref": "refs/heads/evil"}'), id="GitHub, another body"),
        pytest.param(github(**{"X-Hub-Signature-256": "sha256="}), id="GitHub, empty"),
        pytest.param(github(**{"X-Hub-Signature-256": "sha256=ü\udc80"}), id="GitHub, no hex"),
        pytest.param(
            Delivery(Provider.GITHUB, {"X-Hub-Signature": "sha1=" + "0" * 40}, b"{}", NOW), id="GitHub, the old way"
        ),
        pytest.param(gitea(secret="wrong"), id="Gitea, another secret"),
        pytest.param(_without(gitea(), "x-gitea-signature"), id="Gitea, none"),
        pytest.param(gitlab(secret="wrong"), id="GitLab, another token"),
        pytest.param(_without(gitlab(), "x-gitlab-token"), id="GitLab, none"),
        pytest.param(gitlab_signed(key=b"x" * 32), id="GitLab, another key"),
        pytest.param(gitlab_signed(time=str(int(NOW - TOLERANCE - 1))), id="GitLab, too old"),
        pytest.param(gitlab_signed(time=str(int(NOW + TOLERANCE + 1))), id="GitLab, too new"),
        pytest.param(gitlab_signed(time="9" * 5000), id="GitLab, no time"),
        pytest.param(gitlab_signed(form="v2,{}"), id="GitLab, another version"),
        pytest.param(gitlab_signed(**ANOTHER_ID), id="GitLab, another id"),
        pytest.param(gitlab_signed(key=b"x" * 32, **{"X-Gitlab-Token": "x"}), id="GitLab, signature and token"),
        pytest.param(
            Delivery(Provider.GITEA, github().headers, github().body, NOW), id="of another provider than it claims"
        ),
    ],
)
def test_no_proof(delivery: Delivery) -> None:
    """Whoever cannot prove that it is the server is not listened to."""
    assert said(delivery) == Refused(Distrust.UNPROVEN)


@pytest.mark.parametrize("delivery", [github(secret=""), gitea(secret=""), gitlab(secret="")])
@pytest.mark.parametrize("secrets", [[""], []])
def test_no_secret(delivery: Delivery, secrets: list[str]) -> None:
    """An empty secret is known to everyone."""
    found, _ = receive(delivery, map(SecretText, secrets), Seen())
    assert found == Refused(Distrust.UNPROVEN)


def test_a_secret_being_replaced() -> None:
    """Both are good for a while."""
    assert isinstance(said(github(), "new-secret", SECRET), Push)
    assert isinstance(said(github(), SECRET, "new-secret"), Push)


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(github({"zen": "x"}, "ping"), id="GitHub's first"),
        pytest.param(github(event="pull_request"), id="GitHub, something else"),
        pytest.param(gitea(event="issues"), id="Gitea, something else"),
        pytest.param(gitlab(event="Pipeline Hook"), id="GitLab, something else"),
        pytest.param(_without(github(), "x-github-event"), id="nothing named"),
    ],
)
def test_other_events(delivery: Delivery) -> None:
    """Are genuine, and nothing follows."""
    assert isinstance(said(delivery), Ignored)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="empty"),
        pytest.param([], id="no map"),
        pytest.param({**OF_GITHUB, "ref": 7}, id="no text"),
        pytest.param({**OF_GITHUB, "repository": "team/env"}, id="another shape"),
        pytest.param({**OF_GITHUB, "after": None}, id="no commit"),
    ],
)
def test_other_shapes(document: object) -> None:
    """A push that does not say what was pushed."""
    assert said(github(document)) == Refused(Distrust.UNREADABLE)


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=%7B%7D", b"\xff", b"[" * 100_000, b"9" * 100_000],
    ids=["empty", "form", "bytes", "deep", "long"],
)
def test_no_json(body: bytes) -> None:
    """Signed or not, it cannot do harm."""
    headers = {"X-Hub-Signature-256": f"sha256={signature(body)}", "X-GitHub-Event": "push"}
    assert said(Delivery(Provider.GITHUB, headers, body, NOW)) == Refused(Distrust.UNREADABLE)


def test_too_large() -> None:
    """Not even the signature is computed."""
    assert said(_with_body(github(), b" " * (MAX_BODY + 1))) == Refused(Distrust.TOO_LARGE)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        pytest.param(github(), github(**{"X-GitHub-Delivery": "2"}), id="GitHub, another id, which is not signed"),
        pytest.param(gitea(), gitea(name="Forgejo"), id="Gitea, by another header"),
        pytest.param(gitlab(), gitlab(), id="GitLab, token"),
        pytest.param(gitlab_signed(), gitlab_signed(form="{} v1,b2xk"), id="GitLab, signature"),
    ],
)
def test_a_repetition(first: Delivery, again: Delivery) -> None:
    """The same is not acted upon twice, whatever is said around it."""
    secrets = [SecretText(SECRET), SecretText(STANDARD_SECRET)]
    found, seen = receive(first, secrets, Seen())
    assert isinstance(found, Push)
    assert isinstance(receive(again, secrets, seen)[0], Ignored)


def test_the_same_push_later() -> None:
    """GitLab's pushes to and fro have the same body, and are told apart by their key."""
    secrets = [SecretText(SECRET)]
    _, seen = receive(gitlab(once="1"), secrets, Seen())
    assert isinstance(receive(gitlab(once="2"), secrets, seen)[0], Push)


def test_what_is_refused_is_not_remembered() -> None:
    """Nobody can fill the memory without the secret, or make us deaf to what is genuine."""
    seen = receive(github(secret="wrong"), [SecretText(SECRET)], Seen())[1]
    assert len(seen) == 0


def test_it_is_forgotten() -> None:
    """After a while."""
    seen = Seen().adding("a", NOW)
    assert seen.has("a", NOW + LIFETIME - 1)
    assert not seen.has("a", NOW + LIFETIME)


@pytest.mark.parametrize(
    ("repository", "ref", "follow", "expected"),
    [
        ("team/env", "refs/heads/main", Branch("main"), True),
        ("Team/Env", "refs/heads/main", Branch("main"), True),
        ("team/other", "refs/heads/main", Branch("main"), False),
        ("team/env", "refs/heads/main2", Branch("main"), False),
        ("team/env", "refs/tags/main", Branch("main"), False),
        ("team/env", "refs/tags/v1.0.0", Tag("v1.0.0"), True),
        ("team/env", "refs/tags/v1.2.0", TagRange(VersionRange.parse("^1")), True),
        ("team/env", "refs/tags/v2.0.0", TagRange(VersionRange.parse("^1")), False),
        ("team/env", "refs/tags/nightly", TagRange(VersionRange.parse("^1")), False),
        ("team/env", "refs/heads/1.0.0", TagRange(VersionRange.parse("^1")), False),
    ],
)
def test_concerns(repository: str, ref: str, follow: Followed, *, expected: bool) -> None:
    """Only a push to what is followed makes us ask."""
    source = GitSource(GitAddress.parse("https://git.example.com/team/env.git"), follow, "env.yaml")
    assert concerns(Push(repository, ref, SHA), source) is expected
