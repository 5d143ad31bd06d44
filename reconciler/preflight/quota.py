"""ResourceQuotas of namespaces against what an apply adds → checks.

The sums are those of the objects as rendered: pods that a rollout has on top for a moment (`maxSurge`), those of
CronJobs and hooks, and what an autoscaler makes of `replicas` are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from reconciler.errors import Location
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap, as_map, dig, text_at
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.surroundings import Surroundings, Unread
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.quantities import quantity, shown
from reconciler.preflight.usage import Limits, undeclared, usage


def quota_checks(
    after: Sequence[RenderedObject],
    before: Sequence[RenderedObject],
    around: Surroundings,
    plurals: Mapping[str, str],
    places: Mapping[ReleaseId, Location],
) -> Iterator[Check]:
    """Each quota of each namespace that the environment adds to; `before` is what its releases have there now."""
    for namespace, quotas in around.quotas.items():
        here = [item for item in after if item.id.namespace == namespace]
        where = next((places[item.release] for item in here if item.release in places), None)
        cluster = here[0].release.cluster if here else None
        if isinstance(quotas, Unread):
            message = f"whether there are any is not known: {quotas.reason}"
            yield Check(Area.QUOTA, f"quotas of {namespace}", Status.UNKNOWN, message, cluster=cluster)
            continue
        limits = Limits.of(around.limits.get(namespace, ()))
        nodes = 1 if isinstance(around.nodes, Unread) else len(around.nodes)
        now = usage([item for item in before if item.id.namespace == namespace], limits, nodes, plurals)
        then = usage(here, limits, nodes, plurals)
        added = {name: then.get(name, Decimal()) - now.get(name, Decimal()) for name in {*then, *now}}
        for item in quotas:
            yield from _of_quota(item, added, here, limits, Check(Area.QUOTA, "", Status.OK, "", None, where, cluster))


def _of_quota(
    item: JsonMap, added: Mapping[str, Decimal], here: Sequence[RenderedObject], limits: Limits, check: Check
) -> Iterator[Check]:
    name = f"ResourceQuota {text_at(item, 'metadata', 'namespace')}/{text_at(item, 'metadata', 'name')}"
    if dig(item, "spec", "scopes") or dig(item, "spec", "scopeSelector"):
        message = "it counts only some pods (scopes), which is not calculated here"
        yield Check(Area.QUOTA, name, Status.UNKNOWN, message, cluster=check.cluster)
        return
    hard = as_map(dig(item, "status", "hard")) or as_map(dig(item, "spec", "hard"))
    used = as_map(dig(item, "status", "used"))
    for key, value in hard.items():
        yield _of_resource(f"{name} {key}", str(value), str(used.get(key, 0)), added.get(_canonical(key)), check)
    for missing, containers in undeclared(here, limits, {_canonical(key) for key in hard}).items():
        message = f"it demands {missing} of every container, and {', '.join(containers[:3])} has none"
        hint = "set resources in the values; pods without are refused"
        yield Check(Area.QUOTA, f"{name} {missing}", Status.FAILED, message, hint, check.where, check.cluster)


def _of_resource(subject: str, hard: str, used: str, added: Decimal | None, check: Check) -> Check:
    most, now = quantity(hard), quantity(used)
    if most is None or now is None:
        return Check(Area.QUOTA, subject, Status.UNKNOWN, f"{hard} cannot be read", cluster=check.cluster)
    more = added or Decimal()
    said = f"{used} of {hard} are used, and {shown(more, hard)} more are asked for"
    if more > 0 and now + more > most:
        hint = "ask for less in the values, free something, or have the quota raised"
        return Check(Area.QUOTA, subject, Status.FAILED, said, hint, check.where, check.cluster)
    return Check(Area.QUOTA, subject, Status.OK, said, cluster=check.cluster)


def _canonical(name: str) -> str:
    """Two names of old mean requests."""
    return f"requests.{name}" if name in ("cpu", "memory", "ephemeral-storage") else name
