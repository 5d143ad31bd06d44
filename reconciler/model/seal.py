"""Digests under a key: without the key, nobody can make one, or guess what one is of."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field

from reconciler.model.json import Json
from reconciler.model.secret import SecretText

# 256 bits in hex have 64 characters; a pass phrase of this length is not guessed either.
SHORTEST_KEY = 32
_PURPOSE = b"reconciler/plan/v1"


@dataclass(frozen=True, slots=True)
class Seal:
    """The key of one plan."""

    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, key: SecretText, salt: bytes) -> Seal:
        """The seal that a user's key makes for one plan; with another salt, no digest is the same."""
        return cls(_hmac(_bytes(key.reveal()), _PURPOSE, salt))

    def digest(self, domain: str, name: str, content: bytes) -> str:
        """HMAC-SHA256 (hex). The same content under another domain or name has another digest."""
        return _hmac(self._key, _bytes(domain), _bytes(name), content).hex()

    @property
    def fingerprint(self) -> str:
        """Tells one key from another, and nothing about it."""
        return self.digest("fingerprint", "", b"")[:16]

    def mac(self, document: Json) -> str:
        """The digest of a document, in whatever order and spacing it is written."""
        return self.digest("document", "", canonical(document))


def canonical(document: Json) -> bytes:
    """A document as JSON, in the one way that digests are made of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def same(one: str, other: str) -> bool:
    """Whether two digests are the same, in a time that tells nothing."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    # JSON may hold half a character, and a variable or a file's name bytes that are no text.
    return text.encode(errors="surrogatepass")


def _hmac(key: bytes, *parts: bytes) -> bytes:
    """Each part with its length before it, so that no two lists of parts are one text."""
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.digest(key, message, "sha256")
