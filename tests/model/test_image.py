"""Names of images."""

from __future__ import annotations

import pytest

from reconciler.model.image import ImageRef, is_loopback

_SUM = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        ("nginx", "docker.io", "library/nginx", "latest", None),
        ("nginx:1.27", "docker.io", "library/nginx", "1.27", None),
        ("bitnami/redis:7", "docker.io", "bitnami/redis", "7", None),
        ("docker.io/nginx", "docker.io", "library/nginx", "latest", None),
        ("index.docker.io/library/nginx", "docker.io", "library/nginx", "latest", None),
        ("registry.example.com/app", "registry.example.com", "app", "latest", None),
        ("registry.example.com:5000/team/app:1.0", "registry.example.com:5000", "team/app", "1.0", None),
        ("localhost/app", "localhost", "app", "latest", None),
        ("127.0.0.1:5000/app:1", "127.0.0.1:5000", "app", "1", None),
        ("[::1]:5000/app:1", "[::1]:5000", "app", "1", None),
        (f"app@{_SUM}", "docker.io", "library/app", "latest", _SUM),
        (f"host.io/a/b:2@{_SUM}", "host.io", "a/b", "2", _SUM),
        ("Host/app", "Host", "app", "latest", None),
    ],
)
def test_a_name_is_completed(text: str, registry: str, repository: str, tag: str, digest: str | None) -> None:
    """As container runtimes complete it: the first part is a host if it looks like one."""
    found = ImageRef.parse(text)
    assert found == ImageRef(registry, repository, tag, digest)
    assert ImageRef.parse(str(found)).reference == found.reference


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no repository"),
        ("Nginx", "no repository"),
        ("registry.example.com/App", "no repository"),
        ("app:", "no tag"),
        ("app:1.0 ", "no tag"),
        ("app:-1", "no tag"),
        ("app:a:b", "no tag"),
        ("app@sha256:12", "no digest"),
        ("app@", "no digest"),
        ("https://registry.example.com/app", "no host"),
        ("registry..example.com/app", "no host"),
        ("host.io/a//b", "no repository"),
        ("host.io/../b", "no repository"),
    ],
)
def test_what_is_no_name(text: str, why: str) -> None:
    """The kubelet would say InvalidImageName; we say what is wrong with it."""
    with pytest.raises(ValueError, match=why):
        ImageRef.parse(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.2:5000", True),
        ("[::1]:5000", True),
        ("docker.io", False),
        ("10.0.0.1:5000", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback(host: str, *, expected: bool) -> None:
    """Only addresses of this machine."""
    assert is_loopback(host) is expected
