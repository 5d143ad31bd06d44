"""`reconcile chart`: from a chart's source to a published archive."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import with_engine

_FOLDER = click.Path(file_okay=False, path_type=Path)
_with_directory = click.option(
    "-d",
    "--directory",
    type=_FOLDER,
    default=Path(),
    metavar="DIR",
    help="The folder to make it in; default: this one.",
)


@click.group()
def chart() -> None:
    """Make charts: create, lint, package."""


@chart.command()
@click.argument("name")
@_with_directory
def create(name: str, directory: Path) -> None:
    """Make a new chart, called NAME, in a folder of that name.

    It deploys one application, and has what an environment file sets: the image's tag as `app.version`, replicaCount,
    imagePullSecrets, settings. values.schema.json says what is valid.
    """
    from reconciler.cli.wiring import open_workshop  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_create import create_chart  # noqa: PLC0415 - heavy

    with open_workshop(directory, "auto") as workshop:
        made = create_chart(name, directory, workshop)
    click.echo(f"created {made}: say in values.yaml which image it runs, then try `reconcile chart lint {made}`")


@chart.command()
@click.argument("folder", type=_FOLDER)
@click.option("--version", metavar="VERSION", help="The version of the archive, instead of that in Chart.yaml.")
@click.option("--app-version", metavar="VERSION", help="The appVersion, instead of that in Chart.yaml.")
@_with_directory
@with_engine
def package(folder: Path, version: str | None, app_version: str | None, directory: Path, engine: str) -> None:
    """Make the archive NAME-VERSION.tgz of the chart in FOLDER, and print its path and digest.

    The same chart gives the same bytes, wherever and whenever. Dependencies that are missing in charts/ are built.
    It is not signed.
    """
    from reconciler.authoring.package import Renumbering  # noqa: PLC0415 - heavy
    from reconciler.cli.wiring import open_workshop  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_package import package_chart  # noqa: PLC0415 - heavy

    with open_workshop(folder, engine) as workshop:
        made = package_chart(folder, directory, Renumbering(version, app_version), workshop)
    click.echo(f"{made.path} sha256:{made.digest}")
