"""What is written to a real API server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.adapters.kube.writer import KubeWriter
from reconciler.errors import ApiError
from reconciler.model.cluster import Cascade, Deletion
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, as_map, dig, text_at
from tests.adapters.kube.live_objects import CONFIG_MAP, config_map
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


def test_apply_fetch_and_list(writer: KubeWriter, namespace: str) -> None:
    """What is applied is there; lists are by label and namespace, and carry the kind."""
    resource = writer.resources()[CONFIG_MAP]
    assert writer.fetch(resource, namespace, "one") is None
    writer.apply(resource, config_map(namespace, a="1"), "helm")
    found = writer.fetch(resource, namespace, "one")
    assert found
    assert found["data"] == {"a": "1"}
    listed = writer.objects(resource, namespace, "team=blue")
    assert [(item["kind"], item["apiVersion"], text_at(item, "metadata", "name")) for item in listed] == [
        ("ConfigMap", "v1", "one")
    ]
    assert writer.objects(resource, namespace, "team=red") == []
    assert any(
        text_at(item, "metadata", "namespace") == namespace for item in writer.objects(resource, "", "team=blue")
    )


def test_what_others_wrote_is_overwritten(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """A conflict of field managers is settled in favour of what is desired."""
    resource = writer.resources()[CONFIG_MAP]
    writer.apply(resource, config_map(namespace, a="1"), "helm")
    kubectl("-n", namespace, "patch", "cm", "one", "--type", "merge", "-p", '{"data":{"a":"2"}}')
    writer.apply(resource, config_map(namespace, a="1"), "helm")
    found = writer.fetch(resource, namespace, "one")
    assert found
    assert found["data"] == {"a": "1"}


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        pytest.param({"typo": {}}, 500, "field not declared in schema", id="an unknown field"),
        pytest.param({"data": {"a": 1}}, 500, "expected string", id="a wrong type"),
        pytest.param({"data": {"not a key": "x"}}, 422, "invalid", id="an invalid key"),
        pytest.param(
            {"metadata": {"name": "one", "namespace": "no-such-namespace"}}, 404, "not found", id="no such namespace"
        ),
        pytest.param({"kind": "Secret"}, 400, "Secret", id="another kind than its address"),
    ],
)
def test_what_the_server_refuses(
    change: dict[str, Any], status: int, said: str, writer: KubeWriter, namespace: str
) -> None:
    """The same error from a dry run and from an apply, with the cluster's name and the server's words."""
    resource = writer.resources()[CONFIG_MAP]
    item = {**config_map(namespace, "bad", a="1"), **change}
    calls: list[Callable[..., Any]] = [writer.dry_run, writer.apply]
    for call in calls:
        with pytest.raises(ApiError, match="cluster main: ") as caught:
            call(resource, item, "helm")
        assert caught.value.status == status
        assert said in caught.value.message


def test_what_is_wrong_is_told_one_by_one(writer: KubeWriter, namespace: str) -> None:
    """Several things can be wrong with an object; what can be helped is told from what cannot."""
    kind = Kind("v1", "Secret")
    resource = writer.resources()[kind]
    item = {**config_map(namespace), "kind": "Secret", "type": "Opaque", "data": {}}
    writer.apply(resource, item, "helm")
    with pytest.raises(ApiError) as caught:
        writer.dry_run(resource, {**item, "type": "other", "data": {"not a key": ""}}, "helm")
    assert [cause.rpartition(": ")[2] for cause in caught.value.causes if "immutable" in cause] == [
        "field is immutable"
    ]
    assert len(caught.value.causes) == 2


@pytest.mark.parametrize(
    ("uid", "version"),
    [pytest.param("another", None, id="another of that name"), pytest.param(None, "1", id="changed since")],
)
def test_only_what_was_seen_is_deleted(
    uid: str | None, version: str | None, writer: KubeWriter, namespace: str
) -> None:
    """What took its place, or was changed, stays; what is gone is gone."""
    resource = writer.resources()[CONFIG_MAP]
    writer.apply(resource, config_map(namespace), "helm")
    live = writer.fetch(resource, namespace, "one")
    assert live
    seen = text_at(live, "metadata", "uid")
    with pytest.raises(ApiError) as caught:
        writer.delete(resource, Deletion(namespace, "one", uid or seen, version))
    assert caught.value.status == 409
    assert writer.fetch(resource, namespace, "one") == live
    for _ in range(2):
        writer.delete(resource, Deletion(namespace, "one", seen, text_at(live, "metadata", "resourceVersion")))
        assert writer.fetch(resource, namespace, "one") is None


def test_what_an_object_owns_stays_or_goes_with_it(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """As the deletion says: orphans stay; in the foreground what is owned goes first."""
    resource = writer.resources()[CONFIG_MAP]

    def owned(cascade: Cascade) -> JsonMap | None:
        writer.apply(resource, config_map(namespace), "helm")
        uid = text_at(writer.fetch(resource, namespace, "one"), "metadata", "uid")
        owner: JsonMap = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": "one",
            "uid": uid,
            "blockOwnerDeletion": True,
        }
        item = config_map(namespace, "owned")
        writer.apply(resource, {**item, "metadata": {**as_map(item["metadata"]), "ownerReferences": [owner]}}, "helm")
        writer.delete(resource, Deletion(namespace, "one", uid, cascade=cascade))
        kubectl("-n", namespace, "wait", "--for=delete", "cm/one", "--timeout=30s")
        return writer.fetch(resource, namespace, "owned")

    left = owned(Cascade.ORPHAN)
    assert left
    assert dig(left, "metadata", "ownerReferences") is None
    assert owned(Cascade.FOREGROUND) is None
