"""Downloaded charts on this machine: checked beside their place, put there in one step."""

from __future__ import annotations

import filecmp
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.remote import newest_in
from reconciler.adapters.charts.unpack import unpack
from reconciler.errors import ChartError
from reconciler.model.repository import ChartRepository, PublishedChart
from reconciler.model.versions import is_exact

if TYPE_CHECKING:
    from reconciler.model.engine import Engine


class LocalStoreroom:
    """Implements `reconciler.model.workshop.Storeroom` on the file system.

    Args:
        engine: checks signatures.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def choose(self, repository: ChartRepository, name: str, version: str) -> PublishedChart:
        """See Storeroom."""
        if is_exact(version):
            return PublishedChart(name, version, None)
        return newest_in(version, repository.versions(name), name)

    @contextmanager
    def arriving(self, into: Path) -> Iterator[Path]:
        """See Storeroom."""
        try:
            into.mkdir(parents=True, exist_ok=True)
            private = tempfile.TemporaryDirectory(dir=into, prefix=".pull-")
        except OSError as error:
            raise ChartError(f"cannot write to {into}: {error.strerror or error}") from error
        with private as name:
            yield Path(name)

    def verify(self, archive: Path, keyring: Path) -> tuple[str, ...]:
        """See Storeroom."""
        if not keyring.is_file():
            hint = "`gpg --export > keyring.gpg` makes one of the public keys that you trust"
            raise ChartError(f"there is no keyring {keyring}", hint=hint)
        return self._engine.verify(archive, keyring)

    def keep(self, archive: Path, into: Path) -> Path:
        """See Storeroom."""
        target = into / archive.name
        if target.is_dir() or (target.exists() and not filecmp.cmp(archive, target, shallow=False)):
            raise ChartError(
                f"{target} is there already, with other content", hint="remove it, or choose another folder with `-d`"
            )
        return archive.replace(target)

    def unpack(self, archive: Path, into: Path) -> Path:
        """See Storeroom."""
        return unpack(archive, into)
