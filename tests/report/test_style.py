"""Colours and clean text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.style import Style, clean

MEANINGS = ["add", "change", "remove", "error", "good", "quiet", "strong"]


@pytest.mark.parametrize("meaning", MEANINGS)
def test_paint(meaning: str) -> None:
    """With colour, a text is put between an escape code and its end; without, it stays as it is."""
    painted = Style(colour=True).paint("text", meaning)
    assert painted.startswith("\x1b[")
    assert painted.endswith("mtext\x1b[0m")
    assert Style().paint("text", meaning) == "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, with ümläuts, 漢字 and 🚀", "plain, with ümläuts, 漢字 and 🚀"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2J\x1b[31mred", "�[2J�[31mred"),
        ("over\rwritten\x08\x07", "over�written��"),
        ("\x9b31m", "�31m"),
        ("right\u202eto left\u2066", "right�to left�"),
        ("\ud800", "�"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    """What could steer a terminal or mislead a reader is replaced, the rest stays."""
    assert clean(text) == expected


@given(st.text())
def test_clean_text_can_always_be_printed(text: str) -> None:
    """No escape is left, every text can be encoded, and cleaning twice changes nothing."""
    found = clean(text)
    assert "\x1b" not in found
    found.encode()
    assert clean(found) == found
