"""Watches on a real API server, and what they make of faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.adapters.kube.transport import Transport
from reconciler.adapters.kube.watch import KubeWatcher, WatchPace
from reconciler.errors import ApiError, ClusterError, Location
from reconciler.model.cluster import Resource
from reconciler.model.desired import ClusterAccess, Impersonation
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, text_at
from reconciler.model.secret import SecretText
from reconciler.model.watch import Place
from tests.adapters.kube.servers import Answer, serve
from tests.chaos.api import Api
from tests.chaos.faults import Fault
from tests.chaos.proxy import Proxy, Strike, Upstream, run_proxy
from tests.conftest import Kubectl

CONFIG_MAPS = Resource(Kind("v1", "ConfigMap"), "configmaps", namespaced=True)
SELECTOR = "team=blue"
PLACE = Place(CONFIG_MAPS, "shop", SELECTOR)

pytestmark = pytest.mark.e2e


@dataclass
class Heard:
    """A sink that remembers."""

    told: list[str] = field(default_factory=list)
    items: list[JsonMap] = field(default_factory=list)
    errors: list[ClusterError] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def seen(self, item: JsonMap) -> None:
        self._note(f"seen {text_at(item, 'metadata', 'name')} {text_at(item, 'data', 'text')}".rstrip(), item)

    def gone(self, item: JsonMap) -> None:
        self._note(f"gone {text_at(item, 'metadata', 'name')}", item)

    def complete(self, present: AbstractSet[tuple[str, str]], version: str) -> None:
        assert version.isdigit()
        self._note(f"complete {' '.join(sorted(name for _, name in present))}".rstrip())

    def failed(self, error: ClusterError) -> None:
        self.errors.append(error)
        self._note("failed")

    def _note(self, what: str, item: JsonMap | None = None) -> None:
        with self.changed:
            self.told.append(what)
            self.items += [item] if item else []
            self.changed.notify_all()

    def until(self, *wanted: str, within: float = 15.0) -> list[str]:
        """What was told, as soon as all of this is among it; it is forgotten then."""
        with self.changed:
            assert self.changed.wait_for(lambda: set(wanted) <= set(self.told), within), self.told
            told, self.told = self.told, []
        return told


@contextmanager
def watched(access: ClusterAccess, place: Place, pace: WatchPace | None = None) -> Iterator[Heard]:
    """A place under watch."""
    heard = Heard()
    watch = KubeWatcher(access, pace=pace or WatchPace()).watch(place, heard)
    yield heard
    watch.stop()
    ended(f"watch {access.name} {place.resource.plural} {place.namespace}".rstrip())


def ended(thread: str) -> None:
    """A watch ends at once when it is told to."""
    deadline = time.monotonic() + 5
    while any(other.name == thread for other in threading.enumerate()):
        assert time.monotonic() < deadline, f"{thread} goes on"
        time.sleep(0.01)


@pytest.fixture
def home(namespace: str, kubectl: Kubectl) -> str:
    """A namespace with one ConfigMap that is watched, and one that is not."""
    kubectl("create", "namespace", namespace)
    kubectl("create", "configmap", "other", "-n", namespace)
    create(kubectl, namespace, "one")
    return namespace


def create(kubectl: Kubectl, namespace: str, name: str) -> None:
    """A labelled ConfigMap."""
    manifest = (
        "{apiVersion: v1, kind: ConfigMap, data: {text: a}, "
        f"metadata: {{name: {name}, namespace: {namespace}, labels: {{team: blue}}}}}}"
    )
    kubectl("create", "-f", "-", stdin=manifest)


def patch(kubectl: Kubectl, namespace: str, name: str, text: str) -> None:
    """Somebody writes another text."""
    kubectl("patch", "configmap", name, "-n", namespace, "-p", f'{{"data": {{"text": "{text}"}}}}')


def test_all_is_told_and_then_each_change(cluster_access: ClusterAccess, home: str, kubectl: Kubectl) -> None:
    """A creation, a change and a deletion, as they happen; nothing of what does not carry the labels."""
    with watched(cluster_access, Place(CONFIG_MAPS, home, SELECTOR)) as heard:
        assert heard.until("complete one") == ["seen one a", "complete one"]
        patch(kubectl, home, "one", "b")
        assert heard.until("seen one b") == ["seen one b"]
        create(kubectl, home, "two")
        kubectl("label", "configmap", "two", "team-", "-n", home)
        assert heard.until("gone two") == ["seen two a", "gone two"]
        kubectl("delete", "configmap", "one", "-n", home)
        heard.until("gone one")
    assert not heard.errors
    assert {(item["apiVersion"], item["kind"]) for item in heard.items} == {("v1", "ConfigMap")}


def test_metadata_alone(cluster_access: ClusterAccess, home: str, kubectl: Kubectl) -> None:
    """The content does not come, neither with the list nor with a change; the kind is that of the object."""
    with watched(cluster_access, Place(CONFIG_MAPS, home, SELECTOR, whole=False)) as heard:
        heard.until("seen one", "complete one")
        patch(kubectl, home, "one", "b")
        heard.until("seen one")
    assert all("data" not in item and item["kind"] == "ConfigMap" for item in heard.items)
    assert len({text_at(item, "metadata", "resourceVersion") for item in heard.items}) == 2


PACE = WatchPace(first=0.02, last=0.1)


@pytest.fixture
def proxied(kubeconfig: str, tmp_path: Path) -> Iterator[Callable[[Strike | None], Proxied]]:
    """A way to the sandbox on which something goes wrong."""
    with ExitStack() as stack:

        def through(strike: Strike | None) -> Proxied:
            proxy = stack.enter_context(run_proxy(Upstream.of(kubeconfig), tmp_path, strike))
            access = ClusterAccess("main", SecretText(proxy.kubeconfig), None, tmp_path, Location("env.yaml", 1, 1))
            return Proxied(proxy, access)

        yield through


@dataclass(frozen=True)
class Proxied:
    """The way, and how to reach the cluster by it."""

    proxy: Proxy
    access: ClusterAccess

    @property
    def asked(self) -> list[str]:
        """The requests, without names."""
        return [asked.kind for asked in self.proxy.seen]


Way = Callable[[Strike | None], Proxied]
LIST, WATCH = "GET configmaps", "GET configmaps (watch)"
# At the list, and at the watch that follows it.
FAULTS = [
    (Fault.RESET_BEFORE, 0),
    (Fault.RESET_AFTER, 0),
    (Fault.TRUNCATED, 0),
    (Fault.BUSY, 0),
    (Fault.UNAVAILABLE, 0),
    (Fault.EXPIRED, 0),
    (Fault.RESET_BEFORE, 1),
    (Fault.RESET_AFTER, 1),
    (Fault.BUSY, 1),
    (Fault.BROKEN, 1),
    (Fault.UNAVAILABLE, 1),
    (Fault.TIMEOUT, 1),
    (Fault.SLOW, 1),
    (Fault.EXPIRED, 1),
    (Fault.GONE, 1),
]


@pytest.mark.parametrize(("fault", "number"), FAULTS, ids=[f"{fault} at {number}" for fault, number in FAULTS])
def test_a_fault_is_survived(fault: Fault, number: int, proxied: Way, home: str, kubectl: Kubectl) -> None:
    """Whatever befalls one request, all that is there is told, and what changes afterwards."""
    way = proxied(Strike(fault, number))
    with watched(way.access, Place(CONFIG_MAPS, home, SELECTOR), PACE) as heard:
        heard.until("complete one")
        patch(kubectl, home, "one", "b")
        heard.until("seen one b")
    assert way.proxy.struck is not None


def test_a_version_that_is_too_old(proxied: Way, home: str) -> None:
    """After 410 Gone all is listed anew."""
    way = proxied(Strike(Fault.GONE, 1))
    with watched(way.access, Place(CONFIG_MAPS, home, SELECTOR), PACE) as heard:
        heard.until("complete one")
        heard.until("failed", "complete one")
    assert way.asked[:4] == [LIST, WATCH, LIST, WATCH]


def test_a_connection_that_is_cut(proxied: Way, home: str, kubectl: Kubectl) -> None:
    """It goes on from where it was: nothing is lost, and nothing listed again."""
    way = proxied(None)
    with watched(way.access, Place(CONFIG_MAPS, home, SELECTOR), PACE) as heard:
        heard.until("complete one")
        patch(kubectl, home, "one", "b")
        heard.until("seen one b")
        way.proxy.hang_up()
        patch(kubectl, home, "one", "c")
        assert "seen one b" not in heard.until("seen one c")
    assert way.asked.count(LIST) == 1


def test_credentials_that_expire(proxied: Way, home: str, kubectl: Kubectl) -> None:
    """The token is read anew when the old one is refused."""
    way = proxied(None)
    with watched(way.access, Place(CONFIG_MAPS, home, SELECTOR), PACE) as heard:
        heard.until("complete one")
        way.proxy.renew_token()
        way.proxy.hang_up()
        patch(kubectl, home, "one", "b")
        heard.until("seen one b")
    assert way.asked.count(LIST) == 1


def test_hours_of_silence(proxied: Way, home: str, kubectl: Kubectl) -> None:
    """Each watch ends when its time is over, and the next one goes on; nothing is told, and nothing listed."""
    way = proxied(None)
    with watched(way.access, Place(CONFIG_MAPS, home, SELECTOR), WatchPace(longest=2.0)) as heard:
        heard.until("complete one")
        deadline = time.monotonic() + 20
        while way.asked.count(WATCH) < 4:
            assert time.monotonic() < deadline, way.asked
            time.sleep(0.05)
        assert heard.told == []
        patch(kubectl, home, "one", "b")
        assert heard.until("seen one b") == ["seen one b"]
    assert way.asked.count(LIST) == 1
    assert not heard.errors


def test_a_list_of_many_pages_and_a_flood(cluster_access: ClusterAccess, kubeconfig: str, home: str) -> None:
    """More objects than fit into one answer, and as many changes at once."""
    api, path = Api(Upstream.of(kubeconfig)), f"/api/v1/namespaces/{home}/configmaps"
    names = [f"many{number}" for number in range(450)]
    for name in names:
        metadata = {"name": name, "labels": {"team": "blue"}}
        api("POST", path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    with watched(cluster_access, Place(CONFIG_MAPS, home, SELECTOR)) as heard:
        heard.until(f"complete {' '.join(sorted([*names, 'one']))}")
        api("DELETE", f"{path}?labelSelector={SELECTOR}")
        heard.until("gone one", *(f"gone {name}" for name in names))
    assert not heard.errors


def test_what_may_not_be_watched(cluster_access: ClusterAccess, home: str) -> None:
    """It is said, and not asked for again and again."""
    nobody = cluster_access.acting_as(Impersonation("nobody"))
    with watched(nobody, Place(CONFIG_MAPS, home, SELECTOR), PACE) as heard:
        heard.until("failed")
        (error,) = heard.errors
        assert isinstance(error, ApiError)
        assert error.status == 403


def access_to(url: str) -> ClusterAccess:
    """How to reach a server that is told what to say."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}],
        "current-context": "x",
    }
    return ClusterAccess("main", SecretText(json.dumps(config)), None, None, Location("env.yaml", 1, 1))


