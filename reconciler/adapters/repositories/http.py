"""A repository over HTTP: an index.yaml, archives, and uploads where the server takes them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds
from reconciler.adapters.http import HttpClient, Login, Request, joined
from reconciler.adapters.repositories.catalogue import Catalogue
from reconciler.adapters.repositories.failures import PUBLISHED_AGAIN, doing
from reconciler.adapters.repositories.place import OCI, registry_place
from reconciler.adapters.repositories.published import Archive, read_as
from reconciler.adapters.repositories.push import exists_already, push_to
from reconciler.adapters.repositories.upload import Uploads
from reconciler.errors import ChartError, TransferError
from reconciler.model.repository import ChartRepository, PublishedChart, Pushed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.adapters.repositories.index import Entry
    from reconciler.adapters.repositories.kept import IndexCache
    from reconciler.model.desired import Repository
    from reconciler.model.transfer import Progress

_MAX_SIGNATURE = bounds.MEBIBYTE


class HttpRepository:
    """See `ChartRepository`. Several threads may use it.

    Args:
        elsewhere: opens the registry that an index may send us to for an archive; without a login.
    """

    def __init__(
        self,
        repository: Repository,
        http: HttpClient,
        cache: IndexCache,
        progress: Progress,
        elsewhere: Callable[[Repository], ChartRepository],
    ) -> None:
        self._repository, self._http, self._progress = repository, http, progress
        self._login = _login(repository)
        self._catalogue = Catalogue(repository, http, self._login, cache)
        self._elsewhere = elsewhere

    def versions(self, name: str) -> Sequence[PublishedChart]:
        """All versions of a chart, the newest first."""
        with doing(f"list the versions of chart {name} in {self._named}", self._repository):
            return [entry.chart for entry in self._catalogue.entries(name)]

    def digest(self, chart: PublishedChart) -> str | None:
        """sha256 (hex) of what is published as this chart."""
        with doing(f"look up chart {chart.name} {chart.version} in {self._named}", self._repository):
            return self.published_digest(chart.name, chart.version)

    def pull(self, chart: PublishedChart, into: Path) -> Path:
        """Download the archive into the folder `into`."""
        with doing(f"download chart {chart.name} {chart.version} from {self._named}", self._repository):
            entry = self._catalogue.entry(chart)
            into.mkdir(parents=True, exist_ok=True)
            if entry.url.startswith(OCI):
                registry, listed = self._in_registry(entry)
                return registry.pull(replace(listed, digest=_agreed(chart, entry)), into)
            with tempfile.TemporaryDirectory(dir=into, prefix=".pull-") as private:
                archive = self._download(entry, _agreed(chart, entry), Path(private))
                return archive.path.replace(into / archive.file_name)

    def provenance(self, chart: PublishedChart, into: Path) -> Path:
        """Download the signature of a chart."""
        with doing(
            f"download the signature of chart {chart.name} {chart.version} from {self._named}", self._repository
        ):
            entry = self._catalogue.entry(chart)
            if entry.url.startswith(OCI):
                registry, listed = self._in_registry(entry)
                return registry.provenance(listed, into)
            target = into / f"{chart.name}-{entry.chart.version}.tgz.prov"
            request = Request("GET", f"{self._address(entry)}.prov", self._login, limit=_MAX_SIGNATURE)
            self._http.download(request, target)
            return target

    def push(self, archive: Path, *, force: bool) -> Pushed:
        """Upload an archive."""
        with doing(f"push {archive.name} to {self._named}", self._repository):
            return push_to(self, archive, force=force)

    def published_digest(self, name: str, version: str) -> str | None:
        """sha256 (hex) of what is published; downloaded to see, where the index does not tell."""
        entry = self._catalogue.find(name, version)
        if entry is None or entry.chart.digest:
            return entry.chart.digest if entry else None
        with tempfile.TemporaryDirectory() as private:
            return self._download(entry, None, Path(private)).digest

    def upload(self, archive: Archive, *, replace: bool) -> None:
        """Publish it."""
        uploads = Uploads(self._http, self._repository.url, self._login, self._progress)
        answer = uploads.send(archive, replace=replace, arrived=lambda: self._arrived(archive))
        self._catalogue.forget()
        if answer.status != HTTPStatus.CONFLICT:
            answer.checked()
        elif not self._arrived(archive):
            raise exists_already(archive, self.published_digest(archive.name, archive.version), forced=replace)

    @property
    def _named(self) -> str:
        return f"repository {self._repository.name}"

    def _arrived(self, archive: Archive) -> bool:
        """Whether the server has it by now; False where it cannot be asked."""
        self._catalogue.forget()
        try:
            return self.published_digest(archive.name, archive.version) == archive.digest
        except (TransferError, ChartError):
            return False

    def _download(self, entry: Entry, digest: str | None, into: Path) -> Archive:
        target = into / "chart.tgz"
        request = Request("GET", self._address(entry), self._login, limit=bounds.MAX_CHART)
        self._http.download(request, target, f"sha256:{digest}" if digest else None, self._progress)
        return read_as(target, entry.chart)

    def _address(self, entry: Entry) -> str:
        return joined(f"{self._repository.url}/", entry.url)

    def _in_registry(self, entry: Entry) -> tuple[ChartRepository, PublishedChart]:
        url, _, _tag = entry.url.rpartition(":")
        place, name = registry_place(url)
        return self._elsewhere(place), replace(entry.chart, name=name)


def _login(repository: Repository) -> Login | None:
    if repository.username is None or repository.password is None:
        return None
    return Login.basic(repository.url, repository.username, repository.password)


def _agreed(chart: PublishedChart, entry: Entry) -> str | None:
    """The digest that the archive must have: the caller's, which the index may not contradict."""
    told = entry.chart.digest
    if chart.digest and told and chart.digest != told:
        raise ChartError(
            f"chart {chart.name} {chart.version} is published with the sha256 {told}, not {chart.digest}",
            hint=PUBLISHED_AGAIN,
        )
    return chart.digest or told
