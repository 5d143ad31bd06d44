"""Get the programs: from the cache, else from the web, else by building them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError
from reconciler.sandbox import download, gobuild
from reconciler.sandbox.catalog import PROGRAMS, Platform, Program, Sources, current_platform, located
from reconciler.sandbox.locks import exclusive
from reconciler.sandbox.paths import programs_folder
from reconciler.sandbox.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


def ensure(
    names: Iterable[str],
    progress: Progress = silent,
    *,
    sources: Sources | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Path]:
    """Make programs available; returns the path of each, executable.

    What is in the cache is used as it is: no process is started and no server asked.

    Args:
        names: names in `PROGRAMS`.
        progress: told what is being downloaded or built.
        sources: where programs may come from; the public releases, then Go, when None.
        folder: the programs folder; the user's cache when None.
        environment: of the `go` program and to find it; this process's own when None.

    Raises:
        SandboxError: a name is unknown, a checksum does not match, or no source has a program.
    """
    environment = os.environ if environment is None else environment
    folder = programs_folder(environment) if folder is None else folder
    platform = current_platform()
    wanted = [_program(name) for name in names]
    targets = {program.name: program.cached(folder, platform) for program in wanted}
    if _missing(wanted, targets):
        with exclusive(folder / ".lock", progress, "it prepares the sandbox's programs"):
            # Looked at again: the process that held the lock may have prepared them.
            missing = _missing(wanted, targets)
            _prepare(missing, targets, _Means(platform, sources or Sources(), environment, progress))
    return targets


class _Means:
    """How missing programs may be got, and why the ways tried so far did not work."""

    def __init__(
        self, platform: Platform, sources: Sources, environment: Mapping[str, str], progress: Progress
    ) -> None:
        self.platform = platform
        self.sources = sources
        self.environment = environment
        self.progress = progress
        self.tried: list[str] = []
        self._unreachable: set[str] = set()

    def download(self, program: Program, target: Path) -> bool:
        """Whether the program could be downloaded; a server that did not answer once is not asked again."""
        release = located(program.release, program, self.platform, self.sources)
        server = release.checksums.split("/")[2]
        if server in self._unreachable:
            return False
        start = time.monotonic()
        try:
            download.fetch(release, target, self.sources)
        except download.SourceUnavailableError as error:
            if isinstance(error, download.SourceUnreachableError):
                self._unreachable.add(server)
            self.tried.append(error.message)
            self.progress(f"no download of {program.name}: {error.message}")
            return False
        self.progress(f"downloaded {program.name} {program.version} in {time.monotonic() - start:.0f} s")
        return True

    def build(self, programs: Sequence[Program], targets: Mapping[str, Path]) -> bool:
        """Whether there is a Go to build the programs with; when there is, they are built."""
        if not self.sources.build:
            self.tried.append("building with Go is switched off")
            return False
        try:
            go = gobuild.find_go(self.environment, self.platform, self.progress)
        except download.SourceUnavailableError as error:
            self.tried.append(error.message)
            return False
        for group in _by_module(programs):
            gobuild.build(group, targets, go)
        return True


def _prepare(missing: Sequence[Program], targets: Mapping[str, Path], means: _Means) -> None:
    left = [program for program in missing if not means.download(program, targets[program.name])]
    if not left:
        return
    try:
        built = means.build(left, targets)
    except SandboxError as error:
        raise _nothing_works(left, [*means.tried, error.message], error.hint) from error
    if not built:
        raise _nothing_works(left, means.tried, None)


def _nothing_works(programs: Sequence[Program], tried: Sequence[str], hint: str | None) -> SandboxError:
    names = ", ".join(f"{program.name} {program.version}" for program in programs)
    reasons = "".join(f"\n  - {reason}" for reason in dict.fromkeys(tried))
    advice = hint or "allow these servers, or install Go (with access to Go modules), and run it again"
    return SandboxError(f"cannot prepare {names}; tried:{reasons}", hint=advice)


def _program(name: str) -> Program:
    if name not in PROGRAMS:
        raise SandboxError(f"there is no program {name!r} in the sandbox", hint="one of " + ", ".join(PROGRAMS))
    return PROGRAMS[name]


def _missing(programs: Iterable[Program], targets: Mapping[str, Path]) -> list[Program]:
    return [program for program in programs if not _usable(targets[program.name])]


def _usable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _by_module(programs: Iterable[Program]) -> list[list[Program]]:
    groups: dict[str, list[Program]] = {}
    for program in programs:
        groups.setdefault(program.module.path, []).append(program)
    return list(groups.values())
