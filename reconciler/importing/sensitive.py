"""Which values look like secrets. Better one too many: a reference costs a variable, a secret in git costs more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from reconciler.model.compare import Path, show
from reconciler.model.json import Json, JsonMap

# What a name ends in that is one of a secret, word by word.
_PHRASES = frozenset(
    tuple(phrase.split())
    for phrase in (
        *("password", "passwd", "pwd", "pw", "pass", "passphrase", "passcode", "pat", "salt", "pepper", "jwt", "dsn"),
        *("secret", "token", "credential", "credentials", "apikey", "privatekey", "secretkey", "accesskey"),
        *("api key", "private key", "secret key", "access key", "encryption key", "signing key", "license key"),
        *("auth key", "master key", "account key", "shared key", "root key"),
        *("connection string", "database url", "webhook url"),
    )
)
# What may follow, as numbers and single letters may: `passwordOld`, `SECRET_KEY_BASE`, `tokenBase64`.
_FOLLOW = frozenset(
    {
        *("old", "new", "previous", "current", "next", "default", "primary", "secondary", "admin", "root"),
        *("value", "text", "plain", "raw", "base", "encoded", "hash", "hashed"),
    }
)
# Words that end in these are mostly others: `compass`, `basalt`.
_APART = frozenset({"pass", "pat", "salt"})
_JOINED = "|".join(sorted(phrase[0] for phrase in _PHRASES if len(phrase) == 1 and phrase[0] not in _APART))
# Where words meet that are written as one: `dbpassword`, `imagepullsecrets`.
_SEAM = re.compile(rf"(?<=[a-z])(?=(?:pull)?(?:{_JOINED})s?$)")
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


def sensitive(values: JsonMap, plain: Sequence[str] = (), within: str = "") -> Iterator[Path]:
    """The paths of all texts and numbers that look like secrets, but for those that a pattern of `plain` means.

    In a pattern, a path comes after `within`.
    """
    found = _below(values, (), secret=False)
    return (path for path in found if not _is_plain(f"{within}{show(path)}", plain))


def _is_plain(shown: str, plain: Sequence[str]) -> bool:
    # A bracket would be a class of characters for fnmatch; in a path it is the number of an item.
    return any(fnmatchcase(shown, pattern.replace("[", "[[]")) for pattern in plain)


def _below(value: Json, path: Path, *, secret: bool) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, item in value.items():
            named = key == "value" and _is_named(value, path)
            yield from _below(item, (*path, key), secret=named or _by_key(key, item, above=secret))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _below(item, (*path, i), secret=secret and isinstance(item, str | dict))
    elif _is_secret(value, secret=secret):
        yield path


def _is_named(item: JsonMap, path: Path) -> bool:
    """Whether a map such as `{name: DB_PASSWORD, value: …}`, or `{value: …}` at this path, is of a secret."""
    names = (item.get("name"), item.get("key"), *path[-1:])
    return any(isinstance(name, str) and _is_secret_name(name) for name in names)


def _by_key(key: str, value: Json, *, above: bool) -> bool:
    words = _words(key)
    if isinstance(value, dict | list):
        named = bool(_SECRET_MAPS.intersection(words)) and not _REFERS.intersection(words)
        return named or (above and key not in _HARMLESS)
    return _is_secret_name(key) or (above and not _HARMLESS.intersection(words[-1:]))


def _is_secret_name(name: str) -> bool:
    words = _words(name)
    if _REFERS.intersection(words):
        return False
    while words and _may_follow(words[-1]):
        words.pop()
    return any(tuple(words[-count:]) in _PHRASES for count in (1, 2))


def _may_follow(word: str) -> bool:
    return len(word) == 1 or word.isdigit() or word in _FOLLOW


def _words(name: str) -> list[str]:
    return [word for found in _WORD.findall(name) for word in _SEAM.split(found.lower())]


def _is_secret(value: Json, *, secret: bool) -> bool:
    if isinstance(value, bool) or value in (None, ""):
        return False
    if isinstance(value, str):
        return (secret and not _PLACEHOLDER.fullmatch(value)) or bool(_CONTENT.search(value))
    return secret
