"""The command line. Commands are imported when they are run, so that help and completion answer at once."""

from __future__ import annotations

from importlib import import_module

import click

from reconciler import __version__

# Command → its module below reconciler.cli, and the line that `--help` shows for it.
_COMMANDS = {
    "validate": ("environment", "Check an environment's files; no cluster is asked."),
    "render": ("environment", "Print the objects that would be applied, as YAML."),
    "plan": ("environment", "Show what apply would do, and why; nothing is written."),
    "apply": ("environment", "Make the clusters as the environment says."),
    "sync": ("sync", "Keep clusters at what a git branch says, for ever."),
    "update": ("update", "Lock which version of each chart is used, or move it."),
    "status": ("environment", "Show how each release stands."),
    "chart": ("chart", "Make and publish charts: create, lint, package, push, pull, list."),
    "diagnose": ("diagnose", "Show why releases do not run, and what to try."),
    "preflight": ("preflight", "Show whether an environment can be applied from here."),
    "import": ("importing", "Write an environment file from what there is already."),
    "sandbox": ("sandbox", "A real control plane on this machine, to try things on."),
    "completion": ("completion", "Print what a shell needs to complete commands."),
}
# What a function cannot be called.
_NAMES = {"import": "import_group"}


class _LazyGroup(click.Group):
    """Knows its commands by name and help, and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"reconciler.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, _NAMES.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reconcile")
def main() -> None:
    """Make Kubernetes clusters match a file: Helm releases, namespaces and secrets, declared and reconciled."""
