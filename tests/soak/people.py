"""People with kubectl: what they change by hand, and what they see."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.soak.repository import App

# Seconds after which what was waited for counts as lost, and between two looks.
PATIENCE = 60.0
_LOOK = 0.05


class LostError(Exception):
    """It did not happen."""


def until(what: str, holds: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Wait until something holds; how many seconds it took. Raises LostError: it never did."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > seconds:
            raise LostError(f"{what}: not in {seconds:.0f} s")
        time.sleep(_LOOK)
    return time.monotonic() - start


@dataclass(frozen=True)
class People:
    """Requests to the API server, by another user than the daemons'."""

    server: str
    session: requests.Session

    @classmethod
    def of(cls, kubeconfig: Path, authority: Path) -> People:
        """By a kubeconfig of the sandbox."""
        document = yaml.safe_load(kubeconfig.read_text())
        session = requests.Session()
        session.trust_env = False
        session.verify = str(authority)
        session.headers["Authorization"] = f"Bearer {document['users'][0]['user']['token']}"
        return cls(document["clusters"][0]["cluster"]["server"], session)

    def read(self, path: str) -> Any:
        """An object; None: there is none, or the server is away."""
        try:
            answer = self.session.get(f"{self.server}{path}", timeout=5)
        except requests.RequestException:
            return None
        return answer.json() if answer.ok else None

    def generation(self, app: App) -> str | None:
        """What the ConfigMap of a release says."""
        found = self.read(app.config_map)
        return found["data"].get("generation") if found else None

    def replicas(self, app: App) -> int | None:
        """What its Deployment asks for."""
        found = self.read(app.deployment)
        return found["spec"]["replicas"] if found else None

    def installed(self) -> int:
        """How many ConfigMaps of releases there are."""
        found = self.read("/api/v1/configmaps?labelSelector=app.kubernetes.io%2Fmanaged-by%3DHelm")
        return len(found["items"]) if found else 0

    def edit(self, app: App) -> None:
        """Write something else into the ConfigMap."""
        self._do("PATCH", app.config_map, {"data": {"generation": "edited"}})

    def delete(self, app: App) -> None:
        """Delete the ConfigMap."""
        self._do("DELETE", app.config_map)

    def scale(self, app: App) -> None:
        """Scale the Deployment."""
        self._do("PATCH", app.deployment, {"spec": {"replicas": 1}})

    def _do(self, method: str, path: str, body: Any = None) -> None:
        headers = {"Content-Type": "application/merge-patch+json"}
        answer = self.session.request(method, f"{self.server}{path}", json=body, headers=headers, timeout=10)
        assert answer.status_code == HTTPStatus.OK, answer.text
