"""What a cluster itself is told about its releases, as Kubernetes Events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reconciler.model.identity import ReleaseId


class Reason(StrEnum):
    """Events' reasons, in the spelling of Kubernetes."""

    APPLIED = "Applied"
    DRIFT_CORRECTED = "DriftCorrected"
    FAILED = "Failed"
    ROLLED_BACK = "RolledBack"

    @property
    def is_warning(self) -> bool:
        """Whether somebody should look."""
        return self in (Reason.FAILED, Reason.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a release. `note` is masked, and hostile until cleaned."""

    release: ReleaseId
    reason: Reason
    note: str


class Journal(Protocol):
    """The events of one cluster."""

    def record(self, happening: Happening) -> None:
        """Write it down; the same again counts up what is there. Raises ClusterError: it cannot be."""
        ...
