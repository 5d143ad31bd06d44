"""What all clusters of an environment have of it, for checks that look at one cluster after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterReader
from reconciler.model.desired import Desired
from reconciler.model.orphans import Orphans
from reconciler.observe.concurrency import concurrently
from reconciler.observe.marked import Marked, find_marked
from reconciler.observe.orphans import orphans_of
from reconciler.observe.shared import told_apart

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the file names, and what carries its label.

    Attributes:
        marked: by cluster, without what is another entry's; or why it cannot be told.
    """

    desired: Desired
    marked: Mapping[str, Marked | ClusterError]

    def orphans(self, cluster: ClusterReader) -> Orphans:
        """What one of them has that the file does not name. Raises ClusterError."""
        found = self.marked[cluster.name]
        if isinstance(found, ClusterError):
            raise found
        return orphans_of(self.desired, cluster, found)


def survey(desired: Desired, clusters: Mapping[str, ClusterReader]) -> Whole:
    """Of the clusters that let us in. One that does not answer is left out, as one that cannot be reached."""
    marked, silent = _answers(lambda cluster: find_marked(desired, cluster), clusters)
    several = {name: clusters[name] for name in marked} if len(marked) > 1 else {}
    identities, unknown = _answers(lambda cluster: cluster.identity(), several)
    known = {name: found for name, found in marked.items() if name not in unknown}
    return Whole(desired, {**silent, **unknown, **told_apart(known, desired, identities)})


def _answers(
    ask: Callable[[ClusterReader], T], clusters: Mapping[str, ClusterReader]
) -> tuple[dict[str, T], dict[str, ClusterError]]:
    def one(cluster: ClusterReader) -> T | ClusterError:
        try:
            return ask(cluster)
        except ClusterError as error:
            return error

    answers = dict(zip(clusters, concurrently(one, clusters.values()), strict=True))
    errors = {name: answer for name, answer in answers.items() if isinstance(answer, ClusterError)}
    return {name: answer for name, answer in answers.items() if not isinstance(answer, ClusterError)}, errors
