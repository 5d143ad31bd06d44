"""What commands on an environment share: their options, how they begin, and how they print."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from reconciler.report.style import Style

if TYPE_CHECKING:
    from pydantic import BaseModel

    from reconciler.flows.context import Context, Request
    from reconciler.model.policy import Consent, Risk

# An environment file → what was asked for, and the adapters to do it with.
Begin = Callable[[str], "tuple[Request, Context]"]

# On two cores 8 were as fast as 4, and 2 were slower by a quarter: the API server has the rest of the work.
_WORKERS = 4
_ENGINES = ("auto", "library", "program")

with_environment = click.option(
    "-e",
    "--environment",
    required=True,
    metavar="FILE",
    type=click.Path(),
    help="The environment file.",
)
with_only = click.option(
    "--only",
    multiple=True,
    metavar="SELECTOR",
    help="Only these releases: NAME, namespace=…, cluster=…, LABEL=…, several of them with commas; != excludes, * is a "
    "wildcard. Can be given several times.",
)
_WITH_NEEDS = click.option("--with-needs", is_flag=True, help="With --only: also what the selected releases need.")
with_output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json prints one document on stdout.",
)
with_engine = click.option(
    "--engine",
    type=click.Choice(_ENGINES),
    default="auto",
    show_default=True,
    envvar="RECONCILE_ENGINE",
    help="How Helm is run: in this process, or as a program.",
)
with_break_lock = click.option(
    "--break-lock",
    is_flag=True,
    help="Take operations in progress for dead, and repair them. Make sure that they are.",
)
with_locked = click.option(
    "--locked", is_flag=True, help="Refuse charts from repositories that are not in the lock file: for CI."
)
with_workers = click.option(
    "--workers", type=click.IntRange(1, 64), default=_WORKERS, show_default=True, help="Releases done at once."
)
with_lock_timeout = click.option(
    "--lock-timeout",
    metavar="DURATION",
    default="0",
    show_default=True,
    envvar="RECONCILE_LOCK_TIMEOUT",
    callback=lambda _context, _option, given: _duration(given),
    help="How long to wait for the lock while another run is at work: 90s, 10m; 0: not at all.",
)
with_full = click.option("--full", is_flag=True, help="Show the content of new objects, and what stays as it is.")


_ALLOW = click.option(
    "--allow",
    "risks",
    multiple=True,
    metavar="RISK[=NAME]",
    callback=lambda _context, _option, given: tuple(map(_risk, given)),
    help="Allow this risk this once; for one object only: deletes-data=persistentvolumeclaim/shop/data.",
)
_ALLOW_RECREATE = click.option(
    "--allow-recreate",
    "recreate",
    multiple=True,
    metavar="NAME",
    help="Allow this object to be deleted and made anew: deployment/shop/api.",
)
_ALLOW_DELETIONS = click.option(
    "--allow-deletions",
    "deletions",
    type=click.IntRange(0),
    help="Allow this many releases, secrets and namespaces to be removed this once.",
)


def _duration(text: str) -> float:
    from reconciler.desired.durations import parse_duration  # noqa: PLC0415 - help needs none of it

    try:
        return 0.0 if text == "0" else parse_duration(text)
    except ValueError as error:
        raise click.BadParameter("a duration such as 90s, 5m or 1h30m; or 0") from error


def _risk(text: str) -> tuple[Risk, str]:
    from reconciler.model.policy import Risk  # noqa: PLC0415 - help needs none of it

    name, _, pattern = text.partition("=")
    if name not in set(Risk):
        raise click.BadParameter(f"{name} is no risk; known: {', '.join(Risk)}")
    return Risk(name), pattern or "*"


def with_consent(command: Callable[..., None]) -> Callable[..., None]:
    """The options that allow something this once; the command gets a `Consent`."""

    @_ALLOW
    @_ALLOW_RECREATE
    @_ALLOW_DELETIONS
    @wraps(command)
    def consented(
        *arguments: Any,
        risks: tuple[tuple[Risk, str], ...],
        recreate: tuple[str, ...],
        deletions: int | None,
        **options: Any,
    ) -> None:
        from reconciler.model.policy import Consent  # noqa: PLC0415 - help needs none of it

        command(*arguments, consent=Consent(risks, recreate, deletions), **options)

    return consented


def with_planning(command: Callable[..., None]) -> Callable[..., None]:
    """The options of commands that make a plan; the command gets what `start` made of them."""

    @with_environment
    @with_beginning
    @wraps(command)
    def started(environment: str, begin: Begin, **others: Any) -> None:
        command(*begin(environment), **others)

    return started


def with_beginning(command: Callable[..., None]) -> Callable[..., None]:
    """The same without the environment file: the command gets `begin`, to be called with it."""

    @with_only
    @_WITH_NEEDS
    @with_engine
    @with_break_lock
    @with_locked
    @with_consent
    @wraps(command)
    def beginning(
        only: tuple[str, ...],
        engine: str,
        *,
        break_lock: bool,
        locked: bool,
        with_needs: bool,
        consent: Consent,
        **others: Any,
    ) -> None:
        def begin(environment: str) -> tuple[Request, Context]:
            request, context = start(environment, only, engine)
            asked = replace(request, break_lock=break_lock, locked=locked, consent=consent, with_needs=with_needs)
            return asked, context

        command(begin=begin, **others)

    return beginning


def start(environment: str, only: tuple[str, ...], engine: str) -> tuple[Request, Context]:
    """What was asked for, and the adapters to do it with."""
    from reconciler.cli.wiring import make_context  # noqa: PLC0415 - the heavy part of a start
    from reconciler.flows.context import Request  # noqa: PLC0415 - the same

    return Request(environment, only), make_context(environment, engine)


def print_text(text: str) -> None:
    """Print as it is: whether there are colours was decided when the text was made."""
    click.echo(text, color=True)


def make_style(stream: Any) -> Style:
    """Colours on a terminal, unless NO_COLOR is set (https://no-color.org); FORCE_COLOR sets them elsewhere."""
    if os.environ.get("NO_COLOR"):
        return Style(colour=False)
    return Style(colour=stream.isatty() or bool(os.environ.get("FORCE_COLOR")))


def print_document(document: BaseModel) -> None:
    """Print a document: on stdout, where nothing else goes then."""
    click.echo(document.model_dump_json(indent=2))
