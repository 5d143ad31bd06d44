"""Traces, sent to a real server that reads them as a collector does."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from reconciler.adapters.tracing import OtlpSpans
from reconciler.daemon.telling.traces import trace_id
from reconciler.errors import TransferError
from reconciler.model.secret import SecretText
from reconciler.model.spans import Span
from tests.adapters.kube.servers import Answer, serve
from tests.daemon.stories import NOW

pytestmark = pytest.mark.usefixtures("no_proxy")

CHILD = Span("upgrade release/shop/api", NOW, 2.0, {"k8s.namespace.name": "shop"}, "timed out")
ROOT = Span("run staging", NOW, 3.0, {"reconciler.changes": 1}, None, (CHILD,))
BEGIN = int(NOW.timestamp()) * 10**9


def test_a_trace_arrives() -> None:
    """With its number, times, attributes and failures, and the login that was given."""
    with serve(Answer(body="")) as server:
        spans = OtlpSpans(f"{server.url}/v1/traces", {"authorization": SecretText("Bearer t0ken")})
        spans.write(trace_id("r1"), ROOT)
        spans.close()
    ((method, path, headers, body),) = server.requests
    assert (method, path) == ("POST", "/v1/traces")
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == "Bearer t0ken"
    (resource,) = ExportTraceServiceRequest.FromString(body.encode(errors="surrogateescape")).resource_spans
    named = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert named["service.name"] == "reconciler"
    child, root = resource.scope_spans[0].spans
    assert {child.trace_id.hex(), root.trace_id.hex()} == {trace_id("r1")}
    assert (root.parent_span_id, child.parent_span_id) == (b"", root.span_id)
    assert (root.name, child.name) == (ROOT.name, CHILD.name)
    assert (child.start_time_unix_nano, child.end_time_unix_nano) == (BEGIN, BEGIN + 2 * 10**9)
    assert (child.status.code, child.status.message) == (2, "timed out")
    assert root.attributes[0].value.int_value == 1


def test_a_collector_that_is_away_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    """Writing and closing raise nothing, and no login is logged."""
    with serve() as server:
        pass
    spans = OtlpSpans(f"{server.url}/v1/traces", {"authorization": SecretText("Bearer t0ken")})
    spans.write(trace_id("r1"), ROOT)
    spans.close()
    assert "t0ken" not in caplog.text


def test_an_endpoint_that_is_none_is_refused_at_once() -> None:
    """When the daemon starts."""
    with pytest.raises(TransferError):
        OtlpSpans("collector:4318", {})
