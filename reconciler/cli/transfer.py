"""`chart push`, `pull` and `list`: charts between this machine and repositories."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.options import print_document, print_text, with_engine, with_output
from reconciler.cli.progress import transfer_progress

if TYPE_CHECKING:
    from reconciler.model.repository import ChartRepository
    from reconciler.model.transfer import Progress

_USERNAME = "RECONCILE_REPOSITORY_USERNAME"
_PASSWORD = "RECONCILE_REPOSITORY_PASSWORD"  # noqa: S105 (the name of a variable)
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Access:
    """How to reach a repository: as an environment file says, or by what is given here."""

    environment: str | None
    username: str | None
    password_stdin: bool
    ca_file: Path | None

    def open(self, named: str, progress: Progress) -> ChartRepository:
        """The repository at an address, or of that name in the environment file."""
        from reconciler.cli.wiring import repository_at, repository_in  # noqa: PLC0415 - heavy

        if "://" in named:
            return repository_at(named, *self._login(), self.ca_file, progress)
        if self.environment is None:
            raise click.UsageError(f"{named} is no address; with `-e FILE` it is a repository of that environment")
        if self.password_stdin or self.ca_file:
            raise click.UsageError(f"repository {named} has its login and authority from {self.environment}")
        return repository_in(self.environment, named, progress)

    def _login(self) -> tuple[str | None, str | None]:
        password = self._password()
        if (self.username is None) == (password is None):
            return self.username, password
        lacking = f"the password: set {_PASSWORD}, or give it by `--password-stdin`"
        if password is not None:
            lacking = f"the user: set {_USERNAME}, or give it by `--username`"
        raise click.UsageError(f"a user and a password go together; what is missing is {lacking}")

    def _password(self) -> str | None:
        # Never an argument: everyone on the machine can read those.
        if self.password_stdin:
            # As variables are given to us: what is no UTF-8 is refused in one place.
            return os.fsdecode(sys.stdin.buffer.readline()).rstrip("\r\n")
        return os.environ.get(_PASSWORD) or None


def _with_access(command: _Command) -> _Command:
    for option in (
        click.option("--ca-file", type=click.Path(path_type=Path), help="The certificate authority of its server."),
        click.option("--password-stdin", is_flag=True, help=f"Read the password from stdin, not ${_PASSWORD}."),
        click.option("--username", envvar=_USERNAME, show_envvar=True, help="The user."),
        click.option("-e", "--environment", metavar="FILE", help="The environment file that names the repository."),
    ):
        command = option(command)
    return command


_with_repository = click.option(
    "--repository", metavar="REPOSITORY", help="Its repository: an address, or a name in the environment file."
)


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("repository")
@click.option("--force", is_flag=True, help="Replace a version that is published with other content.")
@_with_access
def push(archive: Path, repository: str, *, force: bool, **access: Any) -> None:
    """Publish the ARCHIVE of a chart in REPOSITORY: https://…, oci://…, or a name in the environment file.

    The same content again changes nothing; other content under a published version is refused. A signature beside the
    archive (`.prov`) goes along with it; it is not added later.
    """
    with transfer_progress(archive.name) as progress:
        done = _Access(**access).open(repository, progress).push(archive, force=force)
    click.echo(f"{archive.name} in {repository}: {done}")


@click.command()
@click.argument("chart")
@_with_repository
@click.option("--version", default="*", metavar="VERSION", help="A version, or a range; default: the newest.")
@click.option(
    "-d",
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The folder to put it in; default: this one.",
)
@click.option("--unpack", is_flag=True, help="Make the chart's folder, instead of its archive.")
@click.option("--verify", is_flag=True, help="Refuse what is not signed by a key in the keyring.")
@click.option(
    "--keyring",
    type=click.Path(path_type=Path),
    default=Path("~/.gnupg/pubring.gpg"),
    show_default=True,
    help="Public keys, as `gpg --export` writes them.",
)
@with_engine
@_with_access
def pull(chart: str, repository: str | None, *, verify: bool, keyring: Path, engine: str, **others: Any) -> None:
    """Download CHART: a name with `--repository`, `repository/name` with `-e`, or oci://….

    Its digest is verified, and that it is the chart that it is published as. What is hostile or broken is refused, and
    nothing of it is left.
    """
    from reconciler.cli.wiring import open_storeroom  # noqa: PLC0415 - heavy
    from reconciler.flows.chart_transfer import PullRequest, pull_chart  # noqa: PLC0415 - heavy

    version, directory, unpack = (others.pop(name) for name in ("version", "directory", "unpack"))
    place, name = _place(chart, repository)
    keys = keyring.expanduser() if verify else None
    request = PullRequest(name, version, directory, keys, unpack)
    with transfer_progress(name) as progress, open_storeroom(engine) as storeroom:
        done = pull_chart(request, _Access(**others).open(place, progress), storeroom)
    signed = f", signed by {' and '.join(done.signed_by)}" if done.signed_by else ""
    print_text(_clean(f"{done.path}: {done.chart.name} {done.chart.version}{signed}"))


@click.command("list")
@click.argument("chart")
@_with_repository
@with_output
@_with_access
def list_versions(chart: str, repository: str | None, output: str, **access: Any) -> None:
    """List the published versions of CHART, the newest first.

    CHART is a name with `--repository`, `repository/name` with `-e`, or oci://….
    """
    from reconciler.report.versions import versions_document, versions_text  # noqa: PLC0415 - heavy

    place, name = _place(chart, repository)
    with transfer_progress(name) as progress:
        found = _Access(**access).open(place, progress).versions(name)
    if output == "json":
        print_document(versions_document(place, name, found))
    else:
        print_text(versions_text(found))


def _place(chart: str, repository: str | None) -> tuple[str, str]:
    """The repository of a chart, as it is named, and the chart's name in it."""
    if repository:
        return repository.rstrip("/"), chart
    place, slash, name = chart.rpartition("/") if "://" in chart else chart.partition("/")
    if not slash or place.endswith("/"):
        raise click.UsageError(
            f"where is {chart}? Give `--repository`, or write repository/name or oci://HOST/PATH/NAME"
        )
    return place, name


def _clean(text: str) -> str:
    from reconciler.report.style import clean  # noqa: PLC0415 - with the others

    return clean(text)
