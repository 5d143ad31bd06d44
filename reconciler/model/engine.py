"""What Helm is asked to do, and the small interface behind which it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.model.json import JsonMap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.model.chart import Chart
    from reconciler.model.desired import ClusterAccess, Wait
    from reconciler.model.identity import ReleaseId
    from reconciler.model.lint import LintFinding


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a cluster offers to templates: `.Capabilities.KubeVersion` and `.Capabilities.APIVersions`.

    Attributes:
        kube_version: such as `v1.35.4`.
        api_versions: `group/version` and `group/version/Kind`, as Helm lists them.
    """

    kube_version: str
    api_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One rendering of a chart's templates.

    Attributes:
        cluster: given when the templates may call `lookup`; None renders offline.
        capabilities: None means Helm's built-in ones.
    """

    release: ReleaseId
    chart: Chart
    values: JsonMap = field(repr=False)
    upgrade: bool
    capabilities: Capabilities | None
    cluster: ClusterAccess | None


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One install or upgrade.

    Attributes:
        labels: kept on the release's Secret, beside Helm's own.
        description: shown by `helm history`.
        wait: None means not to wait for readiness.
        history: how many revisions Helm keeps.
    """

    release: ReleaseId
    cluster: ClusterAccess
    chart: Chart
    values: JsonMap = field(repr=False)
    labels: Mapping[str, str]
    description: str
    wait: Wait | None
    history: int


@dataclass(frozen=True, slots=True)
class RemoveRequest:
    """The end of a release, and of its history.

    Attributes:
        wait: None means not to wait until its objects are gone.
    """

    release: ReleaseId
    cluster: ClusterAccess
    wait: Wait | None


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """The way back to an earlier revision, which becomes the next one. Its objects are not waited for.

    Attributes:
        revision: the one to go back to.
        history: how many revisions Helm keeps.
    """

    release: ReleaseId
    cluster: ClusterAccess
    revision: int
    history: int


class Engine(Protocol):
    """Helm, however it is run. Every method may be called from several threads, for different releases.

    Writing raises EngineError; rendering and building dependencies raise ChartError or, for the cluster and
    the engine itself, EngineError (with foreign text as Helm gave it: callers mask it). A kubeconfig that cannot be
    used is a ClusterError everywhere.
    """

    name: str

    def render(self, request: RenderRequest) -> Mapping[str, str]:
        """Template path → rendered text, hooks and tests included, NOTES left out."""
        ...

    def install(self, request: WriteRequest) -> None:
        """Make revision 1 of a release. Without `wait`, returns when the objects are stored."""
        ...

    def upgrade(self, request: WriteRequest) -> None:
        """Make the next revision of a release, whatever state the last one ended in, unless it is pending."""
        ...

    def rollback(self, request: RollbackRequest) -> None:
        """Make the next revision of a release a copy of an earlier one: chart, values, objects and labels."""
        ...

    def uninstall(self, request: RemoveRequest) -> None:
        """Remove a release, whatever state it is in, with its history; one that is not there is no error.

        What charts mark to be kept stays. Helm before 4.3 also deletes objects that another release has taken over.
        """
        ...

    def build_dependencies(self, chart: Path) -> None:
        """Fill the chart folder's charts/ from its Chart.yaml (and Chart.lock when there is one)."""
        ...

    def lint(self, chart: Chart, values: JsonMap) -> Sequence[LintFinding]:
        """What Helm itself finds wrong with a chart's folder, under these values; schemas are left to us."""
        ...

    def verify(self, archive: Path, keyring: Path) -> tuple[str, ...]:
        """Who signed a chart's archive, by the `.prov` file beside it and the public keys in `keyring`."""
        ...

    def cancel(self) -> None:
        """End every operation under way: each raises EngineError, its release is left marked as failed.

        One that was being uninstalled is left marked as that; uninstalling it again ends it. One that was being rolled
        back may be left pending.
        """
        ...

    @property
    def lingers(self) -> bool:
        """Whether something that `cancel` has ended may still write, as long as this process lives."""
        ...

    def abandon(self) -> None:
        """End at once, as far as that can be, and mark nothing: others may have taken the releases over.

        What runs inside this process ends only with it, so the process has to end next.
        """
        ...

    def close(self) -> None:
        """Remove the private files (kubeconfigs); the engine is of no use afterwards."""
        ...
