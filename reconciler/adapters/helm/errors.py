"""Helm's errors in our words: what was being done to what, Helm's reason tidied, and what to try."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.adapters.helm.options import FOREVER_SECONDS, timeout_seconds
from reconciler.errors import ChartError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.errors import Location, ReconcilerError
    from reconciler.model.desired import ChartRef
    from reconciler.model.engine import RenderRequest, WriteRequest
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
        where: the place in the user's files that asks for it, if known.
    """

    what: str
    error: type[ChartError | EngineError]
    chart: str
    server: str
    release: ReleaseId | None = None
    wait: int = 0
    where: Location | None = None


def writing(verb: str, request: WriteRequest) -> Doing:
    """For an install or upgrade."""
    chart = f"{request.chart.name} {request.chart.version}"
    cluster = f"cluster {request.cluster.name}"
    wait = timeout_seconds(request.wait)
    what = f"{verb} {request.release} with chart {chart} on {cluster}"
    return Doing(what, EngineError, chart, cluster, request.release, 0 if wait == FOREVER_SECONDS else wait)


def rendering(request: RenderRequest) -> Doing:
    """For a rendering."""
    chart = f"{request.chart.name} {request.chart.version}"
    cluster = f"cluster {request.release.cluster}"
    return Doing(f"render chart {chart} for {request.release}", ChartError, chart, cluster, request.release)


def pulling(ref: ChartRef) -> Doing:
    """For a download."""
    source = f"repository {ref.repository.name}" if ref.repository else "the registry"
    return Doing(f"download chart {ref} from {source}", ChartError, str(ref), source, where=ref.where)


def building(folder: object) -> Doing:
    """For a chart's dependencies."""
    return Doing(f"build the dependencies of chart {folder}", ChartError, str(folder), "their repository")


def translate(text: str, doing: Doing) -> ReconcilerError:
    """The error for Helm's `text`. What it does not know it passes on as it is."""
    reason = tidy(text)
    hint = next((rule(found, doing) for pattern, rule in _RULES if (found := pattern.search(reason))), None)
    return doing.error(f"cannot {doing.what}: {_elapsed(reason, doing)}", where=doing.where, hint=hint)


def tidy(text: str) -> str:
    """Helm's reason on one line, without its log lines, its prefixes, and credentials in URLs."""
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not _LOG_LINE.match(line)]
    # A log line repeats the error at best; without any other line it is all that there is.
    joined = "; ".join(_PREFIX.sub("", line) for line in said or filter(None, lines)).replace(":; ", ": ")
    return _USER_INFO.sub("://", joined).rstrip(".") or "Helm gave no reason"


CANCELLED = "context canceled"
"""What Helm says of an operation that was ended from outside."""

_LOG_LINE = re.compile(r"(time=\S+ )?level=\w+ msg=|[IWEF]\d{4} \d\d:\d\d|WARNING: |\d{4}/\d\d/\d\d \d\d:")
_PREFIX = re.compile(r"^(Error: )?((INSTALLATION|UPGRADE) FAILED: )?")
_USER_INFO = re.compile(r"://[^/@\s]+@")
_DEADLINE = re.compile(r"(; )?context deadline exceeded")


def _elapsed(reason: str, doing: Doing) -> str:
    if CANCELLED in reason:
        return "it was cancelled"
    if not doing.wait or not _DEADLINE.search(reason):
        return reason
    rest = _DEADLINE.sub("", reason).strip(" ;:")
    return f"{rest}; the wait of {doing.wait} s elapsed" if rest else f"the wait of {doing.wait} s elapsed"


def _say(hint: str) -> Callable[[re.Match[str], Doing], str]:
    return lambda _found, doing: hint.format(
        chart=doing.chart,
        server=doing.server,
        name=doing.release.name if doing.release else "",
        namespace=doing.release.namespace if doing.release else "",
    )


def _owner(found: re.Match[str], doing: Doing) -> str:
    """Say whose the object is: it is in the text, well hidden."""
    text = found.string
    item = re.search(r'(\w+ "[^"]+" in namespace "[^"]*") exists', text)
    subject = item.group(1).replace('"', "") if item else "the object"
    name = re.search(r'release-name" must equal "[^"]*": current value is "([^"]+)"', text)
    namespace = re.search(r'release-namespace" must equal "[^"]*": current value is "([^"]+)"', text)
    if name or namespace:
        mine = doing.release.namespace if doing.release else ""
        owner = f"{namespace.group(1) if namespace else mine}/{name.group(1) if name else 'of the same name'}"
        return f"{subject} belongs to release {owner}: remove it there, or name it differently here"
    return (
        f"{subject} belongs to no release: delete it, or hand it over with the label "
        "app.kubernetes.io/managed-by=Helm and the annotations meta.helm.sh/release-name and -namespace"
    )


# The first that fits speaks: the particular ones come before the general ones.
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Doing], str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        ("invalid ownership metadata", _owner),
        (
            r"another operation .* in progress",
            _say(
                "wait for the other one to end; if it was killed, `helm rollback {name} -n {namespace}` "
                "takes the release out of its pending state"
            ),
        ),
        (
            "cannot reuse a name",
            _say("the release exists: `helm history {name} -n {namespace}` shows it; upgrade or uninstall it"),
        ),
        ("has no deployed releases", _say("the release does not exist, or was uninstalled: install it")),
        (
            r"lock file .* out of sync",
            _say("run `helm dependency update {chart}` and commit its Chart.lock"),
        ),
        (
            r"dependencies are missing|missing in charts/",
            _say("run `helm dependency build` in the chart's folder"),
        ),
        (
            "no matches for kind",
            _say("the cluster does not know that kind: install the chart with its CRD first (`needs`)"),
        ),
        (
            "context deadline exceeded",
            _say("`reconcile status` and `kubectl describe` tell what it waits for; or raise `wait`"),
        ),
        (r"x509|certificate", _say("{server} has a certificate that is not trusted: name its authority")),
        (
            r"connection refused|no such host|unreachable|i/o timeout|no route to host|dial tcp",
            _say("is {server} up, and its address right?"),
        ),
        (
            r"unauthorized|\b401\b|must be logged in|asked for the client to provide credentials",
            _say("{server} refused the credentials: have they expired, is the variable set?"),
        ),
        (
            r"forbidden|\b403\b|access denied",
            _say("the credentials for {server} lack that right; ask for it"),
        ),
        (r'namespaces "[^"]+" not found', _say("create the namespace, or let the environment make it: `namespaces:`")),
        (
            r"no chart (version|name) found|get a valid version|no versions? match|not found|\b404\b",
            _say("check the name and the version: {server} does not have {chart}"),
        ),
    )
)
