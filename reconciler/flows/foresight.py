"""What of a preflight costs a plan nothing: no request, and only about what is going to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.flows.context import Tools
from reconciler.flows.records import helm_record
from reconciler.model.desired import Desired, Release
from reconciler.model.identity import NamespaceId, ReleaseId, Target
from reconciler.model.manifest import object_id
from reconciler.model.observed import Observed, ObservedCluster
from reconciler.model.preflight import Check
from reconciler.model.workloads import RenderedObject
from reconciler.plan.previews import NOTHING_ASKED, TargetPreview
from reconciler.preflight.doubles import doubled, repeat_warnings
from reconciler.preflight.kinds import unserved
from reconciler.preflight.namespaces import GOING_HINT, terminating
from reconciler.preflight.node_ports import doubled_node_ports
from reconciler.preflight.sizes import HINT, Record

Previews = Mapping[Target, TargetPreview]


def foresee(desired: Desired, observed: Observed, tools: Tools, previews: Previews) -> Previews:
    """The previews, with what is known to fail as refusals; and with what is nearly too large."""
    changing = _changing(desired, previews)
    records = _records(changing, tools, previews)
    refusals: dict[Target, list[str]] = {}
    for target, refusal in (*_too_large(records), *_impossible(changing, desired, observed, previews)):
        refusals.setdefault(target, []).append(refusal)
    refused = {target: replace(previews[target], refusal="; ".join(said)) for target, said in refusals.items()}
    known = {**previews, **refused}
    large = {found.release: found.message for found in records if found.is_nearly_too_large}
    known |= {target: replace(known[target], record=said) for target, said in large.items()}
    return {**known, **in_going_namespaces(observed, previews)}


def forewarn(desired: Desired, observed: Observed, previews: Previews) -> Iterator[Check]:
    """What does not fail, and yet may not become what the plan shows."""
    places = {release.id: release.where for release in desired.releases}
    for cluster in observed.clusters.values():
        yield from repeat_warnings(_rendered(_changing(desired, previews), cluster, previews), places)


def in_going_namespaces(observed: Observed, previews: Previews) -> Previews:
    """That a namespace is being deleted is said once, in place of what the server says of each object in it."""
    going = {key: said for found in observed.clusters.values() for key, said in terminating(found.namespaces)}
    homes = {target: _home(target) for target in previews}
    return {
        target: TargetPreview(refusal=f"{going[home]}: {GOING_HINT}") for target, home in homes.items() if home in going
    }


def _home(target: Target) -> NamespaceId:
    return target if isinstance(target, NamespaceId) else NamespaceId(target.cluster, target.namespace)


def _changing(desired: Desired, previews: Previews) -> list[Release]:
    return [release for release in desired.releases if previews.get(release.id, NOTHING_ASKED).rendered]


def _rendered(changing: list[Release], cluster: ObservedCluster, previews: Previews) -> list[RenderedObject]:
    """What the changing releases of a cluster rendered."""
    return [
        RenderedObject(release.id, object_id(item, release.id, cluster.resources), item)
        for release in changing
        if release.id.cluster == cluster.name
        for item in previews[release.id].rendered
    ]


def _records(changing: list[Release], tools: Tools, previews: Previews) -> list[Record]:
    found = (helm_record(release, previews[release.id].rendered, tools) for release in changing)
    return [record for record in found if record]


def _too_large(records: list[Record]) -> Iterator[tuple[Target, str]]:
    for found in records:
        if found.is_too_large:
            yield found.release, f"{found.message}: {HINT}"


def _impossible(
    changing: list[Release], desired: Desired, observed: Observed, previews: Previews
) -> Iterator[tuple[Target, str]]:
    definitions = [item for release in desired.releases if release.chart for item in release.chart.all_definitions]
    needs = {release.id: release.needs for release in changing}
    for cluster in observed.clusters.values():
        items = _rendered(changing, cluster, previews)
        for item, said in (*doubled(items, desired), *doubled_node_ports(items)):
            yield item.release, said
        for kind in unserved(items, definitions, cluster.resources):
            # What it needs may bring the kind while it runs; then an apply asks the server again before it writes.
            if not any(isinstance(need, ReleaseId) and need in needs for need in needs[kind.release]):
                yield kind.release, f"{kind.message}: {kind.hint}"
