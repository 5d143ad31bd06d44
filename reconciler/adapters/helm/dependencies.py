"""The dependencies of charts, fetched by the library with the credentials of the environment's repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.adapters.helm import native
from reconciler.adapters.helm.manager import load_library
from reconciler.adapters.helm.sources import OCI, dependency_urls, match
from reconciler.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.model.desired import Repository


def build_dependencies(chart: Path, repositories: Sequence[Repository]) -> None:
    """Fill the chart's charts/ folder.

    Raises:
        ChartError: the dependencies need more credentials than the library can take.
    """
    urls = dependency_urls(chart)
    _build(chart, urls, _options(urls, repositories))


def _options(urls: Sequence[str], repositories: Sequence[Repository]) -> native.Options:
    """The library has room for one repository's credentials, and would send them to all of them."""
    known = {url: found for url in urls if (found := match(url, repositories))}
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
