"""`reconcile import`: what there is already → an environment file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import make_style, print_text, with_engine
from reconciler.cli.progress import make_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model.importing import Drafts, Imported
    from reconciler.model.json import Json, JsonMap

LEFT_OUT = 2

_with_directory = click.option(
    "-d",
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The folder to write into; default: this one.",
)
_with_force = click.option("--force", is_flag=True, help="Replace files that are there already.")


def _with_credentials(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--plugin", "plugins", multiple=True, metavar="NAME", help="What the kubeconfig may run."),
        click.option("--context", metavar="NAME", help="The context in the kubeconfig; default: its current one."),
        click.option("--in-cluster", is_flag=True, help="The ServiceAccount of the pod that this runs in."),
        click.option("--kubeconfig-env", metavar="NAME", help="The variable that holds the content of a kubeconfig."),
        click.option("--kubeconfig", metavar="FILE", help="A kubeconfig; default: ~/.kube/config."),
    ):
        command = option(command)
    return command


@click.group("import")
def import_group() -> None:
    """Write an environment file from what there is already: from a cluster, or from a helmfile."""


@import_group.command()
@click.option("--name", required=True, metavar="NAME", help="The name of the environment, and of its file.")
@_with_credentials
@click.option("--cluster", default="main", show_default=True, metavar="NAME", help="What the file calls the cluster.")
@click.option(
    "-n",
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAME",
    help="Only these namespaces; default: all that have releases.",
)
@click.option("--only", multiple=True, metavar="PATTERN", help="Only releases of this name; * is a wildcard.")
@click.option("--repository", "repositories", multiple=True, metavar="NAME=URL", help="Where charts may be from.")
@click.option("--chart", "charts", multiple=True, metavar="PATH", help="A chart's folder or archive.")
@click.option(
    "--plain",
    multiple=True,
    metavar="PATTERN",
    help="What looks like a secret and may stand in files: users[0].token; CHART:token, a chart's default; * for all.",
)
@_with_directory
@_with_force
@with_engine
def cluster(name: str, directory: Path, engine: str, *, force: bool, **given: Any) -> None:
    """Write DIR/NAME.yaml of the releases, namespaces and pull secrets that are live in a cluster.

    A plan of it shows no changes. Charts are found in the repositories, or rebuilt from what Helm keeps; values that
    look like secrets become references to variables. Exit code: 0 all of it, 2 something was left out, 1 an error.
    """
    from reconciler.cli.wiring import open_import  # noqa: PLC0415 - heavy
    from reconciler.flows.import_cluster import import_cluster  # noqa: PLC0415 - heavy
    from reconciler.importing.request import ClusterImport  # noqa: PLC0415 - heavy

    request = ClusterImport(
        environment=name,
        folder=directory,
        cluster=given["cluster"],
        access=_access(directory, **{key: given[key] for key in _CREDENTIALS}),
        namespaces=given["namespaces"],
        only=given["only"],
        repositories=dict(map(_repository, given["repositories"])),
        charts=tuple(_from(directory, path) for path in given["charts"]),
        plain=given["plain"],
    )
    with open_import(Path(request.file), engine) as world, make_progress("looking at the cluster"):
        found = import_cluster(request, world)
        _finish(found, directory, world.drafts, force=force)


@import_group.command()
@click.argument("helmfile", default="helmfile.yaml", type=click.Path())
@click.option(
    "-e", "--environment", "selected", default="default", show_default=True, help="The helmfile's environment."
)
@click.option("--name", metavar="NAME", help="The name of the new environment; default: that of the helmfile's.")
@_with_credentials
@click.option("--cluster", default="main", show_default=True, metavar="NAME", help="What the file calls the cluster.")
@_with_directory
@_with_force
def helmfile(helmfile: str, selected: str, name: str | None, directory: Path, *, force: bool, **given: Any) -> None:
    """Write DIR/NAME.yaml of what HELMFILE describes, for one of its environments.

    Templates are not evaluated: give what `helmfile build` prints. What has no counterpart is told with its place.
    Exit code: 0 all of it, 2 something was left out, 1 an error.
    """
    from reconciler.cli.wiring import make_inputs, open_drafts  # noqa: PLC0415 - heavy
    from reconciler.flows.import_helmfile import HelmfileImport, import_helmfile  # noqa: PLC0415 - heavy

    access = _access(directory, **{key: given[key] for key in _CREDENTIALS})
    request = HelmfileImport(helmfile, selected, name or selected, directory, given["cluster"], access)
    with open_drafts() as drafts:
        _finish(import_helmfile(request, make_inputs(Path(helmfile))), directory, drafts, force=force)


_CREDENTIALS = ("kubeconfig", "kubeconfig_env", "in_cluster", "context", "plugins")


def _access(
    directory: Path,
    kubeconfig: str | None,
    kubeconfig_env: str | None,
    context: str | None,
    plugins: tuple[str, ...],
    *,
    in_cluster: bool,
) -> JsonMap:
    """The cluster's entry in the file: where its credentials are, never what they are."""
    if (kubeconfig is not None) + (kubeconfig_env is not None) + in_cluster > 1:
        raise click.UsageError("`--kubeconfig`, `--kubeconfig-env` and `--in-cluster` exclude each other")
    source: dict[str, Json] = {"file": _from(directory, kubeconfig or "~/.kube/config")}
    if kubeconfig_env:
        source = {"env": kubeconfig_env}
    if in_cluster:
        source = {"inCluster": True}
    more: dict[str, Json] = {"context": context, "plugins": list(plugins)}
    return {"kubeconfig": source, **{key: value for key, value in more.items() if value}}


def _from(directory: Path, path: str) -> str:
    """A path as a file in the folder names it."""
    if path.startswith("~") or Path(path).is_absolute():
        return path
    found = os.path.relpath(path, directory)
    return found if found.startswith(".") else f"./{found}"


def _repository(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not equals or not name or "://" not in url:
        raise click.UsageError(f"--repository {text}: NAME=URL is needed, such as team=https://charts.example.com")
    return name, url


def _finish(found: Imported, directory: Path, drafts: Drafts, *, force: bool) -> None:
    from reconciler.report.imported import imported_text  # noqa: PLC0415 - heavy

    written = drafts.publish(directory, found.files, force=force)
    print_text(imported_text(found, str(written[-1]), make_style(sys.stdout)))
    sys.exit(0 if found.is_complete else LEFT_OUT)
