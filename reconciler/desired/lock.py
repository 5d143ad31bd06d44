"""The lock file beside an environment file: read, and put to use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from reconciler.desired.check import explain
from reconciler.desired.documents import MapNode, parse, place, plain
from reconciler.desired.problems import Problems
from reconciler.desired.schema.lock import LockedChart, LockSpec
from reconciler.errors import DesiredStateError, Location
from reconciler.model.desired import Desired, Release
from reconciler.model.inputs import Inputs
from reconciler.model.lock import Lock, LockKey, Pin

_ENDING = ".lock"
_PREFIX = "sha256:"
_ANEW = "run `reconcile update`, which writes the file anew"
_HEAD = """\
# Made by `reconcile update`: commit it, and do not edit it. It says which version, and which archive, of each chart is
# used, so that what was reviewed is what is applied. `reconcile update` moves them.
apiVersion: reconciler/v1
kind: Lock
"""


def lock_path(environment: str, inputs: Inputs) -> Path:
    """Where an environment's lock file is, or would be: beside it, with the ending `.lock`.

    Raises DesiredStateError: there is no such environment file, or it has that ending itself.
    """
    path = inputs.files.locate(environment, None)
    if path.suffix == _ENDING:
        hint = "an environment file ends with .yaml"
        raise DesiredStateError(f"{environment} has the ending of a lock file", hint=hint)
    return path.with_suffix(_ENDING)


def read_lock(path: Path, inputs: Inputs) -> Lock:
    """What a lock file says; nothing when there is none.

    Raises:
        DesiredStateErrors: every mistake in it, each with its place.
    """
    if not inputs.files.exists(path):
        return {}
    problems = Problems()
    found: dict[LockKey, Pin] = {}
    with problems.collecting():
        shown = inputs.files.shown(path)
        # Located as a file that another one names, so that a link cannot lead out of the project.
        located = inputs.files.locate(path.name, Location(shown, 1, 1))
        found = _checked(_root(inputs.files.text(located, None), shown), problems)
    problems.raise_all()
    return found


def _root(text: str, shown: str) -> MapNode:
    try:
        root = parse(text, shown)
    except DesiredStateError as error:
        # Most often it is a merge that left its marks.
        raise DesiredStateError(error.message, where=error.where, hint=_ANEW) from error
    if not isinstance(root, MapNode):
        raise DesiredStateError("a lock file has to be a map", where=root.where, hint=_ANEW)
    return root


def with_pins(desired: Desired, lock: Lock) -> Desired:
    """The desired state, in which every chart that has an entry in the lock is that very one."""
    return replace(desired, releases=tuple(_pinned(release, lock) for release in desired.releases))


def require_locked(desired: Desired) -> None:
    """Raise DesiredStateErrors unless every chart from a repository or registry has an entry in the lock."""
    problems = Problems()
    for release in desired.releases:
        ref = release.chart_ref
        if ref.lock_key and ref.pin is None:
            hint = "run `reconcile update` and commit the lock file, or leave out `--locked`"
            problems.add(f"{release.id}: chart {ref} is not locked", ref.where, hint)
    problems.raise_all()


def lock_text(lock: Lock) -> str:
    """A lock as the text of its file: sorted, so that a change of one entry is a change of few lines."""
    entries = "".join(_entry(key, lock[key]) for key in sorted(lock))
    return f"{_HEAD}charts:\n{entries}" if entries else f"{_HEAD}charts: []\n"


def _pinned(release: Release, lock: Lock) -> Release:
    key = release.chart_ref.lock_key
    pin = lock.get(key) if key else None
    return replace(release, chart_ref=replace(release.chart_ref, pin=pin)) if pin else release


def _checked(root: MapNode, problems: Problems) -> dict[LockKey, Pin]:
    try:
        spec = LockSpec.model_validate(plain(root))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        problems.note(explain(root, fault, LockSpec) for fault in faults)
        return {}
    found: dict[LockKey, Pin] = {}
    for i, entry in enumerate(spec.charts):
        where = place(root, ("charts", i))
        key = LockKey(entry.repository, entry.chart, entry.range)
        if key in found:
            problems.add(f"{key} is here twice", where, _ANEW)
        found[key] = Pin(entry.version, entry.digest.removeprefix(_PREFIX), where)
    return found


def _entry(key: LockKey, pin: Pin) -> str:
    values = (key.repository, key.chart, key.range, pin.version, _PREFIX + pin.digest)
    # In quotes, whatever they look like: a version may look like a number.
    fields = [
        f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in zip(LockedChart.model_fields, values, strict=True)
    ]
    return "  - " + "\n    ".join(fields) + "\n"
