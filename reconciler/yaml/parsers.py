"""The parsers: an exact one and a fast one. Each is imported when it is first used.

ruamel.yaml's own parser is the nearest to Go's: it takes what Helm takes. libyaml, through PyYAML, is twenty times as
fast and refuses a little more (`[https://a, :80]`); what it takes, it reads the same. (The libyaml inside ruamel.yaml
is an older one: it refuses even `{url: https://x}`.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any


@dataclass(frozen=True, slots=True)
class Parser:
    """A YAML parser.

    Attributes:
        open: text → a function that gives the next event.
        events: the classes of its events.
        failed: the error that it raises; most know the place, as `problem_mark`.
    """

    open: Callable[[str], Callable[[], Any]]
    events: Any
    failed: type[Exception]


@cache
def for_people() -> Parser:
    """ruamel.yaml, for files of a project that the other refuses: its messages are the better ones too."""
    from ruamel.yaml import YAML, error, events  # noqa: PLC0415 - each run needs only one of the two

    def start(text: str) -> Callable[[], Any]:
        return partial(next, YAML(typ="safe", pure=True).parse(text))

    return Parser(start, events, error.YAMLError)


@cache
def for_machines() -> Parser:
    """libyaml, for manifests, charts and kubeconfigs, and at first for the files of a project."""
    from yaml import cyaml, error, events  # noqa: PLC0415 - as above

    def start(text: str) -> Callable[[], Any]:
        next_event: Callable[[], Any] = cyaml.CParser(text).get_event  # type: ignore[attr-defined]  # not in __all__
        return next_event

    return Parser(start, events, error.YAMLError)
