"""A program for a test: installs one chart by the library engine and says so on stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from reconciler.adapters.helm import LibraryEngine
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText

from .charts import HERE, read, writing


def main() -> None:
    """Install the chart that the environment names."""
    engine = LibraryEngine([])
    path = Path(os.environ["CONFIG"])
    access = ClusterAccess("main", SecretText(path.read_text(encoding="utf-8")), None, path.parent, HERE)
    engine.install(writing(read(Path(os.environ["CHART"]), engine), access, os.environ["NAMESPACE"]))
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
