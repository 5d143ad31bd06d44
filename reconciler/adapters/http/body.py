"""What is uploaded: bytes or a file, read anew at each attempt."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from reconciler.model.transfer import Progress, unseen


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a request.

    Attributes:
        progress: told how much of it has been read for sending.
    """

    content: bytes | Path = field(repr=False)
    progress: Progress = unseen

    @contextmanager
    def opened(self) -> Iterator[_Reading]:
        """The content from its beginning, as `requests` takes a stream."""
        if isinstance(self.content, bytes):
            yield _Reading(io.BytesIO(self.content), len(self.content), self.progress)
            return
        with self.content.open("rb") as file:
            yield _Reading(file, self.content.stat().st_size, self.progress)


class _Reading:
    """A stream of known length that tells how far it has been read.

    `requests` recognises a stream by `__iter__`, and takes its length from `__len__`.
    """

    def __init__(self, stream: IO[bytes], size: int, progress: Progress) -> None:
        self._stream, self._size, self._progress = stream, size, progress
        self._done = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._done += len(chunk)
        self._progress(self._done, self._size)
        return chunk
