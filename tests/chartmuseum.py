"""A chart repository that takes uploads, as ChartMuseum does, on a free port of the loopback.

It answers as ChartMuseum was seen to: 201, 409, 401 and 400 with the same JSON. It keeps its own index, and serves
it with an ETag. Other layouts of the addresses can be asked for.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import PASSWORD, USERNAME, free_port


class Layout(Enum):
    """Where the index is, and where uploads go."""

    CHARTMUSEUM = ("", "/api/charts")
    TENANTS = ("/shop/team", "/api/shop/team/charts")
    BESIDE_THE_INDEX = ("/helm/api/shop/team", "/helm/api/shop/team/charts")
    STATIC = ("/static", None)


@dataclass
class Seen:
    """One request."""

    method: str
    path: str
    status: int
    authorization: str | None


@dataclass
class ChartMuseum:
    """A repository under way.

    Attributes:
        url: the repository's, without a slash at its end.
        archives: file name → content, signatures included.
        faults: answers given before anything else, one for each request of that method.
        digests: whether the index tells them.
        replaces: whether `?force` is heard.
        damage: done to archives on their way out.
    """

    url: str = ""
    archives: dict[str, bytes] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    faults: dict[str, list[Response]] = field(default_factory=dict)
    digests: bool = True
    replaces: bool = True
    damage: Callable[[bytes], bytes] = bytes

    def statuses(self, method: str, path: str = "") -> list[int]:
        """What requests of a method, to a path with this end, were answered with."""
        return [item.status for item in self.seen if item.method == method and item.path.endswith(path)]

    def index(self) -> bytes:
        """The index.yaml of what is there."""
        entries: dict[str, list[dict[str, Any]]] = {}
        for name, data in sorted(self.archives.items()):
            if name.endswith(".tgz"):
                digest = {"digest": hashlib.sha256(data).hexdigest()} if self.digests else {}
                entry = {**metadata(data), "urls": [f"charts/{name}"], "created": "2026-01-02T03:04:05Z", **digest}
                entries.setdefault(entry["name"], []).append(entry)
        return yaml.safe_dump({"apiVersion": "v1", "entries": entries}).encode()


def metadata(archive: bytes) -> dict[str, Any]:
    """Chart.yaml of an archive. Raises an exception: it is none."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as opened:
        name = next(name for name in opened.getnames() if name.count("/") == 1 and name.endswith("/Chart.yaml"))
        content = opened.extractfile(name)
        assert content
        found: dict[str, Any] = yaml.safe_load(content.read())
        return found


@contextmanager
def run_chartmuseum(
    layout: Layout = Layout.CHARTMUSEUM, *, certificate: str | None = None, key: str | None = None
) -> Iterator[ChartMuseum]:
    """A private repository for USERNAME; the files of a certificate and its key give it TLS."""
    made, port = ChartMuseum(), free_port()
    made.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}{layout.value[0]}"
    config = uvicorn.Config(
        _app(made, layout),
        host="127.0.0.1",
        port=port,
        log_level="critical",
        lifespan="off",
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield made
    finally:
        # A connection that is kept alive would hold it for half a minute.
        server.should_exit = server.force_exit = True
        thread.join()


Handler = Callable[[ChartMuseum, Request], Awaitable[Response]]


def _app(made: ChartMuseum, layout: Layout) -> Starlette:
    base, uploads = layout.value
    routes = [
        Route(f"{base}/index.yaml", _guarded(made, _index)),
        Route(f"{base}/charts/{{file}}", _guarded(made, _archive)),
    ]
    if uploads:
        routes.append(Route(uploads, _guarded(made, _upload), methods=["POST"]))
    routes.append(Route("/{rest:path}", _guarded(made, _nothing), methods=["GET", "POST"]))
    return Starlette(routes=routes)


def _guarded(made: ChartMuseum, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    expected = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()

    async def handle(request: Request) -> Response:
        given = request.headers.get("Authorization")
        faults = made.faults.get(request.method)
        if faults:
            response = faults.pop(0)
            await request.body()
        elif given != expected:
            response = JSONResponse({"error": "unauthorized"}, 401)
        else:
            response = await handler(made, request)
        made.seen.append(Seen(request.method, request.url.path, response.status_code, given))
        return response

    return handle


async def _index(made: ChartMuseum, request: Request) -> Response:
    content = made.index()
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304)
    return Response(content, headers={"ETag": tag}, media_type="application/x-yaml")


async def _archive(made: ChartMuseum, request: Request) -> Response:
    data = made.archives.get(request.path_params["file"])
    return Response(made.damage(data)) if data is not None else JSONResponse({"error": "not found"}, 404)


async def _nothing(_made: ChartMuseum, _request: Request) -> Response:
    return JSONResponse({"error": "not found"}, 404)


async def _upload(made: ChartMuseum, request: Request) -> Response:
    form = await request.form()
    chart, signature = form.get("chart"), form.get("prov")
    if not isinstance(chart, UploadFile):
        return JSONResponse({"error": "no package or provenance file found in form fields chart and prov"}, 400)
    data = await chart.read()
    try:
        about = metadata(data)
    except Exception:  # noqa: BLE001 - whatever it is, it is no archive
        return JSONResponse({"error": "unexpected EOF"}, 400)
    name = f"{about['name']}-{about['version']}.tgz"
    if name in made.archives and not (made.replaces and "force" in request.query_params):
        return JSONResponse({"error": "chart already exists"}, 409)
    made.archives[name] = data
    if isinstance(signature, UploadFile):
        made.archives[f"{name}.prov"] = await signature.read()
    return JSONResponse({"saved": True}, 201)


def busy(status: int = 503, **headers: str) -> Response:
    """A server that cannot now."""
    return JSONResponse({"error": json.dumps({"status": status})}, status, headers=headers)
