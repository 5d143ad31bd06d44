"""The few requests that the sandbox itself makes to its servers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
import yaml

from reconciler.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER_AGENT = "reconciler-sandbox"
_TIMEOUT = 5.0


class Api:
    """HTTPS to the API server of one sandbox, verified against the sandbox's own authority."""

    def __init__(self, server: str, session: requests.Session) -> None:
        self._server = server
        self._session = session

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at `path`; None: there is none, or no answer yet."""
        try:
            response = self._session.get(f"{self._server}{path}", timeout=_TIMEOUT)
            return dict(response.json()) if response.ok else None
        except (requests.RequestException, ValueError):
            return None

    def create(self, path: str, body: dict[str, Any]) -> None:
        """Create an object; one that exists already is left as it is.

        Raises:
            SandboxError: the API server refused it, or does not answer.
        """
        try:
            response = self._session.post(f"{self._server}{path}", json=body, timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise SandboxError(f"the sandbox's API server at {self._server} does not answer: {error}") from error
        if not response.ok and response.status_code != requests.codes.conflict:
            raise SandboxError(f"the sandbox's API server refused POST {path}: {response.text[:500]}")

    def ready(self) -> bool:
        """Whether the API server says that it is ready."""
        return _answers_ok(self._session, f"{self._server}/readyz")


@contextmanager
def connect(kubeconfig: Path, ca: Path) -> Iterator[Api]:
    """The API server, by one of the kubeconfigs that the sandbox wrote.

    Raises:
        SandboxError: the file is not there, or not one that the sandbox wrote.
    """
    try:
        document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        server = document["clusters"][0]["cluster"]["server"]
        token = document["users"][0]["user"]["token"]
    except (OSError, ValueError, KeyError, TypeError, IndexError, yaml.YAMLError) as error:
        raise SandboxError(f"cannot read the sandbox's kubeconfig {kubeconfig}: {error}") from error
    with _session(ca) as session:
        session.headers["Authorization"] = f"Bearer {token}"
        yield Api(server, session)


def healthy(url: str, ca: Path) -> bool:
    """Whether a component other than the API server says that it is well; no credentials are sent to it."""
    with _session(ca) as session:
        return _answers_ok(session, url)


def _session(ca: Path) -> requests.Session:
    session = requests.Session()
    # A proxy or an authority from the environment has no business between 127.0.0.1 and itself.
    session.trust_env = False
    session.verify = str(ca)
    session.headers["User-Agent"] = USER_AGENT
    return session


def _answers_ok(session: requests.Session, url: str) -> bool:
    try:
        return session.get(url, timeout=_TIMEOUT).ok
    except (requests.RequestException, OSError):
        return False
