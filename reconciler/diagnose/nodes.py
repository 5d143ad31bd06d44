"""Whether a node is one that a pod asks for, by its labels: nodeSelector and the required node affinity.

The operators are those of https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model.json import Json, JsonMap, as_map, dig, maps_at, text_at

_REQUIRED = ("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")


def fits(node: JsonMap, pod: JsonMap) -> bool:
    """Whether a node has the labels that a pod asks for."""
    labels = as_map(dig(node, "metadata", "labels"))
    selected = all(labels.get(key) == value for key, value in as_map(dig(pod, "spec", "nodeSelector")).items())
    terms = maps_at(pod, *_REQUIRED)
    return selected and (not terms or any(_matches(term, labels) for term in terms))


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
