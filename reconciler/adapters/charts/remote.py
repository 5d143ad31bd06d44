"""Downloaded charts, kept by place and version."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.build import move_into_place

if TYPE_CHECKING:
    from reconciler.model.desired import ChartRef
    from reconciler.model.engine import Engine

# A version, not a range of them: what is published under it stays.
_EXACT = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def remote_key(ref: ChartRef) -> tuple[str, str, str]:
    """What a download depends on: address, name, version."""
    return (ref.repository.url if ref.repository else "", ref.remote or "", ref.version or "")


def fetch_archive(ref: ChartRef, cache: Path, engine: Engine) -> Path:
    """The archive of a remote chart, in the cache.

    An exact version that is there is taken as it is. For the newest one, or a range of versions, the server is
    asked each time.

    Raises:
        ChartError: it cannot be downloaded.
    """
    key = hashlib.sha256("\0".join(remote_key(ref)).encode()).hexdigest()
    folder = cache / "remote" / key
    exact = bool(ref.version and _EXACT.fullmatch(ref.version))
    if exact and (kept := sorted(folder.glob("*.tgz"))):
        return kept[0]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pull-") as name:
        archive = engine.pull(ref, Path(name) / "new")
        if exact:
            move_into_place(archive.parent, folder)
            return folder / archive.name
        # Beside others of the same range: by name, so that each version keeps its own path.
        folder.mkdir(exist_ok=True)
        return archive.replace(folder / archive.name)
