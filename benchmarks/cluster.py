"""What is really in the cluster, asked without the tools that are measured."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.measure import UnexpectedError
from benchmarks.workspace import KINDS, NAMESPACES, Item, Workspace, tag
from reconciler.sandbox import Sandbox, writes
from reconciler.sandbox.api import Api, connect

if TYPE_CHECKING:
    from pathlib import Path

_LISTS = {
    "Deployment": "/apis/apps/v1/deployments",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
}
_OF_HELM = "?labelSelector=app.kubernetes.io%2Fmanaged-by%3DHelm"
_RELEASES = "/api/v1/secrets?labelSelector=owner%3Dhelm,status%3Ddeployed"
_SETTLE_SECONDS = 300.0
_QUIET_SECONDS = 2.0


class Cluster:
    """A sandbox, and what is expected to be in it."""

    def __init__(self, sandbox: Sandbox, api: Api, kubectl: Path) -> None:
        self._sandbox = sandbox
        self._api = api
        self._kubectl = kubectl

    def check(self, workspace: Workspace, generations: Mapping[Item, int]) -> None:
        """Every release is deployed with all its objects, and runs the image of its generation.

        Raises:
            UnexpectedError: something is missing, or is not as it was asked for.
        """
        size = len(workspace.items)
        counts = {kind: len(self._list(_LISTS[kind] + _OF_HELM)) for kind in KINDS}
        counts["deployed release"] = len(self._list(_RELEASES))
        wrong = {kind: count for kind, count in counts.items() if count != size}
        if wrong:
            raise UnexpectedError(f"there should be {size} of each: {wrong}")
        expected = {(item.namespace, item.workload): tag(generations[item]) for item in workspace.items}
        found = {_identity(each): _tag(each) for each in self._deployments()}
        if found != expected:
            differing = [(name, found.get(name)) for name in expected if found.get(name) != expected[name]]
            raise UnexpectedError(f"{len(differing)} images are not as asked for: {differing[:5]}")

    def settle(self, workspace: Workspace) -> None:
        """Wait until the control plane has nothing left to do, so that it does not take part in the next time.

        Raises:
            UnexpectedError: the pods do not become ready.
        """
        deadline = time.monotonic() + _SETTLE_SECONDS
        while sum(map(_rolled_out, self._deployments())) < len(workspace.items):
            if time.monotonic() > deadline:
                raise UnexpectedError("the pods do not become ready")
            time.sleep(0.5)
        time.sleep(_QUIET_SECONDS)

    def edit_service(self, item: Item) -> None:
        """What somebody does by hand."""
        patch = '{"spec": {"sessionAffinity": "ClientIP"}, "metadata": {"labels": {"app.kubernetes.io/version": "0"}}}'
        self._run("patch", "service", item.workload, "--namespace", item.namespace, "--patch", patch)

    def delete_service(self, item: Item) -> None:
        """What somebody does by mistake."""
        self._run("delete", "service", item.workload, "--namespace", item.namespace)

    @contextmanager
    def reads_everything(self) -> Iterator[None]:
        """Prove, by the API server's audit log, that what runs inside lists every kind everywhere and writes nothing.

        Raises:
            UnexpectedError: it did not list a kind in a namespace, or it wrote.
        """
        start = self._sandbox.settle_audit()
        yield
        self._sandbox.settle_audit()
        records = [record for record in self._sandbox.audit.read(start) if record.user == "admin"]
        if wrote := [f"{record.verb} {record.uri}" for record in writes(records)]:
            raise UnexpectedError(f"nothing was to do, and this was written: {wrote[:10]}")
        listed = Counter((record.namespace, record.resource) for record in records if record.verb == "list")
        wanted = {(namespace, f"{kind.lower()}s") for namespace in NAMESPACES for kind in KINDS}
        everywhere = {(namespace, resource) for namespace, resource in wanted if listed["", resource]}
        if missing := wanted - set(listed) - everywhere:
            raise UnexpectedError(f"live objects were not read: {sorted(missing)}")

    def _deployments(self) -> list[dict[str, Any]]:
        return self._list(_LISTS["Deployment"] + _OF_HELM)

    def _list(self, path: str) -> list[dict[str, Any]]:
        found = self._api.get(path)
        if found is None:
            raise UnexpectedError(f"the API server does not answer GET {path}")
        return list(found["items"])

    def _run(self, *arguments: str) -> None:
        command = [str(self._kubectl), "--kubeconfig", str(self._sandbox.kubeconfig_path), *arguments]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own


@contextmanager
def cluster_of(sandbox: Sandbox, kubectl: Path) -> Iterator[Cluster]:
    """A sandbox that runs, to be looked at."""
    # The component's credentials, so that the audit log tells the benchmark's own requests from the tools'.
    pki = sandbox.folder / "pki"
    with connect(pki / "sandbox.kubeconfig", pki / "ca.crt") as api:
        yield Cluster(sandbox, api, kubectl)


def _identity(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _tag(deployment: Mapping[str, Any]) -> str:
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.rpartition(":")[2]


def _rolled_out(deployment: Mapping[str, Any]) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")}
    return counts == {wanted} and status.get("observedGeneration") == deployment["metadata"]["generation"]
