"""`validate`, `render`, `plan`, `apply` and `status`: arguments → a flow → its report, printed."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.formats import TEXT, errors_in, with_formats
from reconciler.cli.options import (
    make_style,
    print_document,
    print_text,
    start,
    with_engine,
    with_environment,
    with_full,
    with_lock_timeout,
    with_only,
    with_output,
    with_planning,
    with_workers,
)
from reconciler.cli.progress import make_progress
from reconciler.cli.saved import with_planning_or_saved, with_saving

if TYPE_CHECKING:
    from reconciler.cli.saved import Planning
    from reconciler.flows.apply import Review
    from reconciler.flows.context import Context, Request
    from reconciler.model.outcome import Event
    from reconciler.model.plan import Plan

CHANGES, NOT_WELL, REFUSED = 2, 2, 3


@click.command()
@with_environment
@with_formats()
def validate(environment: str, output: str) -> None:
    """Check an environment's files; no cluster is asked.

    All mistakes are reported at once, each as path:line:column: message. Exit code: 0 valid, 1 not.
    """
    from reconciler.errors import DesiredStateErrors  # noqa: PLC0415 - heavy, with the next
    from reconciler.flows.validate import validate as flow  # noqa: PLC0415 - heavy

    try:
        with errors_in(output, "validate", environment):
            desired = flow(*start(environment, (), "auto"))
    except DesiredStateErrors as found:
        if output == "json":
            from reconciler.report.documents import validation_document  # noqa: PLC0415 - heavy

            print_document(validation_document(environment, 0, found.errors))
            sys.exit(1)
        raise
    if output != TEXT:
        from reconciler.report.formats import Format, valid_as  # noqa: PLC0415 - heavy

        click.echo(valid_as(Format(output), environment, len(desired.releases)))
        return
    parts = (desired.releases, "release"), (desired.namespaces, "namespace"), (desired.secrets, "secret")
    counted = ", ".join(f"{len(items)} {word}{'' if len(items) == 1 else 's'}" for items, word in parts)
    click.echo(f"{environment} is valid: {counted}")


@click.command()
@with_environment
@with_only
@with_engine
def render(environment: str, only: tuple[str, ...], engine: str) -> None:
    """Print the objects that would be applied, as YAML; secrets are masked, no cluster is asked."""
    from reconciler.flows.render import render_all  # noqa: PLC0415 - heavy
    from reconciler.report.objects import objects_yaml  # noqa: PLC0415 - heavy

    rendered = render_all(*start(environment, only, engine))
    click.echo(objects_yaml(rendered.objects, rendered.mask))


@click.command()
@with_planning
@with_saving
@with_formats(markdown=True)
@with_full
def plan(request: Request, context: Context, output: str, planning: Planning, *, full: bool) -> None:
    """Show what apply would do, and why; nothing is written.

    Exit code: 0 nothing to do, 2 changes, 1 an error, or an action that is blocked, 3 a guard refuses it.
    """
    from reconciler.report.text import plan_text  # noqa: PLC0415 - heavy

    with errors_in(output, "plan", request.environment), make_progress("looking at the clusters"):
        planned, told = planning(request, context)
    if output == TEXT:
        print_text(plan_text(planned, make_style(sys.stdout), full=full))
    else:
        from reconciler.report.formats import Format, plan_as  # noqa: PLC0415 - heavy

        click.echo(plan_as(Format(output), planned, request.environment))
    if told:
        click.echo(told, err=True)
    sys.exit(REFUSED if planned.refusals else 1 if planned.blocked else CHANGES if planned.changes else 0)


@click.command()
@with_planning_or_saved
@with_formats()
@with_full
@with_workers
@with_lock_timeout
def apply(
    request: Request, context: Context, review: Review, output: str, workers: int, lock_timeout: float, *, full: bool
) -> None:
    """Make the clusters as the environment says.

    What fails stops only what needs it; what a guard refuses is not begun. Exit code: 0 converged, 1 an error,
    3 refused by a guard, or because another run is at work.
    """
    from reconciler.flows.apply import apply as flow  # noqa: PLC0415 - heavy
    from reconciler.report.text import event_text, outcome_text, plan_text, spans_clusters  # noqa: PLC0415 - heavy

    out = sys.stdout if output == TEXT else sys.stderr
    style = make_style(out)
    several = False
    with errors_in(output, "apply", request.environment), make_progress("looking at the clusters") as progress:

        def show(planned: Plan) -> None:
            nonlocal several
            several = spans_clusters(planned)
            progress.say(plan_text(planned, style, full=full), out)

        def emit(event: Event) -> None:
            progress.event(event, event_text(event, style, several=several), out)

        outcome = flow(replace(request, lock_timeout=lock_timeout), context, workers, show, emit, review)
    click.echo(outcome_text(outcome, style), file=out, color=True)
    if output != TEXT:
        from reconciler.report.formats import Format, outcome_as  # noqa: PLC0415 - heavy

        click.echo(outcome_as(Format(output), outcome, request.environment))
    sys.exit(REFUSED if outcome.plan.refusals else 0 if outcome.converged else 1)


@click.command()
@with_environment
@with_only
@with_output
@with_engine
def status(environment: str, only: tuple[str, ...], output: str, engine: str) -> None:
    """Show how each release stands: in sync, drifted, out of sync, failed, locked; health and revision.

    Exit code: 0 all well, 2 not.
    """
    from reconciler.flows.status import status as flow  # noqa: PLC0415 - heavy
    from reconciler.report.status import status_document, status_text  # noqa: PLC0415 - heavy

    with make_progress("looking at the clusters"):
        found = flow(*start(environment, only, engine))
    rows = [(item.id, item.standing, item.health) for item in found.releases]
    if output == "json":
        print_document(status_document(found.environment, rows, found.others, well=found.is_well))
    else:
        print_text(status_text(found.environment, rows, found.others, make_style(sys.stdout)))
    sys.exit(0 if found.is_well else NOT_WELL)
