"""Helm's errors in our words."""

from __future__ import annotations

import pytest

from reconciler.adapters.helm.errors import Doing, is_not_installed, tidy, translate
from reconciler.errors import ChartError, EngineError
from reconciler.model.identity import ReleaseId

DOING = Doing(
    "install release shop/api with chart api 1.0.0 on cluster main",
    EngineError,
    "api 1.0.0",
    "cluster main",
    ReleaseId("main", "shop", "api"),
    wait=30,
)

OWNED = (
    'unable to continue with install: Service "web" in namespace "shop" exists and cannot be imported into the current '
    "release: invalid ownership metadata; "
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Error: INSTALLATION FAILED: boom", "boom"),
        ("Error: UPGRADE FAILED: boom.\n", "boom"),
        ('level=WARN msg="x"\nError: boom', "boom"),
        ("W1124 03:39:59.1 1 warnings.go:70] v1 Endpoints is deprecated\nError: boom", "boom"),
        ("a:\n  b\nc", "a: b; c"),
        ('time=x level=ERROR msg="only this"', 'time=x level=ERROR msg="only this"'),
        ("cannot get https://ci:secret@charts.example.com/x", "cannot get https://charts.example.com/x"),
        ("", "Helm gave no reason"),
    ],
)
def test_tidies(text: str, reason: str) -> None:
    """Prefixes, log lines, line breaks and credentials go; Helm's reason stays."""
    assert tidy(text) == reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("uninstall: Release not loaded: api: release: not found", True),
        ("Error: uninstall: Release not loaded: api: release: not found\n", True),
        ("uninstall: Release not loaded: web: release: not found", False),
        (
            "uninstallation completed with 1 error(s): uninstall: Failed to purge the release: release: not found",
            False,
        ),
        ('uninstall: Release not loaded: api: secrets is forbidden: User "u" cannot list', False),
        ("", False),
    ],
)
def test_only_a_release_that_is_not_there_needs_no_uninstall(text: str, *, expected: bool) -> None:
    """One whose history somebody else removed in part is there still."""
    assert is_not_installed(text, "api") is expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("another operation (install/upgrade/rollback) is in progress", "helm rollback api -n shop"),
        ("cannot reuse a name that is still in use", "the release exists"),
        ('"api" has no deployed releases', "does not exist"),
        ("chart dependencies are missing; run dependency update/build first", "helm dependency build"),
        ("the lock file (Chart.lock) is out of sync with the dependencies file", "helm dependency update"),
        ('no matches for kind "Widget" in version "example.com/v1"', "CRD"),
        ("resource Pod/x not ready\ncontext deadline exceeded", "reconcile diagnose"),
        ("x509: certificate signed by unknown authority", "not trusted"),
        ("dial tcp 127.0.0.1:1: connect: connection refused", "is cluster main up"),
        ("the server has asked for the client to provide credentials", "refused the credentials"),
        ('User "u" cannot create resource: is forbidden', "lack that right"),
        ("no chart version found for api-9.9.9", "check the name and the version"),
        (OWNED + 'key "meta.helm.sh/release-name" must equal "api": current value is "b"', "belongs to release shop/b"),
        (
            OWNED + 'key "meta.helm.sh/release-namespace" must equal "shop": current value is "x"',
            "Service web in namespace shop belongs to release x/of the same name",
        ),
        (OWNED + 'label validation error: missing key "app.kubernetes.io/managed-by"', "belongs to no release"),
    ],
)
def test_well_known_errors_have_a_hint(text: str, hint: str) -> None:
    """Each says what to try, with the names of what it is about."""
    error = translate(text, DOING)
    assert isinstance(error, EngineError)
    assert error.message.startswith(f"cannot {DOING.what}: ")
    assert hint in str(error.hint)


def test_an_elapsed_wait_names_its_length() -> None:
    """A deadline is the user's `wait`, and what was not ready comes first."""
    error = translate("resource Pod/shop/x not ready. status: InProgress\ncontext deadline exceeded", DOING)
    assert error.message.endswith("resource Pod/shop/x not ready. status: InProgress; the wait of 30 s elapsed")
    assert translate("context deadline exceeded", DOING).message.endswith(": the wait of 30 s elapsed")
    webhook = 'failed calling webhook "x": Post "https://x": context deadline exceeded'
    assert translate(webhook, DOING).message.endswith(webhook)


def test_an_unknown_error_stays_as_it_is() -> None:
    """Nothing is lost, and no hint is made up."""
    error = translate("the moon is in the wrong house", Doing("render chart x", ChartError, "x", "cluster main"))
    assert isinstance(error, ChartError)
    assert (error.message, error.hint) == ("cannot render chart x: the moon is in the wrong house", None)
