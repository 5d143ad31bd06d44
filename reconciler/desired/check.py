"""Nodes → a valid EnvironmentSpec, with every violation at its place and in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode, Step, find, place, plain
from reconciler.desired.problems import Problems, did_you_mean
from reconciler.desired.schema import EnvironmentSpec
from reconciler.errors import DesiredStateError

Path = tuple[Step, ...]

# Keys that have a default: without them an entry would mean something else.
_DECISIVE = frozenset({"cluster", "namespace", "name"})
_MAP_TYPES = frozenset({"dict_type", "model_type", "model_attributes_type"})
# Keys below which texts are references.
_SOURCES = frozenset({"data", "password", "token", "valuesFrom"})
# Sections whose entries stand for themselves: a bad one is reported, and the others are still checked.
_SECTIONS = ("clusters", "repositories", "namespaces", "secrets", "releases")


def check(root: MapNode, problems: Problems) -> tuple[EnvironmentSpec, MapNode] | None:
    """The environment without its faulty parts, which are noted, and the nodes that it was made from.

    None when too little is left to go on.
    """
    spec, faults = _validated(root)
    problems.note(explain(root, fault, EnvironmentSpec) for fault in faults)
    for narrow in (_faulty_part, _faulty_entry):
        if spec is None:
            root = _without(root, {narrow(fault["loc"]) for fault in faults if fault["loc"]})
            spec, faults = _validated(root)
    return (spec, root) if spec else None


def _validated(root: MapNode) -> tuple[EnvironmentSpec | None, list[Any]]:
    try:
        return EnvironmentSpec.model_validate(plain(root)), []
    except ValidationError as error:
        return None, list(error.errors(include_url=False, include_input=False))


def _faulty_part(path: Path) -> Path:
    """Just the faulty key; but the whole entry when going on without the key would make up further mistakes."""
    return _faulty_entry(path) if path[-1] in _DECISIVE else path


def _faulty_entry(path: Path) -> Path:
    return path[:2] if path[0] in _SECTIONS else path[:1]


def _without(root: MapNode, paths: set[Path]) -> MapNode:
    # From the end, so that the items of a list keep their numbers until it is their turn.
    for path in sorted(paths, key=_list_order, reverse=True):
        removed = _removed(root, path)
        root = removed if isinstance(removed, MapNode) else root
    return root


def _list_order(path: Path) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in path]


def _removed(node: Node, path: Path) -> Node:
    if not path:
        return node
    if isinstance(node, ListNode) and isinstance(path[0], int) and path[0] < len(node.items):
        items = [_removed(item, path[1:]) if i == path[0] else item for i, item in enumerate(node.items)]
        return ListNode(items if len(path) > 1 else [*items[: path[0]], *items[path[0] + 1 :]], node.where)
    if not isinstance(node, MapNode) or str(path[0]) not in node.entries:
        return node
    entries = dict(node.entries)
    child = entries.pop(str(path[0]))
    if len(path) > 1:
        entries[str(path[0])] = _removed(child, path[1:])
    return MapNode(entries, node.keys, node.where)


def explain(root: MapNode, fault: Any, model: type[BaseModel]) -> DesiredStateError:
    """A violation that pydantic found in a file of this model, at its place and in plain words."""
    path: Path = tuple(step for step in fault["loc"] if step != "[key]")
    where = place(root, path)
    dotted = ".".join(map(str, path))
    node = find(root, path)
    match fault["type"]:
        case "extra_forbidden":
            known = _known_keys(model, path[:-1])
            hint = did_you_mean(str(path[-1]), known) or f"known here: {', '.join(known)}"
            return DesiredStateError(f'unknown key "{path[-1]}"', where=where, hint=hint)
        case "missing":
            parent = ".".join(map(str, path[:-1])) or _whole(model)
            return DesiredStateError(f'{parent} lacks "{path[-1]}"', where=find(root, path[:-1]).where)
        case "string_type" if isinstance(node, ScalarNode) and node.value is not None:
            advice = f'put it in quotes: "{node.text}"'
            return DesiredStateError(f"{dotted} has to be a text, this is {_kind(node)}", where=where, hint=advice)
        case "string_pattern_mismatch":
            return DesiredStateError(f"{dotted} is not valid: {_name_rule(fault['ctx']['pattern'])}", where=where)
    return DesiredStateError(f"{dotted}: {_reworded(fault)}", where=where, hint=_map_hint(path, fault["type"], node))


def _whole(model: type[BaseModel]) -> str:
    """What a file of this model is called: by the word that it has for `kind`."""
    return f"the {get_args(model.model_fields['kind'].annotation)[0].lower()}"


def _map_hint(path: Path, fault_type: str, node: Node) -> str | None:
    """What to do about a key that nothing follows, or a bare text, where a map is asked for."""
    if fault_type not in _MAP_TYPES or not isinstance(node, ScalarNode):
        return None
    if node.value is None:
        return "write {} after it when there is nothing to say"
    if _SOURCES.intersection(map(str, path)):
        return "a secret does not stand in the file: {env: NAME}, {file: …} or {sops: …, key: …} says where it is"
    return None


def _reworded(fault: Any) -> str:
    words = {
        **dict.fromkeys(_MAP_TYPES, "has to be a map"),
        "list_type": "has to be a list",
        "string_type": "has to be a text",
        "string_too_long": "has to be a text of at most {max_length} characters",
        "bool_type": "has to be true or false",
        "int_type": "has to be a whole number",
        "greater_than_equal": "has to be {ge} or more",
        "literal_error": "has to be {expected}",
    }
    given: str = words.get(fault["type"], "").format_map(fault.get("ctx", {})) or fault["msg"]
    return given.removeprefix("Value error, ")


def _kind(node: ScalarNode) -> str:
    names = {bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(node.value), "something else")


def _name_rule(pattern: str) -> str:
    if "://" in pattern:
        return "it starts with https://, http:// or oci://, and a host"
    marks = ", - and ." if r"\." in pattern else " and -"
    return f"lower-case letters, digits{marks}, starting and ending with a letter or digit"


def _known_keys(top: type[BaseModel], path: Sequence[Step]) -> list[str]:
    """The keys that the model at `path` takes."""
    model: Any = top
    for step in path:
        model = _below(model, step)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _below(model: Any, step: Step) -> Any:
    if isinstance(model, type) and issubclass(model, BaseModel):
        by_alias = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return _one_model(by_alias.get(str(step)))
    arguments = get_args(model)
    return _one_model(arguments[-1]) if arguments else None


def _one_model(annotation: Any) -> Any:
    """`X | None` → X; anything else as it is."""
    if get_origin(annotation) in (Union, type(int | None)):
        return next(_not_none(get_args(annotation)), None)
    return annotation


def _not_none(arguments: Sequence[Any]) -> Iterator[Any]:
    return (argument for argument in arguments if argument is not type(None))
