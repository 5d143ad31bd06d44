"""The program's first lines: whatever goes wrong from here on is a message and an exit code, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

# What a shell gives for a program that Ctrl-C ended: 128 and the signal's number.
INTERRUPTED = 130


def run() -> None:
    """The program `reconcile`."""
    try:
        # Imported here, so that Ctrl-C during the imports is caught as well.
        from reconciler.cli.main import main  # noqa: PLC0415

        sys.exit(_code(main))
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has gone; there is nobody left to tell.
        sys.stderr.close()
        sys.exit(1)


def _code(main: Callable[..., object]) -> int:
    import click  # noqa: PLC0415 - as above

    from reconciler.errors import ReconcilerError  # noqa: PLC0415 - as above

    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ReconcilerError as error:
        click.echo(_shown(str(error)), err=True)
        return error.exit_code
    return 0


def _shown(message: str) -> str:
    from reconciler.report.style import clean  # noqa: PLC0415 - only when something is wrong

    return clean(message)
