"""Programs built by Go, for machines that reach Go modules but not the release downloads."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError
from reconciler.sandbox.download import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.catalog import GoModule, Platform, Program
    from reconciler.sandbox.progress import Progress

_REPORT_EVERY = 15.0
_ERROR_LINES = 12
_GO_LINE = re.compile(r"^go (\d+\.\d+(?:\.\d+)?)", re.MULTILINE)
_STAGING_REPLACE = re.compile(r"^\s*(?:replace\s+)?(\S+)\s+=>\s+\./staging/", re.MULTILINE)
_VERSION = re.compile(r"go(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Go:
    """The `go` program, and the environment that makes it do the same on every machine."""

    program: str
    environment: Mapping[str, str]
    progress: Progress

    def run(self, folder: Path, *arguments: str, telling: str | None = None) -> str:
        """What `go ARGUMENTS` prints; `telling` names a long run, reported every 15 seconds.

        Raises:
            SandboxError: it failed; with the end of what it said.
        """
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(  # noqa: S603 - fixed arguments, no shell
                [self.program, *arguments],
                cwd=folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
            try:
                self._wait(process, telling)
            finally:
                process.kill()
                process.wait()
            output.seek(0)
            errors.seek(0)
            if process.returncode != 0:
                raise _failed(arguments, output.read() + errors.read())
            return output.read()

    def _wait(self, process: subprocess.Popen[bytes], telling: str | None) -> None:
        start = time.monotonic()
        while True:
            try:
                process.wait(_REPORT_EVERY)
            except subprocess.TimeoutExpired:
                if telling:
                    self.progress(f"{telling}: {time.monotonic() - start:.0f} s so far")
            else:
                return


def find_go(environment: Mapping[str, str], platform: Platform, progress: Progress) -> Go:
    """The `go` program of this machine.

    Raises:
        SourceUnavailableError: there is none on the PATH.
    """
    program = shutil.which("go", path=environment.get("PATH", os.defpath))
    if program is None:
        raise SourceUnavailableError("there is no `go` program on the PATH to build it with")
    fixed = {
        # The user's own flags, workspace or target must not change what is built; and with "local" a Go
        # that is too old says so instead of downloading another toolchain.
        "GOFLAGS": "-mod=mod -buildvcs=false",
        "GOWORK": "off",
        "GO111MODULE": "on",
        "GOTOOLCHAIN": "local",
        "GOOS": platform.system,
        "GOARCH": platform.architecture,
    }
    return Go(program, {**environment, **fixed}, progress)


def build(programs: Sequence[Program], targets: Mapping[str, Path], go: Go) -> None:
    """Build programs of one Go module, all at once; each appears at its target when it is complete.

    Raises:
        SandboxError: Go is too old, cannot get the modules, or cannot compile them.
    """
    module = programs[0].module
    names = ", ".join(program.name for program in programs)
    with tempfile.TemporaryDirectory(prefix="reconciler-go-") as temporary:
        folder = Path(temporary)
        go.progress(f"getting the Go module {module.path} {module.version}")
        _write_module(folder, programs, go)
        go.run(folder, "mod", "tidy", telling=f"resolving the modules of {module.path}")
        start = time.monotonic()
        go.progress(f"building {names} with Go; minutes the first time")
        for program, built in _compile(folder, programs, go):
            _install(built, targets[program.name])
        go.progress(f"built {names} in {time.monotonic() - start:.0f} s")


def _compile(folder: Path, programs: Sequence[Program], go: Go) -> list[tuple[Program, Path]]:
    """One run for all, because they share most of their packages."""
    output = folder / "bin"
    output.mkdir()
    # A single program is named by us: Go would name etcd's after the last part of its package, "server".
    named = f"{output}/" if len(programs) > 1 else str(output / programs[0].name)
    settings = [f"-X {name}={value}" for name, value in programs[0].module.variables.items()]
    go.run(
        folder,
        "build",
        "-ldflags",
        " ".join(["-s", "-w", *settings]),
        "-o",
        named,
        *(program.package for program in programs),
        telling="building " + ", ".join(program.name for program in programs),
    )
    return [(program, output / program.name) for program in programs]


def _install(built: Path, target: Path) -> None:
    """Into place in one step; the build folder may be on another disk, where renaming is a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as file:
        nearby = Path(file.name)
    try:
        shutil.copyfile(built, nearby)
        nearby.chmod(0o755)
        nearby.replace(target)
    finally:
        nearby.unlink(missing_ok=True)


def _write_module(folder: Path, programs: Sequence[Program], go: Go) -> None:
    module = programs[0].module
    described = json.loads(go.run(folder, "mod", "download", "-json", f"{module.path}@{module.version}"))
    upstream = Path(described["GoMod"]).read_text(encoding="utf-8")
    needed = _go_version_needed(upstream)
    _require_go(go, folder, module, needed)
    (folder / "go.mod").write_text(module_file(module, upstream, needed), encoding="utf-8")
    imports = "".join(f'import _ "{program.package}"\n' for program in programs)
    tools = f"//go:build tools\n\npackage tools\n\n{imports}"
    (folder / "tools.go").write_text(tools, encoding="utf-8")


def module_file(module: GoModule, upstream: str, go_version: str) -> str:
    """A go.mod that requires `module` and does for it what its own go.mod does for itself.

    Kubernetes keeps some of its modules inside its repository and points at them by relative paths, which
    count only in the main module; here they are pointed at the same modules as published.
    """
    lines = ["module reconciler.sandbox/build", f"go {go_version}", f"require {module.path} {module.version}"]
    if module.staging:
        lines += [f"replace {path} => {path} {module.staging}" for path in _STAGING_REPLACE.findall(upstream)]
    return "\n\n".join(lines) + "\n"


def _go_version_needed(upstream: str) -> str:
    found = _GO_LINE.search(upstream)
    return found.group(1) if found else "1.21"


def _require_go(go: Go, folder: Path, module: GoModule, needed: str) -> None:
    installed = _VERSION.match(go.run(folder, "env", "GOVERSION").strip())
    # A development build of Go has a name without a number; it is left to find out for itself.
    if installed and _numbers(installed.group(1)) < _numbers(needed):
        raise _too_old(f"{module.path} {module.version} needs Go {needed}; installed is {installed.group(1)}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _too_old(why: str) -> SandboxError:
    return SandboxError(f"the `go` program is too old to build the sandbox: {why}", hint="install a newer Go")


def _failed(arguments: Sequence[str], said: str) -> SandboxError:
    end = "\n".join(said.strip().splitlines()[-_ERROR_LINES:])
    if "requires go >=" in said:
        return _too_old(end)
    return SandboxError(f"`go {' '.join(arguments[:2])}` failed:\n{end}")
