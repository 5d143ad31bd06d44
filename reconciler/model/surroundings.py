"""What else a cluster holds that an environment has to live with, as far as it may be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.json import JsonMap


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why."""

    reason: str


Reading = Sequence[JsonMap] | Unread


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One cluster's, whoever made it. What nothing asks for is not read, and empty here.

    Attributes:
        services: of all namespaces, when the environment asks for node ports.
        pods: of all namespaces, when it asks for host ports.
        nodes: when pods of the environment run once on each node, or ask for host ports.
        quotas: by namespace.
        limits: the LimitRanges by namespace, where there are quotas.
    """

    services: Reading = field(default=(), repr=False)
    pods: Reading = field(default=(), repr=False)
    nodes: Reading = field(default=(), repr=False)
    quotas: Mapping[str, Reading] = field(default_factory=dict, repr=False)
    limits: Mapping[str, Reading] = field(default_factory=dict, repr=False)
