"""`reconcile plan --save` and `reconcile apply --plan`: a plan as it was reviewed, kept and compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

from reconciler.desired.recording import Recording
from reconciler.errors import DesiredStateError, SavedPlanError
from reconciler.flows.context import Context, Request
from reconciler.flows.masking import masked
from reconciler.flows.planning import Found, look, make_plan
from reconciler.model.identity import ObjectId
from reconciler.model.inputs import Inputs
from reconciler.model.object_version import ObjectVersion
from reconciler.model.observed import StoredRelease
from reconciler.model.plan import Plan, Refusal
from reconciler.model.saved import Asked, Origin, SavedPlan, SeenRelease, Snapshot
from reconciler.model.seal import Seal
from reconciler.model.secret import SecretText
from reconciler.observe.concurrency import concurrently
from reconciler.plan.saved import check_age, check_inputs, compare_saved
from reconciler.report.saved import saved_text, step_of

Encrypt = Callable[[bytes], str]
Decrypt = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Saving:
    """How a plan is to be saved.

    Attributes:
        encrypt: for whoever may apply it without access to the secrets; None: they are left out.
        keep: puts the document where it belongs.
    """

    origin: Origin
    key: SecretText
    salt: bytes = field(repr=False)
    encrypt: Encrypt | None
    keep: Callable[[str], None]


def plan_and_save(request: Request, context: Context, saving: Saving) -> tuple[Plan, SavedPlan | None]:
    """What `apply` would do, as it was saved; a plan that a guard refuses is not. Writes to no cluster."""
    recording = Recording()
    found = look(request, replace(context, inputs=recording.of(context.inputs)))
    with closing(found.tools.engine):
        planned = make_plan(found)
    if planned.refusals:
        return planned, None
    seal = Seal.of(saving.key, saving.salt)
    snapshot = _snapshot(found, planned, recording, seal)
    origin = replace(saving.origin, by=found.desired.mask.text(saving.origin.by))
    secrets = saving.encrypt(_packed(recording)) if saving.encrypt else None
    saved = SavedPlan(origin, _asked(request, context.inputs), snapshot, saving.salt, secrets)
    saving.keep(saved_text(saved, seal))
    return planned, saved


@dataclass(frozen=True, slots=True)
class Opened:
    """A saved plan that may still be applied: what to plan anew, and what has to come out."""

    request: Request
    context: Context
    _saved: SavedPlan
    _seal: Seal
    _recording: Recording

    def review(self, found: Found, planned: Plan) -> tuple[Refusal, ...]:
        """Why what would be done now is not what was saved; nothing when it is."""
        return compare_saved(self._saved.snapshot, _snapshot(found, planned, self._recording, self._seal))


def open_saved(saved: SavedPlan, seal: Seal, request: Request, context: Context, decrypt: Decrypt | None) -> Opened:
    """Begin to apply a saved plan; `request` names its environment file, as it is called from here.

    Raises:
        SavedPlanError: it is too old, is for another environment file, or its files are others now.
        DesiredStateError: its secrets cannot be opened.
    """
    check_age(saved.origin, context.now())
    _check_asked(saved.asked, _asked(request, context.inputs))
    check_inputs(saved, dict(_files_now(saved, context.inputs, seal)))
    asked = saved.asked
    wanted = replace(
        request,
        only=asked.only,
        break_lock=asked.break_lock,
        locked=asked.locked,
        consent=asked.consent,
        with_needs=asked.with_needs,
    )
    recording = Recording(_unpacked(saved, decrypt) if decrypt else {})
    return Opened(wanted, replace(context, inputs=recording.of(context.inputs)), saved, seal, recording)


def _check_asked(saved: Asked, now: Asked) -> None:
    """Raises SavedPlanError: on the command line it says something else than the plan does."""
    if now.environment != saved.environment:
        raise SavedPlanError(f"the plan is for {saved.environment}, not for {now.environment}", hint="leave `-e` out")
    if now != Asked(now.environment):
        hint = "leave out the options that select, allow, lock, or break locks"
        raise SavedPlanError("a saved plan says itself what is done", hint=hint)


def _asked(request: Request, inputs: Inputs) -> Asked:
    called = inputs.files.called(request.environment, None)
    return Asked(
        environment=called,
        only=request.only,
        break_lock=request.break_lock,
        locked=request.locked,
        consent=request.consent,
        with_needs=request.with_needs,
    )


def _files_now(saved: SavedPlan, inputs: Inputs, seal: Seal) -> Iterator[tuple[str, str]]:
    """The files of a plan as they are now, as far as they are there. Before anything is loaded: an edit may be an
    error, and whoever applies a saved plan wants to know first that there was one."""
    for path in saved.snapshot.inputs:
        place = inputs.files.root / path
        if inputs.files.exists(place):
            yield path, _input_digest(seal, path, inputs.files.text(place, None))


def _input_digest(seal: Seal, path: str, text: str) -> str:
    return seal.digest("input", path, text.encode())


def _packed(recording: Recording) -> bytes:
    return json.dumps({name: text.reveal() for name, text in recording.references.items()}).encode()


def _unpacked(saved: SavedPlan, decrypt: Decrypt) -> dict[str, SecretText]:
    if saved.secrets is None:
        hint = "leave `--age-identity` out, and they are read again; or save the plan with `--age-recipient`"
        raise DesiredStateError("the plan holds no secrets that an identity could open", hint=hint)
    return {name: SecretText(text) for name, text in json.loads(decrypt(saved.secrets)).items()}


def _snapshot(found: Found, planned: Plan, recording: Recording, seal: Seal) -> Snapshot:
    with masked(found.desired.mask):
        names = list(found.previewers)
        identities = concurrently(lambda name: found.previewers[name].cluster.identity(), names)
    return Snapshot(
        environment=planned.environment,
        inputs={path: _input_digest(seal, path, text) for path, text in recording.files.items()},
        references={
            name: seal.digest("reference", name, text.reveal().encode()) for name, text in recording.references.items()
        },
        clusters=dict(zip(names, identities, strict=True)),
        releases={stored.id: SeenRelease(stored.revision, stored.status, stored.version) for stored in _stored(found)},
        objects=dict(_touched(planned, seal)),
        steps=tuple(map(step_of, planned.actions)),
    )


def _stored(found: Found) -> Iterator[StoredRelease]:
    """Those of the file, and those that it no longer has."""
    for cluster in found.observed.clusters.values():
        yield from cluster.releases.values()
    yield from (orphan.stored for orphan in found.pruner.releases)


def _touched(planned: Plan, seal: Seal) -> Iterator[tuple[tuple[str, ObjectId], ObjectVersion | None]]:
    for action in planned.actions:
        for change in action.changes:
            yield (action.target.cluster, change.id), _sealed(change.version, str(change.id), seal)


def _sealed(version: ObjectVersion | None, name: str, seal: Seal) -> ObjectVersion | None:
    """The version with a keyed digest of its content, in place of one that could be guessed at."""
    if version is None or version.content is None:
        return version
    return replace(version, content=seal.digest("object", name, version.content.encode()))
