"""(a release that does not run, what surrounds it) → findings: one cause for each object that blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from reconciler.diagnose.health import object_health
from reconciler.diagnose.places import locate
from reconciler.diagnose.rules import judge
from reconciler.diagnose.scene import Answer, Scene, make_scene
from reconciler.errors import Location
from reconciler.model.desired import Release
from reconciler.model.evidence import Evidence
from reconciler.model.finding import Cause, Finding, Trouble
from reconciler.model.identity import NamespaceId, Target
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.manifest import goes_when_done, id_of, object_id, placed_in
from reconciler.model.observed import ObservedCluster, StoredRelease
from reconciler.model.refusal import About, advice, recognise
from reconciler.model.secret import Mask
from reconciler.model.standing import Condition, Health

# A log line or a message may be of any length; what tells why stands at its beginning.
_LONGEST = 500
# What Helm says when it waited in vain: the objects say why.
_SYMPTOMS = (Cause.TIMED_OUT, Cause.PROGRESS_DEADLINE, Cause.HOOK_FAILED, Cause.FAILED)
_WAITED = (Cause.TIMED_OUT, Cause.PROGRESS_DEADLINE)
_VAGUE = (Cause.NOT_READY, Cause.OBJECT_MISSING)


@dataclass(frozen=True, slots=True)
class Root:
    """An object of a release that is not well."""

    item: JsonMap = field(repr=False)
    health: Health


def troubled(stored: StoredRelease, cluster: ObservedCluster) -> tuple[Root, ...]:
    """The objects of a release that are not well, and its hooks that failed."""
    return (*_unwell(stored, cluster), *_failed_hooks(stored, cluster))


def _unwell(stored: StoredRelease, cluster: ObservedCluster) -> Iterator[Root]:
    for item in stored.objects:
        identity = object_id(item, stored.id, cluster.resources)
        live = cluster.objects.get(identity)
        if live is None and not goes_when_done(item):
            yield Root(placed_in(item, identity), Health(Condition.MISSING, "does not exist"))
        elif live is not None and not (health := object_health(live)).is_healthy:
            yield Root(live, health)


def _failed_hooks(stored: StoredRelease, cluster: ObservedCluster) -> Iterator[Root]:
    for item in stored.failed_hooks:
        identity = object_id(item, stored.id, cluster.resources)
        yield Root(placed_in(item, identity), Health(Condition.FAILED, "failed"))


def explain_release(
    release: Release, trouble: Trouble | None, roots: Sequence[Root], evidence: Evidence, mask: Mask
) -> tuple[Finding, ...]:
    """Why a release does not run; empty when nothing is wrong with it."""
    leaving = _leaving(release, evidence)
    told = leaving or (_told(release, trouble, evidence) if trouble else None)
    answers = [told] if told and told.cause not in _SYMPTOMS else _of_objects(told, roots, evidence)
    return _findings(answers, release.id, evidence, mask, release)


def explain_other(
    target: Target, trouble: Trouble, where: Location | None, evidence: Evidence, mask: Mask
) -> tuple[Finding, ...]:
    """Why a namespace or secret of the environment cannot be made."""
    namespace = target.name if isinstance(target, NamespaceId) else target.namespace
    about = About(target.name, namespace, "", f"cluster {target.cluster}")
    answer = _refused(trouble, about, evidence)
    return tuple(replace(found, where=where) for found in _findings([answer], target, evidence, mask, None))


def _told(release: Release, trouble: Trouble, evidence: Evidence) -> Answer:
    about = About(release.id.name, release.id.namespace, str(release.chart_ref), f"cluster {release.id.cluster}")
    return _refused(trouble, about, evidence)


def _refused(trouble: Trouble, about: About, evidence: Evidence) -> Answer:
    """The answer that the words of Helm, the server or the plan give by themselves."""
    known = recognise(trouble.told, about)
    cause = trouble.cause or (known.cause if known else Cause.FAILED)
    hint = trouble.hint or (known.hint if known and known.cause is cause else advice(cause, about)) or _OWN_WORDS
    shown = tuple(_terminating(evidence, about.namespace)) if cause is Cause.NAMESPACE_TERMINATING else ()
    return Answer(cause, None, trouble.told, shown, hint)


_READY_NOW = "everything is ready by now: apply again, and give it a longer `wait`"
_OWN_WORDS = "do what it says, then apply again"


def _leaving(release: Release, evidence: Evidence) -> Answer | None:
    """Nothing can be made in a namespace that is being deleted, whatever else is wrong."""
    namespace = release.id.namespace
    if not text_at(evidence.namespaces.get(namespace, {}), "metadata", "deletionTimestamp"):
        return None
    told = f"namespace {namespace} is being deleted, and with it all that is in it"
    return _told(release, Trouble(told, None, Cause.NAMESPACE_TERMINATING), evidence)


def _terminating(evidence: Evidence, namespace: str) -> Iterator[str]:
    """What keeps a namespace from going."""
    item = evidence.namespaces.get(namespace, {})
    since = text_at(item, "metadata", "deletionTimestamp")
    if since:
        yield f"namespace {namespace} is being deleted since {since}"
    for each in maps_at(item, "status", "conditions"):
        if each.get("status") == "True":
            yield f"condition {text_at(each, 'type')}: {text_at(each, 'message')}"


def _of_objects(told: Answer | None, roots: Sequence[Root], evidence: Evidence) -> list[Answer]:
    """One answer for each object; what is merely not ready yet says nothing beside what is known to be wrong."""
    answers = [judge(scene) for scene in _scenes(roots, evidence)]
    known = [answer for answer in answers if answer.cause not in _VAGUE]
    if known:
        return _distinct(known)
    if told is None:
        return answers
    if not answers and not evidence.gaps and told.cause in _WAITED:
        return [replace(told, hint=_READY_NOW)]
    waited = [line for answer in answers for line in (answer.message, *answer.evidence)]
    return [replace(told, evidence=(*told.evidence, *waited))]


def _scenes(roots: Sequence[Root], evidence: Evidence) -> Iterator[Scene]:
    """The scene around each object, as it was when all around it was read."""
    listed = {id_of(item): item for item in evidence.objects}
    for root in roots:
        live = listed.get(id_of(root.item))
        health = object_health(live) if live else root.health
        # It may have become ready meanwhile; then there is nothing to explain.
        if not health.is_healthy:
            yield make_scene(live or root.item, health, evidence)


def _distinct(answers: list[Answer]) -> list[Answer]:
    """A claim and the pod that waits for it have one trouble."""
    return list({(answer.cause, answer.subject): answer for answer in answers}.values())


def _findings(
    answers: Sequence[Answer], target: Target, evidence: Evidence, mask: Mask, release: Release | None
) -> tuple[Finding, ...]:
    hidden = Mask(mask.values | evidence.mask.values)
    return tuple(_Told(hidden).finding(answer, target, release, evidence.gaps) for answer in answers)


@dataclass(frozen=True, slots=True)
class _Told:
    """Makes findings of answers: masked first, and only then shortened, so that no part of a secret is left."""

    mask: Mask

    def finding(self, answer: Answer, target: Target, release: Release | None, gaps: Sequence[str]) -> Finding:
        return Finding(
            cause=answer.cause,
            target=target,
            subject=answer.subject,
            message=self._text(answer.message),
            evidence=tuple(dict.fromkeys(map(self._text, (*answer.evidence, *gaps)))),
            hint=self._text(answer.hint),
            where=locate(release, answer.written) if release else None,
        )

    def _text(self, text: str) -> str:
        hidden = self.mask.text(text).replace("\n", " ")
        return hidden if len(hidden) <= _LONGEST else f"{hidden[: _LONGEST - 1]}…"
