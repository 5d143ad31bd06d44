"""Digests under a key."""

from __future__ import annotations

import hashlib

import pytest

from reconciler.model.seal import Seal, canonical, same
from reconciler.model.secret import SecretText

KEY, SALT = SecretText("k" * 32), b"s" * 16
SEAL = Seal.of(KEY, SALT)


@pytest.mark.parametrize(
    "other",
    [
        Seal.of(SecretText("o" * 32), SALT).digest("reference", "env A", b"text"),
        Seal.of(KEY, b"t" * 16).digest("reference", "env A", b"text"),
        SEAL.digest("input", "env A", b"text"),
        SEAL.digest("reference", "env B", b"text"),
        SEAL.digest("reference", "env A", b"other"),
        SEAL.digest("reference", "env ", b"Atext"),
        SEAL.digest("referenceenv A", "", b"text"),
        hashlib.sha256(b"text").hexdigest(),
    ],
    ids=["key", "salt", "domain", "name", "content", "split elsewhere", "split before", "no key at all"],
)
def test_a_digest_depends_on_everything(other: str) -> None:
    """Another key, plan, domain, name or content: another digest; where one part ends and the next begins counts."""
    assert not same(SEAL.digest("reference", "env A", b"text"), other)


def test_the_same_is_the_same() -> None:
    """Whoever has the key and the salt finds the digest again."""
    assert same(Seal.of(KEY, SALT).digest("input", "a", b"x"), SEAL.digest("input", "a", b"x"))
    assert Seal.of(KEY, SALT).fingerprint == SEAL.fingerprint


def test_any_text_has_a_digest() -> None:
    """Also what is no UTF-8: JSON may hold half a character, and a name or a variable any bytes."""
    odd = "\ud800"
    assert same(odd, odd)
    assert not same(odd, "?")
    assert Seal.of(SecretText(odd), SALT).digest(odd, odd, b"x") != Seal.of(SecretText("?"), SALT).digest(
        odd, odd, b"x"
    )


def test_order_and_spacing_do_not_count() -> None:
    """A document is what it says."""
    assert SEAL.mac({"a": 1, "b": [1.5, None]}) == SEAL.mac({"b": [1.5, None], "a": 1})
    assert canonical({"b": "é\ud800", "a": 1}) == b'{"a":1,"b":"\\u00e9\\ud800"}'


def test_a_seal_shows_no_key() -> None:
    """Not in its repr."""
    assert "k" * 8 not in repr(SEAL)
    assert repr(SEAL) == "Seal()"
