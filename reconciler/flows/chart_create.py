"""`reconcile chart create`."""

from __future__ import annotations

from pathlib import Path

from reconciler.authoring.create import new_chart
from reconciler.model.workshop import Workshop


def create_chart(name: str, folder: Path, workshop: Workshop) -> Path:
    """Make a new chart in a folder of its name, below `folder`; returns where it is."""
    files = new_chart(name, workshop.starter())
    workshop.write_folder(folder / name, files)
    return folder / name
