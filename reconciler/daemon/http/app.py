"""The application: which path is answered by what."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from reconciler.daemon.http.actions import Actions
from reconciler.daemon.http.deliveries import Deliveries
from reconciler.daemon.http.events import Events
from reconciler.daemon.http.guard import Guard
from reconciler.daemon.http.pages import Pages
from reconciler.daemon.http.rates import Rates
from reconciler.daemon.http.render import ASSETS
from reconciler.daemon.http.site import Answer, Site

# Its address has a digest of its content.
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


def application(site: Site) -> ASGIApp:
    """What `reconciler.adapters.serving.serve` serves."""
    actions = Actions(site)
    pages = Pages(site, actions.session)
    app = Starlette(
        routes=[
            Route("/", pages.overview),
            Route("/login", pages.login),
            Route("/login", actions.log_in, methods=["POST"]),
            Route("/logout", actions.log_out, methods=["POST"]),
            Route("/environments/{name}", pages.environment),
            Route("/environments/{name}/runs/{run}", pages.run),
            Route("/environments/{name}/{action}", actions.act, methods=["POST"]),
            Route("/events", Events(site.updates).stream),
            Route("/webhooks/{provider}", Deliveries(site).receive, methods=["POST"]),
            Route("/static/{name}", _static),
            *(Route(path, _answering(answer)) for path, answer in site.answers.items()),
        ],
        exception_handlers={HTTPException: pages.problem, Exception: pages.problem},
    )
    # Around all of it: what starlette answers to a mistake of ours is outside of its own middleware.
    return Guard(Rates(app, site.answers), local=site.local)


def _static(request: Request) -> Response:
    content_type, content = ASSETS.get(request.path_params["name"], (None, None))
    if content is None:
        raise HTTPException(404, "there is no such file")
    return Response(content, media_type=content_type, headers=_KEEP)


def _answering(answer: Callable[[], Answer]) -> Callable[[Request], Response]:
    def endpoint(_request: Request) -> Response:
        made = answer()
        return Response(made.body, made.status, media_type=made.content_type)

    return endpoint
