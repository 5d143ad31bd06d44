"""Which values look like secrets. Better one too many: a reference costs a variable, a secret in git costs more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from reconciler.model.compare import Path, show
from reconciler.model.json import Json, JsonMap, as_map

_SECRET_WORDS = frozenset(
    {
        *(
            "password",
            "passwd",
            "pwd",
            "pass",
            "passphrase",
            "passcode",
            "secret",
            "token",
            "credential",
            "credentials",
        ),
        *("apikey", "dsn", "privatekey", "secretkey", "accesskey", "pat", "jwt", "salt", "pepper"),
    }
)
_SECRET_PAIRS = frozenset(
    {
        *(("api", "key"), ("private", "key"), ("secret", "key"), ("access", "key"), ("encryption", "key")),
        *(("signing", "key"), ("license", "key"), ("auth", "key"), ("master", "key"), ("account", "key")),
        *(("connection", "string"), ("database", "url"), ("webhook", "url"), ("shared", "key"), ("root", "key")),
    }
)
# A key with one of these names something that is elsewhere.
_REFERS = frozenset({"existing", "ref", "name", "pull", "use", "enable", "create"})
# Keys of maps whose texts are secrets whatever they are called, and what in them is none.
_SECRET_MAPS = frozenset({"secrets", "passwords", "credentials", "tokens", "secret"})
_HARMLESS = frozenset(
    {"name", "namespace", "type", "path", "annotations", "labels", "key", "class", "kind", "provider"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CONTENT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@"  # a URL with a password
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."  # a JSON web token
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|rk_live_|AKIA|AIza|npm_|dckr_pat_)[\w-]{8,}",
)
# What a pod's environment or a template is asked to put there.
_PLACEHOLDER = re.compile(r"\$[({]\w+[)}]")


def sensitive(values: JsonMap, plain: Sequence[str] = ()) -> Iterator[Path]:
    """The paths of all texts and numbers that look like secrets, but for those that a pattern of `plain` means."""
    return (path for path in _below(values, (), secret=False) if not _is_plain(path, plain))


def _is_plain(path: Path, plain: Sequence[str]) -> bool:
    # A bracket would be a class of characters for fnmatch; in a path it is the number of an item.
    return any(fnmatchcase(show(path), pattern.replace("[", "[[]")) for pattern in plain)


def _below(value: Json, path: Path, *, secret: bool) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, item in value.items():
            named = _is_pair(value, key)
            yield from _below(item, (*path, key), secret=named or _by_key(key, item, above=secret))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _below(item, (*path, i), secret=secret and isinstance(item, str | dict))
    elif _is_secret(value, secret=secret):
        yield path


def _is_pair(item: JsonMap, key: str) -> bool:
    """Whether `key` is the value of a list item such as `{name: DB_PASSWORD, value: …}`."""
    name = as_map(item).get("name")
    return key == "value" and isinstance(name, str) and _is_secret_name(name)


def _by_key(key: str, value: Json, *, above: bool) -> bool:
    words = _words(key)
    if isinstance(value, dict | list):
        named = bool(_SECRET_MAPS.intersection(words)) and not _REFERS.intersection(words)
        return named or (above and key not in _HARMLESS)
    return _is_secret_name(key) or (above and not _HARMLESS.intersection(words[-1:]))


def _is_secret_name(name: str) -> bool:
    words = _words(name)
    if not words or _REFERS.intersection(words):
        return False
    return words[-1] in _SECRET_WORDS or tuple(words[-2:]) in _SECRET_PAIRS


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_secret(value: Json, *, secret: bool) -> bool:
    if isinstance(value, bool) or value in (None, ""):
        return False
    if isinstance(value, str):
        return (secret and not _PLACEHOLDER.fullmatch(value)) or bool(_CONTENT.search(value))
    return secret
