"""What an environment's plans may do: its guards, and what whoever runs a command allows this once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Risk(StrEnum):
    """What a change may cost, by rule."""

    RESTARTS_PODS = "restarts-pods"
    MUST_RECREATE = "must-recreate"
    DELETES_DATA = "deletes-data"
    DROPS_CRD_VERSION = "drops-crd-version"
    TAKES_OWNERSHIP = "takes-ownership"
    SCALES_TO_ZERO = "scales-to-zero"
    NEAR_SIZE_LIMIT = "near-size-limit"
    DOWNGRADE = "downgrade"


class Leave(StrEnum):
    """ALLOW: it is only shown. ASK: it takes a flag on the command line. NEVER: no flag helps."""

    ALLOW = "allow"
    ASK = "ask"
    NEVER = "never"


# What happens in every upgrade is only shown; what loses data, or takes from others, is asked about.
DEFAULT_RISKS: Mapping[Risk, Leave] = {
    **dict.fromkeys(Risk, Leave.ALLOW),
    **dict.fromkeys((Risk.MUST_RECREATE, Risk.DELETES_DATA, Risk.DROPS_CRD_VERSION, Risk.TAKES_OWNERSHIP), Leave.ASK),
}


@dataclass(frozen=True, slots=True)
class PrunePolicy:
    """What is removed when the file no longer has it. Names are patterns, see `model/naming.py`.

    Attributes:
        enabled: False: what the file drops stays, and the plan says so.
        max_count: how many targets one apply may remove.
        max_share: which part, from 0 to 1, of all that the environment has.
        protect: what is never removed.
        delete: the CustomResourceDefinitions and PersistentVolumeClaims that may go with what is removed, and what
            else may be in a namespace that is removed.
    """

    enabled: bool = True
    max_count: int = 10
    max_share: float = 0.5
    protect: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """The lock of an environment on each of its clusters: a Lease.

    Attributes:
        namespace: where it is.
        duration: seconds after which a holder that gave no sign is taken for dead.
        helm_timeout: seconds that an operation of a plain `helm`, which holds no lock, may be under way.
    """

    enabled: bool = True
    namespace: str = "default"
    duration: float = 15.0
    helm_timeout: float = 3600.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed, what needs a flag, and what is never done.

    Attributes:
        risks: what the file says; what it leaves out is as in `DEFAULT_RISKS`.
        adopt: objects without an owner that may be taken over, by patterns.
    """

    risks: Mapping[Risk, Leave] = field(default_factory=dict)
    adopt: tuple[str, ...] = ()
    prune: PrunePolicy = PrunePolicy()
    lock: LockPolicy = LockPolicy()


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Consent:
    """What whoever runs a command allows this once. It never reaches beyond what the policy asks about.

    Attributes:
        risks: a risk and a pattern of what it is allowed for; `*` for all.
        recreate: patterns of objects that may be deleted and made anew.
        deletions: how many targets may be removed; None: as many as the policy says.
    """

    risks: tuple[tuple[Risk, str], ...] = ()
    recreate: tuple[str, ...] = ()
    deletions: int | None = None


NO_CONSENT = Consent()
