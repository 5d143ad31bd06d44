"""What a client asked an API server for, reduced to what makes one request different from another."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from reconciler.sandbox.audit import VIRTUAL_RESOURCES

_RECORD = "sh.helm.release.v1."
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        number: how many came before it in the same run.
    """

    number: int
    method: str
    target: str

    @property
    def is_watch(self) -> bool:
        """Whether the answer is a stream of events."""
        return self._query.get("watch") in (["true"], ["1"])

    @property
    def is_write(self) -> bool:
        """Whether it asks for something to be stored."""
        return (
            self.method in _WRITES and self._query.get("dryRun") != ["All"] and self._resource not in VIRTUAL_RESOURCES
        )

    @property
    def kind(self) -> str:
        """Method and pattern without names: `PATCH deployments/* (dry run)`; Helm's records are a kind of their own."""
        notes = [word for word, said in (("watch", self.is_watch), ("dry run", "dryRun" in self._query)) if said]
        told = f" ({', '.join(notes)})" if notes else ""
        return f"{self.method} {self._resource}{told}"

    @property
    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def _resource(self) -> str:
        parts = urlsplit(self.target).path.strip("/").split("/")
        if parts[0] not in ("api", "apis"):
            return "/".join(parts)
        rest = parts[2 if parts[0] == "api" else 3 :]
        if len(rest) > 2 and rest[0] == "namespaces":
            rest = rest[2:]
        if not rest:
            return "discovery"
        if len(rest) > 1 and rest[1].startswith(_RECORD):
            rest[0] = "release records"
        return "/".join([rest[0], *("*" if place == 0 else part for place, part in enumerate(rest[1:]))])
