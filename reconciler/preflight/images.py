"""Images and the pull secrets of their pods → checks: an ImagePullBackOff before anything is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from reconciler.errors import Location, TransferError, TransferReason
from reconciler.model.desired import Release
from reconciler.model.identity import ReleaseId
from reconciler.model.image import Answers, ImageRef, Platform, Question
from reconciler.model.json import JsonMap, text_at
from reconciler.model.placement import fits
from reconciler.model.pods import SECRET
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.surroundings import Reading, Unread
from reconciler.preflight.keyring import Entry
from reconciler.preflight.pulls import Pull
from reconciler.preflight.value_places import place_of

_SHOWN_OBJECTS, _SHOWN_TAGS = 3, 3


def image_check(pull: Pull, release: Release, answers: Answers, nodes: Reading) -> Check:
    """Whether the image can be had, and runs on the nodes."""
    if pull.ref is None:
        message = f"it is no name of an image: {pull.fault}; used by {_users(pull)}"
        return _check(pull, Status.FAILED, message, None, place_of(release, [pull.image]))
    if not pull.is_asked_for:
        message = f"it is never pulled (imagePullPolicy: Never), so it has to be on the nodes; used by {_users(pull)}"
        return _check(pull, Status.UNKNOWN, message, None, release.where)
    errors: list[tuple[TransferError, Entry | None]] = []
    for login in pull.logins:
        found = answers.images[Question(pull.ref, login.credentials if login else None)]
        if not isinstance(found, TransferError):
            return _found(pull, release, found, login, nodes)
        errors.append((found, login))
    error, login = min(errors, key=lambda pair: _TELLING.get(pair[0].reason, 0))
    if error.reason is TransferReason.NOT_FOUND:
        return _not_found(pull, release, pull.ref, answers)
    if error.reason is TransferReason.DENIED:
        return _denied(pull, release, pull.ref, login)
    message = f"it cannot be asked for from here: {error.message}; the nodes may reach it; used by {_users(pull)}"
    return _check(pull, Status.UNKNOWN, message, error.hint, release.where)


# A login that could not be tried leaves it open; and whom the registry answers "not found", it let in.
_TELLING = {TransferReason.NOT_FOUND: 1, TransferReason.DENIED: 2}


def secret_checks(found: Iterable[Pull], releases: Mapping[ReleaseId, Release]) -> Iterator[Check]:
    """The pull secrets that are of no use, each once for each release."""
    faults = {(pull.release, item): fault for pull in found for item, fault in pull.faults.items()}
    for (release, item), fault in faults.items():
        subject = f"pull secret {item}" if item.kind == SECRET else str(item)
        if not fault.is_certain:
            yield Check(Area.IMAGE, subject, Status.UNKNOWN, fault.why, None, None, release.cluster)
            continue
        message = f"{fault.why}; the pods of {release} pull without it"
        hint = "add it to `secrets` and to the namespace's `pullSecrets`, or name the right one"
        where = place_of(releases[release], [item.name])
        yield Check(Area.IMAGE, subject, Status.WARNING, message, hint, where, release.cluster)


def _found(pull: Pull, release: Release, built: Sequence[Platform], login: Entry | None, nodes: Reading) -> Check:
    how = f"pulled with secret {login.source}" if login else "pulled without a login"
    if isinstance(nodes, Unread):
        return _check(pull, Status.OK, f"{how}; the nodes' platforms are not known: {nodes.reason}", None, None)
    fitting = [node for node in nodes if any(fits(use.spec, node) for use in pull.uses)]
    wanted = sorted({platform for node in fitting if (platform := _platform(node))})
    lacking = [platform for platform in wanted if built and platform not in built]
    if not lacking:
        return _check(pull, Status.OK, f"{how}; {_listed(built) or 'it does not tell its platform'}", None, None)
    status = Status.FAILED if lacking == wanted else Status.WARNING
    message = f"it is built for {_listed(built)}, and not for nodes that are {_listed(lacking)}; used by {_users(pull)}"
    hint = "build it for that platform too, or choose nodes with `nodeSelector: {kubernetes.io/arch: …}`"
    return _check(pull, status, message, hint, _where(pull, release))


def _not_found(pull: Pull, release: Release, ref: ImageRef, answers: Answers) -> Check:
    tags = [tag for question in pull.questions() for tag in answers.tags.get(question, ())]
    near = get_close_matches(ref.tag, tags, _SHOWN_TAGS) or sorted(tags, reverse=True)[:_SHOWN_TAGS]
    message = f"{ref.registry} does not have it; used by {_users(pull)}"
    hint = f"{ref.repository} has, among others: {', '.join(near)}" if near else "check repository and tag"
    return _check(pull, Status.FAILED, message, hint, _where(pull, release))


def _denied(pull: Pull, release: Release, ref: ImageRef, login: Entry | None) -> Check:
    where = place_of(release, [pull.image, _written_name(pull.image), ref.repository, ref.registry])
    if login:
        who = f"{login.credentials.username}, the login of secret {login.source}"
        message = f"{ref.registry} refuses it to {who}; used by {_users(pull)}"
        return _check(pull, Status.FAILED, message, "renew the login, or give its user the right to pull", where)
    faults = "".join(f"; {item}: {fault.why}" for item, fault in pull.faults.items())
    message = (
        f"{ref.registry} refuses it without a login, and the pods have none for it{faults}; used by {_users(pull)}"
    )
    hint = "name a pull secret in the chart's `imagePullSecrets`; nodes may also have a login of their own"
    is_certain = all(fault.is_certain for fault in pull.faults.values())
    return _check(pull, Status.FAILED if is_certain else Status.UNKNOWN, message, hint, where)


def _check(pull: Pull, status: Status, message: str, hint: str | None, where: Location | None) -> Check:
    return Check(Area.IMAGE, pull.image or "(empty)", status, message, hint, where, pull.release.cluster)


def _where(pull: Pull, release: Release) -> Location:
    ref = pull.ref
    wanted = [pull.image, *([ref.digest or "", ref.tag, _written_name(pull.image), ref.repository] if ref else [])]
    return place_of(release, [text for text in wanted if text])


def _written_name(image: str) -> str:
    """The image without tag and digest, as it was written."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}"


def _platform(node: JsonMap) -> Platform | None:
    labels = ("metadata", "labels")
    os, architecture = text_at(node, *labels, "kubernetes.io/os"), text_at(node, *labels, "kubernetes.io/arch")
    return Platform(os, architecture) if os and architecture else None


def _users(pull: Pull) -> str:
    names = list(dict.fromkeys(str(use.by) for use in pull.uses))
    rest = len(names) - _SHOWN_OBJECTS
    return ", ".join(names[:_SHOWN_OBJECTS]) + (f" and {rest} more" if rest > 0 else "")


def _listed(found: Iterable[Platform]) -> str:
    return ", ".join(map(str, found))
