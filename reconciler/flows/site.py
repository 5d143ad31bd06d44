"""One cluster of an environment, looked at as far as it lets us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from reconciler.desired.narrow import narrow
from reconciler.desired.render import render
from reconciler.errors import ChartError, ClusterError, EngineError, Location
from reconciler.flows.context import Context, Tools
from reconciler.flows.whole import Whole
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
from reconciler.preflight.charts import render_check
from reconciler.preflight.cluster import refusal_check

T = TypeVar("T")


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
        whole: None: what the file no longer has stays, or is not asked about.
    """
    part, reader = _part(desired, access), context.reader(access)
    try:
        resources = reader.resources()
    except ClusterError as error:
        return None, [refusal_check(access.name, "the kinds that it serves", error, access.where)]
    seen, gone = both(
        lambda: _answer("what is in it", access, lambda: observe(part, {access.name: reader}, context.now())),
        lambda: _answer("what the file no longer has", access, lambda: whole.orphans(reader) if whole else None),
    )
    refusals = [answer for answer in (seen, gone) if isinstance(answer, Check)]
    observed, orphans = (None if isinstance(seen, Check) else seen), (None if isinstance(gone, Check) else gone)
    rendered = _rendered(part, tools, observed)
    refusals += [item for item in rendered.values() if isinstance(item, Check)]
    failed = {key for key, items in rendered.items() if isinstance(items, Check)}
    objects = {key: items for key, items in rendered.items() if not isinstance(items, Check)}
    part = narrow(part, lambda target: target not in failed)
    return Site(access, part, tools, prober, reader, resources, observed, orphans, objects), refusals


def _answer(what: str, access: ClusterAccess, look: Callable[[], T]) -> T | Check:
    try:
        return look()
    except ClusterError as error:
        return refusal_check(access.name, what, error, access.where)


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
