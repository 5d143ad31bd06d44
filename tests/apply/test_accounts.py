"""Attaching pull secrets while others write the same account: on the real API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.adapters.kube.writer import KubeWriter
from reconciler.apply import accounts as module
from reconciler.apply.accounts import attach
from reconciler.errors import ApiError, ClusterError
from reconciler.model.attachment import ACCOUNT
from reconciler.model.cluster import Resource
from reconciler.model.desired import ClusterAccess, Impersonation
from reconciler.model.identity import AccountId
from reconciler.model.json import JsonMap
from reconciler.model.plan import AttachPullSecrets
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


class Meddled(KubeWriter):
    """A writer behind whose back something happens after each look at an account."""

    def __init__(self, access: ClusterAccess, meddle: Callable[[], None]) -> None:
        super().__init__(access)
        self._meddle = meddle

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """Look, and then it happens."""
        found = super().fetch(resource, namespace, name)
        self._meddle()
        return found


@pytest.fixture
def work(namespace: str, kubectl: Kubectl) -> AttachPullSecrets:
    """Attach `registry` to the account `robot` of the test's own namespace."""
    kubectl("create", "namespace", namespace)
    return AttachPullSecrets(AccountId("main", namespace, "robot"), "staging", ("registry",))


def entries(work: AttachPullSecrets, kubectl: Kubectl) -> list[str]:
    """The pull secrets that the account names."""
    found: Any = json.loads(kubectl("get", "serviceaccount", "robot", "-n", work.account.namespace, "-o", "json"))
    return [item["name"] for item in found.get("imagePullSecrets", [])]


def run(work: AttachPullSecrets, writer: KubeWriter) -> None:
    """Attach."""
    attach(writer, writer.resources()[ACCOUNT], work)


def test_a_write_in_between_is_not_lost(
    work: AttachPullSecrets, cluster_access: ClusterAccess, kubectl: Kubectl
) -> None:
    """The server refuses what was made from an older look; the next one has both entries."""
    home = work.account.namespace
    kubectl("create", "serviceaccount", "robot", "-n", home)
    looks = []

    def meddle() -> None:
        looks.append(1)
        if len(looks) == 1:
            body = '{"imagePullSecrets":[{"name":"theirs"}]}'
            kubectl("patch", "serviceaccount", "robot", "-n", home, "--type=merge", "-p", body)

    run(work, Meddled(cluster_access, meddle))
    assert entries(work, kubectl) == ["theirs", "registry"]
    assert len(looks) == 2


def test_an_account_that_is_made_a_moment_later(
    work: AttachPullSecrets, cluster_access: ClusterAccess, kubectl: Kubectl
) -> None:
    """As the controller makes the default one of a new namespace."""
    looks = []

    def meddle() -> None:
        looks.append(1)
        if len(looks) == 2:
            kubectl("create", "serviceaccount", "robot", "-n", work.account.namespace)

    run(work, Meddled(cluster_access, meddle))
    assert entries(work, kubectl) == ["registry"]


@pytest.mark.parametrize(
    ("exists", "said"), [(False, "is not there"), (True, "is changed by somebody else again and again")]
)
def test_it_does_not_try_for_ever(
    exists: bool,  # noqa: FBT001 - a parameter of the table
    said: str,
    work: AttachPullSecrets,
    cluster_access: ClusterAccess,
    kubectl: Kubectl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error says which account, and why."""
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    home = work.account.namespace
    if exists:
        kubectl("create", "serviceaccount", "robot", "-n", home)
    looks: list[int] = []

    def meddle() -> None:
        looks.append(1)
        if exists:
            kubectl("label", "serviceaccount", "robot", "-n", home, "--overwrite", f"look=n{len(looks)}")

    with pytest.raises(ClusterError, match=f"service account {home}/robot {said}"):
        run(work, Meddled(cluster_access, meddle))


def test_what_is_refused_for_good_is_said_at_once(
    work: AttachPullSecrets, cluster_access: ClusterAccess, kubectl: Kubectl
) -> None:
    """Whoever may look and not write is told so, without trying again."""
    home = work.account.namespace
    kubectl("create", "serviceaccount", "robot", "-n", home)
    kubectl("create", "rolebinding", "watcher", "-n", home, "--clusterrole=view", f"--user={home}")
    looks: list[int] = []
    watcher = Meddled(cluster_access.acting_as(Impersonation(home)), lambda: looks.append(1))
    with pytest.raises(ApiError, match=f'User "{home}" cannot patch resource "serviceaccounts"'):
        run(work, watcher)
    assert looks == [1]
