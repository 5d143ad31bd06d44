"""`-o` of the commands that CI runs: the formats beside text, and errors in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from reconciler.errors import ReconcilerError

TEXT = "text"
_FORMATS = {
    "json": "json is one document",
    "markdown": "markdown is for a comment on a pull request",
    "junit": "junit is JUnit's XML",
    "annotations": "annotations are GitHub's and Gitea's notes beside the lines of a file",
    "code-quality": "code-quality is GitLab's",
}


def with_formats(*, markdown: bool = False) -> Callable[..., Any]:
    """The option; Markdown only where there is a plan to read."""
    names = [name for name in _FORMATS if markdown or name != "markdown"]
    told = "; ".join(_FORMATS[name] for name in names)
    return click.option(
        "-o",
        "--output",
        type=click.Choice([TEXT, *names]),
        default=TEXT,
        show_default=True,
        help=f"What goes to stdout: {told}.",
    )


@contextmanager
def errors_in(output: str, command: str, environment: str) -> Iterator[None]:
    """What ends the command is told in its format as well, so that CI shows it; stderr has it anyway."""
    try:
        yield
    except ReconcilerError as error:
        if output != TEXT:
            from reconciler.report.formats import Format, error_as  # noqa: PLC0415 - only when something is wrong

            told = error_as(Format(output), error, command, environment)
            if told:
                click.echo(told)
        raise
