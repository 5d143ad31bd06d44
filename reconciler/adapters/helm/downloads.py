"""Downloads by the library: charts and their dependencies."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.adapters.helm import native
from reconciler.adapters.helm.kubeconfig import write_private
from reconciler.adapters.helm.manager import load_library
from reconciler.adapters.helm.sources import (
    OCI,
    dependency_urls,
    match,
    registry_credentials,
    registry_host,
    source_of,
    take_archive,
)
from reconciler.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.adapters.helm.sources import Source
    from reconciler.model.desired import ChartRef, Repository


class Downloads:
    """What the library engine fetches, with the credentials of the environment's repositories.

    Args:
        repositories: those that the environment names, for the dependencies of charts.
        folder: a private folder for files that live as long as one download.
    """

    def __init__(self, repositories: Sequence[Repository], folder: Path) -> None:
        self._repositories = repositories
        self._folder = folder

    def pull(self, chart: ChartRef, into: Path) -> Path:
        """Download a chart's archive into `into`."""
        source = source_of(chart)
        fetch = self._from_registry if source.is_oci else self._from_repository
        return take_archive(into, lambda folder: fetch(source, folder))

    def build_dependencies(self, chart: Path) -> None:
        """Fill the chart's charts/ folder.

        Raises:
            ChartError: the dependencies need more credentials than the library can take.
        """
        urls = dependency_urls(chart)
        _build(chart, urls, self._dependency_options(urls))

    def _from_repository(self, source: Source, into: Path) -> None:
        """Fetch the chart as the one dependency of an empty chart.

        The plain way, a pull with the repository's URL, sends the credentials to whatever host the index
        names for the archive. For dependencies Helm keeps them to the repository's own host.
        """
        repository = source.repository
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            wanted = {
                "name": source.reference,
                "version": source.version or "*",
                "repository": repository.url if repository else "",
            }
            chart = {"apiVersion": "v2", "name": "download", "version": "0.0.1", "dependencies": [wanted]}
            (folder / "Chart.yaml").write_text(json.dumps(chart), encoding="utf-8")
            _build(folder, [wanted["repository"]], _credentials(repository) if repository else {})
            for archive in (folder / "charts").glob("*.tgz"):
                shutil.move(archive, into)

    def _from_registry(self, source: Source, into: Path) -> None:
        repository = source.repository
        plain = bool(repository and repository.plain_http)
        options: native.Options = {"dest_dir": str(into), "plain_http": plain}
        if source.version:
            options["version"] = source.version
        with tempfile.TemporaryDirectory(dir=self._folder) as private:
            file = Path(private) / "registry.json"
            write_private(file, registry_credentials([repository] if repository else []))
            with load_library().RegistryClient(plain_http=plain, credentials_file=file) as client:
                if repository and repository.ca_file:
                    self._trust(client, source, repository)
                native.pull(client, source.reference, options)

    def _trust(self, client: Any, source: Source, repository: Repository) -> None:
        # Only a login takes a certificate authority for a registry; without credentials it is anonymous.
        password = repository.password.reveal() if repository.password else ""
        options: native.Options = {"ca_file": str(repository.ca_file), "plain_http": repository.plain_http}
        native.login(client, registry_host(source.reference), repository.username or "", password, options)

    def _dependency_options(self, urls: Sequence[str]) -> native.Options:
        """The library has room for one repository's credentials, and would send them to all of them."""
        known = {url: found for url in urls if (found := match(url, self._repositories))}
        needy = {url: item for url, item in known.items() if item.password or item.ca_file or url[0] in "@a"}
        plain: native.Options = {"plain_http": any(item.plain_http for item in known.values())}
        if not needy:
            return plain
        http = [url for url in urls if not url.startswith(OCI)]
        [(url, repository), *others] = needy.items()
        if others or len(http) > 1 or not url.startswith(("https://", "http://")):
            raise ChartError(
                f"the library engine cannot use the credentials of {repository.name} for some of {', '.join(urls)}",
                hint="use `--engine program`, or build the dependencies beforehand",
            )
        return plain | _credentials(repository)


def _build(folder: Path, urls: Sequence[str], options: native.Options) -> None:
    try:
        native.build_dependencies(folder, options)
    except load_library().HelmError as error:
        # Why a repository's index cannot be had is only logged: ask for it again to be told.
        if "no cached repository" in str(error):
            for url in urls:
                if url.startswith(("https://", "http://")):
                    native.check_index(url, {key: options[key] for key in options.keys() - {"plain_http"}})
        raise


def _credentials(repository: Repository) -> native.Options:
    options: native.Options = {}
    if repository.username and repository.password:
        options |= {"username": repository.username, "password": repository.password.reveal()}
    if repository.ca_file:
        options["ca_file"] = str(repository.ca_file)
    return options
