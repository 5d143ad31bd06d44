"""`reconcile import helmfile`: a helmfile → an environment file."""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired.documents import MapNode, ScalarNode, parse, parse_all
from reconciler.desired.overlay import merge
from reconciler.errors import DesiredStateError, Location
from reconciler.importing.document import HELMFILE_REMARKS, environment_text, head
from reconciler.importing.helmfile import convert
from reconciler.importing.helmfile_releases import World
from reconciler.importing.helmfile_templates import refuse_elsewhere, refuse_templates
from reconciler.model.importing import Imported
from reconciler.model.inputs import Inputs
from reconciler.model.json import JsonMap


@dataclass(frozen=True, slots=True)
class HelmfileImport:
    """What a user asked for.

    Attributes:
        helmfile: its path, as typed.
        selected: the environment of the helmfile.
        environment: the name of the new environment, and of its file.
        folder: where the file goes.
        cluster: what the cluster is called whose context the helmfile does not name; `access` is its entry.
    """

    helmfile: str
    selected: str
    environment: str
    folder: Path
    cluster: str
    access: JsonMap

    @property
    def file(self) -> str:
        """The environment file, as messages name it."""
        return str(self.folder / f"{self.environment}.yaml")


def import_helmfile(request: HelmfileImport, inputs: Inputs) -> Imported:
    """What the file holds; nothing is written.

    Raises:
        DesiredStateErrors: it has templates, or what it refers to is not there; every such place.
    """
    files = inputs.files
    path = files.locate(request.helmfile, None)
    text, shown = files.text(path, None), files.shown(path)
    refuse_templates(text, shown)
    root = _merged(text, shown)
    converted = convert(root, request.selected, request.cluster, request.access, _world(request, inputs, path, shown))
    document = {**head(request.environment, {}, {}), **converted.sections}
    made = environment_text(document, request.file, HELMFILE_REMARKS, converted.origins)
    return Imported(
        request.environment,
        {Path(request.file).name: made.encode()},
        len(converted.releases),
        converted.variables,
        converted.notes,
    )


def _merged(text: str, shown: str) -> MapNode:
    """All documents of the file, later ones on top, as helmfile reads them."""
    root = MapNode({}, {}, Location(shown, 1, 1))
    for document in parse_all(text, shown):
        merged = merge(root, document)
        if not isinstance(merged, MapNode):
            raise DesiredStateError("a helmfile is a map of keys, this is something else", where=document.where)
        root = merged
    return root


def _world(request: HelmfileImport, inputs: Inputs, path: Path, shown: str) -> World:
    files = inputs.files

    def moved(name: str) -> str:
        return os.path.relpath(Path(shown).parent / name, request.folder)

    def read(node: ScalarNode) -> MapNode:
        refuse_elsewhere(node)
        located = files.locate(node.text, node.where)
        found = parse(files.text(located, node.where), files.shown(located))
        if not isinstance(found, MapNode):
            raise DesiredStateError("a values file holds a map, this is something else", where=found.where)
        return found

    return World(moved, read, lambda name: files.exists(path.parent / name))
