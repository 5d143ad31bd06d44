"""What an import reads from a cluster beside what a plan reads."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.adapters.kube import storage
from reconciler.adapters.kube.lists import items_of
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.reader import KubeReader
from reconciler.adapters.kube.stored_charts import chart_files
from reconciler.model.chart import ChartFiles
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap

_SECRETS = Resource(Kind("v1", "Secret"), "secrets", namespaced=True)
_LOGINS = "kubernetes.io/dockerconfigjson"


class LiveReader(KubeReader):
    """Implements `reconciler.model.importing.LiveCluster`."""

    def stored_chart(self, release: ReleaseId, revision: int) -> ChartFiles | None:
        """See LiveCluster."""
        secret = self.fetch(_SECRETS, release.namespace, f"sh.helm.release.v1.{release.name}.v{revision}")
        return chart_files(storage.stored_chart(secret)) if secret else None

    def pull_secrets(self, namespace: str) -> Sequence[JsonMap]:
        """See LiveCluster."""
        answer = self._transport.get(object_path(_SECRETS, namespace), {"fieldSelector": f"type={_LOGINS}"})
        return items_of(answer, self.name)
