"""`reconcile chart pull`: one version chosen, downloaded, its signature checked, kept or unpacked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.model.repository import ChartRepository, PublishedChart
from reconciler.model.workshop import Storeroom


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What to download.

    Attributes:
        name: the chart's, in its repository.
        version: a version, or a range of which the newest is taken.
        into: the folder to put it in.
        keyring: public keys, one of which has to have signed the archive; None checks no signature.
        unpack: leave the chart's folder instead of its archive.
    """

    name: str
    version: str
    into: Path
    keyring: Path | None
    unpack: bool


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was downloaded: the archive or folder, and who signed it; nobody, where no signature was asked for."""

    chart: PublishedChart
    path: Path
    signed_by: tuple[str, ...]


def pull_chart(request: PullRequest, repository: ChartRepository, storeroom: Storeroom) -> Pulled:
    """Download a chart; until all is checked, nothing of it is in the folder.

    Raises:
        ChartError: it cannot be had, is not signed by any of the keys, or its place is taken.
        EngineError: there is no Helm to check the signature with.
    """
    chart = storeroom.choose(repository, request.name, request.version)
    with storeroom.arriving(request.into) as private:
        archive = repository.pull(chart, private)
        signers: tuple[str, ...] = ()
        if request.keyring:
            repository.provenance(chart, private)
            signers = storeroom.verify(archive, request.keyring)
        put = storeroom.unpack if request.unpack else storeroom.keep
        return Pulled(chart, put(archive, request.into), signers)