# What is no list or watch of an API server, whose JSON would be believed otherwise.
STRANGE = [
    Answer(body='{"kind": "ConfigMapList"}'),
    Answer(body='{"items": []}'),
    Answer(body="<html>"),
    Answer(body="[" * 100_000),
    Answer(status=503, body="later"),
]


@pytest.mark.parametrize("answer", STRANGE, ids=[f"{answer.status} {answer.body[:20]}" for answer in STRANGE])
def test_an_answer_that_is_no_list(answer: Answer) -> None:
    """It does not say that everything is gone."""
    with serve(answer) as server, watched(access_to(server.url), PLACE, PACE) as heard:
        heard.until("failed")
    assert not any(told.startswith("complete") for told in heard.told)


EMPTY = Answer(body='{"items": null, "metadata": {"resourceVersion": "7"}}')
BROKEN = [
    Answer(body="no JSON\n"),
    Answer(body='{"type": "MODIFIED", "object": {"metadata"'),
    Answer(body="[" * 100_000 + "\n"),
    Answer(body='{"type": "ERROR", "object": {"code": 500, "message": "etcd is away"}}\n'),
    Answer(body=""),
    Answer(body=" " * 17_000_000),
]


@pytest.mark.parametrize("answer", BROKEN, ids=[answer.body[:20] for answer in BROKEN])
def test_a_broken_stream(answer: Answer) -> None:
    """It is an error, and tried again after a pause, without end."""
    with serve(EMPTY, answer) as server, watched(access_to(server.url), PLACE, PACE) as heard:
        heard.until("complete")
        for _ in range(3):
            heard.until("failed")
    # Without a pause there would be thousands.
    assert len(server.requests) < 200


