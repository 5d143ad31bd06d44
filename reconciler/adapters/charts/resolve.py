"""What a version, or a range of versions, of a published chart stands for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.adapters.charts.remote import newest_in
from reconciler.adapters.repositories.place import place_of
from reconciler.errors import ChartError
from reconciler.model.lock import Pin
from reconciler.model.repository import PublishedChart
from reconciler.model.versions import NEWEST, is_exact

if TYPE_CHECKING:
    from reconciler.adapters.charts.remote import OpenRepository
    from reconciler.model.desired import ChartRef
    from reconciler.model.repository import ChartRepository


def resolve(ref: ChartRef, open_repository: OpenRepository) -> Pin:
    """The newest published version that fits, and the digest of its archive; asked anew, whatever is kept or locked.

    Raises:
        ChartError: the repository cannot be asked, or has no such version; `where` is the reference's place.
    """
    try:
        repository, name = place_of(ref)
        return _pin(ref.version or NEWEST, name, open_repository(repository))
    except ChartError as error:
        raise ChartError(error.message, where=ref.where, hint=error.hint) from error


def _pin(wanted: str, name: str, repository: ChartRepository) -> Pin:
    if is_exact(wanted):
        digest = repository.digest(PublishedChart(name, wanted, None))
        if digest:
            return Pin(wanted, digest)
    # A version may be listed otherwise than it is written: with a `v`, or without.
    chart = newest_in(wanted, repository.versions(name), name)
    digest = chart.digest or repository.digest(chart)
    if digest is None:
        raise ChartError(f"version {chart.version} of chart {name} is listed, and is not there", hint="try again")
    return Pin(chart.version, digest)
