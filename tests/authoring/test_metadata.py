"""Chart.yaml, changed where it has to be and nowhere else."""

from __future__ import annotations

import pytest

from reconciler.authoring.metadata import with_field
from reconciler.errors import ChartError
from reconciler.yaml.plain import load

HEAD = "# A chart.\nname:   web  # by its name\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("version: 0.1.0 # raise it\nkeywords: [ a,b ]\n", 'version: "1.2.3" # raise it\nkeywords: [ a,b ]\n'),
        ("version:   '0.1.0'\r\ntype: application\r\n", 'version:   "1.2.3"\r\ntype: application\r\n'),
        ("version: >-\n  0.1.0\ntype: application\n", 'version: "1.2.3"\ntype: application\n'),
        ("type: application", 'type: application\nversion: "1.2.3"\n'),
        ("version:\ntype: application\n", 'version: "1.2.3"\ntype: application\n'),
        ("version: |\n  0.1.0\n\n# next\na: b", 'version: "1.2.3"\n\n# next\na: b'),
        ("a: b\nversion:", 'a: b\nversion: "1.2.3"'),
    ],
)
def test_only_the_value_changes(before: str, after: str) -> None:
    """Comments, spaces, quotes and line ends of everything else stay."""
    assert with_field(HEAD + before, "version", "1.2.3") == HEAD + after


@pytest.mark.parametrize("value", ["1.10", "1e3", 'a "quoted": text # really', "größer 😀", "line\nbreak", ""])
def test_any_text_is_read_again_as_it_was_given(value: str) -> None:
    """What is written is a text, whatever it looks like."""
    assert load(with_field(f"{HEAD}appVersion: 1\n", "appVersion", value)) == {"name": "web", "appVersion": value}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "is not a map"),
        ("", "is not a map"),
        ("a: [\n", "is not valid YAML"),
        ("version: [1]\n", "Chart.yaml:1: `version` is no text"),
        ("{name: web}\n", "written in braces"),
    ],
)
def test_what_cannot_be_changed_is_refused(text: str, problem: str) -> None:
    """With the reason, instead of a file that would be read differently."""
    with pytest.raises(ChartError, match=problem):
        with_field(text, "version", "1.2.3")
