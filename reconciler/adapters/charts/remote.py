"""Downloaded charts, kept by place, version and digest."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.cache import is_kept, keep
from reconciler.adapters.repositories.place import place_of
from reconciler.errors import ChartError
from reconciler.model.repository import ChartRepository, PublishedChart
from reconciler.model.versions import NEWEST, VersionRange, is_exact

if TYPE_CHECKING:
    from reconciler.model.desired import ChartRef, Repository

OpenRepository = Callable[["Repository"], ChartRepository]

_SHOWN = 5


def remote_key(ref: ChartRef) -> tuple[str, ...]:
    """What a download depends on: address, name, version, and what a lock file says of them."""
    place = (ref.repository.url if ref.repository else "", ref.remote or "", ref.version or "")
    return (*place, ref.pin.version, ref.pin.digest) if ref.pin else place


def fetch_archive(ref: ChartRef, cache: Path, open_repository: OpenRepository) -> Path:
    """The archive of a remote chart, in the cache.

    What is there is taken as it is. Nothing is asked of the repository then, unless the version is a range that no lock
    file pins: for those it is asked each time.

    Raises:
        ChartError: it cannot be downloaded.
    """
    repository, name = place_of(ref)
    chart = _exact(ref, name) or newest_in(ref.version or NEWEST, open_repository(repository).versions(name), name)
    folder = cache / "remote" / _key(repository.url, chart)
    found = sorted(folder.glob("*.tgz")) if is_kept(folder) else ()
    return found[0] if found else _download(chart, open_repository(repository), folder)


def newest_in(text: str, versions: Sequence[PublishedChart], name: str) -> PublishedChart:
    """The newest of these versions that a range allows.

    Raises:
        ChartError: it is no range, or allows none of them.
    """
    try:
        found = VersionRange.parse(text).newest(item.version for item in versions)
    except ValueError as error:
        raise ChartError(
            f"chart {name}: {error}", hint="write a version, or a range such as ^1.2 or >=1.2 <2"
        ) from error
    if found is None:
        newest = ", ".join(item.version for item in versions[:_SHOWN])
        raise ChartError(
            f"no version of chart {name} is in the range {text}",
            hint=f"its newest are {newest}; a pre-release has to be asked for, as in >=1.2.0-0" if newest else None,
        )
    return next(item for item in versions if item.version == found)


def _exact(ref: ChartRef, name: str) -> PublishedChart | None:
    """The one version that is meant, where there is no need to ask which."""
    if ref.pin:
        return PublishedChart(name, ref.pin.version, ref.pin.digest)
    return PublishedChart(name, ref.version, None) if ref.version and is_exact(ref.version) else None


def _key(url: str, chart: PublishedChart) -> str:
    return hashlib.sha256("\0".join((url, chart.name, chart.version, chart.digest or "")).encode()).hexdigest()


def _download(chart: PublishedChart, repository: ChartRepository, folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pull-") as private:
        archive = repository.pull(chart, Path(private) / "new")
        keep(archive.parent, folder)
    return folder / archive.name
