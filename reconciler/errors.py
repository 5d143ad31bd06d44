"""One tree of errors.

Each message says what was being done, to what, where, why it failed and what to try, so that a person
can act on it without reading the source. An error never carries a secret: callers mask foreign text first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; line and column count from 1, as editors do."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class ReconcilerError(Exception):
    """The root: something that a user can read and act on.

    Attributes:
        message: what was being done, to what, and why it failed; one sentence, no trailing full stop.
        where: the place in the user's files that led here, if there is one.
        hint: what to try next, or None.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: Location | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  try: {self.hint}" if self.hint else ""
        return f"{place}{self.message}{advice}"


class DesiredStateError(ReconcilerError):
    """One mistake in the user's files."""


class DesiredStateErrors(ReconcilerError):  # noqa: N818 - it holds several
    """All the mistakes that one run found in the user's files, in the order of their places."""

    def __init__(self, errors: Iterable[DesiredStateError]) -> None:
        self.errors: tuple[DesiredStateError, ...] = tuple(sorted(errors, key=_by_place))
        super().__init__("\n".join(str(error) for error in self.errors))


class ChartError(ReconcilerError):
    """A chart could not be found, read, or rendered."""


class ClusterError(ReconcilerError):
    """A cluster could not be reached, or refused what was asked."""


class ApiError(ClusterError):
    """The API server answered with an error.

    Attributes:
        status: the HTTP status code.
        reason: Kubernetes' own word for it, such as `NotFound`, `Forbidden`, `Invalid`, `Conflict`.
        causes: what it found wrong with an object, one by one; empty where it gives no list.
    """

    def __init__(
        self, message: str, *, status: int, reason: str, hint: str | None = None, causes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.reason = reason
        self.causes = causes


class UnrecordedError(ClusterError):
    """Helm did its work and could not record it: the revision that it made is marked as under way."""


class LockError(ReconcilerError):
    """The lock of a cluster is another run's."""

    exit_code = 3


class LockLostError(ReconcilerError):
    """The lock of a cluster may be another run's by now, so nothing more is written there."""


class NotBegunError(ReconcilerError):
    """What waited for its turn may not begin any more."""


class EngineError(ReconcilerError):
    """Helm failed at an operation on a release."""


class SavedPlanError(ReconcilerError):
    """A saved plan must not be applied: it was edited, is too old, or was made from something else."""

    exit_code = 3


class TransferReason(StrEnum):
    """Why a server of charts or images did not do what was asked."""

    NOT_FOUND = "not found"
    DENIED = "denied"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    CONFLICT = "conflict"
    CORRUPT = "corrupt"
    OTHER = "other"


class TransferError(ReconcilerError):
    """A download from, an upload to, or a question to a chart repository or container registry failed.

    Attributes:
        reason: the class of the failure, for whoever decides what follows from it.
    """

    def __init__(self, message: str, *, reason: TransferReason, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class GitReason(StrEnum):
    """Why a git repository did not give what was asked of it."""

    NO_REF = "no such branch or tag"
    DENIED = "denied"
    NOT_FOUND = "not found"
    UNKNOWN_HOST = "unknown host key"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    TIMEOUT = "time is over"
    TOO_LARGE = "too large"
    HOSTILE = "hostile content"
    BUSY = "in use"
    CANCELLED = "cancelled"
    OTHER = "other"


class GitError(ReconcilerError):
    """A git repository could not be reached, fetched, or checked out.

    Attributes:
        reason: the class of the failure, for whoever decides what follows from it.
    """

    def __init__(self, message: str, *, reason: GitReason, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class ListenError(ReconcilerError):
    """An address could not be listened on."""


class SandboxError(ReconcilerError):
    """The embedded control plane could not be prepared, started, or stopped."""


def _by_place(error: DesiredStateError) -> tuple[str, int, int]:
    where = error.where
    return (where.path, where.line, where.column) if where else ("", 0, 0)
