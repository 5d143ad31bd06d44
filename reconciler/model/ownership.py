"""The marks by which an environment knows what is its own."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.cluster import OWN_MANAGER
from reconciler.model.json import JsonMap, maps_at, text_at

ENVIRONMENT = "reconciler/environment"
# On a release's Secret: digest of the chart, and the revision that the labels were written for. Helm copies labels
# to the next revision, so after a `helm upgrade` or `helm rollback` by hand the two no longer agree.
CHART = "reconciler/chart"
REVISION = "reconciler/revision"
# The run that wrote the revision, where it held the environment's lock: without it, a pending one is nobody's.
RUN = "reconciler/run"
# The run that uninstalls the revision, or rolls back to make it, and the revision: Helm copies labels here too. To the
# revision that a rollback makes it copies those of the one that it goes back to, so that one is marked beforehand.
BEGUN_BY = "reconciler/begun-by"
# On namespaces and secrets, beside the environment.
MANAGED_BY, PROGRAM = "app.kubernetes.io/managed-by", "reconciler"

# On what an environment keeps, set by people, as a label or an annotation: never to be removed.
PROTECT = "reconciler/protect"
# On a namespace that was there before the environment took it over: it stays when the environment drops it.
ADOPTED = "reconciler/adopted"

# A label's value has at most 63 characters; 40 hex digits are 160 bits.
_DIGEST_LENGTH = 40


def release_labels(environment: str, chart_digest: str, revision: int, run: str | None = None) -> Mapping[str, str]:
    """The labels of a release's revision; `run` is the one that writes it under lock."""
    marks = {ENVIRONMENT: environment, CHART: chart_digest[:_DIGEST_LENGTH], REVISION: str(revision)}
    return {**marks, RUN: run} if run else marks


def beginning_labels(run: str, revision: int) -> Mapping[str, str]:
    """What tells that a run begins, under lock, to uninstall this revision, or to make it by a rollback."""
    return {BEGUN_BY: f"{run}.{revision}"}


def object_labels(environment: str) -> Mapping[str, str]:
    """The labels of a namespace or Secret that an environment keeps."""
    return {ENVIRONMENT: environment, MANAGED_BY: PROGRAM}


def is_kept_by_us(item: JsonMap) -> bool:
    """Whether this program itself has written a namespace or Secret: a copy by somebody else has its labels only."""
    writers = {text_at(entry, "manager") for entry in maps_at(item, "metadata", "managedFields")}
    return text_at(item, "metadata", "labels", MANAGED_BY) == PROGRAM and OWN_MANAGER in writers


def is_marked(item: JsonMap, mark: str) -> bool:
    """Whether it carries a mark, as a label or an annotation."""
    return any(text_at(item, "metadata", place, mark) == "true" for place in ("labels", "annotations"))
