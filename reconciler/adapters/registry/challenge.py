"""`WWW-Authenticate`: how a registry wants to be logged in to.

The forms are those of RFC 9110, section 11.6.1, and of
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from requests.utils import parse_dict_header

# A scheme stands at the beginning or after a comma, and its first parameter follows.
_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Bearer)\s+(?=\w+\s*=)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BasicChallenge:
    """It wants user and password."""


@dataclass(frozen=True, slots=True)
class BearerChallenge:
    """It wants a token.

    Attributes:
        realm: the URL that gives tokens.
        service: how the registry is called there; may be empty.
        scope: what the request needs; may be empty.
    """

    realm: str
    service: str
    scope: str


Challenge = BasicChallenge | BearerChallenge


def challenge_in(header: str) -> Challenge | None:
    """What a header asks for, tokens before passwords; None when it asks for neither."""
    parts = _SCHEME.split(header)
    found = dict(zip((name.lower() for name in parts[1::2]), parts[2::2], strict=True))
    if "bearer" in found:
        given: dict[str, str | None] = parse_dict_header(found["bearer"])  # type: ignore[no-untyped-call] # so in its stubs
        return BearerChallenge(*(given.get(name) or "" for name in ("realm", "service", "scope")))
    return BasicChallenge() if "basic" in found else None
