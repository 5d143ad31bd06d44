"""Takes note of what a load reads: the files of the project, and what references hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.errors import Location
from reconciler.model.inputs import Inputs, ProjectFiles
from reconciler.model.secret import SecretText


@dataclass(frozen=True, slots=True)
class Recording:
    """What was read; both are filled while it goes on.

    Attributes:
        known: references that are not read, since it is known what they hold.
        files: path in the project → text.
        references: name → what it held.
    """

    known: Mapping[str, SecretText] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict, repr=False)
    references: dict[str, SecretText] = field(default_factory=dict)

    def of(self, inputs: Inputs) -> Inputs:
        """The same inputs, of which is noted what is read."""
        return replace(inputs, files=_NotedFiles(inputs.files, self.files), references=self)

    def text(self, name: str, read: Callable[[], str]) -> str:
        """See References."""
        if name not in self.references:
            self.references[name] = self.known[name] if name in self.known else SecretText(read())
        return self.references[name].reveal()


class _NotedFiles:
    """Implements ProjectFiles on another one."""

    def __init__(self, files: ProjectFiles, seen: dict[str, str]) -> None:
        self.root = files.root
        self._files = files
        self._seen = seen

    def locate(self, name: str, where: Location | None) -> Path:
        """See ProjectFiles."""
        return self._files.locate(name, where)

    def called(self, name: str, where: Location | None) -> str:
        """See ProjectFiles."""
        return self._files.called(name, where)

    def shown(self, path: Path) -> str:
        """See ProjectFiles."""
        return self._files.shown(path)

    def exists(self, path: Path) -> bool:
        """See ProjectFiles."""
        return self._files.exists(path)

    def text(self, path: Path, where: Location | None) -> str:
        """See ProjectFiles."""
        text = self._files.text(path, where)
        self._seen[self._files.called(str(path), None)] = text
        return text

    def secret_text(self, path: Path, where: Location) -> str:
        """See ProjectFiles. Noted as what a reference holds."""
        return self._files.secret_text(path, where)

    def credential_text(self, name: str, where: Location) -> tuple[Path, str]:
        """See ProjectFiles. Noted as what a reference holds, or not at all: a cluster's is not part of a plan."""
        return self._files.credential_text(name, where)
