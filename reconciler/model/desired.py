"""The desired state of one environment: references resolved, layers merged, secrets in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from reconciler.errors import Location
from reconciler.model.failure import DEFAULT_ON_FAILURE, OnFailure
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.json import JsonMap
from reconciler.model.lock import LockKey, Pin
from reconciler.model.policy import DEFAULT_POLICY, Policy
from reconciler.model.secret import Mask, SecretText
from reconciler.model.versions import NEWEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.chart import Chart


@dataclass(frozen=True, slots=True)
class Impersonation:
    """As whom a cluster is used. The groups of a ServiceAccount are added by the API server itself."""

    user: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """How to reach a cluster, and as whom.

    Attributes:
        kubeconfig: the full content of a kubeconfig; None: that of the pod that this runs in, and this is none.
        context: the context to use; None means the kubeconfig's current one.
        base: the folder against which the kubeconfig's relative paths are read; None: it comes from a variable, and
            may name no files.
        within: the folder that files named in the kubeconfig have to be in; None: anywhere.
        plugins: the programs and providers that may be run to log in, as the kubeconfig names them.
        impersonate: None: as the one who logs in, or as the kubeconfig says.
    """

    name: str
    kubeconfig: SecretText | None
    context: str | None
    base: Path | None
    where: Location
    plugins: frozenset[str] = frozenset()
    impersonate: Impersonation | None = None
    within: Path | None = None

    def acting_as(self, user: Impersonation | None) -> ClusterAccess:
        """The same cluster as another user; None: as before."""
        return replace(self, impersonate=user) if user else self


def is_exposed(server: str) -> bool:
    """Whether what is sent to the URL can be read on the way: it has no TLS, and leads out of this machine."""
    if server.startswith("https://"):
        return False
    try:
        return urlsplit(server).hostname not in _LOOPBACK
    except ValueError:  # no URL at all
        return True


_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Repository:
    """A chart repository: `https://…` with an index.yaml, or `oci://…`.

    Attributes:
        where: its place in the environment file; None for one that was named on the command line.
    """

    name: str
    url: str
    username: str | None
    password: SecretText | None
    ca_file: Path | None
    plain_http: bool
    where: Location | None = None


@dataclass(frozen=True, slots=True)
class ChartRef:
    """Where a release's chart comes from.

    Exactly one is set of `path` (a folder or archive) and `remote` (a name in `repository`, or `oci://…`).

    Attributes:
        version: a version or a range of versions, as written; None means the newest.
        pin: what the lock file says that this is; None when it says nothing.
    """

    path: Path | None
    remote: str | None
    version: str | None
    repository: Repository | None
    where: Location
    pin: Pin | None = None

    @property
    def lock_key(self) -> LockKey | None:
        """What it is called in a lock file; None for a folder or archive, which is under version control itself."""
        if self.remote is None:
            return None
        below = self.repository if not self.remote.startswith("oci://") else None
        address = f"{below.url}/{self.remote}" if below else self.remote
        url, _, name = address.rpartition("/")
        return LockKey(url, name, self.version or NEWEST)

    def __str__(self) -> str:
        source = str(self.path) if self.path else str(self.remote)
        return f"{source} {self.version}" if self.version else source


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait for a release to become ready: `seconds` None means for ever."""

    seconds: float | None


Needs = Mapping[Target, Wait | None]
"""What has to be in place → how long it is waited for until it is healthy; None: that is not looked at."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace that the environment keeps, with the labels and annotations that it sets."""

    id: NamespaceId
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    where: Location
    needs: Needs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecretObject:
    """A Kubernetes Secret that the environment keeps in one namespace."""

    id: SecretId
    type: str
    data: Mapping[str, SecretText]
    where: Location
    needs: Needs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PullAccount:
    """A ServiceAccount whose pods are given these pull secrets when they name none."""

    id: AccountId
    secrets: tuple[str, ...]
    where: Location


class Places(Protocol):
    """Tells where values were written."""

    def at(self, path: Sequence[str | int]) -> Location:
        """The place of the value at `path` (keys, and the numbers of list items), or of the nearest thing around it."""
        ...


@dataclass(frozen=True, slots=True)
class Release:
    """One Helm release, ready to be compared and applied.

    Attributes:
        values: the merged values, secrets included: never print them without `Desired.mask`.
        replicas: dotted path → number; wins over the values. An empty path means the chart's usual one.
        sources: tells where each value was written, for errors.
        wait: None means not to wait.
        history: how many revisions Helm keeps.
        needs: what has to be in place before it, and how long it may take to become healthy.
        chart: the chart itself, once it has been fetched; None before.
        impersonate: as whom all is done for it; None: as its cluster is used.
        labels: what `--only` may ask for.
        on_failure: what is done when it fails.
    """

    id: ReleaseId
    chart_ref: ChartRef
    values: JsonMap = field(repr=False)
    replicas: Mapping[str, int]
    sources: Places = field(repr=False)
    wait: Wait | None
    history: int
    needs: Needs
    where: Location
    chart: Chart | None = None
    impersonate: Impersonation | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    on_failure: OnFailure = DEFAULT_ON_FAILURE


@dataclass(frozen=True, slots=True)
class Desired:
    """What one environment's clusters should hold.

    Attributes:
        unselected: releases that are needed and were not selected: looked at, and never applied.
        left_alone: namespaces of the file that are not the environment's own.
        wait: how long releases are waited for that do not say it themselves.
    """

    name: str
    root: Path
    clusters: Mapping[str, ClusterAccess]
    repositories: Mapping[str, Repository]
    namespaces: tuple[Namespace, ...]
    secrets: tuple[SecretObject, ...]
    releases: tuple[Release, ...]
    mask: Mask
    accounts: tuple[PullAccount, ...] = ()
    policy: Policy = DEFAULT_POLICY
    unselected: tuple[Release, ...] = ()
    left_alone: frozenset[NamespaceId] = frozenset()
    wait: Wait | None = None

    @property
    def named(self) -> frozenset[Target]:
        """The releases, secrets and namespaces that it asks for."""
        kept: tuple[Release | SecretObject | Namespace, ...] = (*self.releases, *self.secrets, *self.namespaces)
        return frozenset(item.id for item in kept)
