"""Where environments come from, as the loop sees it: asked for the newest files, which then stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reconciler.adapters.files import matching
from reconciler.errors import DesiredStateError, GitError
from reconciler.model.source import Commit, GitSource, Mirror, SignatureState


@dataclass(frozen=True, slots=True)
class Checkout:
    """The files of a moment.

    Attributes:
        commit: None for a folder that is no checkout.
        paths: the environment files in it.
        standing: of a folder that people work in: what it is at, in words.
    """

    folder: Path
    commit: Commit | None
    paths: tuple[str, ...]
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Distrusted:
    """The newest commit, which is not believed."""

    commit: Commit

    @property
    def message(self) -> str:
        """Why not."""
        signature = self.commit.signature
        by = f" by {signature.signer or signature.key}" if signature.signer or signature.key else ""
        return f"commit {self.commit.sha[:12]} is not believed: its signature{by} is {signature.state}"


class Origin(Protocol):
    """A source of environments."""

    def ask(self) -> Checkout | Distrusted:
        """The newest files. Raises ReconcilerError: they cannot be had."""
        ...

    def recall(self, commit: Commit) -> Checkout | None:
        """The files of an earlier commit; None: they are gone, or it is not believed any more.

        Those that are recalled last stay longest.
        """
        ...

    def switch(self, commit: Commit) -> None:
        """Make a commit that was asked for the current one; the oldest others may go."""
        ...

    def close(self) -> None:
        """End what is under way, from another thread; nothing can be asked any more."""
        ...


class GitOrigin:
    """Implements Origin by a mirror; `source` is what it mirrors, with the login as it is now."""

    def __init__(self, mirror: Mirror, source: Callable[[], GitSource]) -> None:
        self._mirror, self._source = mirror, source

    def ask(self) -> Checkout | Distrusted:
        """See Origin."""
        self._mirror.renew(self._source())
        commit = self._mirror.update()
        return self._checkout(commit) if self._is_believed(commit) else Distrusted(commit)

    def recall(self, commit: Commit) -> Checkout | None:
        """See Origin."""
        try:
            found = self._checkout(commit)
            return found if self._is_believed(commit) else None
        except (DesiredStateError, GitError):
            return None

    def switch(self, commit: Commit) -> None:
        """See Origin."""
        self._mirror.switch(commit)

    def close(self) -> None:
        """See Origin."""
        self._mirror.cancel()
        self._mirror.close()

    def _is_believed(self, commit: Commit) -> bool:
        if self._source().verification is None:
            return True
        return self._mirror.signature(commit).state is SignatureState.GOOD

    def _checkout(self, commit: Commit) -> Checkout:
        folder = self._mirror.checkout(commit)
        return Checkout(folder, commit, _paths(folder, self._source().environments))


class FolderOrigin:
    """Implements Origin by a folder that people work in; `standing` tells in words what it is at."""

    def __init__(self, folder: Path, environments: str, standing: Callable[[Path], str]) -> None:
        self._folder, self._environments, self._standing = folder, environments, standing

    def ask(self) -> Checkout | Distrusted:
        """See Origin."""
        paths = _paths(self._folder, self._environments)
        return Checkout(self._folder, None, paths, self._standing(self._folder))

    def recall(self, commit: Commit) -> Checkout | None:
        """See Origin. A folder has no earlier state."""
        del commit
        return None

    def switch(self, commit: Commit) -> None:
        """See Origin."""

    def close(self) -> None:
        """See Origin."""


def _paths(folder: Path, environments: str) -> tuple[str, ...]:
    return tuple(path.relative_to(folder).as_posix() for path in matching(folder, environments))
