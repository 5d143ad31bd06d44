"""Metrics for Prometheus: counted from what the daemon tells, and gauges of how environments stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import disable_created_metrics
from prometheus_client.registry import Collector

from reconciler import __version__
from reconciler.daemon.telling.gauges import FAMILIES, Family, Gauges
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.sync import Board, CommitSeen, DriftSeen, Notice, RunEnded, SourceFailed, StepEnded

_NAMESPACE = "reconciler"
# Seconds: a look takes half a second, a release that is waited for minutes.
_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """What happened since the start. All methods may be called from any thread."""

    def __init__(self) -> None:
        # A series `…_created` beside each counter would double the page; it is for the whole process or not at all.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library says nothing of its type
        self._registry = CollectorRegistry()
        self._families: list[tuple[Family, str]] = []
        self._runs = self._counter(
            "runs", "Runs, by what started them and how they ended.", "environment trigger result"
        )
        self._run_seconds = self._histogram("run_duration_seconds", "How long runs take.", "environment result")
        self._steps = self._counter(
            "actions", "Actions of runs, by what they did and how they ended.", "environment kind result"
        )
        self._step_seconds = self._histogram("action_duration_seconds", "How long actions take.", "kind result")
        self._found = self._counter("drift_found", "Objects that somebody else changed or deleted.", "environment")
        self._corrected = self._counter("drift_corrected", "Releases of which drift was corrected.", "environment")
        self._commits = self._counter("commits_seen", "Times that the source moved.", "")
        self._source_failures = self._counter(
            "source_failures", "Times that the source could not be asked or was not believed.", ""
        )
        self._requests = self._counter(
            "api_requests",
            "Requests to API servers by this program itself, with what Helm's library sends left out; "
            "a code of 0: no answer came.",
            "cluster verb code",
        )
        self._notifications = self._counter(
            "notifications",
            "Messages to people: sent, failed for good, or dropped since too many waited.",
            "kind result",
        )
        self._queue = self._gauge("queue_length", "Environments that wait for their turn.")
        self._info("build", "The program.", {"version": __version__})
        ProcessCollector(registry=self._registry)

    def _counter(self, name: str, meaning: str, labels: str) -> Counter:
        self._note(f"{name}_total", meaning, labels, "counter")
        return Counter(name, meaning, labels.split(), namespace=_NAMESPACE, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        self._note(name, meaning, "", "gauge")
        return Gauge(name, meaning, namespace=_NAMESPACE, registry=self._registry)

    def _histogram(self, name: str, meaning: str, labels: str) -> Histogram:
        self._note(name, meaning, labels, "histogram")
        return Histogram(name, meaning, labels.split(), namespace=_NAMESPACE, registry=self._registry, buckets=_BUCKETS)

    def _info(self, name: str, meaning: str, facts: dict[str, str]) -> None:
        self._note(f"{name}_info", meaning, " ".join(facts), "gauge")
        Info(name, meaning, namespace=_NAMESPACE, registry=self._registry).info(facts)

    def _note(self, name: str, meaning: str, labels: str, kind: str) -> None:
        self._families.append((Family(f"{_NAMESPACE}_{name}", meaning, tuple(labels.split())), kind))

    def tell(self, notice: Notice) -> None:
        """Count it."""
        match notice:
            case RunEnded(run):
                self._runs.labels(run.environment, run.why.trigger.value, run.result.value).inc()
                self._run_seconds.labels(run.environment, run.result.value).observe(run.seconds)
            case StepEnded():
                self._count_step(notice)
            case DriftSeen(environment):
                self._found.labels(environment).inc()
            case CommitSeen():
                self._commits.inc()
            case SourceFailed():
                self._source_failures.inc()
            case _:
                pass

    def _count_step(self, notice: StepEnded) -> None:
        step = notice.step
        if step.result is Result.UNCHANGED:
            return
        self._steps.labels(notice.environment, step.kind.value, step.result.value).inc()
        self._step_seconds.labels(step.kind.value, step.result.value).observe(step.seconds)
        if step.kind is ActionKind.CORRECT and step.result is Result.DONE:
            self._corrected.labels(notice.environment).inc()

    def waiting(self, environments: int) -> None:
        """So many wait for their turn."""
        self._queue.set(environments)

    def asked(self, cluster: str, verb: str, code: int) -> None:
        """A request to an API server was answered with this HTTP status; 0: it was not."""
        self._requests.labels(cluster, verb, str(code)).inc()

    def notified(self, kind: str, result: str, messages: int = 1) -> None:
        """What became of messages to people."""
        self._notifications.labels(kind, result).inc(messages)

    def page(self, board: Board, accept: str = "") -> tuple[bytes, str]:
        """The answer to a scrape, and its content type.

        Args:
            accept: the request's header; OpenMetrics where it asks for that.
        """
        encode, content_type = choose_encoder(accept)
        scrape = CollectorRegistry()
        scrape.register(_Of(self._registry))
        scrape.register(Gauges(board))
        page: bytes = encode(scrape)
        return page, content_type

    def families(self) -> Sequence[tuple[Family, str]]:
        """Every metric of this program with its type, for the reference page."""
        return [*self._families, *((family, "gauge") for family in FAMILIES)]


class _Of(Collector):
    """What another registry collects."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()
