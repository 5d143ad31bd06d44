"""What registries say of images → checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import TransferError, TransferReason
from reconciler.model.identity import ObjectId
from reconciler.model.image import Answers, ImageRef, Platform, Question
from reconciler.model.oci import Credentials
from reconciler.model.pods import SECRET
from reconciler.model.preflight import Check, Status
from reconciler.model.secret import SecretText
from reconciler.model.surroundings import Unread
from reconciler.preflight.images import image_check, secret_checks
from reconciler.preflight.keyring import Entry
from reconciler.preflight.pulling import Fault, ImageUse, Wallet, image_uses
from reconciler.preflight.pulls import pulls
from tests.preflight.factories import PLACE, RELEASE, release, rendered

IMAGE = "registry.example.com/team/app:1.4"
REF = ImageRef.parse(IMAGE)
CI = Credentials("ci", SecretText("pw"))
OLD = Credentials("old", SecretText("pw"))
AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")
REGCRED = ObjectId(SECRET, "shop", "regcred")

Answer = Sequence[Platform] | TransferReason


def _node(platform: Platform, **labels: str) -> dict[str, Any]:
    known = {"kubernetes.io/os": platform.os, "kubernetes.io/arch": platform.architecture, **labels}
    return {"metadata": {"name": platform.architecture, "labels": known}}


NODES = (_node(AMD),)


def _use(image: str = IMAGE, policy: str = "", **spec: Any) -> ImageUse:
    container = {"image": image, "imagePullPolicy": policy}
    [found] = image_uses([rendered("Deployment.apps/v1", {"template": {"spec": {"containers": [container], **spec}}})])
    return found


def _logins(*known: Credentials) -> tuple[Entry, ...]:
    return tuple(Entry("registry.example.com", each, f"secret-of-{each.username}") for each in known)


def _check(
    answers: dict[Credentials | None, Answer],
    use: ImageUse | None = None,
    faults: dict[ObjectId, Fault] | None = None,
    nodes: Any = NODES,
    tags: Sequence[str] = (),
) -> Check:
    wallet = Wallet(_logins(*(each for each in answers if each)), faults or {})
    [pull] = pulls([(use or _use(), wallet)])
    told = {
        Question(REF, who): TransferError("words", reason=found) if isinstance(found, TransferReason) else found
        for who, found in answers.items()
    }
    values = {"image": {"repository": "registry.example.com/team/app", "tag": "1.4"}}
    columns = {"image.repository": 1, "image.tag": 2}
    listed = dict.fromkeys(told, tags)
    return image_check(pull, release(values, columns), Answers({}, told, listed), nodes)


@pytest.mark.parametrize(
    ("answers", "status", "words", "column"),
    [
        ({None: [AMD]}, Status.OK, "pulled without a login; linux/amd64", None),
        ({CI: [AMD, ARM]}, Status.OK, "pulled with secret secret-of-ci; linux/amd64, linux/arm64", None),
        ({None: []}, Status.OK, "it does not tell its platform", None),
        ({OLD: TransferReason.DENIED, CI: [AMD]}, Status.OK, "pulled with secret secret-of-ci", None),
        ({None: TransferReason.NOT_FOUND}, Status.FAILED, "registry.example.com does not have it", 2),
        ({OLD: TransferReason.DENIED, CI: TransferReason.NOT_FOUND}, Status.FAILED, "does not have it", 2),
        ({CI: TransferReason.DENIED}, Status.FAILED, "refuses it to ci, the login of secret secret-of-ci", 1),
        ({None: TransferReason.DENIED}, Status.FAILED, "without a login, and the pods have none for it", 1),
        ({None: TransferReason.UNREACHABLE}, Status.UNKNOWN, "from here: words; the nodes may reach it", 0),
        ({None: TransferReason.UNTRUSTED}, Status.UNKNOWN, "from here: words; the nodes may reach it", 0),
        ({OLD: TransferReason.DENIED, CI: TransferReason.UNREACHABLE}, Status.UNKNOWN, "from here: words", 0),
        ({None: [ARM]}, Status.FAILED, "built for linux/arm64, and not for nodes that are linux/amd64", 2),
    ],
)
def test_an_answer(answers: dict[Credentials | None, Answer], status: Status, words: str, column: int | None) -> None:
    """One login that works is enough; else the registry's answer, with the value that it comes from."""
    found = _check(answers)
    assert (found.status, found.subject, found.cluster) == (status, IMAGE, "main")
    assert words in found.message
    assert status is Status.OK or "Deployment shop/api" in found.message
    assert (found.where.column if found.where and found.where != PLACE else found.where and 0) == column


