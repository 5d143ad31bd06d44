"""Looking from the nodes: what pods there can reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """An address to connect to by TCP."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Reach(StrEnum):
    """How an attempt ended. UNKNOWN: it could not be made."""

    REACHED = "reached"
    NOT_REACHED = "not reached"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One connection from one node, and why it failed or could not be tried; empty when it was made."""

    node: str
    target: Target
    reach: Reach
    why: str = ""


class NodeProber(Protocol):
    """Runs short-lived pods, and removes them whatever happens: all that a preflight ever writes."""

    def probe(self, namespace: str, nodes: Sequence[str], targets: Sequence[Target]) -> Sequence[Attempt]:
        """Connect to every target from every node. Raises ClusterError: the pods cannot be made, or not be looked at.

        Pods that a killed run has left behind are removed first.
        """
        ...
