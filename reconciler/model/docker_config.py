"""Logins in Docker's config.json, which pull secrets hold: https://docs.docker.com/reference/cli/docker/login/."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from reconciler.model.json import JsonMap, as_map, text_at
from reconciler.model.oci import Credentials
from reconciler.model.secret import SecretText


def login_in(entry: JsonMap) -> Credentials | None:
    """The user and password that stand in an entry, apart or as the encoded pair; None: there are none."""
    username, password = text_at(entry, "username"), text_at(entry, "password")
    try:
        # As Docker reads it: the pair wins.
        pair = base64.b64decode(text_at(entry, "auth"), validate=True).decode().strip("\x00")
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    if ":" in pair:
        username, _, password = pair.partition(":")
    return Credentials(username, SecretText(password)) if username and password else None


def logins(encoded: str) -> Mapping[str, Credentials] | None:
    """Host → login, in base64 of a config.json; None: it is none, or an entry has no user and password."""
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
    except (ValueError, RecursionError):
        return None
    found = {host: login_in(as_map(entry)) for host, entry in as_map(as_map(document).get("auths")).items()}
    known = {host: login for host, login in found.items() if login}
    return known if len(known) == len(found) and found else None
