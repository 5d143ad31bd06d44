"""Which state of an object was looked at."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.object_version import stored_version, version_of


def _live(**others: Any) -> dict[str, Any]:
    metadata = {
        "name": "api",
        "uid": "u-1",
        "resourceVersion": "7",
        "generation": 2,
        "managedFields": [
            {"manager": "helm", "time": "2026-01-01T00:00:00Z"},
            {"manager": "kubectl-edit", "time": "2026-01-02T00:00:00Z"},
            {"manager": "kube-controller-manager", "time": "2026-01-03T00:00:00Z", "subresource": "status"},
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 1},
        "status": {"replicas": 1},
        **others,
    }


def test_a_version_names_the_last_writer_of_more_than_the_status() -> None:
    """Controllers write the status all the time; that is nobody's change."""
    found = version_of(_live())
    assert (found.uid, found.resource_version) == ("u-1", "7")
    assert found.writer == "kubectl-edit at 2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("other", "moved"),
    [
        (_live(status={"replicas": 5}), False),
        (_live(metadata={**_live()["metadata"], "resourceVersion": "8"}), False),
        (_live(spec={"replicas": 2}), True),
        (_live(metadata={**_live()["metadata"], "annotations": {"a": "b"}}), True),
    ],
    ids=["status", "bookkeeping", "spec", "annotation"],
)
def test_the_content_is_all_but_status_and_bookkeeping(other: dict[str, Any], *, moved: bool) -> None:
    """What somebody wants differs, or it does not."""
    assert (version_of(other).content != version_of(_live()).content) is moved


def _listed(*writes: tuple[str, str, str | None], **others: Any) -> dict[str, Any]:
    """Metadata alone, with who wrote at what second which subresource."""
    entries = [
        {"manager": manager, "time": f"2026-01-01T00:00:0{second}Z", **({"subresource": part} if part else {})}
        for manager, second, part in writes
    ]
    metadata = {**_live()["metadata"], "managedFields": entries, **others}
    return {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": metadata}


@pytest.mark.parametrize(
    ("other", "moved"),
    [
        (_listed(("helm", "1", None), ("manager", "9", "status"), resourceVersion="8"), False),
        (_listed(("helm", "1", None), ("manager", "2", "status"), annotations={"status": "8"}), False),
        (_listed(("helm", "3", None), ("manager", "2", "status")), True),
        (_listed(("helm", "1", None), ("person", "3", "scale"), ("manager", "2", "status")), True),
        (_listed(("helm", "1", None), ("manager", "2", "status"), generation=3), True),
    ],
    ids=["status", "status in annotations", "written again", "scaled", "generation"],
)
def test_where_only_the_metadata_is_known_the_writers_tell(other: dict[str, Any], *, moved: bool) -> None:
    """Controllers write the status of autoscalers, CronJobs and pods all the time."""
    found = version_of(_listed(("helm", "1", None), ("manager", "2", "status")))
    assert found.content is not None
    assert (version_of(other).content != found.content) is moved


@pytest.mark.parametrize("writes", [[], [("kubectl", "1", None)], [("manager", "2", "status")]])
def test_where_they_do_not_any_new_version_counts(writes: list[tuple[str, str, str | None]]) -> None:
    """Of what has no status, as a Secret; or where nobody is named who wrote the rest."""
    found = version_of(_listed(*writes))
    assert (found.resource_version, found.content) == ("7", None)


def test_a_digest_of_content_is_not_shown() -> None:
    """It may be that of a secret, which could be guessed."""
    found = version_of(_live())
    assert found.content is not None
    assert found.content not in repr(found)


@pytest.mark.parametrize("fields", [[], [{"manager": ""}], "none"], ids=["nobody", "no name", "no list"])
def test_what_names_nobody(fields: Any) -> None:
    """A server may hold anything; then there is no writer. Of Helm's records, any new version counts."""
    found = stored_version(_live(metadata={"uid": "u", "managedFields": fields}))
    assert (found.writer, found.content, found.resource_version) == (None, None, "")
