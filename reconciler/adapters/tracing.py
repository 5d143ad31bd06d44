"""Traces by OTLP over HTTP, sent by a thread of OpenTelemetry's SDK."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context

from reconciler import __version__
from reconciler.adapters.http import Origin
from reconciler.model.secret import SecretText
from reconciler.model.spans import Span

# Seconds, for one request.
_TIMEOUT = 5.0
_NANOSECONDS = 1_000_000_000


class OtlpSpans:
    """Implements `reconciler.model.spans.Spans`.

    Args:
        headers: such as an authorization.

    Raises:
        TransferError: the endpoint is no address of HTTP.
    """

    def __init__(self, endpoint: str, headers: Mapping[str, SecretText]) -> None:
        Origin.of(endpoint)
        session = requests.Session()
        # Without an `auth`, requests would look for credentials in ~/.netrc.
        session.auth = _no_credentials
        shown = {name: value.reveal() for name, value in headers.items()}
        exporter = OTLPSpanExporter(endpoint, headers=shown, timeout=_TIMEOUT, session=session)
        self._ids = _Ids()
        self._lock = threading.Lock()
        resource = Resource.create({"service.name": "reconciler", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False, id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))

    def write(self, trace: str, root: Span) -> None:
        """See Spans."""
        with self._lock:
            self._ids.trace = int(trace, 16)
            _write(self._provider.get_tracer("reconciler", __version__), root, None)

    def close(self) -> None:
        """See Spans."""
        self._provider.shutdown()


class _Ids(RandomIdGenerator):
    """Gives the trace that is written its own number."""

    trace = 0

    def generate_trace_id(self) -> int:
        return self.trace


def _write(tracer: Tracer, span: Span, context: Context | None) -> None:
    made = tracer.start_span(span.name, context, attributes=span.attributes, start_time=_time(span.begin))
    if span.failure is not None:
        made.set_status(Status(StatusCode.ERROR, span.failure))
    for child in span.children:
        _write(tracer, child, set_span_in_context(made))
    made.end(_time(span.begin + timedelta(seconds=span.seconds)))


def _time(moment: datetime) -> int:
    return int(moment.timestamp() * _NANOSECONDS)


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
