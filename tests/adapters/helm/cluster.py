"""A look at the API server beside Helm, by plain requests."""

from __future__ import annotations

import base64
import gzip
import json
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import yaml

if TYPE_CHECKING:
    from reconciler.model.desired import ClusterAccess


@dataclass(frozen=True)
class Cluster:
    """The API server of the tests, by the token or client certificate of its kubeconfig."""

    server: str
    session: requests.Session

    @classmethod
    def of(cls, access: ClusterAccess) -> Cluster:
        """The cluster behind a kubeconfig with inline data."""
        config = yaml.safe_load(access.kubeconfig.reveal() if access.kubeconfig else "{}")
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        session = requests.Session()
        session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the cluster's own authority
        session.verify = _file(cluster["certificate-authority-data"])
        if "token" in user:
            session.headers["Authorization"] = f"Bearer {user['token']}"
        else:
            session.cert = (_file(user["client-certificate-data"]), _file(user["client-key-data"]))
        return cls(cluster["server"], session)

    def get(self, path: str) -> dict[str, Any]:
        """The object at `path`."""
        answer = self.session.get(self.server + path, timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def post(self, path: str, item: dict[str, Any]) -> None:
        """Create an object."""
        self.session.post(self.server + path, json=item, timeout=30).raise_for_status()

    def patch(self, path: str, change: dict[str, Any]) -> None:
        """Change an object, as a person with kubectl would."""
        headers = {"Content-Type": "application/merge-patch+json"}
        url = f"{self.server}{path}?fieldManager=kubectl-edit"
        self.session.patch(url, json=change, headers=headers, timeout=30).raise_for_status()

    def delete(self, path: str) -> None:
        """Delete an object."""
        self.session.delete(self.server + path, timeout=30)

    def revisions(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """The release's stored revisions, oldest first, with the labels of their Secrets under `labels`."""
        selector = f"owner=helm,name={name}"
        secrets = self.get(f"/api/v1/namespaces/{namespace}/secrets?labelSelector={selector}")["items"]
        found = [_release(item) for item in secrets]
        return sorted(found, key=lambda item: int(item["version"]))

    def statuses(self, namespace: str, name: str) -> list[str]:
        """The status of each revision, oldest first."""
        return [item["info"]["status"] for item in self.revisions(namespace, name)]


def _release(secret: dict[str, Any]) -> dict[str, Any]:
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    release: dict[str, Any] = json.loads(gzip.decompress(packed))
    return release | {"labels": secret["metadata"]["labels"]}


def _file(data: str) -> str:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(base64.b64decode(data))
    return file.name
