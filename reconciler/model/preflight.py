"""What a preflight tells: one check after the other, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.errors import Location
from reconciler.model.secret import Mask


class Area(StrEnum):
    """What a check is about; in the order in which they are told."""

    NETWORK = "network"
    CLUSTER = "cluster"
    RIGHTS = "rights"
    CHART = "chart"
    REPOSITORY = "repository"
    REGISTRY = "registry"
    IMAGE = "image"
    NAMESPACE = "namespace"
    PLAN = "plan"
    API = "api"
    REFERENCES = "references"
    PORTS = "ports"
    QUOTA = "quota"
    SIZE = "size"
    NODES = "nodes"


class Status(StrEnum):
    """How a check ended. FAILED: an apply would fail; UNKNOWN: it could not be found out, and why is told."""

    FAILED = "failed"
    WARNING = "warning"
    UNKNOWN = "unknown"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at, such as `https://10.0.0.1:6443` or `Service shop/api`.
        message: what was found.
        hint: what to try; None where there is nothing to do.
        where: the place in the user's files that led here, if there is one.
        cluster: by its name in the environment; None for what belongs to no cluster.
    """

    area: Area
    subject: str
    status: Status
    message: str
    hint: str | None = None
    where: Location | None = None
    cluster: str | None = None


def masked(check: Check, mask: Mask) -> Check:
    """The check without the secrets that a chart or server put into its text."""
    hint = mask.text(check.hint) if check.hint else None
    return replace(check, subject=mask.text(check.subject), message=mask.text(check.message), hint=hint)


@dataclass(frozen=True, slots=True)
class Preflight:
    """All checks of an environment, in the order in which they were made."""

    environment: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is known that would make an apply fail."""
        return all(check.status is not Status.FAILED for check in self.checks)
