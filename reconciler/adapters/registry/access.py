"""Logging in to one registry: nothing, user and password, or a token for each scope."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

from reconciler.adapters.http import Answer, HttpClient, Login, Origin, Request, shown
from reconciler.adapters.registry.challenge import BasicChallenge, BearerChallenge, challenge_in
from reconciler.errors import TransferError, TransferReason
from reconciler.model.json import Json, text_at
from reconciler.model.oci import Credentials
from reconciler.model.secret import SecretText


class Access:
    """Finds out how a registry wants to be logged in to, and remembers it."""

    def __init__(self, url: str, http: HttpClient, credentials: Credentials | None) -> None:
        self._url, self._http, self._credentials = url, http, credentials
        self._basic: Login | None = None
        self._tokens: dict[str, Login] = {}

    def login(self, scope: str) -> Login | None:
        """What is known to be needed for a scope; None before anything was asked for."""
        return self._tokens.get(scope) or self._basic

    def answer(self, refused: Answer, scope: str) -> Login | None:
        """The login that a refused request asks for; None when there is none, or it was refused already.

        Raises:
            TransferError: no token can be had, or the password would have to travel in the open.
        """
        asked = challenge_in(refused.headers.get("WWW-Authenticate", ""))
        if isinstance(asked, BearerChallenge):
            self._tokens[scope] = self._token(asked, scope)
            return self._tokens[scope]
        if isinstance(asked, BasicChallenge) and self._credentials and not refused.with_login:
            self._basic = self._user(self._url)
            return self._basic
        return None

    def _token(self, asked: BearerChallenge, scope: str) -> Login:
        Origin.of(asked.realm)  # raises unless it is an address
        wanted = {"service": asked.service, "scope": scope or asked.scope}
        query = urlencode({name: text for name, text in wanted.items() if text})
        joint = "&" if urlsplit(asked.realm).query else "?"
        login = self._user(asked.realm) if self._credentials else None
        if login:
            self._refuse_in_the_open(asked.realm)
        answer = self._http.send(Request("GET", f"{asked.realm}{joint}{query}", login)).checked()
        return Login.bearer(self._url, _token_in(answer))

    def _user(self, url: str) -> Login | None:
        known = self._credentials
        return Login.basic(url, known.username, known.password) if known else None

    def _refuse_in_the_open(self, realm: str) -> None:
        """A password goes to another server only under TLS, or where it would go without TLS anyway."""
        ours, theirs = Origin.of(self._url), Origin.of(realm)
        if theirs.scheme != "https" and (ours.scheme, ours.host) != (theirs.scheme, theirs.host):
            raise TransferError(
                f"{ours} wants the login to be sent to {shown(realm)}, without TLS",
                reason=TransferReason.UNTRUSTED,
                hint="ask who keeps the registry: its token server has to be https://",
            )


def _token_in(answer: Answer) -> SecretText:
    """The token; the older and the newer name of it stand for the same."""
    try:
        document: Json = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise _no_token(answer) from error
    token = text_at(document, "token") or text_at(document, "access_token")
    if not token:
        raise _no_token(answer)
    return SecretText(token)


def _no_token(answer: Answer) -> TransferError:
    return TransferError(f"{shown(answer.url)} gave no token", reason=TransferReason.OTHER)
