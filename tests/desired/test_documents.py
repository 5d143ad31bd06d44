"""Files as nodes with places."""

from __future__ import annotations

import pytest

from reconciler.desired.documents import MapNode, find, has, parse, parse_all, place, plain
from reconciler.errors import DesiredStateError
from reconciler.model.json import Json

TEXT = """\
releases:
  api:
    values:
      - file.yaml
      - {a: {b: 1}}
    "wait": 5m
"""


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ((), "f.yaml:1:1"),
        (("releases",), "f.yaml:1:1"),
        (("releases", "api"), "f.yaml:2:3"),
        (("releases", "api", "wait"), "f.yaml:6:5"),
        (("releases", "api", "values"), "f.yaml:3:5"),
        (("releases", "api", "values", 0), "f.yaml:4:9"),
        (("releases", "api", "values", 1, "a", "b"), "f.yaml:5:14"),
        (("releases", "api", "values", 7), "f.yaml:4:7"),
        (("releases", "api", "nothing"), "f.yaml:3:5"),
        (("releases", "api", "nothing", "below"), "f.yaml:3:5"),
    ],
    ids=str,
)
def test_a_path_is_placed_at_its_key_or_at_the_nearest_thing_around_it(path: tuple[str | int, ...], where: str) -> None:
    """Line and column count from 1, as editors do."""
    assert str(place(parse(TEXT, "f.yaml"), path)) == where


def test_find_and_has_follow_keys_and_numbers() -> None:
    """`find` stops at the deepest node on the way; `has` says whether the end was reached."""
    root = parse(TEXT, "f.yaml")
    assert plain(find(root, ("releases", "api", "values", 1, "a"))) == {"b": 1}
    assert plain(find(root, ("releases", "api", "wait", "x", "y"))) == "5m"
    assert has(root, ("releases", "api", "values", 1, "a", "b"))
    assert has(root, ())
    assert not has(root, ("releases", "api", "values", 2))
    assert not has(root, ("releases", "api", "wait", "x"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("---\n", {}),
        ("~\n", {}),
        ("a: yes\nb: 0x10\nc: '1'\n", {"a": True, "b": 16, "c": "1"}),
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", {"a": 1, "b": "x\ny\n"}),
        ("1: a\ntrue: b\n1.50: c\n", {"1": "a", "true": "b", "1.5": "c"}),
        ("k: &k {a: 1, b: 2}\nm: {<<: *k, a: 3}\n", {"k": {"a": 1, "b": 2}, "m": {"b": 2, "a": 3}}),
        ("k: &k {a: 1}\nm: {<<: [*k, {a: 2, b: 2}]}\n", {"k": {"a": 1}, "m": {"a": 1, "b": 2}}),
        ("'<<': 1\n", {"<<": 1}),
        (
            "{url: https://example.com:80, args: [--listen=:80, a:b]}\n",
            {"url": "https://example.com:80", "args": ["--listen=:80", "a:b"]},
        ),
        ("a: " + "1" * 5000 + "\n", {"a": "1" * 5000}),
    ],
    ids=[
        "empty",
        "comment",
        "empty document",
        "null",
        "scalars",
        "CRLF",
        "keys",
        "merge",
        "merge of several",
        "quoted merge key",
        "colons in flow collections",
        "huge number",
    ],
)
def test_a_file_is_read_as_helm_reads_values(text: str, values: Json) -> None:
    """The values without their places."""
    assert plain(parse(text, "f.yaml")) == values


def test_a_merged_key_keeps_the_place_where_it_was_written() -> None:
    """An error in it is to be mended at the anchor."""
    root = parse("k: &k\n  a: 1\nm:\n  <<: *k\n  b: 2\n", "f.yaml")
    assert isinstance(root, MapNode)
    assert str(place(root, ("m", "a"))) == "f.yaml:2:3"
    assert str(place(root, ("m", "b"))) == "f.yaml:5:3"


MISTAKES = {
    "key twice": ("a: 1\nb: 2\na: 3\n", 'f.yaml:3:1: the key "a" is here twice, first in line 1'),
    "key twice, spelled differently": (
        "x:\n  1: a\n  '1': b\n",
        'f.yaml:3:3: the key "1" is here twice, first in line 2',
    ),
    "key twice in a flow map": ("x: {a: 1, a: 2}\n", 'f.yaml:1:11: the key "a" is here twice, first in line 1'),
    "list as a key": ("? [a]\n: 1\n", "f.yaml:1:3: a key has to be a text, this is a list or a map"),
    "no key": ("? \n: 1\n", "f.yaml:1:2: a key is missing here"),
    "null as a key": ("~: 1\n", "f.yaml:1:1: a key is missing here"),
    "tagged null as a key": ("!!null '': 1\n", "f.yaml:1:1: a key is missing here"),
    "merge of a number": ("<<: 1\n", "f.yaml:1:5: `<<` takes a map, or a list of maps"),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        (
            "f.yaml:3:1: a second YAML document starts here; the file has to hold one\n"
            "  try: move it to a file of its own and name that under `extends`"
        ),
    ),
    "tab": (
        "a:\n\tb: 1\n",
        (
            "f.yaml:2:1: found character '\\t' that cannot start any token\n"
            "  try: indent with spaces, not tabs; put quotes around a text that starts with %, @ or `"
        ),
    ),
    "colon in a text": (
        "a: b: c\n",
        (
            "f.yaml:1:5: mapping values are not allowed here\n"
            "  try: put quotes around a text that holds a colon, and check the indentation"
        ),
    ),
    "unclosed quote": ("a: 'x\nb: 1\n", "f.yaml:3:1: found unexpected end of stream"),
    "not a number": ("a: {b: .nan}\n", "f.yaml:1:8: .nan is no number that JSON, and so Helm, can hold"),
    "infinity": ("a: -.Inf\n", "f.yaml:1:4: -.Inf is no number that JSON, and so Helm, can hold"),
    "200,000 brackets": ("a: " + "[" * 200_000, "f.yaml:1:203: nested more than 200 deep"),
    "recursive alias": ("a: &a [*a]\n", "f.yaml:1:8: alias *a has no anchor before it"),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_yaml_is_named_with_its_place(text: str, message: str) -> None:
    """`path:line:col: message`, and what to try where that helps."""
    with pytest.raises(DesiredStateError) as caught:
        parse(text, "f.yaml")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "a: [https://b, :80]\n",
        "é: {b: 'c\n  d'}\n",
        "\ufeffa: &x {b: =}\nc: *x\nd: {<<: *x, e: yes}\n",
        "a: |\n  b\n  c\n\nd: >-\n  e\n  f\n",
        '# à\r\na:\r\n- b # c\r\n- "\\u00e9"\r\n',
    ],
)
def test_either_parser_reads_a_file_the_same(text: str) -> None:
    """Values and places; what the fast one refuses, the exact one may take."""
    assert [parse(text, "f.yaml")] == parse_all(text, "f.yaml")
