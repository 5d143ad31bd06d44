"""`reconcile preflight`: can this environment be applied from here?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from reconciler.desired.charts import attach_charts
from reconciler.desired.load import load
from reconciler.desired.narrow import narrow
from reconciler.desired.select import select
from reconciler.errors import ClusterError, DesiredStateErrors
from reconciler.flows.context import Context, Request, Tools
from reconciler.flows.from_nodes import from_nodes
from reconciler.flows.masking import masked as masking
from reconciler.flows.site import Site, open_site
from reconciler.flows.site_checks import STAGES, Stage
from reconciler.flows.whole import Whole, survey
from reconciler.model.desired import ClusterAccess, Desired, Release
from reconciler.model.identity import Target
from reconciler.model.preflight import Area, Check, Preflight, Status, masked
from reconciler.model.probe import ClusterProber
from reconciler.observe.concurrency import concurrently
from reconciler.observe.registries import reach_all
from reconciler.preflight.charts import mistake_check
from reconciler.preflight.cluster import identity_check, refusal_check, unreached_check, version_check
from reconciler.preflight.network import network_checks
from reconciler.preflight.registries import repository_check


def preflight(request: Request, context: Context, probe_image: str | None = None) -> Preflight:
    """Everything that can be known before an apply; nothing ends it early.

    Nothing is written, but for pods of `probe_image`, which look from the nodes when it is given.
    """
    desired = select(load(request.environment, context.inputs), request.only)
    with masking(desired.mask):
        tools = context.tools(desired)
        with closing(tools.engine), closing(tools.registries):
            ways = concurrently(lambda access: _way_in(access, context), desired.clusters.values())
            reached = {way.access.name: context.reader(way.access) for way in ways if way.is_open}
            # A part of the file says nothing about what is in none of it.
            prunes = desired.policy.prune.enabled and not request.only
            whole = survey(desired, reached) if prunes else None
            desired, mistakes = _with_charts(desired, tools)
            looked = concurrently(lambda way: _cluster(way, desired, tools, context, whole), ways)
            repositories = _repositories(desired, tools)
            # One after the other, and not in threads: Ctrl-C has to end it, and the pods with it.
            nodes = [check for _, site in looked if site for check in _nodes(site, context, probe_image)]
    checks = (*mistakes, *repositories, *(check for checks, _ in looked for check in checks), *nodes)
    return Preflight(desired.name, tuple(masked(check, desired.mask) for check in _once(checks)))


def _once(checks: Iterable[Check]) -> Iterator[Check]:
    """The checks without what was told before: lists and dry runs warn of a deprecated kind in the same words."""
    told: set[tuple[str | None, str]] = set()
    for check in checks:
        key = (check.cluster, check.message)
        if (check.area, check.status) == (Area.API, Status.WARNING):
            if key in told:
                continue
            told.add(key)
        yield check


def _with_charts(desired: Desired, tools: Tools) -> tuple[Desired, list[Check]]:
    """The releases whose chart can be had and takes their values; and why the others are left out."""
    kept: list[Release] = []
    failed: set[Target] = set()
    checks: list[Check] = []
    for release in desired.releases:
        try:
            kept += attach_charts(replace(desired, releases=(release,)), tools.fetch_chart).releases
        except DesiredStateErrors as several:
            failed.add(release.id)
            checks += [mistake_check(release.id, error) for error in several.errors]
    return narrow(replace(desired, releases=tuple(kept)), lambda target: target not in failed), checks


def _repositories(desired: Desired, tools: Tools) -> list[Check]:
    """The chart repositories, whether a release uses them or not."""
    listed = list(desired.repositories.values())
    reached = reach_all(tools.registries, listed)
    return [repository_check(repository, error) for repository, error in zip(listed, reached, strict=True)]


@dataclass(frozen=True, slots=True)
class _Way:
    """How far we get into a cluster."""

    access: ClusterAccess
    prober: ClusterProber
    checks: tuple[Check, ...]
    is_open: bool


def _cluster(
    way: _Way, desired: Desired, tools: Tools, context: Context, whole: Whole | None
) -> tuple[list[Check], Site | None]:
    """The checks of a cluster, and what they started from, if it lets us in."""
    if not way.is_open:
        return list(way.checks), None
    site, refusals = open_site(way.access, way.prober, desired, tools, context, whole)
    asked = [check for name, stage in STAGES.items() for check in _asked(name, stage, site)] if site else []
    return [*way.checks, *refusals, *asked], site


def _way_in(access: ClusterAccess, context: Context) -> _Way:
    prober, checks = context.prober(access), list[Check]()
    try:
        road = prober.road()
        checks += network_checks(access.name, road, access.where, context.now())
        if not road.is_open:
            shut = unreached_check(access.name, _ALL, "it cannot be reached from here")
            return _Way(access, prober, (*checks, shut), is_open=False)
        checks.append(identity_check(access.name, prober.identity(), access.where))
        checks.append(version_check(access.name, prober.version(), access.where))
    except ClusterError as error:
        refusal = refusal_check(access.name, "credentials", error, access.where)
        shut = unreached_check(access.name, _ALL, "the server does not let us in")
        return _Way(access, prober, (*checks, refusal, shut), is_open=False)
    return _Way(access, prober, tuple(checks), is_open=True)


_ALL = "everything in it"


def _nodes(site: Site, context: Context, probe_image: str | None) -> list[Check]:
    if probe_image is None:
        return []
    prober = context.node_prober(site.access, probe_image)
    return _asked("a look from the nodes", lambda site: from_nodes(site, prober), site)


def _asked(name: str, stage: Stage, site: Site) -> list[Check]:
    try:
        return list(stage(site))
    except ClusterError as error:
        return [refusal_check(site.access.name, name, error, site.access.where)]
