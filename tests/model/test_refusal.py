"""What Helm and API servers say → its cause, and what to try."""

from __future__ import annotations

import pytest

from reconciler.model.finding import Cause
from reconciler.model.refusal import About, may_pass, recognise

ABOUT = About("api", "shop", "api 1.0.0", "cluster main")


@pytest.mark.parametrize(
    ("text", "cause", "hint"),
    [
        (
            (
                'Service "web" in namespace "shop" exists and cannot be imported into the current release: invalid '
                'ownership metadata; annotation validation error: key "meta.helm.sh/release-name" must equal "api": '
                'current value is "b"'
            ),
            Cause.OBJECT_TAKEN,
            "belongs to release shop/b",
        ),
        ("ConfigMap shop/x exists already and belongs to no release: rename it", Cause.OBJECT_TAKEN, "hand it over"),
        ('configmaps "x" already exists', Cause.OBJECT_TAKEN, "release shop/api"),
        ('certificates.cert-manager.io "x" is forbidden: User "ci" cannot get it', Cause.RIGHTS_MISSING, "right"),
        ('Certificate.cert-manager.io "x" is invalid: spec.dnsNames: Required', Cause.INVALID_OBJECT, "correct"),
        ("tls: failed to verify certificate: x509: unknown authority", Cause.CERTIFICATE_NOT_TRUSTED, "authority"),
        ("remote error: tls: bad certificate", Cause.CERTIFICATE_NOT_TRUSTED, "authority"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", Cause.CERTIFICATE_NOT_TRUSTED, "authority"),
        ("another operation (install/upgrade/rollback) is in progress", Cause.OPERATION_IN_PROGRESS, "--break-lock"),
        (
            (
                'deployments.apps "x" is forbidden: unable to create new content in namespace shop because it is being '
                "terminated"
            ),
            Cause.NAMESPACE_TERMINATING,
            "kubectl get namespace shop",
        ),
        (
            'pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
            Cause.QUOTA,
            "describe quota -n shop",
        ),
        (
            'pods "x" is forbidden: failed quota: small: must specify limits.cpu for: main',
            Cause.QUOTA,
            "raise the quota",
        ),
        (
            'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
            Cause.LIMIT_RANGE,
            "limitrange",
        ),
        (
            'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
            Cause.POD_SECURITY,
            "securityContext",
        ),
        (
            'Internal error occurred: failed calling webhook "guard.example.com": connection refused',
            Cause.WEBHOOK_UNAVAILABLE,
            "configuration",
        ),
        ('admission webhook "guard.example.com" denied the request: no', Cause.ADMISSION, "policy"),
        (
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no latest tags",
            Cause.ADMISSION,
            "exception",
        ),
        (
            'Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
            Cause.PORT_TAKEN,
            "nodePort",
        ),
        (
            'Deployment.apps "x" is invalid: spec.selector: Invalid value: {}: field is immutable',
            Cause.IMMUTABLE_FIELD,
            "made anew",
        ),
        (
            (
                'StatefulSet.apps "x" is invalid: spec: Forbidden: updates to statefulset spec for fields other than '
                "'replicas' are forbidden"
            ),
            Cause.IMMUTABLE_FIELD,
            "old value",
        ),
        ('no matches for kind "Widget" in version "example.com/v1"', Cause.UNKNOWN_KIND, "CRD"),
        ("release: not found", Cause.NOT_INSTALLED, "install it"),
        ("failed pre-install: job x failed: BackoffLimitExceeded", Cause.HOOK_FAILED, "kubectl logs"),
        (
            "resource Deployment/shop/x not ready. status: Failed, message: Progress deadline exceeded",
            Cause.PROGRESS_DEADLINE,
            "progressDeadlineSeconds",
        ),
        ("Deployment/shop/x not ready; the wait of 5 s elapsed", Cause.TIMED_OUT, "reconcile diagnose"),
        ('User "u" cannot create resource "pods": is forbidden', Cause.RIGHTS_MISSING, "cluster main"),
        (
            "Deployment shop/x: .spec.replcas: field not declared in schema",
            Cause.INVALID_OBJECT,
            "reconcile render",
        ),
    ],
)
def test_the_words_of_servers(text: str, cause: Cause, hint: str) -> None:
    """Each refusal has one cause, the particular before the general, and says what to try about what."""
    found = recognise(text, ABOUT)
    assert found
    assert found.cause is cause
    assert hint in found.hint


def test_what_nobody_knows_has_no_cause() -> None:
    """Nothing is made up."""
    assert recognise("the moon is in the wrong house", ABOUT) is None


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("Post https://a/api: dial tcp 127.0.0.1:1: connect: connection refused", True),
        ("read tcp 127.0.0.1:1: read: connection reset by peer", True),
        ("Get https://a/api: EOF", True),
        ("net/http: TLS handshake timeout", True),
        ("http2: client connection lost", True),
        ("etcdserver: request timed out", True),
        ("etcdserver: leader changed", True),
        ("the server is currently unable to handle the request", True),
        ("the server has received too many requests and has asked us to try again later", True),
        ("Operation cannot be fulfilled on secrets x: the object has been modified; please apply your changes", True),
        ('Internal error occurred: failed calling webhook "x": dial tcp: connection refused', True),
        ('failed calling webhook "x": tls: failed to verify certificate: x509: unknown authority', True),
        ('admission webhook "x" denied the request: no', False),
        ('Deployment.apps "x" is invalid: spec.replicas', False),
        ('secrets is forbidden: User "x" cannot list resource', False),
        ("the wait of 5 s elapsed", False),
        ("Deployment/x not ready: Readiness probe failed: connection refused; the wait of 5 s elapsed", False),
        ("failed pre-install: 1 error occurred: job failed: connection refused", False),
        ("x509: certificate signed by unknown authority", False),
        ("cannot upgrade release shop/api: it was cancelled", False),
        ("helm-c: recovered panic: runtime error: invalid memory address or nil pointer dereference", True),
        ("something that nobody knows", False),
    ],
)
def test_what_may_pass_is_told_from_what_lasts(text: str, *, passes: bool) -> None:
    """A webhook that does not answer may pass, whatever keeps it; what is wrong with the object itself lasts."""
    assert may_pass(text) is passes
