"""Templates → HTML. Every value is cleaned, cut and escaped on its way in, whatever a template does."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.daemon.http import words
from reconciler.report.style import clean
from reconciler.report.values import cut

# No sentence of ours is near it; a hostile one may be megabytes.
_LONGEST = 4_000
_PACKAGE = "reconciler.daemon.http"
ASSETS = {
    name: (content_type, (files(_PACKAGE) / "static" / name).read_bytes())
    for name, content_type in (
        ("style.css", "text/css; charset=utf-8"),
        ("live.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    )
}


def environment() -> Environment:
    """What the templates are made with."""
    made = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_told,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {name: getattr(words, name) for name in _FILTERS}
    made.filters.update(filters, asset=asset, link=_link)
    made.globals["most_actions"] = words.MOST_ACTIONS
    return made


_FILTERS = (
    "ago",
    "at",
    "diff",
    "due",
    "findings",
    "is_suspended",
    "is_well",
    "level",
    "releases_worst_first",
    "sign",
    "state",
    "took",
    "worst_first",
)


def asset(name: str) -> str:
    """The address of a file of ours; another one for each content, so that a browser may keep it."""
    digest = hashlib.sha256(ASSETS[name][1]).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _link(*parts: str) -> str:
    """The path of a page, whose parts may be anything."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _told(value: object) -> object:
    """What a template shows: text without characters that steer (controls, directions), and not endless."""
    return value if isinstance(value, Markup) else cut(clean(str(value)), _LONGEST)
