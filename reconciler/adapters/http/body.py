"""What is uploaded: bytes, a file or a form of files, read anew at each attempt."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from reconciler.model.transfer import Progress, unseen


class Content(Protocol):
    """What a request can carry."""

    def opened(self) -> AbstractContextManager[Any]:
        """A stream from the beginning, in a shape that `requests` sends piece by piece."""
        ...


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


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form of files (RFC 7578), never in memory as a whole.

    Attributes:
        files: field → file.
        progress: told how much of it has been read for sending.
    """

    files: Mapping[str, Path]
    progress: Progress = unseen
    boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def content_type(self) -> str:
        """The header that goes with it."""
        return f"multipart/form-data; boundary={self.boundary}"

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """The encoded form from its beginning."""
        from requests_toolbelt import MultipartEncoder, MultipartEncoderMonitor  # noqa: PLC0415 - for uploads only

        with ExitStack() as stack:
            fields = {
                name: (path.name, stack.enter_context(path.open("rb")), "application/octet-stream")
                for name, path in self.files.items()
            }
            encoder = MultipartEncoder(fields, boundary=self.boundary)
            yield MultipartEncoderMonitor(encoder, lambda seen: self.progress(seen.bytes_read, seen.len))


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
