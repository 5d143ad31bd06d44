"""Implements `reconciler.model.image.Registries`: questions to the registries and repositories of an environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.errors import TransferError, TransferReason
from reconciler.model.desired import Repository
from reconciler.model.oci import Credentials

if TYPE_CHECKING:
    from reconciler.adapters.http import Patience
    from reconciler.adapters.registry import Registry
    from reconciler.model.image import ImageRef, Platform

OCI = "oci://"
_LONGEST_INDEX = 50 * 1024 * 1024
_ENTRIES = re.compile(rb"^entries:", re.MULTILINE)


class RegistryQuestions:
    """Keeps one client for each registry and login. May be asked from several threads."""

    def __init__(self, repositories: Iterable[Repository]) -> None:
        self._repositories = tuple(repositories)
        self._clients: dict[tuple[str, Credentials | None], Registry] = {}
        self._lock = Lock()

    def ping(self, registry: str, credentials: Credentials | None) -> None:
        """See Registries."""
        self._client(registry, credentials).ping()

    def platforms(self, image: ImageRef, credentials: Credentials | None) -> Sequence[Platform]:
        """See Registries."""
        from reconciler.adapters.registry.platforms import platforms  # noqa: PLC0415 - heavy, and a plan asks no registry

        client = self._client(image.registry, credentials)
        manifest = client.manifest(image.repository, image.reference)
        return platforms(manifest, lambda config: client.blob(image.repository, config))

    def tags(self, image: ImageRef, credentials: Credentials | None) -> Sequence[str]:
        """See Registries."""
        return self._client(image.registry, credentials).tags(image.repository)

    def reach(self, repository: Repository) -> None:
        """See Registries."""
        if repository.url.startswith(OCI):
            self.ping(_host(repository), _credentials(repository))
            return
        from reconciler.adapters.http import HttpClient, Login, Request  # noqa: PLC0415 - as above

        known = _credentials(repository)
        login = Login.basic(repository.url, known.username, known.password) if known else None
        url = f"{repository.url}/index.yaml"
        http = HttpClient(repository.ca_file, _patience())
        try:
            answer = http.send(Request("GET", url, login, limit=_LONGEST_INDEX)).checked()
        finally:
            http.close()
        if not _ENTRIES.search(answer.content):
            raise TransferError(
                f"{url} is no index of charts",
                reason=TransferReason.OTHER,
                hint="is it the address of the repository, and no web page in front of it?",
            )

    def close(self) -> None:
        """See Registries."""
        for client in self._clients.values():
            client.close()

    def _client(self, registry: str, credentials: Credentials | None) -> Registry:
        with self._lock:
            key = (registry, credentials)
            if key not in self._clients:
                self._clients[key] = self._made(registry, credentials)
            return self._clients[key]

    def _made(self, registry: str, credentials: Credentials | None) -> Registry:
        from reconciler.adapters.registry import Registry  # noqa: PLC0415 - as above
        from reconciler.model.image import is_loopback, served_at  # noqa: PLC0415 - as above

        known = next((item for item in self._repositories if _host(item) == registry), None)
        # As container runtimes do: a registry on this machine has no TLS, unless we were told whom to trust.
        plain = (
            known.plain_http or (known.ca_file is None and is_loopback(registry)) if known else is_loopback(registry)
        )
        host = served_at(registry)
        ca_file = known.ca_file if known else None
        return Registry(host, credentials, ca_file=ca_file, plain_http=plain, patience=_patience())


def _patience() -> Patience:
    """Whoever asks wants to know soon; what is not there now is told as such."""
    from reconciler.adapters.http import Patience  # noqa: PLC0415 - as above

    return Patience(attempts=2, connect=5.0, read=20.0)


def _host(repository: Repository) -> str:
    return urlsplit(repository.url).netloc


def _credentials(repository: Repository) -> Credentials | None:
    if repository.username is None or repository.password is None:
        return None
    return Credentials(repository.username, repository.password)
