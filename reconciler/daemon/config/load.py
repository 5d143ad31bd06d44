"""The Sync file → what it says, with the places of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from reconciler.daemon.config.sync_file import SyncSpec
from reconciler.desired.check import explain
from reconciler.desired.documents import MapNode, Step, parse, place, plain
from reconciler.desired.schema import Source
from reconciler.desired.sources import Sources
from reconciler.errors import DesiredStateError, DesiredStateErrors, Location
from reconciler.model.inputs import Inputs
from reconciler.model.secret import SecretText


@dataclass(frozen=True, slots=True)
class SyncFile:
    """A Sync file that is valid; what its references hold is read when it is asked for.

    Attributes:
        base: the folder that names in it are seen from.
    """

    spec: SyncSpec
    inputs: Inputs
    root: MapNode
    base: Path

    def at(self, *path: Step) -> Location:
        """The place of what stands at `path`, or of the nearest thing around it."""
        return place(self.root, path)

    def secret(self, source: Source, *path: Step) -> SecretText:
        """What a reference at `path` holds. Raises DesiredStateError: it cannot be read."""
        return Sources(self.inputs).text(source, self.at(*path))

    def variables(self) -> frozenset[str]:
        """The variables that hold the daemon's own secrets. A cluster's kubeconfig may be its environments' too."""
        return frozenset(source.env for source in _sources(self.spec) if source.env is not None)


def load_sync(path: str, inputs: Inputs) -> SyncFile:
    """What a Sync file says.

    Raises:
        DesiredStateErrors: every mistake in it, each with its place.
    """
    try:
        located = inputs.files.locate(path, None)
        root = _root(inputs.files.text(located, None), inputs.files.shown(located))
    except DesiredStateError as error:
        raise DesiredStateErrors([error]) from None
    return SyncFile(_checked(root, plain(root)), inputs, root, located.parent)


def sync_of_folder(folder: str, environments: str, listen: str | None, inputs: Inputs, *, dry_run: bool) -> SyncFile:
    """What a Sync file would say that follows a folder, and has only defaults beside that.

    Raises:
        DesiredStateErrors: `listen` is no address.
    """
    where = Location(environments, 1, 1)
    written: dict[str, Any] = {
        "apiVersion": "reconciler/v1",
        "kind": "Sync",
        "source": {"folder": folder, "environments": environments},
        "defaults": {"dryRun": dry_run},
    }
    if listen:
        written["server"] = {"listen": listen}
    root = MapNode({}, {}, where)
    return SyncFile(_checked(root, written), inputs, root, inputs.files.root)


def _sources(value: object) -> Iterator[Source]:
    """The references to secrets in what a Sync file says."""
    match value:
        case Source():
            yield value
        case BaseModel():
            yield from chain.from_iterable(_sources(item) for _, item in value)
        case list():
            yield from chain.from_iterable(map(_sources, value))
        case dict():
            yield from chain.from_iterable(map(_sources, value.values()))


def _root(text: str, shown: str) -> MapNode:
    root = parse(text, shown)
    if not isinstance(root, MapNode):
        raise DesiredStateError("a Sync file has to be a map", where=root.where)
    return root


def _checked(root: MapNode, written: Any) -> SyncSpec:
    try:
        return SyncSpec.model_validate(written)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise DesiredStateErrors(explain(root, fault, SyncSpec) for fault in faults) from None
