"""From the address and login of a repository to the one who talks to it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.repositories.place import OCI
from reconciler.model.transfer import Progress, unseen

if TYPE_CHECKING:
    from reconciler.adapters.http import Patience
    from reconciler.model.desired import Repository
    from reconciler.model.repository import ChartRepository


class Repositories:
    """Opens repositories, each once: what was asked of one is not asked again in the same run.

    Args:
        cache: the folder for what may be used again by later runs.
        progress: told of each transfer.
    """

    def __init__(self, cache: Path, progress: Progress = unseen, patience: Patience | None = None) -> None:
        self._cache, self._progress, self._patience = cache, progress, patience
        self._lock = threading.Lock()
        self._opened: dict[Repository, ChartRepository] = {}

    def __call__(self, repository: Repository) -> ChartRepository:
        """The repository, not yet asked for anything."""
        with self._lock:
            if repository not in self._opened:
                self._opened[repository] = self._open(repository)
            return self._opened[repository]

    def _open(self, repository: Repository) -> ChartRepository:
        return self._registry(repository) if repository.url.startswith(OCI) else self._index(repository)

    # The imports below are heavy, and most runs find all their charts in the cache.

    def _registry(self, repository: Repository) -> ChartRepository:
        from reconciler.adapters.registry import Credentials, Registry  # noqa: PLC0415 - heavy
        from reconciler.adapters.repositories.oci import OciRepository  # noqa: PLC0415 - heavy

        host = repository.url.removeprefix(OCI).partition("/")[0]
        username, password = repository.username, repository.password
        registry = Registry(
            # Docker Hub's registry is not at its name.
            "registry-1.docker.io" if host == "docker.io" else host,
            Credentials(username, password) if username is not None and password is not None else None,
            ca_file=repository.ca_file,
            plain_http=repository.plain_http,
            patience=self._patience,
        )
        return OciRepository(repository, registry, self._progress)

    def _index(self, repository: Repository) -> ChartRepository:
        from reconciler.adapters.http import HttpClient  # noqa: PLC0415 - heavy
        from reconciler.adapters.repositories.http import HttpRepository  # noqa: PLC0415 - heavy
        from reconciler.adapters.repositories.kept import IndexCache  # noqa: PLC0415 - heavy

        http = HttpClient(repository.ca_file, self._patience)
        return HttpRepository(repository, http, IndexCache(self._cache / "indexes"), self._progress, self)
