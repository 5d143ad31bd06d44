"""The API server's audit log: who asked for what. A way to prove that a run wrote nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WRITE_VERBS = frozenset({"create", "update", "patch", "delete", "deletecollection"})

# Asked with POST, but nothing is stored: the answer is computed.
VIRTUAL_RESOURCES = frozenset(
    {
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectreviews",
        "selfsubjectrulesreviews",
        "serviceaccounts/token",
        "subjectaccessreviews",
        "tokenreviews",
    }
)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One request that the API server has answered.

    Attributes:
        resource: plural, with its subresource: `pods`, `deployments/scale`; empty: not about an object.
        namespace: empty for what is in no namespace.
        name: empty for lists, and for creations (the name is in the body, which is not logged).
        code: the HTTP status of the answer; 0: none was logged.
        dry_run: asked for by the URL. A dry run asked for in the body of a deletion cannot be seen.
        acting_as: the user that was impersonated; empty: none.
    """

    verb: str
    uri: str
    user: str
    user_agent: str
    resource: str
    namespace: str
    name: str
    code: int
    dry_run: bool
    acting_as: str = ""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """An audit log that grows while it is read."""

    path: Path

    def mark(self) -> int:
        """The offset, in bytes, of the end of the log now; 0 if there is no log yet."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, since: int = 0) -> Iterator[AuditRecord]:
        """The requests logged after the offset `since`, which is 0 or came from `mark`.

        A long-running request (a watch, an exec) is logged when it begins and when it ends; it is given once.
        """
        started: set[str] = set()
        for event in self._events(since):
            identity = str(event.get("auditID", ""))
            if identity in started:
                continue
            if event.get("stage") == "ResponseStarted":
                started.add(identity)
            yield record_of(event)

    def _events(self, since: int) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            if since > 0:
                # A mark taken while a line was being written is inside it: that line is not ours.
                file.seek(since - 1)
                file.readline()
            for line in file:
                if not line.endswith(b"\n"):
                    return  # still being written
                yield json.loads(line)


def record_of(event: dict[str, Any]) -> AuditRecord:
    """One audit event of the API server, reduced to what is asked about it."""
    target = event.get("objectRef") or {}
    parts = [target.get("resource", ""), target.get("subresource", "")]
    uri = str(event.get("requestURI", ""))
    return AuditRecord(
        verb=str(event.get("verb", "")),
        uri=uri,
        user=str((event.get("user") or {}).get("username", "")),
        user_agent=str(event.get("userAgent", "")),
        resource="/".join(part for part in parts if part),
        namespace=str(target.get("namespace", "")),
        name=str(target.get("name", "")),
        code=int((event.get("responseStatus") or {}).get("code", 0)),
        dry_run="All" in parse_qs(urlsplit(uri).query).get("dryRun", []),
        acting_as=str((event.get("impersonatedUser") or {}).get("username", "")),
    )


def writes(
    records: Iterable[AuditRecord], *, user: str | None = None, user_agent: str | None = None
) -> Iterator[AuditRecord]:
    """Those requests that asked for something to be changed, whether or not it was granted (see `code`).

    Args:
        user: only those of this user. The components of the control plane write all the time, each as a user
            of its own; `admin` is whoever uses the sandbox's kubeconfig.
        user_agent: only those whose user agent begins with this text.
    """
    for record in records:
        if (
            is_write(record)
            and (user is None or record.user == user)
            and (user_agent is None or record.user_agent.startswith(user_agent))
        ):
            yield record


def is_write(record: AuditRecord) -> bool:
    """Whether the request asked for a change of something that is stored."""
    return record.verb in WRITE_VERBS and not record.dry_run and record.resource not in VIRTUAL_RESOURCES
