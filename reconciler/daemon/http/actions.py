"""What people may do: log in and out, sync, suspend, resume."""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from reconciler.daemon.http.access import SESSION, Gate, Session, Sessions, same
from reconciler.daemon.http.bodies import form
from reconciler.daemon.http.site import Site
from reconciler.errors import ReconcilerError
from reconciler.model.peer import peer
from reconciler.model.secret import SecretText
from reconciler.report.style import clean
from reconciler.report.values import cut

# Its own name, since cookies do not know ports: other programs on the loopback share them.
COOKIE = "reconcile-session"
_LOGGER = logging.getLogger("reconciler.http")
_LONGEST_NAME = 60
_SOMEBODY = "somebody with the token"
_READ_ONLY = "this page is read-only: the Sync file has no `server.token`"


class Actions:
    """The endpoints that change something, and who is logged in."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._gate = Gate(site.token) if site.token else None
        self._sessions = Sessions()
        controls = site.controls
        self._controls = {"sync": controls.sync, "suspend": controls.suspend, "resume": controls.resume}

    def session(self, request: Request) -> Session | None:
        """Whoever sends this request, if they are logged in. It may take a moment."""
        session = self._sessions.find(request.cookies.get(COOKIE, ""), self._now())
        return session if session and self._gate and session.token == self._gate.token() else None

    async def log_in(self, request: Request) -> Response:
        """POST /login with the token, and a name for the history."""
        fields = await form(request)
        given = fields.get("token", "")
        await run_in_threadpool(self._admit, request, given)
        _note(logging.INFO, "logged in", request, who=_name(fields))
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE,
            self._sessions.begin(_name(fields), self._now(), SecretText(given)),
            max_age=int(SESSION),
            httponly=True,
            samesite="strict",
            # Whoever lies about the scheme harms only themselves.
            secure="https" in (request.url.scheme, request.headers.get("x-forwarded-proto")),
        )
        return response

    async def log_out(self, request: Request) -> Response:
        """POST /logout."""
        await run_in_threadpool(self._check_form, request, await form(request))
        self._sessions.end(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    async def act(self, request: Request) -> Response:
        """POST /environments/NAME/ACTION, from a form of ours, or by a script with the token in `Authorization`."""
        name, action = request.path_params["name"], request.path_params["action"]
        fields = await form(request)
        given = _bearer(request)
        who = await run_in_threadpool(self._asker, request, given, fields)
        # Looked up among three, since the path is the client's.
        control = self._controls.get(action)
        if control is None:
            raise HTTPException(404, "there is no such action")
        try:
            await run_in_threadpool(control, name, who)
        except KeyError:
            raise HTTPException(404, "there is no such environment") from None
        except ReconcilerError as error:
            _note(logging.WARNING, "not kept", request, who=who, action=action, environment=name, why=error.message)
            told = "; ".join(filter(None, (error.message, error.hint)))
            raise HTTPException(503, f"nothing has changed: {told}") from error
        _note(logging.INFO, "asked", request, who=who, action=action, environment=name)
        if given is None:
            return RedirectResponse(f"/environments/{quote(name, safe='')}", 303)
        return PlainTextResponse("accepted\n", 202)

    def _asker(self, request: Request, token: str | None, fields: dict[str, str]) -> str:
        """Who asks, by their session or, with a token, as they say; raises when they may not."""
        if token is None:
            return self._check_form(request, fields).who
        self._admit(request, token)
        return _name(fields)

    def _admit(self, request: Request, token: str) -> None:
        """Raise unless it is the token."""
        if self._gate is None:
            raise HTTPException(403, _READ_ONLY)
        address = peer(_address(request))
        if self._gate.is_shut(address, self._now()):
            raise HTTPException(429, "too many wrong tokens; try again in five minutes", {"Retry-After": "300"})
        if not self._gate.admits(token, address, self._now()):
            _note(logging.WARNING, "wrong token", request)
            raise HTTPException(401, "the token is wrong", {"WWW-Authenticate": "Bearer"})

    def _check_form(self, request: Request, fields: dict[str, str]) -> Session:
        """The session that a form of ours was sent in; raises when it is none of ours."""
        if self._gate is None:
            raise HTTPException(403, _READ_ONLY)
        session = self.session(request)
        if session is None:
            raise HTTPException(401, "you are not logged in", {"WWW-Authenticate": "Bearer"})
        if not same(fields.get("csrf", ""), session.csrf):
            raise HTTPException(403, "the form is too old; go back, reload, and try again")
        return session

    def _now(self) -> float:
        return self._site.now().timestamp()


def _note(level: int, event: str, request: Request, **facts: str) -> None:
    _LOGGER.log(level, event, extra={"facts": {**facts, "address": _address(request)}})


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _name(fields: dict[str, str]) -> str:
    return cut(" ".join(clean(fields.get("who", "")).split()), _LONGEST_NAME) or _SOMEBODY
