"""Versions of charts, and ranges of them as Helm reads them.

The syntax and its meaning are those of github.com/Masterminds/semver, which Helm asks: comparisons (`>=1.2 <2`, with or
without commas between), `^`, `~`, `1.2.x`, `1 - 2`, `||`, `*`. No Python library has them: the one that is near,
semantic_version, follows npm, whose rule for pre-releases is another one. A test compares with Helm itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from semver import Version

NEWEST = "*"
"""The range of whoever names none: the newest version that is no pre-release."""

_NUMBER = r"(?:0|[1-9][0-9]*|[xX*])"
_NUMBERS = rf"{_NUMBER}(?:\.{_NUMBER}){{0,2}}"
_REST = r"(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
_SPAN = re.compile(rf"(v?{_NUMBERS}{_REST})\s+-\s+(v?{_NUMBERS}{_REST})")
_TERM = re.compile(
    rf"\s*(?P<sign>=|!=|>=|=>|<=|=<|>|<|~>|~|\^|)\s*v?(?P<numbers>{_NUMBERS})(?P<rest>{_REST})(?:\s*,\s*|\s+|$)"
)
_EXACT = re.compile(rf"v?[0-9]+\.[0-9]+\.[0-9]+{_REST}")
_SAME_SIGN = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}


def parse_version(text: str) -> Version | None:
    """A version as Helm reads it (`v1.2` is 1.2.0); None when it is none."""
    try:
        return Version.parse(text.removeprefix("v"), optional_minor_and_patch=True)
    except ValueError:
        return None


def is_exact(text: str) -> bool:
    """One version, and not a range of them: `1.2.3`, while `1.2` means any 1.2.x."""
    return bool(_EXACT.fullmatch(text)) and parse_version(text) is not None


@dataclass(frozen=True, slots=True)
class _Term:
    """One comparison; `given` are the numbers before the first wildcard, `floor` is the least version with them."""

    sign: str
    given: tuple[int, ...]
    floor: Version

    def allows(self, version: Version) -> bool:
        return _SIGNS[self.sign](self, version)

    def part(self, version: Version) -> tuple[int, ...]:
        """As many numbers of a version as are given."""
        return version.to_tuple()[: len(self.given)]  # type: ignore[return-value]  # the first three are numbers

    @property
    def whole(self) -> bool:
        return len(self.given) == 3  # noqa: PLR2004 (major, minor, patch)


def _equal(term: _Term, version: Version) -> bool:
    return version == term.floor if term.whole else version >= term.floor and term.part(version) == term.given


def _above(term: _Term, version: Version) -> bool:
    return version > term.floor if term.whole else term.part(version) > term.given


def _at_most(term: _Term, version: Version) -> bool:
    return version <= term.floor if term.whole else term.part(version) <= term.given


def _alike(term: _Term, version: Version, count: int) -> bool:
    """Not below, and the same in the first `count` numbers."""
    return version >= term.floor and term.part(version)[:count] == term.given[:count]


def _first_number(given: tuple[int, ...]) -> int:
    """How many numbers there are up to the first that is not 0; that one says what is compatible."""
    return next((i for i, number in enumerate(given, 1) if number), len(given))


_SIGNS: Mapping[str, Callable[[_Term, Version], bool]] = {
    "=": _equal,
    "!=": lambda term, version: not _equal(term, version),
    ">": _above,
    "<": lambda term, version: version < term.floor,
    ">=": lambda term, version: version >= term.floor,
    "<=": _at_most,
    "~": lambda term, version: _alike(term, version, 2),
    "^": lambda term, version: _alike(term, version, _first_number(term.given)),
}


@dataclass(frozen=True, slots=True)
class VersionRange:
    """The versions that a text such as `^1.2` means: those that fit every term of one of the alternatives."""

    text: str
    _alternatives: tuple[tuple[_Term, ...], ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises ValueError: it is no range, with the part that cannot be read."""
        parts = _SPAN.sub(r">=\1 <=\2", text).split("||")
        return cls(text, tuple(tuple(_terms(part)) for part in parts))

    def allows(self, version: str) -> bool:
        """Whether a version is in it. Pre-releases are only in alternatives that name one themselves."""
        found = parse_version(version)
        return found is not None and any(_fits(found, terms) for terms in self._alternatives)

    def newest(self, versions: Iterable[str]) -> str | None:
        """The highest of the versions that are in it; what is no version is passed over."""
        fitting = ((parse_version(version), version) for version in versions if self.allows(version))
        best = max(((found, version) for found, version in fitting if found), key=lambda pair: pair[0], default=None)
        return best[1] if best else None


def _fits(version: Version, terms: tuple[_Term, ...]) -> bool:
    if version.prerelease and not any(term.floor.prerelease for term in terms):
        return False
    return all(term.allows(version) for term in terms)


def _terms(text: str) -> Iterator[_Term]:
    if not text.strip():
        text = NEWEST
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise ValueError(f"{text[position:].strip()!r} is no version and no range of versions")
        yield _term(found)
        position = found.end()


def _term(found: re.Match[str]) -> _Term:
    given: list[int] = []
    for number in found["numbers"].split("."):
        if not number.isdigit():
            break
        given.append(int(number))
    floor = parse_version(".".join(map(str, [*given, 0, 0, 0][:3])) + found["rest"])
    if floor is None:
        raise ValueError(f"{found[0].strip()!r} is no version")
    return _Term(_SAME_SIGN.get(found["sign"], found["sign"]), tuple(given), floor)
