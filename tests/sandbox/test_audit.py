"""Reading the audit log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.audit import AuditLog, AuditRecord, is_write, record_of, writes


def event(**changes: Any) -> dict[str, Any]:
    return {
        "stage": "ResponseComplete",
        "auditID": "1",
        "requestURI": "/api/v1/namespaces/shop/configmaps/web",
        "verb": "update",
        "user": {"username": "admin"},
        "userAgent": "helm/4.3",
        "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "web"},
        "responseStatus": {"code": 200},
        **changes,
    }


BASIC = record_of(event())


def write(path: Path, *events: dict[str, Any], end: str = "\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(each) for each in events) + end)


def test_an_event_becomes_a_record() -> None:
    """Every field comes from its place in the event."""
    expected = AuditRecord(
        verb="update",
        uri="/api/v1/namespaces/shop/configmaps/web",
        user="admin",
        user_agent="helm/4.3",
        resource="configmaps",
        namespace="shop",
        name="web",
        code=200,
        dry_run=False,
    )
    assert record_of(event()) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"verb": "create"}, True),
        ({"verb": "patch"}, True),
        ({"verb": "delete"}, True),
        ({"verb": "deletecollection"}, True),
        ({"verb": "get"}, False),
        ({"verb": "list"}, False),
        ({"verb": "watch"}, False),
        ({"responseStatus": {"code": 403}}, True),
        ({"requestURI": "/x?dryRun=All"}, False),
        ({"requestURI": "/x?fieldManager=a&dryRun=All&force=true"}, False),
        ({"requestURI": "/x?fieldManager=dryRun%3DAll"}, True),
        ({"verb": "create", "objectRef": {"resource": "selfsubjectaccessreviews"}}, False),
        ({"verb": "create", "objectRef": {"resource": "tokenreviews"}}, False),
        ({"verb": "create", "objectRef": {"resource": "serviceaccounts", "subresource": "token"}}, False),
        ({"verb": "create", "objectRef": {"resource": "serviceaccounts"}}, True),
        ({"verb": "update", "objectRef": {"resource": "deployments", "subresource": "scale"}}, True),
        ({"verb": "get", "objectRef": None, "responseStatus": None}, False),
    ],
)
def test_a_write_is_what_asks_for_a_stored_change(changes: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a table
    """Also when it was refused; not when it was a dry run or a question asked by POST."""
    assert is_write(record_of(event(**changes))) is expected


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 2),
        ({"user": "admin"}, 1),
        ({"user": "adm"}, 0),
        ({"user_agent": "helm"}, 1),
        ({"user": "admin", "user_agent": "kubectl"}, 0),
    ],
)
def test_writes_are_filtered_by_who_asked(filters: dict[str, str], count: int) -> None:
    """By the exact user and by how the user agent begins."""
    other = record_of(event(user={"username": "system:kube-scheduler"}, userAgent="kube-scheduler/v1"))
    assert len(list(writes([BASIC, other], **filters))) == count


def test_only_what_came_after_the_mark_is_read(tmp_path: Path) -> None:
    """A mark is a point in the log; none at all reads everything."""
    log = AuditLog(tmp_path / "audit.log")
    assert (log.mark(), list(log.read())) == (0, [])
    write(log.path, event(verb="get", auditID="1"))
    mark = log.mark()
    write(log.path, event(verb="patch", auditID="2"))
    assert [record.verb for record in log.read(mark)] == ["patch"]
    assert [record.verb for record in log.read()] == ["get", "patch"]


def test_lines_that_are_being_written_are_left_alone(tmp_path: Path) -> None:
    """An unfinished last line is not read; a mark in the middle of a line starts at the next one."""
    log = AuditLog(tmp_path / "audit.log")
    write(log.path, event(auditID="1"), end="")
    assert list(log.read()) == []
    middle = log.mark() - 5
    write(log.path, end="\n")
    write(log.path, event(auditID="2", verb="get"))
    assert [record.verb for record in log.read(middle)] == ["get"]


def test_a_long_request_is_given_once(tmp_path: Path) -> None:
    """A watch or an exec is logged at its start and at its end."""
    log = AuditLog(tmp_path / "audit.log")
    write(log.path, event(auditID="w", verb="watch", stage="ResponseStarted"), event(auditID="x"))
    write(log.path, event(auditID="w", verb="watch"))
    assert [record.verb for record in log.read()] == ["watch", "update"]
