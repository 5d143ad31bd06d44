"""`reconcile chart`: from a chart's source to a published archive."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.options import make_style, print_document, print_text, with_engine, with_output
from reconciler.cli.transfer import list_versions, pull, push

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
    """Make and publish charts: create, lint, package, push, pull, list."""


chart.add_command(push)
chart.add_command(pull)
chart.add_command(list_versions)


@chart.command()
@click.argument("name")
@_with_directory
def create(name: str, directory: Path) -> None:
    """Make a new chart, called NAME, in a folder of that name.

    It deploys one application, and has what an environment file sets: the image's tag as `app.version`, replicaCount,
    imagePullSecrets, settings. values.schema.json says what is valid.
    """
    from reconciler.cli.wiring import make_workshop  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_create import create_chart  # noqa: PLC0415 - heavy

    made = create_chart(name, directory, make_workshop())
    click.echo(f"created {made}: say in values.yaml which image it runs, then try `reconcile chart lint {made}`")


@chart.command()
@click.argument("folders", type=_FOLDER, nargs=-1, required=True, metavar="FOLDER...")
@click.option("-e", "--environment", metavar="FILE", help="Try the values of this environment's releases of the chart.")
@click.option("--values", multiple=True, metavar="FILE", help="Try these values; later files win.")
@with_output
@with_engine
def lint(folders: tuple[Path, ...], environment: str | None, values: tuple[str, ...], output: str, engine: str) -> None:
    """Find what is wrong with the charts in these folders.

    Helm's own lint; the metadata; the values by values.schema.json, with the line of each that does not fit; every
    template rendered, and what it renders. Exit code: 0 no errors (there may be warnings), 1 errors.
    """
    from reconciler.cli.wiring import open_bench  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_lint import Trial, lint_chart  # noqa: PLC0415 - heavy
    from reconciler.report.lint import lint_document, lint_text  # noqa: PLC0415 - heavy

    if environment is not None and values:
        raise click.UsageError("`-e` and `--values` exclude each other")
    results = []
    for folder in folders:
        with open_bench(folder, engine) as bench:
            results.append(lint_chart(folder, Trial(environment, values), bench))
    if output == "json":
        print_document(lint_document(results))
    else:
        print_text(lint_text(results, make_style(sys.stdout)))
    sys.exit(0 if all(result.is_valid for result in results) else 1)


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
    from reconciler.cli.wiring import make_workshop, open_bench  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_package import package_chart  # noqa: PLC0415 - heavy

    with open_bench(folder, engine) as bench:
        made = package_chart(folder, directory, Renumbering(version, app_version), bench.reader, make_workshop())
    click.echo(f"{made.path} sha256:{made.digest}")
