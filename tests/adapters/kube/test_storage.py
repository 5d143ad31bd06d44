"""Helm's storage format: read, changed and written back."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.adapters.kube.storage import decode, failed, manifest_objects
from reconciler.model.observed import ReleaseStatus
from reconciler.sandbox import Sandbox
from tests.conftest import Kubectl

RELEASE = {
    "name": "api",
    "version": 3,
    "info": {"status": "pending-upgrade", "description": "Preparing upgrade"},
    "chart": {"metadata": {"name": "app", "version": "1.0.0"}},
    "config": {"a": {"b": [1, 1.5, True, None, "ä"]}},
    "manifest": "---\nkind: ConfigMap\n---\n# nothing\n",
}


def packed(content: bytes, *, compressed: bool = True) -> str:
    """As Helm does it."""
    return base64.b64encode(base64.b64encode(gzip.compress(content, mtime=0) if compressed else content)).decode()


def secret(release: str, **labels: str) -> dict[str, Any]:
    """A Secret of Helm's."""
    metadata = {
        "name": "sh.helm.release.v1.api.v3",
        "namespace": "shop",
        "resourceVersion": "77",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"name": "api", "owner": "helm", "status": "x", "version": "3", **labels},
    }
    return {"metadata": metadata, "data": {"release": release}}


def test_hooks_that_failed() -> None:
    """Only those whose last run failed are read, with their manifest; odd ones are left out."""
    hooks: list[Any] = [
        {"name": "a", "manifest": "kind: Job\nmetadata: {name: a}", "last_run": {"phase": "Failed"}},
        {"name": "b", "manifest": "kind: Job\nmetadata: {name: b}", "last_run": {"phase": "Succeeded"}},
        {"name": "c", "manifest": "{", "last_run": {"phase": "Failed"}},
        {"name": "d"},
        "odd",
    ]
    found = decode("main", secret(packed(json.dumps({**RELEASE, "hooks": hooks}).encode())))
    assert found
    assert found.failed_hooks == ({"kind": "Job", "metadata": {"name": "a"}},)


def test_decode() -> None:
    """All that the rest of the program knows of a release."""
    found = decode("main", secret(packed(json.dumps(RELEASE).encode()), team="blue", createdAt="5"))
    assert found
    assert (found.id.cluster, found.id.namespace, found.id.name, found.revision) == ("main", "shop", "api", 3)
    assert (found.status, found.description) == (ReleaseStatus.PENDING_UPGRADE, "Preparing upgrade")
    assert (found.chart_name, found.chart_version, found.values) == ("app", "1.0.0", RELEASE["config"])
    assert (found.objects, found.labels) == (({"kind": "ConfigMap"},), {"team": "blue"})
    assert found.changed == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "before", "deployed"),
    [("deployed", None, 3), ("failed", None, None), ("failed", 2, 2), ("pending-upgrade", 1, 1)],
)
def test_the_newest_deployed_revision(status: str, before: int | None, deployed: int | None) -> None:
    """Itself, or one before it: what a rollback goes back to."""
    release = {**RELEASE, "info": {"status": status}}
    earlier = secret(packed(json.dumps({**RELEASE, "version": before}).encode())) if before else None
    found = decode("main", secret(packed(json.dumps(release).encode())), earlier)
    assert found
    assert found.deployed == deployed


def test_the_time_of_the_last_change() -> None:
    """Helm's label wins over the Secret's creation; one that is no time is as none."""
    text = packed(json.dumps(RELEASE).encode())
    for label, expected in {
        "1767225600": datetime(2026, 1, 1, tzinfo=UTC),
        "soon": datetime(2026, 1, 1, tzinfo=UTC),
        "9" * 20: datetime(2026, 1, 1, tzinfo=UTC),
        "9" * 60: datetime(2026, 1, 1, tzinfo=UTC),
    }.items():
        found = decode("main", secret(text, modifiedAt=label))
        assert found
        assert found.changed == expected
    bare = {"data": {"release": text}}
    found = decode("main", bare)
    assert found
    assert found.changed == datetime(1970, 1, 1, tzinfo=UTC)


def test_an_old_release_without_compression() -> None:
    """Helm still reads those of its first versions."""
    found = decode("main", secret(packed(json.dumps(RELEASE).encode(), compressed=False)))
    assert found
    assert found.revision == 3


@pytest.mark.parametrize(
    "content",
    [
        "",
        "%%%",
        "ümlaut",
        base64.b64encode(b"%%%").decode(),
        packed(b"no json", compressed=False),
        packed(b"no json"),
        packed(b"[1]"),
        packed(b"null"),
        packed(b"\xff"),
        packed(b"[" * 100_000),
        base64.b64encode(base64.b64encode(b"\x1f\x8bjunk")).decode(),
        base64.b64encode(base64.b64encode(gzip.compress(json.dumps(RELEASE).encode(), mtime=0)[:-40])).decode(),
    ],
)
def test_what_is_no_release(content: str) -> None:
    """Whatever is in the Secret, it is no crash."""
    assert decode("main", secret(content)) is None


