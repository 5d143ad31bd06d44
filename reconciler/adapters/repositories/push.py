"""What publishing means, whatever the protocol: the same again is nothing, other content is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reconciler.adapters.repositories.published import Archive, read
from reconciler.errors import ChartError
from reconciler.model.repository import Pushed

if TYPE_CHECKING:
    from pathlib import Path


class Shelf(Protocol):
    """Where one kind of repository keeps archives."""

    def published_digest(self, name: str, version: str) -> str | None:
        """sha256 (hex) of the archive that is published so; None where there is none."""
        ...

    def upload(self, archive: Archive, *, replace: bool) -> None:
        """Publish it, over another one where `replace` says so."""
        ...


def push_to(shelf: Shelf, path: Path, *, force: bool) -> Pushed:
    """Publish an archive.

    Raises:
        ChartError: it is no chart, or is published with other content and `force` is not given.
        TransferError: the server does not do it.
    """
    archive = read(path)
    there = shelf.published_digest(archive.name, archive.version)
    if there == archive.digest:
        return Pushed.UNCHANGED
    if there is not None and not force:
        raise exists_already(archive, there)
    shelf.upload(archive, replace=there is not None)
    return Pushed.CREATED if there is None else Pushed.REPLACED


def exists_already(archive: Archive, there: str | None, *, forced: bool = False) -> ChartError:
    """The error for a version that is taken; `forced`: the server was asked to replace it, and would not."""
    other = f" (sha256 {there[:12]}…, and this one is {archive.digest[:12]}…)" if there else ""
    return ChartError(
        f"cannot push {archive.path.name}: {archive.name} {archive.version} is published with other content{other}",
        hint="publish it under a new version: this server replaces none"
        if forced
        else "publish it under a new version; `--force` replaces what others may have deployed already",
    )
