"""The pages: each is a template over what the board says at that moment."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from reconciler.daemon.http.access import Session
from reconciler.daemon.http.render import environment
from reconciler.daemon.http.site import Site
from reconciler.model.sync import EnvironmentView


class Pages:
    """The endpoints that show something. They are no coroutines: each runs in a thread, as templates take a while."""

    def __init__(self, site: Site, session: Callable[[Request], Session | None]) -> None:
        self._site = site
        self._session = session
        self._templates = environment()

    def overview(self, request: Request) -> Response:
        """All environments."""
        board = self._site.board
        return self._page(request, "overview.html", views=board.environments(), strays=board.strays())

    def environment(self, request: Request) -> Response:
        """One of them."""
        return self._page(request, "environment.html", view=self._view(request))

    def run(self, request: Request) -> Response:
        """One run of it, as long as it is remembered."""
        view, wanted = self._view(request), request.path_params["run"]
        run = next((run for run in view.runs if run.id == wanted), None)
        if run is None:
            raise HTTPException(404, "there is no such run, or it is too long ago")
        return self._page(request, "run.html", view=view, run=run)

    def login(self, request: Request) -> Response:
        """The form for the token."""
        return self._page(request, "login.html")

    def problem(self, request: Request, error: Exception) -> Response:
        """What went wrong: a page for people, a line for programs."""
        status, detail, headers = _problem(error)
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse(f"{detail}\n", status, headers)
        page = self._page(request, "problem.html", title=HTTPStatus(status).phrase, detail=detail)
        page.status_code = status
        page.headers.update(headers or {})
        return page

    def _view(self, request: Request) -> EnvironmentView:
        view = self._site.board.environment(request.path_params["name"])
        if view is None:
            raise HTTPException(404, "there is no such environment")
        return view

    def _page(self, request: Request, name: str, **values: object) -> Response:
        html = self._templates.get_template(name).render(
            values,
            now=self._site.now(),
            session=self._session(request),
            can_log_in=self._site.token is not None,
        )
        return HTMLResponse(html)


def _problem(error: Exception) -> tuple[int, str, dict[str, str] | None]:
    if isinstance(error, HTTPException):
        return error.status_code, error.detail, dict(error.headers) if error.headers else None
    return 500, "something went wrong here; the daemon's log says what", None
