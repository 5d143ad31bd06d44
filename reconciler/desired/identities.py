"""As whom clusters are used: a release's own user, else its cluster's, else the environment's."""

from __future__ import annotations

from reconciler.desired.documents import Step
from reconciler.desired.schema import ClusterSpec, ImpersonateSpec, ReleaseSpec
from reconciler.desired.scope import Scope
from reconciler.model.desired import Impersonation


def cluster_user(scope: Scope, name: str, spec: ClusterSpec) -> Impersonation | None:
    """As whom a cluster is used where a release does not say otherwise."""
    if spec.impersonate:
        return _user(scope, spec.impersonate, None, "clusters", name, "impersonate")
    if scope.spec.defaults.impersonate:
        return _user(scope, scope.spec.defaults.impersonate, None, "defaults", "impersonate")
    return None


def release_user(scope: Scope, key: str, spec: ReleaseSpec, namespace: str) -> Impersonation | None:
    """As whom all is done for a release; None: as its cluster is used."""
    if spec.impersonate is None:
        return None
    return _user(scope, spec.impersonate, namespace, "releases", key, "impersonate")


def _user(scope: Scope, spec: ImpersonateSpec, namespace: str | None, *path: Step) -> Impersonation | None:
    if spec.service_account is None:
        return Impersonation(spec.user or "", tuple(spec.groups))
    home, slash, name = spec.service_account.rpartition("/")
    home = home if slash else namespace or ""
    if not home or not name:
        scope.problems.add(
            f'"{spec.service_account}" does not say in which namespace the ServiceAccount is',
            scope.at(*path, "serviceAccount"),
            "write NAMESPACE/NAME; NAME alone is for releases, which have a namespace",
        )
        return None
    return Impersonation(f"system:serviceaccount:{home}:{name}")