@pytest.mark.parametrize("found", [{}, {"data": None}, {"data": {"release": 1}}, {"metadata": 1, "data": "x"}])
def test_what_is_no_secret_of_helm(found: dict[str, Any]) -> None:
    """The same."""
    assert decode("main", found) is None


@settings(max_examples=100, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ["name", "version", "info", "chart", "config", "manifest"],
            st.none() | st.integers() | st.text() | st.dictionaries(st.sampled_from(["metadata", "status"]), st.text()),
        ),
    )
)
def test_any_shape_is_a_release_of_some_kind(release: dict[str, Any]) -> None:
    """Fields of other types are as if they were not there."""
    found = decode("main", secret(packed(json.dumps(release).encode())))
    assert found
    assert isinstance(found.revision, int)
    assert isinstance(found.values, dict)


def test_a_bomb_is_not_unpacked() -> None:
    """A megabyte that unpacks to a gigabyte costs no gigabyte: it is no release."""
    bomb = packed(b'{"a": "' + b" " * 1_000_000_000)
    assert len(bomb) < 2_000_000
    tracemalloc.start()
    assert decode("main", secret(bomb)) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000


def test_marking_as_failed() -> None:
    """The rest of the release stays as it was, and somebody else's write in between is not overwritten."""
    before = secret(packed(json.dumps(RELEASE).encode()))
    patch: Any = failed(before, "the run died")
    assert patch["metadata"]["resourceVersion"] == "77"
    assert patch["metadata"]["labels"]["status"] == "failed"
    labels = {**before["metadata"]["labels"], **patch["metadata"]["labels"]}
    after = decode("main", {"metadata": {**before["metadata"], "labels": labels}, "data": patch["data"]})
    assert after
    assert (after.status, after.description) == (ReleaseStatus.FAILED, "the run died")
    assert (datetime.now(UTC) - after.changed).total_seconds() < 60
    assert after.values == RELEASE["config"]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ("", ()),
        ("# only a comment\n---\n---\n", ()),
        ("text", ()),
        ("a: 1", ()),
        ("kind: A\n---\nkind: B\n", ({"kind": "A"}, {"kind": "B"})),
        ("kind: List\nitems: [{kind: A}, text]", ({"kind": "A"},)),
        ("kind: ConfigMapList\nitems: [{kind: ConfigMap}]", ({"kind": "ConfigMap"},)),
        ("kind: BlackList", ({"kind": "BlackList"},)),
        ("kind: A\n---\na: [", None),
        ("kind: A\ndata: {a: yes, b: '010'}", ({"kind": "A", "data": {"a": True, "b": "010"}},)),
    ],
)
def test_manifests(manifest: str, expected: Any) -> None:
    """What Helm takes for objects; a manifest that nobody can read has none."""
    assert manifest_objects(manifest) == expected


@pytest.mark.e2e
def test_what_helm_itself_stores(
    namespace: str, kubectl: Kubectl, helm_program: Path, control_plane: Sandbox, tmp_path: Path
) -> None:
    """A release by the `helm` program is read in full; marked as failed, Helm still reads it, and upgrades it."""
    helm = [str(helm_program), "--kubeconfig", str(control_plane.kubeconfig_path), "-n", namespace]
    subprocess.run([str(helm_program), "create", "demo"], cwd=tmp_path, check=True, capture_output=True)
    values = tmp_path / "values.yaml"
    values.write_text("replicaCount: 2\nodd: {yes: yes, text: 'ä', none: null, list: []}\n")
    command = ["install", "web", "demo", "--create-namespace", "-l", "team=blue", "-f", str(values)]
    subprocess.run([*helm, *command], cwd=tmp_path, check=True, capture_output=True)
    item = json.loads(kubectl("-n", namespace, "get", "secret", "sh.helm.release.v1.web.v1", "-o", "json"))

    found = decode("main", item)

    assert found
    assert (found.id.namespace, found.id.name, found.revision) == (namespace, "web", 1)
    assert (found.status, found.chart_name, found.chart_version) == (ReleaseStatus.DEPLOYED, "demo", "0.1.0")
    assert found.values == {"replicaCount": 2, "odd": {"true": True, "text": "ä", "none": None, "list": []}}
    assert {item["kind"] for item in found.objects} == {"Deployment", "Service", "ServiceAccount"}
    assert found.labels == {"team": "blue"}
    patch = json.dumps(failed(item, "by the test"))
    kubectl("-n", namespace, "patch", "secret", item["metadata"]["name"], "--type", "merge", "-p", patch)
    listed = subprocess.run([*helm, "list", "-o", "json"], check=True, capture_output=True, text=True).stdout
    assert [(one["name"], one["status"]) for one in json.loads(listed)] == [("web", "failed")]
    subprocess.run([*helm, "upgrade", "web", "demo"], cwd=tmp_path, check=True, capture_output=True)
