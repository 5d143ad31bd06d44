"""What is asked of a cluster that can be reached: for each stage the facts, then its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reconciler.flows.foresight import in_going_namespaces
from reconciler.flows.images import images
from reconciler.flows.planning import compare, own_previews, preview_releases
from reconciler.flows.records import helm_record
from reconciler.flows.site import Site
from reconciler.model.desired import Impersonation
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.preflight import Check
from reconciler.model.surroundings import Unread
from reconciler.model.workloads import RenderedObject
from reconciler.observe.concurrency import concurrently
from reconciler.observe.surroundings import attempt, fetch_all, look_around
from reconciler.plan.build import build_plan
from reconciler.plan.warnings import server_warnings
from reconciler.preflight.blockers import plan_checks
from reconciler.preflight.charts import chart_checks
from reconciler.preflight.doubles import double_checks
from reconciler.preflight.host_ports import asks_host_ports, host_port_checks
from reconciler.preflight.kinds import kind_checks, served_checks, unserved
from reconciler.preflight.namespaces import namespace_checks
from reconciler.preflight.needs import Need, each_once, needed_rights
from reconciler.preflight.node_ports import asks_node_ports, node_port_checks
from reconciler.preflight.pruning import pruning_rights
from reconciler.preflight.quota import quota_checks
from reconciler.preflight.references import pointers, reference_checks
from reconciler.preflight.rights import EVERYTHING, everything_check, impersonation_check, right_checks
from reconciler.preflight.sizes import size_check

Stage = Callable[[Site], Iterable[Check]]


def charts(site: Site) -> Iterator[Check]:
    """The charts that were rendered."""
    return chart_checks(site.rendered)


def rights(site: Site) -> Iterator[Check]:
    """Every right that an apply needs, for each identity that it acts as."""
    needs = each_once((*needed_rights(site.desired, site.rendered, site.resources, site.cluster), *_pruning(site)))
    for by in dict.fromkeys(need.by for need in needs):
        yield from _rights_of(site, by, [need for need in needs if need.by == by])


def _pruning(site: Site) -> Iterator[Need]:
    if site.orphans:
        yield from pruning_rights(site.orphans, site.desired.left_alone, site.resources, site.access.where)


def _rights_of(site: Site, by: Impersonation | None, needs: Sequence[Need]) -> Iterator[Check]:
    """Asked one by one, unless it may do everything."""
    name, prober = site.access.name, site.prober.acting_as(by)
    everything = attempt(lambda: prober.may(EVERYTHING))
    if isinstance(everything, Unread) and by:
        yield impersonation_check(name, by, everything, needs[0].where)
    elif everything is True:
        yield everything_check(name, by)
    else:
        answers = concurrently(lambda need: prober.may(need.right), needs)
        yield from right_checks(name, list(zip(needs, answers, strict=True)), by)


def doubles(site: Site) -> Iterator[Check]:
    """Objects that two releases, or one and the environment itself, want to have."""
    return double_checks(site.objects, site.desired, site.places)


def namespaces(site: Site) -> Iterable[Check]:
    """The namespaces that the environment uses."""
    return namespace_checks(site.desired, site.cluster) if site.cluster else ()


def kinds(site: Site) -> Iterator[Check]:
    """Kinds that are not served, and what the server says of those that are."""
    definitions = [item for release in site.desired.releases if release.chart for item in release.chart.all_definitions]
    yield from kind_checks(unserved(site.objects, definitions, site.resources), site.places)
    first: dict[Kind, RenderedObject] = {}
    for item in site.objects:
        if item.id.kind in site.resources:
            first.setdefault(item.id.kind, item)

    def ask(item: RenderedObject) -> tuple[Kind, tuple[str, ...]]:
        resource = site.resources[item.id.kind]
        said = attempt(lambda: tuple(site.prober.warnings(resource, item.id.namespace)))
        return item.id.kind, said if isinstance(said, tuple) else ()

    places = {kind: site.places[item.release] for kind, item in first.items()}
    yield from served_checks(concurrently(ask, first.values()), site.access.name, places)


def references(site: Site) -> Iterator[Check]:
    """What the objects refer to by name."""
    found = pointers(site.objects)
    own = _own(site)
    wanted = list(dict.fromkeys(pointer.to for pointer in found if pointer.to not in own))
    live = fetch_all(site.reader, site.resources, wanted)
    yield from reference_checks(found, own, live, site.objects, site.places)


def _own(site: Site) -> Mapping[ObjectId, JsonMap]:
    """What the environment makes: the objects of its releases, and its secrets, by their keys alone."""
    found: dict[ObjectId, JsonMap] = {item.id: item.item for item in site.objects}
    for secret in site.desired.secrets:
        identity = ObjectId(Kind("v1", "Secret"), secret.id.namespace, secret.id.name)
        found[identity] = {"data": dict.fromkeys(secret.data, "")}
    return found


def surroundings(site: Site) -> Iterator[Check]:
    """Ports and quotas: what others have, against what the environment asks for."""
    around = look_around(
        site.prober,
        site.resources,
        {item.id.namespace for item in site.objects} - {""},
        services=asks_node_ports(site.objects),
        hosts=asks_host_ports(site.objects),
        nodes=any(item.id.kind.name == "DaemonSet" for item in site.objects),
    )
    yield from node_port_checks(site.objects, around, site.places)
    yield from host_port_checks(site.objects, around, site.places)
    plurals = {str(kind): resource.plural for kind, resource in site.resources.items()}
    yield from quota_checks(site.objects, site.stored, around, plurals, site.places)


def planned(site: Site) -> Iterator[Check]:
    """What a plan finds out: what the server would refuse by its dry runs, and what it warns of."""
    if site.observed is None:
        return
    found = compare(site.desired, site.tools, site.observed, {site.access.name: site.reader})
    previews = {**own_previews(found), **preview_releases(found, found.states)}
    previews |= in_going_namespaces(site.observed, previews)
    warnings = tuple(server_warnings(site.desired, previews))
    yield from plan_checks(build_plan(site.desired, found.own, found.states, previews, warnings), site.places)


def sizes(site: Site) -> Iterator[Check]:
    """How large Helm's records get."""
    for release in site.desired.releases:
        found = helm_record(release, site.rendered[release.id], site.tools)
        if found:
            yield size_check(found, release.where)


# In this order. A stage that the server refuses is a failed check of its own; the others go on.
STAGES: Mapping[str, Stage] = {
    "charts": charts,
    "doubles": doubles,
    "rights": rights,
    "namespaces": namespaces,
    "kinds": kinds,
    "plan": planned,
    "references": references,
    "ports and quotas": surroundings,
    "sizes": sizes,
    "images": images,
}
