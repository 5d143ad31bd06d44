"""Templates in a helmfile, which are not evaluated: each is refused at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.desired.documents import ScalarNode
from reconciler.errors import DesiredStateError, DesiredStateErrors, Location

_HINT = "import what `helmfile build` prints, which has no templates: `helmfile -e NAME build > built.yaml`"
_RENDER = "write the values that it gives into a file without templates, and name that one"
_ACTION = re.compile(r"\{\{")
_TEMPLATE_ENDING = ".gotmpl"
# Enough to see where they are.
_MOST = 20


def refuse_templates(text: str, path: str) -> None:
    """Raises DesiredStateErrors: the file is a template, or holds some."""
    if path.endswith(_TEMPLATE_ENDING):
        where = Location(path, 1, 1)
        raise DesiredStateErrors(
            [DesiredStateError(f"{path} is a template, which is not evaluated", where=where, hint=_HINT)]
        )
    found = list(_templates(text, path))[:_MOST]
    if found:
        raise DesiredStateErrors(found)


def refuse_elsewhere(node: ScalarNode) -> None:
    """Raises DesiredStateError: a name of a file is a template, a wildcard, or no file of the project."""
    name = node.text
    if name.endswith(_TEMPLATE_ENDING):
        raise DesiredStateError(f"{name} is a template, which is not evaluated", where=node.where, hint=_RENDER)
    if "*" in name or "?" in name:
        raise DesiredStateError(f"{name} is a wildcard", where=node.where, hint="name the files one by one")
    if "://" in name:
        raise DesiredStateError(f"{name} is no file of the project", where=node.where, hint="copy it into the project")


def _templates(text: str, path: str) -> Iterator[DesiredStateError]:
    for number, line in enumerate(text.split("\n"), 1):
        action = _ACTION.search(line)
        if action and not line.lstrip().startswith("#"):
            where = Location(path, number, action.start() + 1)
            yield DesiredStateError("a template is not evaluated", where=where, hint=_HINT)
