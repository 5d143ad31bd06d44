"""Helm's errors in our words: what was being done to what, Helm's reason tidied, and what to try."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.adapters.helm.options import FOREVER_SECONDS, timeout_seconds
from reconciler.errors import ChartError, EngineError
from reconciler.model.refusal import About, recognise

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.errors import ReconcilerError
    from reconciler.model.chart import Chart
    from reconciler.model.engine import RemoveRequest, RenderRequest, RollbackRequest, WriteRequest
    from reconciler.model.identity import ReleaseId


@dataclass(frozen=True, slots=True)
class Doing:
    """What Helm was asked to do, for the sentence of an error.

    Attributes:
        what: continues "cannot …".
        error: the class of error that its failure is.
        release: the release it was about, or None.
        chart: the chart it was about.
        wait: the seconds after which it gives up; 0 when it has no such limit.
        server: the cluster or repository that it talks to, as a phrase.
    """

    what: str
    error: type[ChartError | EngineError]
    chart: str
    server: str
    release: ReleaseId | None = None
    wait: int = 0

    @property
    def about(self) -> About:
        """What it is about, for what to try."""
        name, namespace = (self.release.name, self.release.namespace) if self.release else ("", "")
        return About(name, namespace, self.chart, self.server)


def writing(verb: str, request: WriteRequest) -> Doing:
    """For an install or upgrade."""
    chart = f"{request.chart.name} {request.chart.version}"
    cluster = f"cluster {request.cluster.name}"
    wait = timeout_seconds(request.wait)
    what = f"{verb} {request.release} with chart {chart} on {cluster}"
    return Doing(what, EngineError, chart, cluster, request.release, 0 if wait == FOREVER_SECONDS else wait)


def removing(request: RemoveRequest) -> Doing:
    """For an uninstall."""
    cluster = f"cluster {request.cluster.name}"
    wait = timeout_seconds(request.wait)
    limit = 0 if wait == FOREVER_SECONDS else wait
    return Doing(f"uninstall {request.release} on {cluster}", EngineError, "", cluster, request.release, limit)


def returning(request: RollbackRequest) -> Doing:
    """For a rollback."""
    cluster = f"cluster {request.cluster.name}"
    what = f"roll {request.release} back to revision {request.revision} on {cluster}"
    return Doing(what, EngineError, "", cluster, request.release)


def rendering(request: RenderRequest) -> Doing:
    """For a rendering."""
    chart = f"{request.chart.name} {request.chart.version}"
    cluster = f"cluster {request.release.cluster}"
    return Doing(f"render chart {chart} for {request.release}", ChartError, chart, cluster, request.release)


def building(folder: object) -> Doing:
    """For a chart's dependencies."""
    return Doing(f"build the dependencies of chart {folder}", ChartError, str(folder), "their repository")


def linting(chart: Chart) -> Doing:
    """For a lint."""
    name = f"{chart.name} {chart.version}"
    return Doing(f"lint chart {name}", ChartError, name, "no server")


def verifying(archive: Path) -> Doing:
    """For a signature."""
    return Doing(f"verify the signature of {archive.name}", ChartError, archive.name, "the keyring")


def translate(text: str, doing: Doing) -> ReconcilerError:
    """The error for Helm's `text`. What it does not know it passes on as it is."""
    reason = tidy(text)
    refusal = recognise(reason, doing.about)
    hint = refusal.hint if refusal else None
    return doing.error(f"cannot {doing.what}: {_elapsed(reason, doing)}", hint=hint)


def tidy(text: str) -> str:
    """Helm's reason on one line, without its log lines, its prefixes, and credentials in URLs."""
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not _LOG_LINE.match(line)]
    # A log line repeats the error at best; without any other line it is all that there is.
    joined = "; ".join(_PREFIX.sub("", line) for line in said or filter(None, lines)).replace(":; ", ": ")
    return _USER_INFO.sub("://", joined).rstrip(".") or "Helm gave no reason"


def is_not_installed(text: str, name: str) -> bool:
    """Whether Helm says that there is no such release to uninstall, and not that a part of it could not be found."""
    return tidy(text) == f"uninstall: Release not loaded: {name}: release: not found"


CANCELLED = "context canceled"
"""What Helm says of an operation that was ended from outside."""

_LOG_LINE = re.compile(r"(time=\S+ )?level=\w+ msg=|[IWEF]\d{4} \d\d:\d\d|WARNING: |\d{4}/\d\d/\d\d \d\d:")
_PREFIX = re.compile(r"^(Error: )?((INSTALLATION|UPGRADE) FAILED: )?")
_USER_INFO = re.compile(r"://[^/@\s]+@")
_DEADLINE = re.compile(r"(; )?context deadline exceeded")


def _elapsed(reason: str, doing: Doing) -> str:
    if CANCELLED in reason:
        return "it was cancelled"
    # The deadline of a webhook is one of its own.
    if not doing.wait or not _DEADLINE.search(reason) or "calling webhook" in reason:
        return reason
    rest = _DEADLINE.sub("", reason).strip(" ;:")
    return f"{rest}; the wait of {doing.wait} s elapsed" if rest else f"the wait of {doing.wait} s elapsed"
