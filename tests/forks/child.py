"""The installed command in a process that was forked with its modules already imported: a run without its start-up."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import reconciler
from reconciler.cli.entry import run

# What the commands import where they use it: imported before the fork, for every run.
# Helm's library is not among it, which is loaded by a call: a Go runtime does not survive a fork.
for _found in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
    if not _found.name.endswith(".__main__"):
        importlib.import_module(_found.name)


def main(arguments: Sequence[str], folder: Path, environ: Mapping[str, str], out: Path, err: Path) -> None:
    """Run `reconcile` in a folder, with nothing of this process's environment; what it prints is added to files."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
    sys.argv = ["reconcile", *arguments]
    run()
