"""`validate`, `render`, `plan`, `apply` and `status`: arguments → a flow → its report, printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.progress import make_progress
from reconciler.report.style import Style

if TYPE_CHECKING:
    from pydantic import BaseModel

    from reconciler.errors import DesiredStateError
    from reconciler.flows.context import Context, Request
    from reconciler.model.outcome import Event
    from reconciler.model.plan import Plan

CHANGES, NOT_WELL = 2, 2
# On two cores 8 were as fast as 4, and 2 were slower by a quarter: the API server has the rest of the work.
_WORKERS = 4
_ENGINES = ("auto", "library", "program")

_environment = click.option(
    "-e",
    "--environment",
    required=True,
    metavar="FILE",
    type=click.Path(),
    help="The environment file.",
)
_only = click.option(
    "--only",
    multiple=True,
    metavar="SELECTOR",
    help="Only these releases: NAME, namespace=…, cluster=…; * is a wildcard. Can be given several times.",
)
_output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json prints one document on stdout.",
)
_engine = click.option(
    "--engine",
    type=click.Choice(_ENGINES),
    default="auto",
    show_default=True,
    envvar="RECONCILE_ENGINE",
    help="How Helm is run: in this process, or as a program.",
)
_break_lock = click.option(
    "--break-lock",
    is_flag=True,
    help="Take operations in progress for dead, and repair them. Make sure that they are.",
)
_workers = click.option(
    "--workers", type=click.IntRange(1, 64), default=_WORKERS, show_default=True, help="Releases done at once."
)
_full = click.option("--full", is_flag=True, help="Show the content of new objects, and what stays as it is.")


def _start(
    environment: str, only: tuple[str, ...], engine: str, *, break_lock: bool = False
) -> tuple[Request, Context]:
    from reconciler.cli.wiring import make_context  # noqa: PLC0415 - the heavy part of a start
    from reconciler.flows.context import Request  # noqa: PLC0415 - the same

    return Request(environment, only, break_lock), make_context(environment, engine)


@click.command()
@_environment
@_output
def validate(environment: str, output: str) -> None:
    """Check an environment's files; no cluster is asked.

    All mistakes are reported at once, each as path:line:column: message. Exit code: 0 valid, 1 not.
    """
    from reconciler.errors import DesiredStateErrors  # noqa: PLC0415 - heavy, with the next
    from reconciler.flows.validate import validate as flow  # noqa: PLC0415 - heavy

    try:
        desired = flow(*_start(environment, (), "auto"))
    except DesiredStateErrors as found:
        if output == "json":
            _print_validation(environment, 0, found.errors)
            sys.exit(1)
        raise
    if output == "json":
        _print_validation(environment, len(desired.releases), ())
        return
    parts = (desired.releases, "release"), (desired.namespaces, "namespace"), (desired.secrets, "secret")
    counted = ", ".join(f"{len(items)} {word}{'' if len(items) == 1 else 's'}" for items, word in parts)
    click.echo(f"{environment} is valid: {counted}")


@click.command()
@_environment
@_only
@_engine
def render(environment: str, only: tuple[str, ...], engine: str) -> None:
    """Print the objects that would be applied, as YAML; secrets are masked, no cluster is asked."""
    from reconciler.flows.render import render_all  # noqa: PLC0415 - heavy
    from reconciler.report.objects import objects_yaml  # noqa: PLC0415 - heavy

    rendered = render_all(*_start(environment, only, engine))
    click.echo(objects_yaml(rendered.objects, rendered.mask))


@click.command()
@_environment
@_only
@_output
@_engine
@_full
@_break_lock
def plan(environment: str, only: tuple[str, ...], output: str, engine: str, *, full: bool, break_lock: bool) -> None:
    """Show what apply would do, and why; nothing is written.

    Exit code: 0 nothing to do, 2 changes, 1 an error, or an action that is blocked.
    """
    from reconciler.flows.plan import plan as flow  # noqa: PLC0415 - heavy
    from reconciler.report.text import plan_text  # noqa: PLC0415 - heavy

    with make_progress("looking at the clusters"):
        planned = flow(*_start(environment, only, engine, break_lock=break_lock))
    if output == "json":
        from reconciler.report.documents import plan_document  # noqa: PLC0415 - heavy

        _print_document(plan_document(planned))
    else:
        _show(plan_text(planned, _style(sys.stdout), full=full))
    sys.exit(1 if planned.blocked else CHANGES if planned.changes else 0)


@click.command()
@_environment
@_only
@_output
@_engine
@_full
@_break_lock
@click.option(
    "--workers", type=click.IntRange(1, 64), default=_WORKERS, show_default=True, help="Releases done at once."
)
def apply(
    environment: str,
    only: tuple[str, ...],
    output: str,
    engine: str,
    workers: int,
    *,
    full: bool,
    break_lock: bool,
) -> None:
    """Make the clusters as the environment says.

    What fails stops only what needs it. Exit code: 0 converged, 1 an error.
    """
    from reconciler.flows.apply import apply as flow  # noqa: PLC0415 - heavy
    from reconciler.report.text import event_text, outcome_text, plan_text, spans_clusters  # noqa: PLC0415 - heavy

    out = sys.stderr if output == "json" else sys.stdout
    style = _style(out)
    request, context = _start(environment, only, engine, break_lock=break_lock)
    several = False
    with make_progress("looking at the clusters") as progress:

        def show(planned: Plan) -> None:
            nonlocal several
            several = spans_clusters(planned)
            progress.say(plan_text(planned, style, full=full), out)

        def emit(event: Event) -> None:
            progress.event(event, event_text(event, style, several=several), out)

        outcome = flow(request, context, workers, show, emit)
    click.echo(outcome_text(outcome, style), file=out, color=True)
    if output == "json":
        from reconciler.report.documents import outcome_document  # noqa: PLC0415 - heavy

        _print_document(outcome_document(outcome))
    sys.exit(0 if outcome.converged else 1)


@click.command()
@_environment
@_only
@_output
@_engine
def status(environment: str, only: tuple[str, ...], output: str, engine: str) -> None:
    """Show how each release stands: in sync, drifted, out of sync, failed, locked; health and revision.

    Exit code: 0 all well, 2 not.
    """
    from reconciler.flows.status import status as flow  # noqa: PLC0415 - heavy
    from reconciler.report.status import status_document, status_text  # noqa: PLC0415 - heavy

    with make_progress("looking at the clusters"):
        found = flow(*_start(environment, only, engine))
    rows = [(item.id, item.standing, item.health) for item in found.releases]
    if output == "json":
        _print_document(status_document(found.environment, rows, found.others, well=found.is_well))
    else:
        _show(status_text(found.environment, rows, found.others, _style(sys.stdout)))
    sys.exit(0 if found.is_well else NOT_WELL)


def _show(text: str) -> None:
    """Print as it is: whether there are colours was decided when the text was made."""
    click.echo(text, color=True)


def _style(stream: Any) -> Style:
    """Colours on a terminal, unless NO_COLOR is set (https://no-color.org); FORCE_COLOR sets them elsewhere."""
    if os.environ.get("NO_COLOR"):
        return Style(colour=False)
    return Style(colour=stream.isatty() or bool(os.environ.get("FORCE_COLOR")))


def _print_document(document: BaseModel) -> None:
    click.echo(document.model_dump_json(indent=2))


def _print_validation(environment: str, releases: int, errors: Sequence[DesiredStateError]) -> None:
    from reconciler.report.documents import validation_document  # noqa: PLC0415 - heavy

    _print_document(validation_document(environment, releases, errors))
