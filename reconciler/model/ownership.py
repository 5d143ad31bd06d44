"""The marks by which an environment knows what is its own."""

from __future__ import annotations

from collections.abc import Mapping

ENVIRONMENT = "reconciler/environment"
# On a release's Secret: digest of the chart, and the revision that the labels were written for. Helm copies labels
# to the next revision, so after a `helm upgrade` or `helm rollback` by hand the two no longer agree.
CHART = "reconciler/chart"
REVISION = "reconciler/revision"
# The run that wrote the revision, where it held the environment's lock: without it, a pending one is nobody's.
RUN = "reconciler/run"
# On namespaces and secrets, beside the environment.
MANAGED_BY, PROGRAM = "app.kubernetes.io/managed-by", "reconciler"

# A label's value has at most 63 characters; 40 hex digits are 160 bits.
_DIGEST_LENGTH = 40


def release_labels(environment: str, chart_digest: str, revision: int, run: str | None = None) -> Mapping[str, str]:
    """The labels of a release's revision; `run` is the one that writes it under lock."""
    marks = {ENVIRONMENT: environment, CHART: chart_digest[:_DIGEST_LENGTH], REVISION: str(revision)}
    return {**marks, RUN: run} if run else marks


def object_labels(environment: str) -> Mapping[str, str]:
    """The labels of a namespace or Secret that an environment keeps."""
    return {ENVIRONMENT: environment, MANAGED_BY: PROGRAM}
