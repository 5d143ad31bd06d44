"""The library's connections to clusters, shared between operations and never older than they may be.

A connection remembers what its cluster offers (`.Capabilities`) for as long as it lives. One that is kept for
ever would render charts for the cluster as it was at the start: so it is renewed after a minute, and at once
after a release that brought new kinds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from reconciler.adapters.helm.manager import load_library
from reconciler.adapters.helm.options import BURST, QPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.adapters.helm.kubeconfig import KubeconfigFiles
    from reconciler.model.desired import ClusterAccess

LIFETIME_SECONDS = 60.0

# `history` is part of the key since the library keeps the limit on the connection.
_Key = tuple["ClusterAccess", str, int]


class Connection:
    """A connection to one namespace of a cluster.

    Helm makes its client when it first needs it, and without a lock: of two operations that are first, one may see half
    of it, which ends in a panic. So the first use is a question to the server, and the others wait for it.
    """

    def __init__(self, config: Any) -> None:
        self.config = config
        self._lock = threading.Lock()
        self._answered = False

    def ready(self) -> Any:
        """The library's handle, after the cluster has answered once. Raises HelmError: it does not answer."""
        with self._lock:
            if not self._answered:
                self.config.check_reachable()
                self._answered = True
        return self.config


class Configs:
    """One connection for each cluster, namespace and history limit, made when it is first asked for."""

    def __init__(self, files: KubeconfigFiles, clock: Callable[[], float]) -> None:
        self._files = files
        self._clock = clock
        self._lock = threading.Lock()
        self._made: dict[_Key, tuple[float, Connection]] = {}

    def get(self, access: ClusterAccess, namespace: str, history: int = 0) -> Connection:
        """The connection. It stays usable for its holder when a newer one takes its place."""
        key = (access, namespace, history)
        with self._lock:
            born, connection = self._made.get(key, (float("-inf"), None))
            if connection is None or self._clock() - born > LIFETIME_SECONDS:
                connection = Connection(self._make(access, namespace))
                self._made[key] = (self._clock(), connection)
            return connection

    def renew(self, access: ClusterAccess) -> None:
        """Forget the connections to a cluster: its kinds have changed."""
        with self._lock:
            self._made = {key: value for key, value in self._made.items() if key[0] != access}

    def _make(self, access: ClusterAccess, namespace: str) -> Any:
        return load_library().Config(
            kubeconfig_path=self._files.path(access),
            kube_context=access.context,
            namespace=namespace,
            qps=QPS,
            burst_limit=BURST,
            storage_driver="secret",
        )
