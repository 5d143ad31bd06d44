"""Old objects are deleted and others' are marked, each only while it is what the plan saw: on the real API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event

import pytest

from reconciler.adapters.kube.writer import KubeWriter
from reconciler.apply import preparation as module
from reconciler.apply.preparation import adopt, delete_old
from reconciler.errors import ApiError, ClusterError
from reconciler.model.cluster import Cascade
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, dig, text_at
from reconciler.model.preparation import Adoption, Recreation
from tests.apply.test_accounts import Meddled
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e

CONFIG_MAP = Kind("v1", "ConfigMap")


@pytest.fixture
def identity(namespace: str, kubectl: Kubectl) -> ObjectId:
    """The ConfigMap `app` that somebody made, in the test's own namespace."""
    kubectl("create", "namespace", namespace)
    kubectl("-n", namespace, "create", "configmap", "app", "--from-literal=a=theirs")
    return ObjectId(CONFIG_MAP, namespace, "app")


@pytest.fixture
def writer(cluster_access: ClusterAccess) -> KubeWriter:
    """A writer to the sandbox."""
    return KubeWriter(cluster_access)


def live(writer: KubeWriter, identity: ObjectId) -> JsonMap | None:
    """The object as it is now."""
    return writer.fetch(writer.resources()[CONFIG_MAP], identity.namespace, identity.name)


def uid(writer: KubeWriter, identity: ObjectId) -> str:
    """Which object it is."""
    return text_at(live(writer, identity), "metadata", "uid")


def marks(item: JsonMap | None) -> tuple[str, str]:
    """What Helm knows an owner by."""
    return (
        text_at(item, "metadata", "labels", "app.kubernetes.io/managed-by"),
        text_at(item, "metadata", "annotations", "meta.helm.sh/release-name"),
    )


def _adopt(writer: KubeWriter, identity: ObjectId, uid: str, name: str = "api") -> None:
    work = Adoption(identity, uid, ReleaseId("main", identity.namespace, name))
    adopt(writer, writer.resources()[CONFIG_MAP], work)


def _delete(writer: KubeWriter, identity: ObjectId, uid: str, stop: Event | None = None) -> None:
    delete_old(writer, writer.resources()[CONFIG_MAP], Recreation(identity, uid, Cascade.FOREGROUND), stop or Event())


def test_an_adopted_object_has_the_marks_alone(writer: KubeWriter, identity: ObjectId) -> None:
    """What is in it is Helm's business afterwards; doing it twice is doing it once."""
    for _ in range(2):
        _adopt(writer, identity, uid(writer, identity))
    found = live(writer, identity)
    assert marks(found) == ("Helm", "api")
    assert dig(found, "data") == {"a": "theirs"}


def test_a_write_in_between_is_kept(cluster_access: ClusterAccess, identity: ObjectId, kubectl: Kubectl) -> None:
    """The mark is set on what is there by then."""
    told: list[str] = []

    def meddle() -> None:
        if not told:
            told.append(kubectl("-n", identity.namespace, "patch", "cm", "app", "-p", '{"data":{"b":"later"}}'))

    writer = Meddled(cluster_access, meddle)
    _adopt(writer, identity, uid(KubeWriter(cluster_access), identity))
    found = live(writer, identity)
    assert marks(found) == ("Helm", "api")
    assert dig(found, "data") == {"a": "theirs", "b": "later"}


def _replaced(kubectl: Kubectl, identity: ObjectId) -> None:
    kubectl("-n", identity.namespace, "delete", "cm", "app")
    kubectl("-n", identity.namespace, "create", "configmap", "app")


def _taken(kubectl: Kubectl, identity: ObjectId) -> None:
    owner = ("meta.helm.sh/release-name=other", f"meta.helm.sh/release-namespace={identity.namespace}")
    kubectl("-n", identity.namespace, "annotate", "cm", "app", *owner)


def _gone(kubectl: Kubectl, identity: ObjectId) -> None:
    kubectl("-n", identity.namespace, "delete", "cm", "app")


@pytest.mark.parametrize("happens", [_replaced, _taken, _gone])
def test_what_is_no_longer_what_the_plan_saw_is_not_adopted(
    happens: Callable[[Kubectl, ObjectId], None], writer: KubeWriter, identity: ObjectId, kubectl: Kubectl
) -> None:
    """Another object, one of another release, or none: the error says to plan again, and nothing is written."""
    seen = uid(writer, identity)
    happens(kubectl, identity)
    before = live(writer, identity)
    with pytest.raises(ClusterError, match="is no longer what the plan was made for") as caught:
        _adopt(writer, identity, seen)
    assert caught.value.hint == "plan again, and look at it"
    assert live(writer, identity) == before


def test_what_never_rests_is_given_up(
    cluster_access: ClusterAccess, identity: ObjectId, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who writes all the time keeps us waiting, not for ever."""
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    count = iter(range(1000))

    def meddle() -> None:
        patch = json.dumps({"data": {"b": str(next(count))}})
        kubectl("-n", identity.namespace, "patch", "cm", "app", "-p", patch)

    seen = uid(KubeWriter(cluster_access), identity)
    with pytest.raises(ClusterError, match="no longer what the plan was made for"):
        _adopt(Meddled(cluster_access, meddle), identity, seen)
    assert marks(live(KubeWriter(cluster_access), identity)) == ("", "")


def test_a_refused_mark_is_an_error(writer: KubeWriter, identity: ObjectId) -> None:
    """Whatever it is but a conflict."""
    with pytest.raises(ApiError):
        _adopt(writer, identity, uid(writer, identity), name="x" * 300_000)


def test_an_old_object_is_gone_afterwards(writer: KubeWriter, identity: ObjectId) -> None:
    """Its name is free; where somebody deleted it before, that is as good."""
    seen = uid(writer, identity)
    for _ in range(2):
        _delete(writer, identity, seen)
        assert live(writer, identity) is None


def test_another_object_of_its_name_is_not_deleted(writer: KubeWriter, identity: ObjectId, kubectl: Kubectl) -> None:
    """The old one is gone, and that is all that was wanted: a second attempt finds what the first one made."""
    seen = uid(writer, identity)
    _replaced(kubectl, identity)
    before = live(writer, identity)
    _delete(writer, identity, seen)
    assert live(writer, identity) == before


def test_an_object_that_does_not_go(
    writer: KubeWriter, identity: ObjectId, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps it is named, and the flag that the next run needs; an interrupt ends the waiting."""
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    finalizers = '{"metadata":{"finalizers":["example.com/hold"]}}'
    kubectl("-n", identity.namespace, "patch", "cm", "app", "--type=merge", "-p", finalizers)
    seen = uid(writer, identity)
    with pytest.raises(ClusterError, match=r"still being deleted: it waits for example\.com/hold") as caught:
        _delete(writer, identity, seen)
    assert f"--allow-recreate configmap/{identity.namespace}/app" in str(caught.value.hint)
    stopped = Event()
    stopped.set()
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    with pytest.raises(ClusterError, match="still being deleted"):
        _delete(writer, identity, seen, stopped)
    kubectl("-n", identity.namespace, "patch", "cm", "app", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    _delete(writer, identity, seen)
    assert live(writer, identity) is None
