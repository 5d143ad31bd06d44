"""Options of saved plans: `plan --save` and `apply --plan`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.formats import errors_in
from reconciler.cli.options import Begin, with_beginning

if TYPE_CHECKING:
    from datetime import timedelta

    from reconciler.flows.apply import Review
    from reconciler.flows.context import Context, Request
    from reconciler.model.plan import Plan

# What was asked for → the plan, and what is to be told of its file.
Planning = Callable[["Request", "Context"], "tuple[Plan, str | None]"]

# A change is reviewed and merged within a working day; what moved meanwhile is noticed anyway.
_LIFETIME = "24h"

_PATH = click.Path(path_type=Path)
_KEY_FILE = click.option(
    "--key-file",
    type=_PATH,
    metavar="FILE",
    help="The key that seals saved plans; else RECONCILE_PLAN_KEY, else a key of this user on this machine.",
)
_SAVE = click.option("--save", "target", type=_PATH, metavar="FILE", help="Save the plan, for `apply --plan`.")
_LIFETIME_OPTION = click.option(
    "--lifetime",
    default=_LIFETIME,
    show_default=True,
    metavar="DURATION",
    callback=lambda _context, _option, given: _duration(given),
    help="For how long a saved plan may be applied.",
)
_MADE_BY = click.option(
    "--made-by",
    envvar="RECONCILE_MADE_BY",
    metavar="TEXT",
    help="Who makes the plan, such as a job and its run; else user@host.  [env var: RECONCILE_MADE_BY]",
)
_RECIPIENT = click.option(
    "--age-recipient",
    "recipients",
    multiple=True,
    metavar="age1…",
    help="Encrypt the secrets into the saved plan, for whoever has this key. Can be given several times.",
)
_ENVIRONMENT = click.option(
    "-e", "--environment", metavar="FILE", type=click.Path(), help="The environment file; not needed with --plan."
)
_PLAN = click.option(
    "--plan", "plan_file", type=_PATH, metavar="FILE", help="Do exactly what this saved plan says, or nothing."
)
_IDENTITY = click.option(
    "--age-identity",
    "identity",
    type=_PATH,
    metavar="FILE",
    help="Take the secrets from the saved plan, opened with this private key, instead of where they come from.",
)


def with_saving(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that may save its plan; the command gets `planning`."""

    @_SAVE
    @_LIFETIME_OPTION
    @_MADE_BY
    @_RECIPIENT
    @_KEY_FILE
    @wraps(command)
    def saving(
        *arguments: Any,
        target: Path | None,
        lifetime: timedelta,
        made_by: str | None,
        recipients: tuple[str, ...],
        key_file: Path | None,
        **options: Any,
    ) -> None:
        if target is None and (recipients or key_file):
            raise click.UsageError("--age-recipient and --key-file are for a plan that is saved: add --save FILE")
        planning = _unsaved if target is None else _saved(target, lifetime, made_by, recipients, key_file)
        command(*arguments, planning=planning, **options)

    return saving


def _unsaved(request: Request, context: Context) -> tuple[Plan, str | None]:
    from reconciler.flows.plan import plan  # noqa: PLC0415 - heavy

    return plan(request, context), None


def _saved(
    target: Path, lifetime: timedelta, made_by: str | None, recipients: tuple[str, ...], key_file: Path | None
) -> Planning:
    from reconciler.cli.saved_wiring import make_saving  # noqa: PLC0415 - heavy

    saving = make_saving(target, lifetime, made_by, recipients, key_file)

    def planning(request: Request, context: Context) -> tuple[Plan, str | None]:
        from reconciler.flows.saved import plan_and_save  # noqa: PLC0415 - heavy
        from reconciler.report.saved import saved_line  # noqa: PLC0415 - heavy

        planned, saved = plan_and_save(request, context, saving)
        told = f"saved in {target}: {saved_line(saved)}" if saved else f"not saved in {target}: a guard refuses it"
        return planned, told

    return planning


def with_planning_or_saved(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that makes a plan, or takes a saved one; the command gets what to do, and `review`."""

    @_ENVIRONMENT
    @_PLAN
    @_IDENTITY
    @_KEY_FILE
    @with_beginning
    @wraps(command)
    def started(
        environment: str | None,
        plan_file: Path | None,
        identity: Path | None,
        key_file: Path | None,
        begin: Begin,
        **others: Any,
    ) -> None:
        if plan_file is not None:
            with errors_in(others["output"], "apply", str(plan_file)):
                request, context, review = _opened(plan_file, environment, begin, identity, key_file)
        else:
            request, context, review = _without(environment, begin, identity or key_file)
        command(request, context, review=review, **others)

    return started


def _without(environment: str | None, begin: Begin, of_saved: Path | None) -> tuple[Request, Context, Review]:
    from reconciler.flows.apply import no_review  # noqa: PLC0415 - heavy

    if environment is None:
        raise click.UsageError("missing option '-e' / '--environment'; or '--plan', which names it")
    if of_saved is not None:
        raise click.UsageError("--age-identity and --key-file are for a saved plan: add --plan FILE")
    return *begin(environment), no_review


def _opened(
    plan_file: Path, environment: str | None, begin: Begin, identity: Path | None, key_file: Path | None
) -> tuple[Request, Context, Review]:
    from reconciler.cli.saved_wiring import (  # noqa: PLC0415 - heavy
        decryption,
        find_environment,
        plan_key,
        read_plan,
    )
    from reconciler.flows.saved import open_saved  # noqa: PLC0415 - heavy
    from reconciler.report.saved import read_saved, saved_line  # noqa: PLC0415 - heavy

    saved, seal = read_saved(read_plan(plan_file), str(plan_file), plan_key(key_file))
    request, context = begin(environment or find_environment(saved.asked.environment))
    opened = open_saved(saved, seal, request, context, decryption(identity))
    click.echo(saved_line(saved), err=True)
    return opened.request, opened.context, opened.review


def _duration(text: str) -> timedelta:
    from datetime import timedelta  # noqa: PLC0415 - help needs none of it

    from reconciler.desired.durations import parse_duration  # noqa: PLC0415 - the same

    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError:
        raise click.BadParameter("a duration such as 90s, 30m or 24h, of at most a year") from None
