"""`reconcile chart`: from a chart's source to a published archive."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def chart() -> None:
    """Make charts: create, lint, package."""


@chart.command()
@click.argument("name")
@click.option(
    "-d",
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The folder to make it in; default: this one.",
)
def create(name: str, directory: Path) -> None:
    """Make a new chart, called NAME, in a folder of that name.

    It deploys one application, and has what an environment file sets: the image's tag as `app.version`, replicaCount,
    imagePullSecrets, settings. values.schema.json says what is valid.
    """
    from reconciler.adapters.charts.workshop import LocalWorkshop  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_create import create_chart  # noqa: PLC0415 - heavy

    made = create_chart(name, directory, LocalWorkshop())
    click.echo(f"created {made}: say in values.yaml which image it runs, then try `reconcile chart lint {made}`")
