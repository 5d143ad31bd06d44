"""Secrets that an import finds → environment variables, by names that tell what they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.model.secret import SecretText

_NO_NAME = re.compile(r"[^A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass
class Variables:
    """The variables of one environment file; the same secret under the same name is one variable.

    Attributes:
        meanings: name → what it is.
    """

    meanings: dict[str, str] = field(default_factory=dict)
    _values: dict[str, SecretText] = field(default_factory=dict, repr=False)

    def name(self, words: Sequence[str], secret: SecretText, meaning: str) -> str:
        """The variable for a secret, named after these words."""
        base = _NO_NAME.sub("_", _CAMEL.sub("_", "_".join(words))).strip("_").upper()
        base = base if base[:1].isalpha() else f"V_{base}"
        name, number = base, 1
        while self._values.get(name, secret) != secret:
            number += 1
            name = f"{base}_{number}"
        self._values[name] = secret
        self.meanings.setdefault(name, meaning)
        return name
