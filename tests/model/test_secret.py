"""Secrets: nothing prints them, and the mask finds them in every form in which they travel."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.model.json import Json
from reconciler.model.secret import MASK, SHORTEST_MASKED_INSIDE_TEXT, Mask, SecretText, mask_secret_object

PEM = """\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
-----END PRIVATE KEY-----
"""


def mask(*secrets: str) -> Mask:
    """A mask for these secrets."""
    return Mask.of(map(SecretText, secrets))


@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, "{!r}".format, "{:>40}".format, lambda secret: json.dumps({"a": str(secret)})]
)
def test_a_secret_shows_the_mask_however_it_is_printed(show: Callable[[SecretText], str]) -> None:
    """Only `reveal` gives the text."""
    secret = SecretText("correct-horse")
    assert "correct" not in show(secret)
    assert secret.reveal() == "correct-horse"


def test_a_mask_does_not_show_what_it_hides() -> None:
    """A mask in an error or a log is harmless."""
    assert repr(mask("correct-horse", "battery")) == "Mask(2 values)"


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 for a URL": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "path of a URL": lambda text: quote(text, safe=""),
    "query of a URL": quote_plus,
    "login of a URL, by Go": lambda text: quote(text, safe="$&+,;="),
    "JSON in ASCII": lambda text: json.dumps(text)[1:-1],
    "JSON": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON by Go": lambda text: re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text)[1:-1]),
}
SECRETS = st.text(min_size=SHORTEST_MASKED_INSIDE_TEXT, max_size=40).filter(
    lambda text: "•" not in text and len(text.strip()) >= SHORTEST_MASKED_INSIDE_TEXT
)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(secret=SECRETS, before=st.text(max_size=10), after=st.text(max_size=10))
def test_no_form_of_a_secret_is_left_in_a_masked_text(
    form: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    """A text that holds the secret in some form holds it in no form once it is masked."""
    assume(not re.search(r"[\ud800-\udfff]", secret))
    shown = mask(secret).text(before + form(secret) + after)
    assert MASK in shown
    for other in FORMS.values():
        assert other(secret) not in shown


@given(st.text(min_size=1, max_size=SHORTEST_MASKED_INSIDE_TEXT - 1).filter(lambda text: text.strip()))
def test_a_short_secret_is_masked_where_it_is_the_whole_value(secret: str) -> None:
    """Inside a text it would blot out ordinary words."""
    assert mask(secret).text(secret) == MASK
    assert mask(secret).json({"key ": [secret, {"key ": secret}]}) == {"key ": [MASK, {"key ": MASK}]}


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("7", "7 of 17", "7 of 17"),
        ("ok", "that is ok", "that is ok"),
        ("correct-horse", "postgres://u:correct-horse@db", f"postgres://u:{MASK}@db"),
        ("correct-horse\n", "it is correct-horse, is it", f"it is {MASK}, is it"),
        ('say "hi"', r'{"a": "say \"hi\"!"}', f'{{"a": "{MASK}!"}}'),
        ("a<b&c", r'{"a": "a\u003cb\u0026c"}', f'{{"a": "{MASK}"}}'),
        ('é"xyz', 'the value "é\\"xyz" is no number', f'the value "{MASK}" is no number'),
        ("p$ss/word", "postgres://u:p$ss%2Fword@db", f"postgres://u:{MASK}@db"),
        ("", "nothing", "nothing"),
    ],
)
def test_a_secret_is_masked_inside_a_text(secret: str, text: str, shown: str) -> None:
    """The rest of the text stays readable."""
    assert mask(secret).text(text) == shown


@pytest.mark.parametrize("indent", ["", "    "], ids=["as it stands", "in a block scalar"])
def test_a_secret_of_several_lines_is_masked_line_by_line(indent: str) -> None:
    """A PEM that a chart has indented is as secret as before."""
    text = "".join(f"{indent}{line}\n" for line in PEM.splitlines())
    shown = mask(PEM).text(f"tls.key: |\n{text}ca.crt: none\n")
    assert all(line not in shown for line in PEM.splitlines())
    assert shown.startswith("tls.key: |\n")
    assert shown.endswith("ca.crt: none\n")


@pytest.mark.parametrize(
    ("secret", "value", "shown"),
    [
        ("123456", 123456, MASK),
        ("123456", 1234567, 1234567),
        ("1.50", 1.5, MASK),
        ("1e3", 1000.0, MASK),
        ("0x1F", 31, MASK),
        ("0755", 493, MASK),
        ("12345678901234567890123", 1.2345678901234568e22, MASK),
        ("1_000", 1000, MASK),
        ("true", True, MASK),
        ("1", True, True),
        ("0", False, False),
        ("null", None, MASK),
        ("9" * 5000, 5, 5),
    ],
    ids=str,
)
def test_a_secret_that_became_a_number_is_masked(secret: str, value: Json, shown: Json) -> None:
    """A chart that prints a secret without quotes makes a number or a word of it."""
    assert mask(secret).json({"a": [value]}) == {"a": [shown]}


def test_keys_are_masked_too() -> None:
    """A secret as a key of a map is as visible as one in a value."""
    assert mask("correct-horse").json({"correct-horse": 1, "b": None}) == {MASK: 1, "b": None}


def test_the_longest_secret_wins() -> None:
    """A secret that holds another one leaves no rest of itself."""
    assert mask("horse", "horse-battery").text("a horse-battery") == f"a {MASK}"


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (
            {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}, "stringData": {"b": "y"}, "type": "Opaque"},
            {"apiVersion": "v1", "kind": "Secret", "data": {"a": MASK}, "stringData": {"b": MASK}, "type": "Opaque"},
        ),
        ({"apiVersion": "v1", "kind": "Secret", "data": None}, {"apiVersion": "v1", "kind": "Secret", "data": None}),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x"}},
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x"}},
        ),
        (
            {"apiVersion": "example.com/v1", "kind": "Secret", "data": {"a": "x"}},
            {"apiVersion": "example.com/v1", "kind": "Secret", "data": {"a": "x"}},
        ),
    ],
    ids=["secret", "empty secret", "config map", "another group's Secret"],
)
def test_the_data_of_a_kubernetes_secret_is_masked(item: dict[str, Json], shown: dict[str, Json]) -> None:
    """Whoever made it, and whether its values are known or not."""
    assert mask_secret_object(item) == shown
