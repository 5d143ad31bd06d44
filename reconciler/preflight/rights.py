"""Which of the rights that an apply needs we have → checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.errors import Location
from reconciler.model.desired import Impersonation
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.probe import Right
from reconciler.model.surroundings import Unread
from reconciler.preflight.needs import Need

# Whoever has this may do everything, and need not be asked about the rest.
EVERYTHING = Right("*", "*", "*", "")


def right_checks(
    cluster: str, answers: Sequence[tuple[Need, bool]], by: Impersonation | None = None
) -> Iterator[Check]:
    """The answers for one identity, one check for each resource of a namespace and its missing verbs."""
    places: dict[tuple[str, str, str, bool], list[tuple[Need, bool]]] = {}
    for need, allowed in answers:
        right = need.right
        key = (right.namespace, right.group, right.resource, need.required or allowed)
        places.setdefault(key, []).append((need, allowed))
    for (namespace, group, resource, _), given in places.items():
        subject = ".".join(filter(None, (resource, group))) + (f" in {namespace}" if namespace else "")
        subject += _as(by)
        yield _verbs_check(cluster, subject, given)


def everything_check(cluster: str, by: Impersonation | None = None) -> Check:
    """The answer for an administrator."""
    return Check(Area.RIGHTS, f"everything{_as(by)}", Status.OK, "we may do everything in it", cluster=cluster)


def impersonation_check(cluster: str, by: Impersonation, refusal: Unread, where: Location) -> Check:
    """The server does not let us act as somebody else, so that nothing can be known of his rights."""
    subject = f"acting{_as(by)}"
    kind = "serviceaccounts" if by.user.startswith("system:serviceaccount:") else "users"
    hint = f'ask for a ClusterRole with this rule: {{apiGroups: [""], resources: [{kind}], verbs: [impersonate]}}'
    if by.groups:
        hint += f", and the same for groups: {', '.join(by.groups)}"
    return Check(Area.RIGHTS, subject, Status.FAILED, refusal.reason, hint, where, cluster)


def _as(by: Impersonation | None) -> str:
    return f" as {by.user}" if by else ""


def _verbs_check(cluster: str, subject: str, given: Sequence[tuple[Need, bool]]) -> Check:
    missing = [need for need, allowed in given if not allowed]
    if not missing:
        verbs = ", ".join(need.right.verb for need, _ in given)
        return Check(Area.RIGHTS, subject, Status.OK, f"we may {verbs}", cluster=cluster)
    verbs = ", ".join(need.right.verb for need in missing)
    purposes = "; ".join(dict.fromkeys(need.purpose for need in missing))
    status = Status.FAILED if any(need.required for need in missing) else Status.WARNING
    hint = f"ask for a Role with {_rules([need.right for need in missing])}"
    if not missing[0].right.namespace or missing[0].right.resource == "namespaces":
        hint = hint.replace("a Role", "a ClusterRole", 1)
    return Check(Area.RIGHTS, subject, status, f"no right to {verbs}: {purposes}", hint, missing[0].where, cluster)


def _rules(rights: Sequence[Right]) -> str:
    """One rule, or two: what is to be created has no name yet, so that a rule with names does not grant it."""
    named = [right for right in rights if right.name and right.verb != "create"]
    others = [right for right in rights if right not in named]
    rules = [_rule(some) for some in (named, others) if some]
    return f"{'this rule' if len(rules) == 1 else 'these rules'}: {', '.join(rules)}"


def _rule(rights: Sequence[Right]) -> str:
    first = rights[0]
    verbs = ", ".join(right.verb for right in rights)
    names = f", resourceNames: [{first.name}]" if first.name and first.verb != "create" else ""
    return f'{{apiGroups: ["{first.group}"], resources: [{first.resource}], verbs: [{verbs}]{names}}}'
