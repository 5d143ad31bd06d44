"""`update`: arguments → the flow → its report, printed."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import (
    make_style,
    print_document,
    print_text,
    start,
    with_environment,
    with_only,
    with_output,
)
from reconciler.cli.progress import make_progress

WOULD_CHANGE = 2


@click.command()
@with_environment
@click.argument("releases", nargs=-1, metavar="[RELEASE]...")
@with_only
@with_output
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when something would change.")
def update(environment: str, releases: tuple[str, ...], only: tuple[str, ...], output: str, *, check: bool) -> None:
    """Ask the repositories which version, and which archive, each chart stands for now; write it into the lock file.

    The file lies beside the environment file, with the ending .lock; commit it. What it says is used by every other
    command, until it is updated again. RELEASE: only the charts of these releases. Entries that are no longer used go.
    """
    from reconciler.cli.wiring import save_text  # noqa: PLC0415 - heavy
    from reconciler.flows.update import update as flow  # noqa: PLC0415 - heavy
    from reconciler.report.lock import update_document, update_text  # noqa: PLC0415 - heavy

    with make_progress("asking the repositories"):
        made = flow(*start(environment, (*only, *releases), "auto"), None if check else save_text)
    if output == "json":
        print_document(update_document(made))
    else:
        print_text(update_text(made, make_style(sys.stdout), written=not check))
    sys.exit(WOULD_CHANGE if check and made.changed else 0)
