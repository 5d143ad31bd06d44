"""Helm, as a library inside this process or as a program."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from reconciler.adapters.helm.library import LibraryEngine
from reconciler.adapters.helm.program import ProgramEngine
from reconciler.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.model.desired import Repository
    from reconciler.model.engine import Engine

ENGINES = ("auto", "library", "program")

__all__ = ["ENGINES", "LibraryEngine", "ProgramEngine", "make_engine"]


def make_engine(
    name: str, *, program: Path | None, repositories: Sequence[Repository] = (), environ: Mapping[str, str]
) -> Engine:
    """The engine called `name`; `auto` is the library where it is installed, else the program.

    Args:
        name: one of `ENGINES`.
        program: the `helm` program, as `shutil.which` found it; None when there is none.
        repositories: the environment's, whose credentials the dependencies of charts may need.
        environ: the environment variables that the program inherits.

    Raises:
        EngineError: there is no such engine here.
    """
    installed = importlib.util.find_spec("helm_python") is not None
    if name == "library" or (name == "auto" and installed):
        return _library(repositories, installed=installed)
    if name in {"auto", "program"}:
        return _program(program, repositories, environ)
    raise EngineError(f"there is no engine {name!r}", hint=f"use one of: {', '.join(ENGINES)}")


def _library(repositories: Sequence[Repository], *, installed: bool) -> Engine:
    if not installed:
        raise EngineError(
            "the library engine needs the Python package helm-python-sdk, which is not installed",
            hint="install it, or use `--engine program` with a helm of version 4",
        )
    return LibraryEngine(repositories)


def _program(program: Path | None, repositories: Sequence[Repository], environ: Mapping[str, str]) -> Engine:
    if program is None:
        raise EngineError(
            "the program engine found no `helm` in PATH",
            hint="install helm 4, or use `--engine library`",
        )
    return ProgramEngine(program, repositories, environ)
