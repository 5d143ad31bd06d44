"""`reconcile sync`: arguments → a daemon, and signals → what it is to do."""

from __future__ import annotations

import sys
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import with_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.daemon.config.load import SyncFile


def _seconds(text: str) -> float:
    from reconciler.desired.durations import parse_duration  # noqa: PLC0415 - help needs none of it

    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter("a duration such as 30s or 2m") from error


_LOG_FORMAT = click.option(
    "--log-format",
    "layout",
    type=click.Choice(["json", "text"]),
    help="How the log on stderr is written; default: text on a terminal, else json.",
)
_LOG_LEVEL = click.option(
    "--log-level",
    "level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="From which level on.",
)


def _with_log(command: Callable[..., None]) -> Callable[..., None]:
    """The options of the log, which is set up before the command begins."""

    @_LOG_FORMAT
    @_LOG_LEVEL
    @wraps(command)
    def logging(*arguments: Any, layout: str | None, level: str, **options: Any) -> None:
        _log(layout or ("text" if sys.stderr.isatty() else "json"), level)
        command(*arguments, **options)

    return logging


@click.command()
@click.option("-f", "--file", "path", metavar="FILE", type=click.Path(), help="The Sync file.")
@click.option(
    "-e", "--environment", metavar="FILE", type=click.Path(), help="Instead: keep this environment file, as it is here."
)
@click.option("--watch", is_flag=True, help="With -e: apply each change of the files as soon as it is saved.")
@click.option("--dry-run", is_flag=True, help="With -e: look, and change nothing.")
@click.option("--listen", metavar="HOST:PORT", help="With -e: where the status page is served.")
@click.option(
    "--grace",
    metavar="DURATION",
    default="30s",
    show_default=True,
    callback=lambda _context, _option, given: _seconds(given),
    help="When it is told to end: how long what is under way may take before it is ended in order.",
)
@_with_log
@with_engine
def sync(
    path: str | None,
    environment: str | None,
    listen: str | None,
    grace: float,
    engine: str,
    *,
    watch: bool,
    dry_run: bool,
) -> None:
    """Keep clusters at what a git branch says, for ever.

    SIGHUP: read the Sync file anew, ask the source, and look at everything now. SIGTERM and Ctrl-C: end in order; the
    second time at once.
    """
    from reconciler.cli.sync_wiring import run_daemon  # noqa: PLC0415 - heavy

    if (path is None) == (environment is None):
        raise click.UsageError("give either a Sync file with -f, or an environment file with -e")
    if path is not None and (watch or dry_run or listen):
        raise click.UsageError("--watch, --dry-run and --listen go with -e; the Sync file says so itself")
    read = partial(_file, path) if path else partial(_folder, str(environment), listen, dry_run=dry_run)
    sys.exit(run_daemon(read, engine, grace, watch=watch or path is not None))


def _log(layout: str, level: str) -> None:
    from reconciler.daemon.telling.log_lines import LogFormat, LogLevel, log_to  # noqa: PLC0415 - heavy
    from reconciler.model.secret import Mask  # noqa: PLC0415 - heavy

    # What is told was masked where it was made.
    log_to(sys.stderr, LogFormat(layout), LogLevel(level), Mask())


def _file(path: str) -> SyncFile:
    from reconciler.cli.wiring import make_inputs  # noqa: PLC0415 - heavy
    from reconciler.daemon.config.load import load_sync  # noqa: PLC0415 - heavy

    return load_sync(path, make_inputs(Path(path)))


def _folder(environment: str, listen: str | None, *, dry_run: bool) -> SyncFile:
    from reconciler.cli.wiring import make_inputs  # noqa: PLC0415 - heavy
    from reconciler.daemon.config.load import sync_of_folder  # noqa: PLC0415 - heavy

    inputs = make_inputs(Path(environment))
    located = inputs.files.locate(environment, None)
    below = located.relative_to(inputs.files.root).as_posix()
    return sync_of_folder(str(inputs.files.root), below, listen, inputs, dry_run=dry_run)
