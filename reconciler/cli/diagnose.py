"""`diagnose`: arguments → the flow → its report, printed."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import (
    make_style,
    print_document,
    print_text,
    start,
    with_engine,
    with_environment,
    with_only,
    with_output,
)
from reconciler.cli.progress import make_progress

FINDINGS = 2
_LOG_LINES = 10


@click.command()
@with_environment
@with_only
@with_output
@with_engine
@click.option(
    "--logs",
    type=click.IntRange(0, 500),
    default=_LOG_LINES,
    show_default=True,
    metavar="N",
    help="How many lines of the log of each container that failed are shown.",
)
def diagnose(environment: str, only: tuple[str, ...], output: str, engine: str, logs: int) -> None:
    """Show why releases do not run: the cause, what shows it, and what to try; nothing is written.

    Exit code: 0 all is healthy, 2 something was found, 1 an error.
    """
    from reconciler.flows.diagnose import diagnose as flow  # noqa: PLC0415 - heavy
    from reconciler.report.findings import diagnosis_text  # noqa: PLC0415 - heavy

    with make_progress("looking at the clusters"):
        found = flow(*start(environment, only, engine), logs)
    if output == "json":
        from reconciler.report.finding_documents import findings_document  # noqa: PLC0415 - heavy

        print_document(findings_document(found.environment, found.releases, found.findings))
    else:
        print_text(diagnosis_text(found.environment, found.releases, found.findings, make_style(sys.stdout)))
    sys.exit(0 if found.is_healthy else FINDINGS)
