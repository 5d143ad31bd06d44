"""Where a URL leads, and who is shown credentials."""

from __future__ import annotations

import pytest

from reconciler.adapters.http import Login, Origin, joined, shown
from reconciler.errors import TransferError
from reconciler.model.secret import SecretText


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://charts.example.com/a/b", "https://charts.example.com"),
        ("https://charts.example.com:443", "https://charts.example.com"),
        ("http://Charts.Example.com:8080/x", "http://charts.example.com:8080"),
        ("http://[::1]:5000/v2/", "http://[::1]:5000"),
        ("https://user:pass@host/x", "https://host"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, text: str) -> None:
    """Default ports are left out, letters are small, a login is no part of it."""
    assert str(Origin.of(url)) == text
    assert Origin.of(str(Origin.of(url))) == Origin.of(url)


@pytest.mark.parametrize("url", ["charts.example.com", "ftp://host/x", "file:///etc/passwd", "http://", "http://h:x/"])
def test_what_is_no_http_address_is_refused(url: str) -> None:
    """A redirect to a file, and a typo, end in an error that does not repeat the whole address."""
    with pytest.raises(TransferError, match="cannot be used"):
        Origin.of(url)


def test_a_reference_is_taken_from_its_base() -> None:
    """As a browser follows a link; one that cannot be parsed, or sent, is an error of ours."""
    assert joined("https://host/a/index.yaml", "charts/x.tgz") == "https://host/a/charts/x.tgz"
    assert joined("https://host/a/", "https://other/x.tgz") == "https://other/x.tgz"
    for reference in ("http://[::1/x.tgz", "charts/\ud800.tgz"):
        with pytest.raises(TransferError, match="cannot be used"):
            joined("https://host/a/", reference)


def test_an_address_is_shown_without_login_and_query() -> None:
    """Neither a password in a URL nor a signature in its query gets into a message."""
    assert shown("https://user:pass@host:8443/a.tgz?X-Signature=abc#f") == "https://host:8443/a.tgz"
    assert "pass" not in shown("user:pass@host")


def test_a_login_does_not_show_its_text() -> None:
    """Printing a login gives the mask."""
    login = Login.basic("https://host", "ci", SecretText("correct-horse"))
    assert "Y2k6" not in repr(login)
    assert login.authorization.reveal() == "Basic Y2k6Y29ycmVjdC1ob3JzZQ=="


def test_a_token_that_is_none_is_refused() -> None:
    """A line end in a token would be another header."""
    with pytest.raises(TransferError, match="characters that no token has") as caught:
        Login.bearer("https://host", SecretText("abc\r\nX: y"))
    assert "abc" not in str(caught.value)
