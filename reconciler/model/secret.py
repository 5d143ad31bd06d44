"""Secrets as values that cannot be printed by accident, and the mask that hides them in foreign text."""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from reconciler.model.json import Json, JsonMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "••••••"

# A shorter secret would also blot out ordinary text ("1", "ok"); it is masked where it is the whole value.
SHORTEST_MASKED_INSIDE_TEXT = 4

# What Go leaves as it is in the login of a URL, beside letters and digits.
_SAFE_IN_LOGIN = "$&+,;="


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text that must not be shown. `str`, `repr` and formatting give the mask; `reveal` gives the text."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The text itself, for the one place that has to send it."""
        return self._text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"SecretText({MASK})"

    def __format__(self, _spec: str) -> str:
        return MASK


@dataclass(frozen=True)
class Mask:
    """Hides known secret values, in the forms in which they travel, wherever they turn up in a text."""

    values: frozenset[str] = frozenset()

    @classmethod
    def of(cls, secrets: Iterable[SecretText]) -> Mask:
        """A mask for these secrets; empty ones hide nothing."""
        return cls(frozenset(secret.reveal() for secret in secrets if secret.reveal()))

    def __repr__(self) -> str:
        return f"Mask({len(self.values)} values)"

    def text(self, text: str) -> str:
        """`text` with every known secret replaced."""
        if text in self._whole:
            return MASK
        return self._inside.sub(MASK, text) if self._inside else text

    def json(self, value: Json) -> Json:
        """A copy of `value` in which every string, key or number that shows a secret is masked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.json(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(item) for item in value]
        return self._scalar(value)

    def _scalar(self, value: Json) -> Json:
        # A secret of digits is a number once a chart has printed it unquoted, and 1.50 is 1.5 then.
        if isinstance(value, int | float) and not isinstance(value, bool) and value in self._numbers:
            return MASK
        return MASK if json.dumps(value) in self.values else value

    @cached_property
    def _numbers(self) -> frozenset[float]:
        return frozenset(number for value in self.values for number in _readings(value))

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(form for value in self.values for form in _forms(value))

    @cached_property
    def _inside(self) -> re.Pattern[str] | None:
        forms = (form for form in self._whole if len(form) >= SHORTEST_MASKED_INSIDE_TEXT)
        longest_first = sorted(forms, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def _forms(value: str) -> set[str]:
    """The value as it stands, trimmed, in base64, in a URL, in JSON, and line by line."""
    lines = [line for line in value.splitlines() if len(line.strip()) >= SHORTEST_MASKED_INSIDE_TEXT * 2]
    plain = {value, value.strip(), *(line.strip() for line in lines)} - {""}
    return plain.union(*map(_encodings, plain))


def _encodings(value: str) -> set[str]:
    encoded = {base64.b64encode(value.encode()).decode(), base64.urlsafe_b64encode(value.encode()).decode()}
    in_url = {quote(value, safe=""), quote(value, safe=_SAFE_IN_LOGIN), quote_plus(value)}
    as_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    go_json = {_as_go_escapes(text) for text in as_json}
    return {*encoded, *(text.rstrip("=") for text in encoded), *in_url, *as_json, *go_json}


def _as_go_escapes(text: str) -> str:
    """JSON as Go writes it, so that it may stand in HTML."""
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def _readings(value: str) -> Iterator[float]:
    """The numbers that a text may be when YAML reads it without quotes."""
    with suppress(ValueError):
        yield float(value)
    with suppress(ValueError):
        yield int(value, 8 if value.startswith("0") and value.isdigit() else 0)


def mask_secret_object(item: JsonMap) -> JsonMap:
    """A Kubernetes Secret with its data masked, whoever made it; any other object as it is."""
    if item.get("kind") != "Secret" or item.get("apiVersion") != "v1":
        return item
    fields = {key: _all_masked(item[key]) for key in ("data", "stringData") if key in item}
    return {**item, **fields}


def _all_masked(data: Json) -> Json:
    return dict.fromkeys(data, MASK) if isinstance(data, dict) else data
