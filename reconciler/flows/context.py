"""What flows work with: the adapters, built once at the edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.model.chart import Chart
from reconciler.model.cluster import ClusterReader, ClusterWriter
from reconciler.model.desired import ChartRef, ClusterAccess, Desired
from reconciler.model.engine import Engine
from reconciler.model.inputs import Inputs
from reconciler.model.lease import Clock
from reconciler.model.policy import NO_CONSENT, Consent

if TYPE_CHECKING:
    # Of use to `preflight` alone; every command would load them.
    from reconciler.errors import ReconcilerError
    from reconciler.model.image import Registries
    from reconciler.model.lease import Holder, Leases
    from reconciler.model.lock import Pin
    from reconciler.model.node_probe import NodeProber
    from reconciler.model.policy import LockPolicy
    from reconciler.model.probe import ClusterProber


@dataclass(frozen=True, slots=True)
class Tools:
    """Helm, the charts that it works with, and the registries and repositories of the environment."""

    engine: Engine
    fetch_chart: Callable[[ChartRef], Chart]
    chart_files: Callable[[Chart], Mapping[str, bytes]]
    registries: Registries
    resolve_chart: Callable[[ChartRef], Pin]


@dataclass(frozen=True, slots=True)
class Context:
    """The world, as far as flows may touch it. `reader` gives what cannot write; only `apply` asks for a writer,
    which calls the given function before each write: it raises when there may be none.

    `tools` are made for one desired state, since they need its repositories. `node_prober` makes pods, from an image;
    only a preflight that is told to look from the nodes asks for one. `leases` gives an environment's Lease on a
    cluster; `holder` says who takes it, to do what. `stop` says why, and ends the program at once.
    """

    inputs: Inputs
    tools: Callable[[Desired], Tools]
    reader: Callable[[ClusterAccess], ClusterReader]
    writer: Callable[[ClusterAccess, Callable[[], None]], ClusterWriter]
    now: Callable[[], datetime]
    prober: Callable[[ClusterAccess], ClusterProber]
    node_prober: Callable[[ClusterAccess, str], NodeProber]
    leases: Callable[[ClusterAccess, str, LockPolicy], Leases]
    holder: Callable[[str], Holder]
    clock: Clock
    stop: Callable[[ReconcilerError], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked for.

    Attributes:
        environment: the environment file, as typed.
        only: selectors; empty means all.
        break_lock: treat operations in progress, and whoever holds a lock, as dead.
        lock_timeout: seconds to wait for the lock of another run that is at work.
        locked: every chart from a repository has to be in the lock file.
        consent: what is allowed this once.
        with_needs: what is selected brings what it needs.
    """

    environment: str
    only: tuple[str, ...] = ()
    break_lock: bool = False
    lock_timeout: float = 0.0
    locked: bool = False
    consent: Consent = NO_CONSENT
    with_needs: bool = False
