"""The way to a server, step by step → checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.errors import Location
from reconciler.model.network import Certificate, Endpoint, Fault, Hop, Step
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.probe import Road
from reconciler.preflight.network import network_checks

WHERE = Location("env.yaml", 4, 3)
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def certificate(left: timedelta = timedelta(days=200), *names: str) -> Certificate:
    """A certificate that is valid for a while more."""
    return Certificate("api", "corp authority", names or ("a.example.com",), NOW - timedelta(days=9), NOW + left)


def checks(*hops: Hop, proxy: str | None = None, login: Certificate | None = None) -> list[Check]:
    """The checks of a road with these hops."""
    endpoint = Endpoint("api.example.com", 6443, secure=True, proxy=proxy)
    return list(network_checks("main", Road("https://api.example.com:6443", endpoint, hops, login), WHERE, NOW))


def test_an_open_way_is_told_with_its_times() -> None:
    """A check for each step and one for the certificate, none with a hint or place."""
    found = checks(
        Hop(Step.DNS, "api.example.com", 1.6, detail="10.0.0.1"),
        Hop(Step.TCP, "api.example.com:6443", 20.2),
        Hop(Step.TLS, "api.example.com:6443", 31.0, detail="TLSv1.3", certificate=certificate()),
    )
    assert [(item.subject, item.status, item.message) for item in found] == [
        ("DNS api.example.com", Status.OK, "10.0.0.1, 2 ms"),
        ("TCP api.example.com:6443", Status.OK, "20 ms"),
        ("TLS api.example.com:6443", Status.OK, "TLSv1.3, 31 ms"),
        ("certificate of api.example.com:6443", Status.OK, "valid for 200 days more, until 2026-07-21"),
    ]
    assert {(item.area, item.cluster, item.hint, item.where) for item in found} == {(Area.NETWORK, "main", None, None)}


@pytest.mark.parametrize(
    ("fault", "detail", "seen", "message", "hint"),
    [
        (Fault.UNKNOWN_HOST, "name or service not known", None, "its name is not known to DNS", "VPN"),
        (Fault.REFUSED, "connection refused", None, "connection refused", "is this its port"),
        (Fault.TIMEOUT, "timed out", None, "no answer in time", "firewall"),
        (Fault.NO_ROUTE, "no route to host", None, "it cannot be reached: no route to host", "firewall"),
        (Fault.BAD_PROXY, "", None, "the proxy does not answer as one", "proxy-url"),
        (Fault.DENIED_BY_PROXY, "403 Forbidden", None, "the proxy refuses: 403 Forbidden", "NO_PROXY"),
        (Fault.NO_TLS, "wrong version number", None, "it does not speak TLS: wrong version number", "port"),
        (
            Fault.UNTRUSTED,
            "self-signed certificate",
            certificate(),
            "its certificate is not trusted: self-signed certificate; it was issued by corp authority",
            "certificate-authority",
        ),
        (
            Fault.WRONG_NAME,
            "Hostname mismatch",
            certificate(timedelta(days=1), "a", "b", "c", "d", "e"),
            "its certificate is for another name: a, b, c, d and 1 more",
            "tls-server-name",
        ),
        (
            Fault.EXPIRED,
            "certificate has expired",
            certificate(-timedelta(days=1)),
            "its certificate has expired on 2026-01-01",
            "clock",
        ),
        (
            Fault.NOT_YET_VALID,
            "certificate is not yet valid",
            certificate(),
            "its certificate is not valid yet, only from 2025-12-24 12:00 UTC",
            "clocks",
        ),
        (Fault.BROKEN, "connection reset by peer", None, "the connection broke: connection reset by peer", "proxy"),
    ],
)
def test_each_fault_has_its_message_and_hint(
    fault: Fault, detail: str, seen: Certificate | None, message: str, hint: str
) -> None:
    """Exactly what failed, what to try, and the place of the cluster in the file."""
    (found,) = checks(Hop(Step.TLS, "api.example.com:6443", 3, fault, detail, seen))
    assert (found.status, found.message, found.where) == (Status.FAILED, message, WHERE)
    assert found.hint is not None
    assert hint in found.hint


@pytest.mark.parametrize(
    ("left", "status", "message"),
    [
        (timedelta(days=30), Status.OK, "valid for 30 days more, until 2026-02-01"),
        (timedelta(days=29, hours=23), Status.WARNING, "valid for 29 days more, until 2026-02-01"),
        (timedelta(days=1, hours=2), Status.WARNING, "valid for 1 day more, until 2026-01-03"),
        (timedelta(hours=2), Status.WARNING, "valid for 0 days more, until 2026-01-02"),
        (timedelta(), Status.FAILED, "expired on 2026-01-02"),
    ],
)
@pytest.mark.parametrize("whose", ["server", "client"])
def test_how_long_certificates_are_valid(whose: str, left: timedelta, status: Status, message: str) -> None:
    """Both sides' certificates: a warning a month before, a failure after."""
    seen = certificate(left)
    if whose == "client":
        found = checks(login=seen)[-1]
        assert (found.area, found.subject) == (Area.CLUSTER, "client certificate of api")
    else:
        found = checks(Hop(Step.TLS, "api.example.com:6443", 3, certificate=seen))[-1]
    assert (found.status, found.message) == (status, message)
    assert (found.hint is None) == (status is Status.OK)


def test_the_first_steps_are_the_proxys() -> None:
    """So that nobody looks for the API server's address there."""
    found = checks(Hop(Step.TCP, "proxy:3128", 1, Fault.REFUSED), proxy="http://me:secret@proxy:3128")
    assert found[0].subject == "TCP proxy:3128 (the proxy)"
    assert "secret" not in repr(found)
