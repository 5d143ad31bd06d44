"""Names of things, as a plan line shows them."""

from __future__ import annotations

import pytest

from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId, SecretId


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        (NamespaceId("main", "shop"), "namespace shop"),
        (SecretId("main", "shop", "db"), "secret shop/db"),
        (ReleaseId("main", "shop", "api"), "release shop/api"),
        (ObjectId(Kind("v1", "ConfigMap"), "shop", "a"), "ConfigMap shop/a"),
        (ObjectId(Kind("v1", "Namespace"), "", "a"), "Namespace a"),
        (Kind("apps/v1", "Deployment"), "Deployment.apps/v1"),
    ],
    ids=str,
)
def test_an_identity_reads_as_words(identity: object, text: str) -> None:
    """Kind first, then where it is."""
    assert str(identity) == text


@pytest.mark.parametrize(("version", "group"), [("v1", ""), ("apps/v1", "apps"), ("a.b/v1beta1", "a.b")])
def test_the_group_of_a_kind_is_what_stands_before_the_slash(version: str, group: str) -> None:
    """The core group has none."""
    assert Kind(version, "X").group == group
