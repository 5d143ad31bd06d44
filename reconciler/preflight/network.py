"""The way to a server → checks: DNS, TCP, proxy, TLS, each with how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from reconciler.errors import Location
from reconciler.model.network import Certificate, Fault, Hop, Step
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.probe import Road

# Long enough for whoever has to ask another department for a new one.
_SOON = timedelta(days=30)
_SHOWN_NAMES = 4

_MESSAGES: Mapping[Fault, str] = {
    Fault.UNKNOWN_HOST: "its name is not known to DNS",
    Fault.REFUSED: "connection refused",
    Fault.TIMEOUT: "no answer in time",
    Fault.NO_ROUTE: "it cannot be reached",
    Fault.BAD_PROXY: "the proxy does not answer as one",
    Fault.DENIED_BY_PROXY: "the proxy refuses",
    Fault.NO_TLS: "it does not speak TLS",
    Fault.UNTRUSTED: "its certificate is not trusted",
    Fault.WRONG_NAME: "its certificate is for another name",
    Fault.EXPIRED: "its certificate has expired",
    Fault.NOT_YET_VALID: "its certificate is not valid yet",
    Fault.BROKEN: "the connection broke",
}
_HINTS: Mapping[Fault, str] = {
    Fault.UNKNOWN_HOST: "check the `server` of the kubeconfig, and the VPN",
    Fault.REFUSED: "is the API server running, and is this its port?",
    Fault.TIMEOUT: "check the network, the VPN and the firewall",
    Fault.NO_ROUTE: "check the network, the VPN and the firewall",
    Fault.BAD_PROXY: "check `proxy-url` in the kubeconfig, HTTPS_PROXY and NO_PROXY",
    Fault.DENIED_BY_PROXY: "ask for this address to be allowed, or name it in NO_PROXY; check the proxy's login",
    Fault.NO_TLS: "something else answers there: check the `server` of the kubeconfig, its port and the proxy",
    Fault.UNTRUSTED: "check `certificate-authority` in the kubeconfig",
    Fault.WRONG_NAME: "check the `server` of the kubeconfig, or name it in `tls-server-name`",
    Fault.EXPIRED: "renew the certificate on the server; if it is new, check this machine's clock",
    Fault.NOT_YET_VALID: "check the clocks of this machine and of the server",
    Fault.BROKEN: "check the `server` of the kubeconfig, the proxy and the network",
}


def network_checks(cluster: str, road: Road, where: Location, now: datetime) -> Iterator[Check]:
    """A check for each step that was made to an API server, and for the certificates on both sides."""
    for hop in road.hops:
        yield _hop(cluster, hop, where, proxied=road.endpoint.proxy is not None)
        if hop.certificate and hop.fault is None:
            yield _lifetime(cluster, hop.peer, hop.certificate, where, now)
    if road.login:
        yield _login(cluster, road.login, where, now)


def _hop(cluster: str, hop: Hop, where: Location, *, proxied: bool) -> Check:
    peer = f"{hop.step} {hop.peer}"
    if proxied and hop.step in (Step.DNS, Step.TCP):
        peer += " (the proxy)"
    if hop.fault is None:
        detail = f"{hop.detail}, " if hop.detail else ""
        return Check(Area.NETWORK, peer, Status.OK, f"{detail}{hop.milliseconds:.0f} ms", cluster=cluster)
    return Check(Area.NETWORK, peer, Status.FAILED, _said(hop, hop.fault), _HINTS[hop.fault], where, cluster)


def _said(hop: Hop, fault: Fault) -> str:
    message = _MESSAGES[fault]
    if fault is Fault.WRONG_NAME and hop.certificate:
        return f"{message}: {_names(hop.certificate)}"
    if fault is Fault.EXPIRED and hop.certificate:
        return f"{message} on {hop.certificate.not_after:%Y-%m-%d}"
    if fault is Fault.NOT_YET_VALID and hop.certificate:
        return f"{message}, only from {hop.certificate.not_before:%Y-%m-%d %H:%M} UTC"
    if fault is Fault.UNTRUSTED and hop.certificate:
        return f"{message}: {hop.detail}; it was issued by {hop.certificate.issuer}"
    told = fault in (Fault.UNKNOWN_HOST, Fault.REFUSED, Fault.TIMEOUT) or not hop.detail
    return message if told else f"{message}: {hop.detail}"


def _names(certificate: Certificate) -> str:
    shown = ", ".join(certificate.names[:_SHOWN_NAMES]) or certificate.subject
    rest = len(certificate.names) - _SHOWN_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown


def _lifetime(cluster: str, peer: str, certificate: Certificate, where: Location, now: datetime) -> Check:
    subject = f"certificate of {peer}"
    hint = "renew it before then"
    return _expiry(Check(Area.NETWORK, subject, Status.OK, "", hint, where, cluster), certificate, now)


def _login(cluster: str, certificate: Certificate, where: Location, now: datetime) -> Check:
    subject = f"client certificate of {certificate.subject}"
    hint = "get a new kubeconfig"
    return _expiry(Check(Area.CLUSTER, subject, Status.OK, "", hint, where, cluster), certificate, now)


def _expiry(check: Check, certificate: Certificate, now: datetime) -> Check:
    left = certificate.not_after - now
    until = f"{certificate.not_after:%Y-%m-%d}"
    if left <= timedelta():
        return _judged(check, Status.FAILED, f"expired on {until}")
    days = f"valid for {left.days} {'day' if left.days == 1 else 'days'} more, until {until}"
    return _judged(check, Status.WARNING if left < _SOON else Status.OK, days)


def _judged(check: Check, status: Status, message: str) -> Check:
    hint, where = (None, None) if status is Status.OK else (check.hint, check.where)
    return Check(check.area, check.subject, status, message, hint, where, check.cluster)
