"""Watches on a real API server, and what they make of faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from reconciler.adapters.kube.watch import KubeWatcher, WatchPace
from reconciler.errors import ClusterError
from reconciler.model.cluster import Resource
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, text_at
from reconciler.model.watch import Place
from tests.conftest import Kubectl

CONFIG_MAPS = Resource(Kind("v1", "ConfigMap"), "configmaps", namespaced=True)
SELECTOR = "team=blue"

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
