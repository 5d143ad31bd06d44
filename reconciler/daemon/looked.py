"""What a turn has looked at: all else stands as it was known before. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.identity import Target

# What something is about: a release, namespace or secret, or a whole cluster, by its name.
Concern = Target | str


@dataclass(frozen=True, slots=True)
class Looked:
    """A part of an environment.

    Attributes:
        whole: it is no part, but all.
        clusters: those of which it is all.
        targets: what else it is.
    """

    whole: bool = False
    clusters: frozenset[str] = frozenset()
    targets: frozenset[Target] = frozenset()

    def covers(self, concern: Concern) -> bool:
        """Whether it was looked at."""
        if isinstance(concern, str):
            return self.whole or concern in self.clusters
        return self.whole or concern.cluster in self.clusters or concern in self.targets


NOTHING, EVERYTHING = Looked(), Looked(whole=True)
