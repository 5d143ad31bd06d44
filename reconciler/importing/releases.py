"""Live releases → entries of a file: which can be imported, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler.importing.keys import is_sound
from reconciler.importing.values import Written, mask_of
from reconciler.model.identity import ReleaseId
from reconciler.model.importing import Note
from reconciler.model.json import Json, JsonMap
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import ENVIRONMENT
from reconciler.yaml.write import dump


def asked_for(found: Iterable[StoredRelease], patterns: Sequence[str]) -> list[StoredRelease]:
    """The releases whose name fits a pattern, in order; no pattern means all."""
    chosen = (item for item in found if not patterns or any(fnmatchcase(item.id.name, text) for text in patterns))
    return sorted(chosen, key=lambda item: item.id)


def obstacle(item: StoredRelease, environment: str) -> str | None:
    """Why a release cannot be a part of the environment; None: it can."""
    owner = item.labels.get(ENVIRONMENT, environment)
    if not is_sound(item.id):
        return "its name or namespace is none that Kubernetes allows"
    if item.status.is_pending:
        return f"an operation is under way: revision {item.revision} is {item.status}"
    if item.status is ReleaseStatus.UNINSTALLED:
        return "it was uninstalled, and only its history is there"
    return f'it belongs to the environment "{owner}"' if owner != environment else None


def warnings(item: StoredRelease) -> Iterator[Note]:
    """What a plan of an imported release will show."""
    if item.status is not ReleaseStatus.DEPLOYED:
        told = mask_of(item.values).text(item.description)
        yield Note(str(item.id), f"revision {item.revision} is {item.status}, so a plan upgrades it: {told}")


def values_file(release: ReleaseId) -> str:
    """The file of a release's values."""
    return f"values/{release.namespace}/{release.name}.yaml"


@dataclass(frozen=True, slots=True)
class Entry:
    """A release as it stands in the file, with the text of its file of values; None: they stand there as well."""

    content: JsonMap = field(repr=False)
    values: str | None = field(repr=False)


def entry(item: StoredRelease, key: str, chart: Mapping[str, str], written: Written) -> Entry:
    """The entry `key` of a live release, of a chart as the file names it."""
    named: dict[str, Json] = {} if key == item.id.name else {"name": item.id.name}
    content: dict[str, Json] = {**named, **chart, "namespace": item.id.namespace}
    apart = bool(written.values) and not written.is_short
    if written.values:
        content["values"] = [values_file(item.id) if apart else written.values]
    if written.references:
        content["valuesFrom"] = {path: {"env": name} for path, name in written.references.items()}
    return Entry(content, dump(written.values) if apart else None)
