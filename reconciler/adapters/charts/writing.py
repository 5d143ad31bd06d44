"""Folders of charts, written in one step or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.chart import ChartFiles


def write_folder(target: Path, files: ChartFiles) -> None:
    """Make the folder `target`, which must not be there, with these files. They get the rights of new files.

    Raises:
        OSError: it cannot be made; nothing is left.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as private:
        made = Path(private) / target.name
        made.mkdir()
        for name, content in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        made.rename(target)
