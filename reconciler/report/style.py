"""Colours: words of meaning → escape codes, or nothing where the reader is no terminal."""

from __future__ import annotations

from dataclasses import dataclass

_CODES = {
    "add": "32",
    "change": "33",
    "remove": "31",
    "error": "1;31",
    "good": "32",
    "quiet": "2",
    "strong": "1",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How to print. Foreign text goes through `clean`, so that it cannot steer the terminal."""

    colour: bool = False

    def paint(self, text: str, meaning: str) -> str:
        """The text in the colour of its meaning."""
        return f"\x1b[{_CODES[meaning]}m{text}\x1b[0m" if self.colour else text


def clean(text: str) -> str:
    """Text without control characters other than line ends and tabs."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in text)
