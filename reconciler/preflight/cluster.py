"""What an API server says of itself and of us → checks."""

from __future__ import annotations

import re

from reconciler.errors import ClusterError, Location
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.probe import Identity

# Aggregated discovery is stable since then. Newer minor versions than the one that this program was tested with
# work as a rule: the API keeps its promises.
_OLDEST = (1, 30)
_TESTED = (1, 35)
_VERSION = re.compile(r"v(\d+)\.(\d+)")
_ANONYMOUS = "system:anonymous"


def identity_check(cluster: str, identity: Identity, where: Location) -> Check:
    """Whether the server knows who we are."""
    subject = "credentials"
    if identity.username == _ANONYMOUS:
        return Check(
            Area.CLUSTER,
            subject,
            Status.FAILED,
            "the server takes us for anonymous: the kubeconfig holds no credentials that it knows",
            "get a new kubeconfig, with a user that has a token or certificate",
            where,
            cluster,
        )
    groups = f" ({', '.join(identity.groups)})" if identity.groups else ""
    return Check(Area.CLUSTER, subject, Status.OK, f"accepted as {identity.username}{groups}", cluster=cluster)


def version_check(cluster: str, version: str, where: Location) -> Check:
    """Whether the server's version is one that we can work with."""
    subject = f"Kubernetes {version}"
    found = _VERSION.match(version)
    if not found:
        return Check(Area.CLUSTER, subject, Status.WARNING, "its version cannot be read", None, where, cluster)
    minor = (int(found[1]), int(found[2]))
    if minor < _OLDEST:
        message = f"it is older than {_dotted(_OLDEST)}, the oldest that is supported"
        return Check(Area.CLUSTER, subject, Status.FAILED, message, "upgrade the cluster", where, cluster)
    if minor > _TESTED:
        message = f"it is newer than {_dotted(_TESTED)}, the newest that was tested"
        return Check(Area.CLUSTER, subject, Status.WARNING, message, "look for a newer reconciler", where, cluster)
    return Check(Area.CLUSTER, subject, Status.OK, "supported", cluster=cluster)


def refusal_check(cluster: str, subject: str, error: ClusterError, where: Location) -> Check:
    """A question that the server did not answer."""
    message = error.message.removeprefix(f"cluster {cluster}: ")
    return Check(Area.CLUSTER, subject, Status.FAILED, message, error.hint, error.where or where, cluster)


def unreached_check(cluster: str, what: str, why: str) -> Check:
    """What could not be looked at, since something before it failed."""
    return Check(Area.CLUSTER, what, Status.UNKNOWN, why, cluster=cluster)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