def test_a_bug_does_not_end_a_watch(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing would begin it again: it is told as an error and logged, and the watch goes on when it can."""
    bugs = iter([OSError(24, "Too many open files"), KeyError("metadata")])

    def met(_self: KubeWatcher) -> Transport:
        if bug := next(bugs, None):
            raise bug
        return connected(_self)

    connected = KubeWatcher._connected
    monkeypatch.setattr(KubeWatcher, "_connected", met)
    with serve(EMPTY) as server, watched(access_to(server.url), PLACE, PACE) as heard:
        heard.until("failed", "complete")
    assert [error.message for error in heard.errors[:2]] == [
        f"a bug in reconciler: {name}" for name in ("OSError", "KeyError")
    ]
    assert [(item.name, item.message) for item in caplog.records[:2]] == [("reconciler.watch", "a watch met a bug")] * 2


def test_what_met_a_bug_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is listed anew: who went on from before it would meet it for ever."""
    bug = Answer(body='{"type": "DELETED", "object": {"metadata": {"name": "one", "resourceVersion": "8"}}}\n')
    later = Answer(body='{"items": null, "metadata": {"resourceVersion": "9"}}')

    def met(_self: Heard, _item: JsonMap) -> None:
        raise KeyError("spec")

    monkeypatch.setattr(Heard, "gone", met)
    with serve(EMPTY, bug, later) as server, watched(access_to(server.url), PLACE, PACE) as heard:
        heard.until("complete", "failed")
        heard.until("complete")
    assert ["watch=true" in path for _, path, _, _ in server.requests[:3]] == [False, True, False]


def test_a_server_that_is_silent_is_left_at_once() -> None:
    """Stopping does not wait for a server that does not answer."""
    with serve(EMPTY) as server:
        heard = Heard()
        watch = KubeWatcher(access_to(server.url), pace=PACE).watch(PLACE, heard)
        heard.until("complete")
        server.hangs = True
        begun = time.monotonic()
        watch.stop()
        assert time.monotonic() - begun < 1
        told = len(heard.told)
        server.held.set()
        ended("watch main configmaps shop")
        assert not [what for what in heard.told[told:] if what != "failed"]


def test_the_pause_grows() -> None:
    """Up to a bound, and not the same for all."""
    pace = WatchPace(first=0.2, last=30.0)
    assert [pace.after(failures, 0.0) for failures in (1, 2, 3, 9, 10_000)] == [0.2, 0.4, 0.8, 30.0, 30.0]
    assert pace.after(1, 1.0) == 0.1
