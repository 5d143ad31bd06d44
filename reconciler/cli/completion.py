"""`reconcile completion`: the script that a shell loads."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from reconciler.cli.main import main


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    bash:  eval "$(reconcile completion bash)"            in ~/.bashrc
    zsh:   eval "$(reconcile completion zsh)"             in ~/.zshrc
    fish:  reconcile completion fish > ~/.config/fish/completions/reconcile.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(made(main, {}, "reconcile", "_RECONCILE_COMPLETE").source())
