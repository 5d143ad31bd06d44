"""What `apply` and `diagnose` share: gather what surrounds a release that does not run, and name the cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.diagnose.explain import Root, explain_other, explain_release, troubled
from reconciler.errors import ClusterError, Location
from reconciler.model.cluster import ClusterReader
from reconciler.model.desired import Desired, Release
from reconciler.model.evidence import NOTHING, Evidence
from reconciler.model.finding import Cause, Finding, Trouble
from reconciler.model.identity import NamespaceId, ReleaseId, Target
from reconciler.model.observed import ObservedCluster
from reconciler.observe.evidence import gather
from reconciler.observe.live import observe

# Enough for the end of a stack trace, and little enough to read.
LOG_LINES = 10


@dataclass(frozen=True, slots=True)
class Investigator:
    """Looks into what does not run.

    Attributes:
        lines: how many lines of each container's log are kept.
    """

    desired: Desired
    readers: Mapping[str, ClusterReader]
    now: Callable[[], datetime]
    lines: int = LOG_LINES

    def failed(self, target: Target, trouble: Trouble) -> tuple[Finding, ...]:
        """Why something failed, by what its cluster holds at this moment."""
        release = self._release(target)
        if release is None:
            return self._other(target, trouble)
        roots, evidence = self.look(release)
        return explain_release(release, trouble, roots, evidence, self.desired.mask)

    def look(self, release: Release) -> tuple[tuple[Root, ...], Evidence]:
        """The objects of a release that are not well, and what surrounds them, read anew."""
        reader = self.readers[release.id.cluster]
        access = {name: item for name, item in self.desired.clusters.items() if name == reader.name}
        alone = replace(self.desired, clusters=access, namespaces=(), secrets=(), accounts=(), releases=(release,))
        try:
            found = observe(alone, {reader.name: reader}, self.now()).clusters[reader.name]
        except ClusterError as error:
            return (), replace(NOTHING, gaps=(f"nothing could be looked at: {error.message}",))
        roots = roots_of(release, found)
        return roots, self.surroundings(release, roots)

    def surroundings(self, release: Release, roots: Sequence[Root]) -> Evidence:
        """What surrounds these objects of a release."""
        reader = self.readers[release.id.cluster].acting_as(release.impersonate)
        items = [root.item for root in roots]
        return gather(reader, reader.resources(), items, release.id.namespace, self.lines)

    def _release(self, target: Target) -> Release | None:
        known = (*self.desired.releases, *self.desired.unselected)
        return next((release for release in known if release.id == target), None)

    def _other(self, target: Target, trouble: Trouble) -> tuple[Finding, ...]:
        reader = self.readers[target.cluster]
        namespace = target.name if isinstance(target, NamespaceId) else target.namespace
        evidence = gather(reader, reader.resources(), (), namespace, 0)
        return explain_other(target, trouble, self._where(target), evidence, self.desired.mask)

    def _where(self, target: Target) -> Location | None:
        places: dict[Target, Location] = {item.id: item.where for item in self.desired.namespaces}
        places.update((item.id, item.where) for item in self.desired.secrets)
        places.update((item.id, item.where) for item in self.desired.accounts)
        return places.get(target)


def roots_of(release: Release, cluster: ObservedCluster) -> tuple[Root, ...]:
    """The objects of a release that are not well; none when it is not installed."""
    stored = cluster.releases.get(release.id)
    return troubled(stored, cluster) if stored else ()


def not_installed(release: ReleaseId) -> Trouble:
    """A release that the environment has and its cluster has not."""
    told = f"{release} is not installed on cluster {release.cluster}"
    return Trouble(told, "install it: `reconcile apply`", Cause.NOT_INSTALLED)
