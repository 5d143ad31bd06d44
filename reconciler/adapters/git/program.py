"""The `git` program, for one source: its private files, and its failures as errors."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.adapters.git.environment import environment
from reconciler.adapters.git.failures import translate
from reconciler.adapters.git.runner import Bounds, Ended, Runner
from reconciler.errors import GitError, GitReason
from reconciler.model.secret import Mask
from reconciler.model.source import GitSource, SshKey, TokenLogin

# Signatures of ssh keys; settings by variables came with 2.31.
OLDEST = (2, 34)


class GitProgram:
    """Runs git for a source, with what is private to it in a folder that ends with it.

    Raises GitError when it is made: there is no git, it is too old, or the login cannot be used.
    """

    def __init__(self, source: GitSource, environ: Mapping[str, str]) -> None:
        program = shutil.which("git", path=environ.get("PATH", ""))
        if program is None:
            raise GitError("there is no program git in PATH", reason=GitReason.OTHER, hint="install git")
        self._private = tempfile.TemporaryDirectory(prefix="reconciler-git-")
        try:
            self.environ = environment(source, self.private, environ)
            self._runner = Runner(Path(program), self.environ)
            self._mask = _mask(source)
            self._require_version(program)
        except BaseException:
            self._private.cleanup()
            raise

    @property
    def private(self) -> Path:
        """A folder that only we can read, gone after `close`."""
        return Path(self._private.name)

    def run(self, doing: str, arguments: Sequence[str], bounds: Bounds) -> bytes:
        """What it says on stdout.

        Raises GitError: it failed.
        """
        ended = self.ended(arguments, bounds)
        if ended.good:
            return ended.out
        raise translate(doing, ended, bounds.seconds, self._mask)

    def ended(self, arguments: Sequence[str], bounds: Bounds, environ: Mapping[str, str] | None = None) -> Ended:
        """How a run ended, whatever it was; `environ` is added."""
        try:
            return self._runner.run(arguments, bounds, environ)
        except OSError as error:
            raise GitError(f"git cannot be started: {error.strerror}", reason=GitReason.OTHER) from error

    def cancel(self) -> None:
        """End what is under way."""
        self._runner.cancel()

    def close(self) -> None:
        """Remove the private files."""
        self._private.cleanup()

    def _require_version(self, program: str) -> None:
        said = self.ended(["version"], Bounds(seconds=10)).out.decode(errors="replace").strip()
        found = re.search(r"(\d+)\.(\d+)", said)
        if found is None or (int(found[1]), int(found[2])) < OLDEST:
            wanted = ".".join(map(str, OLDEST))
            raise GitError(
                f"found {said or 'git of unknown version'} at {program}; {wanted} or newer is needed",
                reason=GitReason.OTHER,
                hint="install a newer git",
            )


def _mask(source: GitSource) -> Mask:
    match source.login:
        case TokenLogin(token=token):
            return Mask.of([token])
        case SshKey(key=key):
            return Mask.of([key])
        case None:
            return Mask()
