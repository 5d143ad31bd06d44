"""The labels of a helmfile, which are what `--only` may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.desired.documents import MapNode
from reconciler.desired.schema.releases import label_problem
from reconciler.importing.helmfile_nodes import text_of
from reconciler.model.importing import Note


@dataclass(frozen=True, slots=True)
class Labels:
    """Those that can be labels here as well, and notes of the others, at their places."""

    kept: dict[str, str]
    notes: tuple[Note, ...]


def labels_at(node: MapNode, key: str, owner: str) -> Labels:
    """What stands at a key of the helmfile; helmfile takes numbers and booleans for the texts that stand there."""
    found = node.entries.get(key)
    if not isinstance(found, MapNode):
        return Labels({}, ())
    texts = {name: text_of(value) for name, value in found.entries.items()}
    problems = {name: label_problem(name, text) for name, text in texts.items()}
    notes = (
        Note(f"label {name} of {owner}", problem, where=found.keys[name], left_out=True)
        for name, problem in problems.items()
        if problem
    )
    return Labels({name: text for name, text in texts.items() if not problems[name]}, tuple(notes))
