"""The files of a project: reads below its root, and nowhere else; writes in one step."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from reconciler.errors import DesiredStateError, Location

# Larger than any values file that a person edits; a mistyped name should not fill the memory.
MAX_BYTES = 5_000_000


def project_root(environment_file: Path, cwd: Path) -> Path:
    """The project that a file belongs to: its git checkout, else where the user stands, else its own folder.

    Raises DesiredStateError: the name leads round in a circle.
    """
    folder = _resolved(environment_file, environment_file.name, None).parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    here = cwd.resolve()
    return here if folder.is_relative_to(here) else folder


def matching(root: Path, pattern: str) -> tuple[Path, ...]:
    """The files below a folder that a path or a glob means (`*`, `?`, `[…]`, `**` for any folders), sorted.

    Raises DesiredStateError: there is none, or the pattern leads out of the folder.
    """
    parts = Path(pattern).parts
    if not parts or Path(pattern).is_absolute() or ".." in parts:
        raise DesiredStateError(f"{pattern!r} is no path below {root}", hint="write it as seen from that folder")
    found = sorted(path for path in root.glob(pattern) if path.is_file() and ".git" not in path.relative_to(root).parts)
    if not found:
        raise DesiredStateError(f"there is no {pattern} in {root}")
    return tuple(found)


def write_file(target: Path, content: bytes, *, private: bool = False) -> None:
    """Make or replace a file, with the rights of a new file; a `private` one is never anybody else's to read.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        made = Path(folder) / target.name
        made.touch(0o600 if private else 0o666)
        made.write_bytes(content)
        made.replace(target)


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


class Files:
    """Implements `reconciler.model.inputs.ProjectFiles` on the file system."""

    def __init__(self, root: Path, cwd: Path, home: Path) -> None:
        self.root = root.resolve()
        self._cwd = cwd
        self._home = home

    def shown(self, path: Path) -> str:
        """See ProjectFiles."""
        here = self._cwd.resolve()
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

    def locate(self, name: str, where: Location | None) -> Path:
        """See ProjectFiles."""
        base = (self._cwd / where.path).parent if where else self._cwd
        path = _resolved(base / name, name, where)
        if where and not path.is_relative_to(self.root):
            hint = f"the project is {self.root}; copy what it needs into it"
            raise DesiredStateError(f"{name} lies outside the project", where=where, hint=hint)
        return _existing(path, base / name, name, where)

    def called(self, name: str, where: Location | None) -> str:
        """See ProjectFiles."""
        base = (self._cwd / where.path).parent if where else self._cwd
        return Path(os.path.relpath(base / name, self.root)).as_posix()

    def exists(self, path: Path) -> bool:
        """See ProjectFiles."""
        return path.exists() or path.is_symlink()

    def text(self, path: Path, where: Location | None) -> str:
        """See ProjectFiles."""
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise DesiredStateError(f"{self.shown(path)} is larger than {MAX_BYTES:,} bytes", where=where)
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problem = f"{self.shown(path)} is no UTF-8 text: byte {error.start} cannot be read"
            raise DesiredStateError(problem, where=where) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DesiredStateError(f"{self.shown(path)} cannot be read: {reason}", where=where) from error

    def secret_text(self, path: Path, where: Location) -> str:
        """See ProjectFiles."""
        return self.text(path, where)

    def credential_text(self, name: str, where: Location) -> tuple[Path, str]:
        """See ProjectFiles."""
        if name.startswith("~/"):
            name = str(self._home / name[2:])
        base = (self._cwd / where.path).parent
        path = _existing(_resolved(base / name, name, where), base / name, name, where)
        return path, self.text(path, where)


def _resolved(written: Path, name: str, where: Location | None) -> Path:
    try:
        return written.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise DesiredStateError(f"{name!r} is no file name that can be used: {error}", where=where) from error


def _existing(path: Path, written: Path, name: str, where: Location | None) -> Path:
    try:
        if path.exists():
            return path
        hint = _nearest(written)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DesiredStateError(f"{name} cannot be read: {reason}", where=where) from error
    raise DesiredStateError(f"there is no {name}", where=where, hint=hint)


def _nearest(path: Path) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    if not path.parent.is_dir():
        return f"there is no folder {path.parent.name} either"
    names = [entry.name for entry in path.parent.iterdir()]
    near = get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else None
