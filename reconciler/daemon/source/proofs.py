"""Proofs that a webhook was sent by the server that shares a secret with us.

- GitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
- Gitea and Forgejo: https://docs.gitea.com/usage/webhooks
- GitLab, https://docs.gitlab.com/user/project/integrations/webhooks/: a token as it stands, or a signature as in
  https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from reconciler.model.secret import SecretText

# Seconds that a signed time may differ from ours; the specification's own.
TOLERANCE = 300.0
_TIME = re.compile(r"[0-9]{1,12}")

Headers = Mapping[str, str]
"""By names in lower case."""


class Provider(StrEnum):
    """Whose webhooks are understood."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


def is_claimed(provider: Provider, headers: Headers) -> bool:
    """Whether there is anything that could prove a delivery, whatever its body."""
    return any(headers.get(name) for name in _CLAIMS[provider])


def proven(provider: Provider, headers: Headers, body: bytes, secrets: Iterable[SecretText], now: float) -> str | None:
    """What tells this delivery from all others, if one of the secrets proves it; else None.

    It is made of what was proved: a header that nobody signed could be changed for each repetition.

    Args:
        secrets: several while a secret is being replaced.
        now: seconds since 1970.
    """
    keys = [secret.reveal().encode() for secret in secrets if secret.reveal()]
    # All are tried, so that the time taken does not tell which one it was.
    found = [_PROOFS[provider](headers, body, key, now) for key in keys]
    return next((identity for identity in found if identity is not None), None)


def _github(headers: Headers, body: bytes, key: bytes, _now: float) -> str | None:
    return _hmac_of_body(headers.get("x-hub-signature-256", "").removeprefix("sha256="), body, key)


def _gitea(headers: Headers, body: bytes, key: bytes, _now: float) -> str | None:
    return _hmac_of_body(headers.get("x-gitea-signature") or headers.get("x-forgejo-signature", ""), body, key)


def _hmac_of_body(given: str, body: bytes, key: bytes) -> str | None:
    expected = hmac.new(key, body, hashlib.sha256).hexdigest()
    return expected if _same(given, expected) else None


def _gitlab(headers: Headers, body: bytes, key: bytes, now: float) -> str | None:
    if "webhook-signature" in headers:
        return _gitlab_signature(headers, body, key, now)
    if not hmac.compare_digest(_bytes(headers.get("x-gitlab-token", "")), key):
        return None
    # Nothing but the token proves anything, so that whoever has it can send whatever they like.
    once = headers.get("idempotency-key") or headers.get("x-gitlab-event-uuid", "")
    return hashlib.sha256(_bytes(once) + b"\0" + body).hexdigest()


def _gitlab_signature(headers: Headers, body: bytes, key: bytes, now: float) -> str | None:
    secret, time = _standard_key(key), headers.get("webhook-timestamp", "")
    if secret is None or not _TIME.fullmatch(time) or abs(now - int(time)) > TOLERANCE:
        return None
    signed = _bytes(f"{headers.get('webhook-id', '')}.{time}.") + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    expected = f"v1,{base64.b64encode(digest).decode()}"
    # A list, since a server may sign with an old and a new key at once.
    matches = [_same(given, expected) for given in headers["webhook-signature"].split(" ")]
    return digest.hex() if any(matches) else None


def _standard_key(written: bytes) -> bytes | None:
    try:
        return base64.b64decode(written.removeprefix(b"whsec_"), validate=True)
    except binascii.Error:
        return None


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(_bytes(given), expected.encode())


def _bytes(header: str) -> bytes:
    return header.encode(errors="replace")


_CLAIMS: Mapping[Provider, tuple[str, ...]] = {
    Provider.GITHUB: ("x-hub-signature-256",),
    Provider.GITLAB: ("webhook-signature", "x-gitlab-token"),
    Provider.GITEA: ("x-gitea-signature", "x-forgejo-signature"),
}
_PROOFS: Mapping[Provider, Callable[[Headers, bytes, bytes, float], str | None]] = {
    Provider.GITHUB: _github,
    Provider.GITLAB: _gitlab,
    Provider.GITEA: _gitea,
}
