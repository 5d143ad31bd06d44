"""Kubeconfigs as files for Helm: private, and gone when the engine closes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.files import write_private
from reconciler.adapters.kube.document import selected

if TYPE_CHECKING:
    from reconciler.model.desired import ClusterAccess


class KubeconfigFiles:
    """One 0600 file for each cluster and user in a private folder, written when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._written: dict[ClusterAccess, Path] = {}

    def path(self, access: ClusterAccess) -> Path:
        """The file with the kubeconfig of `access`. Raises ClusterError as `selected` does."""
        with self._lock:
            if access not in self._written:
                path = self._folder / f"kubeconfig-{len(self._written)}"
                write_private(path, selected(access).text())
                self._written[access] = path
            return self._written[access]
