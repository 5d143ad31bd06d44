"""Which nodes take a pod: by name, labels and taints.

The operators are those of https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model.json import Json, JsonMap, as_map, dig, maps_at, text_at

_TERMS = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


def fits(spec: JsonMap, node: JsonMap) -> bool:
    """Whether a node takes pods of this spec. What already runs on it is not looked at."""
    if text_at(spec, "nodeName"):
        return asks_for(spec, node)
    return asks_for(spec, node) and all(_tolerated(taint, spec) for taint in maps_at(node, "spec", "taints"))


def asks_for(spec: JsonMap, node: JsonMap) -> bool:
    """Whether a node is one that pods of this spec ask for: by nodeName, or nodeSelector and required node affinity."""
    name = text_at(spec, "nodeName")
    if name:
        return name == text_at(node, "metadata", "name")
    labels = as_map(dig(node, "metadata", "labels"))
    selected = all(labels.get(key) == value for key, value in as_map(spec.get("nodeSelector")).items())
    terms = maps_at(spec, *_TERMS)
    return selected and (not terms or any(_matches(term, labels) for term in terms))


def _tolerated(taint: JsonMap, spec: JsonMap) -> bool:
    if taint.get("effect") == "PreferNoSchedule":
        return True
    return any(_tolerates(toleration, taint) for toleration in maps_at(spec, "tolerations"))


def _tolerates(toleration: JsonMap, taint: JsonMap) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return toleration.get("key") == taint.get("key") and text_at(toleration, "value") == text_at(taint, "value")


def _matches(term: JsonMap, labels: JsonMap) -> bool:
    return all(_holds(each, labels) for each in maps_at(term, "matchExpressions"))


def _holds(expression: JsonMap, labels: JsonMap) -> bool:
    value, values = labels.get(text_at(expression, "key")), expression.get("values")
    operator = _OPERATORS.get(text_at(expression, "operator"))
    return operator is None or operator(value, values if isinstance(values, list) else [])


def _number(value: Json) -> int:
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else 0


_OPERATORS: Mapping[str, Callable[[Json, list[Json]], bool]] = {
    "In": lambda value, values: value in values,
    "NotIn": lambda value, values: value not in values,
    "Exists": lambda value, _values: value is not None,
    "DoesNotExist": lambda value, _values: value is None,
    "Gt": lambda value, values: value is not None and _number(value) > _number(values[0] if values else 0),
    "Lt": lambda value, values: value is not None and _number(value) < _number(values[0] if values else 0),
}