def test_some_nodes_are_of_another_platform() -> None:
    """A warning, unless the pods choose nodes that fit; nodes that are not known are told."""
    nodes = (_node(AMD), _node(ARM, zone="a"))
    assert _check({None: [AMD]}, nodes=nodes).status is Status.WARNING
    assert _check({None: [AMD, ARM]}, nodes=nodes).status is Status.OK
    assert _check({None: [AMD]}, _use(nodeSelector={"kubernetes.io/arch": "amd64"}), nodes=nodes).status is Status.OK
    assert _check({None: [AMD]}, _use(nodeSelector={"zone": "a"}), nodes=nodes).status is Status.FAILED
    assert _check({None: [AMD]}, nodes=({"metadata": {"name": "bare"}},)).status is Status.OK
    unknown = _check({None: [ARM]}, nodes=Unread("nodes is forbidden"))
    assert (unknown.status, unknown.message) == (
        Status.OK,
        "pulled without a login; the nodes' platforms are not known: nodes is forbidden",
    )


@pytest.mark.parametrize(
    ("tags", "hint"),
    [
        (["0.9", "1.5", "1.40"], "team/app has, among others: 1.40, 1.5"),
        (["x", "y"], "team/app has, among others: y, x"),
        ([], "check repository and tag"),
    ],
)
def test_a_wrong_tag_names_the_right_ones(tags: list[str], hint: str) -> None:
    """The nearest there are, or the greatest."""
    assert _check({None: TransferReason.NOT_FOUND}, tags=tags).hint == hint


def test_without_a_login_what_lacks_is_named() -> None:
    """The pull secret that is missing is the likely cause; one that we may not read leaves it open."""
    gone = _check({None: TransferReason.DENIED}, faults={REGCRED: Fault("it does not exist", is_certain=True)})
    assert gone.status is Status.FAILED
    assert "the pods have none for it; Secret shop/regcred: it does not exist" in gone.message
    hidden = _check({None: TransferReason.DENIED}, faults={REGCRED: Fault("forbidden", is_certain=False)})
    assert hidden.status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("use", "status", "words"),
    [
        (_use("Registry.example.com/App"), Status.FAILED, "it is no name of an image: 'App' is no repository"),
        (_use(""), Status.FAILED, "it is no name of an image"),
        (_use(policy="Never"), Status.UNKNOWN, "never pulled (imagePullPolicy: Never), so it has to be on the nodes"),
    ],
)
def test_what_no_registry_is_asked_for(use: ImageUse, status: Status, words: str) -> None:
    """A name that is none would be InvalidImageName; what is never pulled is noted."""
    [pull] = pulls([(use, Wallet((), {}))])
    found = image_check(pull, release({}), Answers({}, {}, {}), ())
    assert list(pull.questions()) == []
    assert found.status is status
    assert words in found.message


def test_the_same_pull_is_one_check() -> None:
    """Objects of a release that pull the same with the same logins are named together, others apart."""
    first = _use()
    others = [replace(first, by=replace(first.by, name=name)) for name in ("b", "c", "d")]
    same = [(use, Wallet(_logins(CI), {})) for use in (first, *others)]
    found = pulls([*same, (first, Wallet(_logins(OLD), {}))])
    assert [len(pull.uses) for pull in found] == [4, 1]
    assert len({question for pull in found for question in pull.questions()}) == 2

    failed = image_check(
        found[0],
        release({}),
        Answers({}, {Question(REF, CI): TransferError("", reason=TransferReason.NOT_FOUND)}, {}),
        (),
    )
    assert failed.message.endswith("used by Deployment shop/api, Deployment shop/b, Deployment shop/c and 1 more")


def test_pull_secrets_that_are_of_no_use() -> None:
    """A warning once for each, at the value that names it; the image's own check says what follows."""
    faults = {REGCRED: Fault("it does not exist", is_certain=True)}
    found = pulls([(_use(), Wallet((), faults)), (_use("registry.example.com/b"), Wallet((), faults))])
    named = release({"imagePullSecrets": [{"name": "regcred"}]}, {"imagePullSecrets.0.name": 5})
    [told] = secret_checks(found, {RELEASE: named})
    assert (told.status, told.subject) == (Status.WARNING, "pull secret Secret shop/regcred")
    assert told.where is not None
    assert told.where.column == 5

    hidden = pulls([(_use(), Wallet((), {REGCRED: Fault("forbidden", is_certain=False)}))])
    assert [each.status for each in secret_checks(hidden, {RELEASE: named})] == [Status.UNKNOWN]
