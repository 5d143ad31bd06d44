"""The program's first lines: whatever goes wrong from here on is a message and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from reconciler.apply.interrupts import end_on

# What a shell gives for a program that Ctrl-C ended: 128 and the signal's number.
INTERRUPTED = 130


def run() -> None:
    """The program `reconcile`."""
    # A CI job is cancelled with SIGTERM, and a closed terminal sends SIGHUP; like Ctrl-C, they end a run in order.
    end_on("SIGINT", "SIGTERM", "SIGHUP")
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
    except Exception as error:
        if os.environ.get("RECONCILE_TRACEBACK"):
            raise
        sys.stderr.write(_bug(error))
        sys.exit(1)


def _bug(error: Exception) -> str:
    """What a user needs for a report. Without the error's own text, which may quote anything."""
    frames = []
    frame = error.__traceback__
    while frame is not None:
        frames.append(f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}")
        frame = frame.tb_next
    return (
        f"a bug in reconciler: {type(error).__name__} at {frames[-1] if frames else 'an unknown place'}\n"
        "  try: report it; RECONCILE_TRACEBACK=1 shows more, which may include secrets\n"
    )


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
        # click's own code for wrong usage is 2, which scripts know as "there are changes".
        return 1
    except ReconcilerError as error:
        click.echo(_shown(str(error)), err=True)
        return error.exit_code
    return 0


def _shown(message: str) -> str:
    from reconciler.report.style import clean  # noqa: PLC0415 - only when something is wrong

    return clean(message)
