"""When a request to an API server is sent again: by what it asks for, and by what came of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import urllib3

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool

APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"

# The server, or what is in front of it, is busy, about to start, or without etcd for a moment.
_BUSY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
# What API servers pass on of etcd, as `helm.sh/helm/v4/pkg/kube` (retryingRoundTripper) knows it too.
_OF_ETCD = b"etcdserver: "
# Seconds. A server that asks for more is asked again after this.
_LONGEST = 30.0


class _Retry(urllib3.Retry):
    """A server's own failure is final, unless etcd is behind it: an admission webhook that is down stays down."""

    # The list of statuses decides alone: urllib3 would take a `Retry-After` for leave to send anything again.
    RETRY_AFTER_STATUS_CODES = frozenset()

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """See urllib3, which returns the answer where this raises."""
        if response is not None and _is_its_own_failure(response):
            raise urllib3.exceptions.MaxRetryError(_pool, url)  # type: ignore[arg-type]  # urllib3 passes them so too
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        """See urllib3, which would wait for hours, and take an exception from what is no time."""
        try:
            asked = super().get_retry_after(response)
        except urllib3.exceptions.InvalidHeader:
            return None
        return None if asked is None else min(asked, _LONGEST)


def _is_its_own_failure(response: urllib3.BaseHTTPResponse) -> bool:
    return response.status == HTTPStatus.INTERNAL_SERVER_ERROR and _OF_ETCD not in response.data


# What changes nothing when it is done twice. A certificate that is not trusted will not be trusted the next time.
_REPEATABLE = _Retry(
    total=4,
    connect=1,
    read=2,
    other=0,
    backoff_factor=0.2,
    status_forcelist=_BUSY,
    allowed_methods=None,
    raise_on_status=False,
)
# What may have been done although no answer came: only 429 says that it was not begun.
_ONCE = _REPEATABLE.new(read=0, status_forcelist=(HTTPStatus.TOO_MANY_REQUESTS,))
# For what is of no use later.
NO_PATIENCE = urllib3.Retry(0, raise_on_status=False)


def patience(method: str, path: str, headers: Mapping[str, str]) -> urllib3.Retry:
    """How often a request is sent again, and after what.

    A server-side apply says how an object is to be, and a deletion which one is to go: they may be done twice. A review
    is a question that is asked by POST.
    """
    is_review = path.endswith("reviews")
    if method in ("GET", "DELETE") or is_review or headers.get("Content-Type") == APPLY_PATCH:
        return _REPEATABLE
    return _ONCE
