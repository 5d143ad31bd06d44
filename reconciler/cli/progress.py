"""What is under way, on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from rich.status import Status

    from reconciler.model.outcome import Event
    from reconciler.model.transfer import Progress as TransferProgress


class Progress(Protocol):
    """Shows progress; lines that stay go to the stream that they are said to."""

    def say(self, text: str, out: IO[str]) -> None:
        """Print lines that stay."""
        ...

    def event(self, event: Event, line: str | None, out: IO[str]) -> None:
        """Show that an action began or ended."""
        ...


class _Plain:
    """No terminal, such as in CI: lines that stay, and nothing that moves."""

    def say(self, text: str, out: IO[str]) -> None:
        click.echo(text, file=out, color=True)

    def event(self, event: Event, line: str | None, out: IO[str]) -> None:
        del event
        if line is not None:
            self.say(line, out)


class _Live:
    """A terminal: a moving line names what is under way."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._running: dict[str, None] = {}

    def say(self, text: str, out: IO[str]) -> None:
        # The moving line gives way: both may be on the same terminal.
        self._status.stop()
        click.echo(text, file=out, color=True)
        self._status.start()

    def event(self, event: Event, line: str | None, out: IO[str]) -> None:
        from reconciler.model.outcome import Started, Waiting  # noqa: PLC0415 - loaded long before the first event

        if isinstance(event, Started):
            self._running[str(event.action.target)] = None
        elif not isinstance(event, Waiting):
            self._running.pop(str(event.action.target), None)
        if line is not None:
            self.say(line, out)
        self._status.update(", ".join(self._running) or "done")


@contextmanager
def make_progress(what: str) -> Iterator[Progress]:
    """Progress for the time of the context; `what` is shown until the first event."""
    if not sys.stderr.isatty():
        yield _Plain()
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and only for terminals

    with Console(stderr=True).status(what) as status:
        yield _Live(status)


@contextmanager
def transfer_progress(name: str) -> Iterator[TransferProgress]:
    """A bar for a transfer on a terminal; elsewhere nothing. `name` is what is transferred."""
    from reconciler.model.transfer import unseen  # noqa: PLC0415 - of no use to the other commands

    if not sys.stderr.isatty():
        yield unseen
        return
    from rich.console import Console  # noqa: PLC0415 - heavy, and only for terminals
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415 - so

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield show
