"""One cluster of an environment, looked at as far as it lets us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from reconciler.desired.narrow import narrow
from reconciler.desired.render import render
from reconciler.errors import ChartError, ClusterError, EngineError, Location
from reconciler.flows.context import Context, Tools
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.desired import ClusterAccess, Desired, Release
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import object_id
from reconciler.model.observed import Observed, ObservedCluster
from reconciler.model.orphans import Orphans
from reconciler.model.preflight import Check
from reconciler.model.probe import ClusterProber
from reconciler.model.workloads import RenderedObject
from reconciler.observe.concurrency import both, concurrently
from reconciler.observe.live import observe
from reconciler.observe.orphans import find_orphans
from reconciler.preflight.charts import render_check
from reconciler.preflight.cluster import refusal_check


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the file names, and its clusters as far as they let us in: several may be one and the same."""

    desired: Desired
    readers: Mapping[str, ClusterReader]


@dataclass(frozen=True)
class Site:
    """What the checks of one cluster start from.

    Attributes:
        desired: the part of the environment that goes to this cluster; only releases that could be rendered.
        resources: the kinds that it serves.
        observed: what it holds of the environment; None where we may not look.
        orphans: what it holds that the file no longer has; None: it stays, or we may not look.
        rendered: the objects of each release, hooks included.
    """

    access: ClusterAccess
    desired: Desired
    tools: Tools
    prober: ClusterProber
    reader: ClusterReader
    resources: Mapping[Kind, Resource]
    observed: Observed | None
    orphans: Orphans | None
    rendered: Mapping[ReleaseId, tuple[JsonMap, ...]]

    @property
    def cluster(self) -> ObservedCluster | None:
        """What this cluster holds."""
        return self.observed.clusters[self.access.name] if self.observed else None

    @property
    def places(self) -> Mapping[ReleaseId, Location]:
        """Where each release stands in the file."""
        return {release.id: release.where for release in self.desired.releases}

    @cached_property
    def objects(self) -> tuple[RenderedObject, ...]:
        """All rendered objects, hooks included, in the order of the releases."""
        return self._identified(self.rendered)

    @cached_property
    def stored(self) -> tuple[RenderedObject, ...]:
        """The objects of the releases as they are installed, which an upgrade replaces."""
        releases = self.cluster.releases if self.cluster else {}
        return self._identified({key: found.base for key, found in releases.items() if key in self.rendered})

    def _identified(self, releases: Mapping[ReleaseId, tuple[JsonMap, ...]]) -> tuple[RenderedObject, ...]:
        return tuple(
            RenderedObject(release, object_id(item, release, self.resources), item)
            for release, items in releases.items()
            for item in items
        )


def open_site(
    access: ClusterAccess,
    prober: ClusterProber,
    desired: Desired,
    tools: Tools,
    context: Context,
    whole: Whole | None,
) -> tuple[Site | None, list[Check]]:
    """What a reachable cluster shows; and what it does not show, as checks. None: not even the kinds that it serves.

    Args:
        desired: what of the environment can be looked at.
        whole: None: only a part was asked for, which says nothing about what is in none of it.
    """
    part, reader = _part(desired, access), context.reader(access)
    try:
        resources = reader.resources()
    except ClusterError as error:
        return None, [refusal_check(access.name, "the kinds that it serves", error, access.where)]
    (observed, orphans), refusals = _observed(part, whole, access, reader, context)
    rendered = _rendered(part, tools, observed)
    refusals += [item for item in rendered.values() if isinstance(item, Check)]
    failed = {key for key, items in rendered.items() if isinstance(items, Check)}
    objects = {key: items for key, items in rendered.items() if not isinstance(items, Check)}
    part = narrow(part, lambda target: target not in failed)
    return Site(access, part, tools, prober, reader, resources, observed, orphans, objects), refusals


def _observed(
    part: Desired, whole: Whole | None, access: ClusterAccess, reader: ClusterReader, context: Context
) -> tuple[tuple[Observed | None, Orphans | None], list[Check]]:
    readers = {access.name: reader}
    try:
        if not whole or not whole.desired.policy.prune.enabled:
            return (observe(part, readers, context.now()), None), []
        everywhere = {**whole.readers, **readers}
        observed, (orphans,) = both(
            lambda: observe(part, readers, context.now()),
            lambda: find_orphans(whole.desired, everywhere, of=(access.name,)),
        )
    except ClusterError as error:
        return (None, None), [refusal_check(access.name, "what is in it", error, access.where)]
    return (observed, orphans), []


def _part(desired: Desired, access: ClusterAccess) -> Desired:
    return replace(narrow(desired, lambda target: target.cluster == access.name), clusters={access.name: access})


def _rendered(
    desired: Desired, tools: Tools, observed: Observed | None
) -> Mapping[ReleaseId, tuple[JsonMap, ...] | Check]:
    def one(release: Release) -> tuple[JsonMap, ...] | Check:
        cluster = observed.clusters[release.id.cluster] if observed else None
        try:
            return render(
                release,
                tools.engine,
                upgrade=bool(observed and observed.release(release.id)),
                capabilities=cluster.capabilities if cluster else None,
                cluster=desired.clusters[release.id.cluster].acting_as(release.impersonate) if cluster else None,
            )
        except (ChartError, EngineError) as error:
            return render_check(release, error)

    answers = concurrently(one, desired.releases)
    return {release.id: answer for release, answer in zip(desired.releases, answers, strict=True)}
