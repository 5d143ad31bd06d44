"""`reconcile sandbox`: a control plane on this machine, to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox import SandboxStatus

_name = click.option("--name", default="default", show_default=True, help="Which sandbox, of several side by side.")
_quiet = click.option("--quiet", is_flag=True, help="Do not tell on stderr what is being done.")


@click.group()
def sandbox() -> None:
    """A real Kubernetes control plane on this machine, with simulated nodes.

    It is kept in the folder $RECONCILE_SANDBOX_HOME, or in your cache folder.
    """


@sandbox.command()
@_name
@click.option(
    "--stages",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="kwok Stage objects (YAML) to add to the built-in ones, or to replace those of the same name.",
)
@_quiet
def up(name: str, stages: Path | None, *, quiet: bool) -> None:
    """Start a sandbox, or use the one that runs.

    The first start downloads the programs, or builds them with Go if the downloads cannot be reached.
    """

    from reconciler.sandbox import Sandbox  # noqa: PLC0415 - heavy; other commands must start fast

    state = Sandbox(name).up(_progress(quiet=quiet), stages)
    click.echo(f"sandbox {name} is running at {state.server}")
    click.echo(f"export KUBECONFIG={state.kubeconfig}")


@sandbox.command()
@_name
@click.option("--all", "everything", is_flag=True, help="Every sandbox in the folder.")
@_quiet
def down(name: str, *, everything: bool, quiet: bool) -> None:
    """Stop a sandbox and delete its data; the programs are kept for the next start."""
    from reconciler.sandbox import Sandbox, sandbox_names  # noqa: PLC0415 - heavy

    for each in sandbox_names() if everything else [name]:
        existed = Sandbox(each).down(_progress(quiet=quiet))
        click.echo(f"sandbox {each} {'is stopped and deleted' if existed else 'was not there'}")


@sandbox.command()
@_name
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def status(context: click.Context, name: str, output: str) -> None:
    """How a sandbox is. Exit status 0: it runs; 1: it does not."""
    from reconciler.sandbox import Sandbox  # noqa: PLC0415 - heavy

    found = Sandbox(name).status()
    click.echo(_as_json(found) if output == "json" else _as_text(found))
    context.exit(0 if found.running else 1)


@sandbox.command()
@_name
@click.option("--path", "only_path", is_flag=True, help="Print where it is instead of what is in it.")
def kubeconfig(name: str, *, only_path: bool) -> None:
    """Print the administrator's kubeconfig of a sandbox."""
    from reconciler.errors import SandboxError  # noqa: PLC0415 - with the other
    from reconciler.sandbox import Sandbox  # noqa: PLC0415 - heavy

    path = Sandbox(name).kubeconfig_path
    if not path.is_file():
        start = "reconcile sandbox up" + (f" --name {name}" if name != "default" else "")
        raise SandboxError(f"there is no sandbox {name}, so it has no kubeconfig", hint=start)
    click.echo(str(path) if only_path else path.read_text(encoding="utf-8").rstrip("\n"))


@sandbox.command()
@click.option("--only", multiple=True, metavar="NAME", help="This program; may be repeated. All when left out.")
@_quiet
def programs(only: tuple[str, ...], *, quiet: bool) -> None:
    """Prepare the programs without starting anything; prints where each is."""
    from reconciler.sandbox.catalog import PROGRAMS  # noqa: PLC0415 - with the other
    from reconciler.sandbox.programs import ensure  # noqa: PLC0415 - heavy

    for path in ensure(only or PROGRAMS, _progress(quiet=quiet)).values():
        click.echo(str(path))


def _progress(*, quiet: bool) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    return tell


def _as_text(status: SandboxStatus) -> str:
    lines = [f"sandbox {status.name}: {status.condition} ({status.reason})"]
    if status.server:
        lines += [f"server: {status.server}", f"kubeconfig: {status.kubeconfig}"]
    lines += [f"  {each.name}: pid {each.pid}{'' if each.alive else ', dead'}" for each in status.processes]
    return "\n".join(lines)


def _as_json(status: SandboxStatus) -> str:
    import json  # noqa: PLC0415 - with the other
    from dataclasses import asdict  # noqa: PLC0415 - with the other

    return json.dumps(asdict(status), default=str)
