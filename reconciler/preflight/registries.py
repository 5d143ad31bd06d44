"""Container registries and chart repositories that let us in, or not → checks."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.errors import TransferError, TransferReason
from reconciler.model.desired import Repository
from reconciler.model.image import Answers
from reconciler.model.preflight import Area, Check, Status


def repository_check(repository: Repository, error: TransferError | None) -> Check:
    """Whether it is there, is a repository, and accepts its credentials."""
    subject = f"{repository.name} ({repository.url})"
    if error:
        return Check(Area.REPOSITORY, subject, Status.FAILED, error.message, error.hint, repository.where)
    accepted = f", and accepts {repository.username}" if repository.username else ""
    return Check(Area.REPOSITORY, subject, Status.OK, f"reachable{accepted}")


def registry_checks(answers: Answers, cluster: str) -> Iterator[Check]:
    """Each registry that was asked, with each login."""
    for (registry, credentials), error in answers.doors.items():
        who = f"as {credentials.username}" if credentials else "without a login"
        subject = f"{registry} {who}"
        if error is None:
            yield Check(Area.REGISTRY, subject, Status.OK, "reachable, and lets us in", cluster=cluster)
        elif error.reason is TransferReason.DENIED and credentials is None:
            yield Check(Area.REGISTRY, subject, Status.OK, "reachable; it wants a login", cluster=cluster)
        elif error.reason is TransferReason.DENIED:
            yield Check(Area.REGISTRY, subject, Status.FAILED, error.message, error.hint, cluster=cluster)
        else:
            message = f"{error.message}; the nodes may reach it"
            yield Check(Area.REGISTRY, subject, Status.UNKNOWN, message, error.hint, cluster=cluster)
