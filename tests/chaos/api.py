"""The API server as another person uses it: not through the proxy, and not through any code under test."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tests.chaos.proxy import Upstream


@dataclass(frozen=True)
class Api:
    """Requests, each over a connection of its own."""

    upstream: Upstream

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """The answer as parsed JSON; None: there is no such object."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self.upstream.token}", "Content-Type": kind}
        with closing(self.upstream.connect()) as connection:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        if answer.status == http.HTTPStatus.NOT_FOUND:
            return None
        assert answer.status < http.HTTPStatus.BAD_REQUEST, f"{method} {path}: {content.decode()}"
        return json.loads(content)

    def items(self, path: str) -> list[Any]:
        """The items of a list; none where the namespace is gone."""
        found: list[Any] = (self("GET", path) or {"items": []})["items"]
        return found
