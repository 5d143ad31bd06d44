"""The files of a chart's archive, within bounds, and nothing that could land outside of the chart's folder.

An archive comes from whoever wrote it. It is looked through twice: once by its raw headers, which bounds what
`tarfile` will do with them (it recurses over chained headers, ends silently at a broken one, and searches
long ones for a time that grows with the square of their length), and then by `tarfile`.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds
from reconciler.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.adapters.charts.bounds import Files


def read_archive(data: bytes, name: str) -> Files:
    """The files of a chart's archive, without the folder that they all lie in.

    Args:
        name: the archive's, for errors.

    Raises:
        ChartError: it is not an archive, or holds what a chart's archive must not.
    """
    files = _read(data, name)
    check_nested(files, name)
    return files


def nested_archives(files: Files) -> Iterator[str]:
    """The names of the subcharts that are archives themselves, those of subcharts that are folders included."""
    return (name for name in files if _NESTED.fullmatch(name))


def check_nested(files: Files, place: str) -> None:
    """Raises ChartError: the archives in charts/ cannot be read, or unpack to too much, one inside the other."""
    waiting, total = [(files, place, 1)], 0
    while waiting:
        current, where, depth = waiting.pop()
        for name in nested_archives(current):
            if depth > bounds.MAX_DEPTH:
                raise ChartError(f"{place} holds archives inside archives, more than {bounds.MAX_DEPTH} deep")
            inner = _read(current[name], f"{where}/{name}")
            total += sum(map(len, inner.values()))
            if total > bounds.MAX_CHART:
                size = bounds.MAX_CHART // bounds.MEBIBYTE
                raise ChartError(f"the subcharts of {place} unpack to more than {size} MB")
            waiting.append((inner, f"{where}/{name}", depth + 1))


# As in Helm, a name that begins with a dot or an underscore is no chart.
_NESTED = re.compile(r"(charts/[^/]+/)*charts/[^/._][^/]*\.tgz")
_DRIVE = re.compile(r"[A-Za-z]:")
_PLAIN_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)
# Headers that say more about the next one: long names, and pax attributes.
_EXTENSIONS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME)
_MAX_EXTENSION = bounds.MEBIBYTE
_MAX_CHAIN = 4


def _read(data: bytes, name: str) -> Files:
    files: Files = {}
    try:
        content = _unzip(data, name)
        extents = list(_scan(content, name))
        # Not tarfile's own gzip: it stumbles over the header field that Helm puts into every archive.
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:", encoding="utf-8", errors="strict") as archive:
            members = list(archive)
            # Attributes before a header may give its file another size, or holes.
            told = [(item.offset_data, item.size) for item in members]
            if told != extents or any(item.issparse() for item in members):
                raise ChartError(f"archive {name} has headers that contradict each other")
            for member in members:
                _add(files, archive, member, name)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise ChartError(f"{name} is not a chart archive: {error}") from error
    return files


def _unzip(data: bytes, name: str) -> bytes:
    with gzip.open(io.BytesIO(data)) as stream:
        content = stream.read(bounds.MAX_CHART + 1)
    if len(content) > bounds.MAX_CHART:
        raise ChartError(f"archive {name} unpacks to more than {bounds.MAX_CHART // bounds.MEBIBYTE} MB")
    return content


def _scan(content: bytes, name: str) -> Iterator[tuple[int, int]]:
    """Where the content of each file and folder begins, and its size."""
    position = chain = count = 0
    while any(block := content[position : position + tarfile.BLOCKSIZE]):
        header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        _check_header(header, name)
        position += tarfile.BLOCKSIZE
        if header.type in _EXTENSIONS:
            chain += 1
        else:
            chain, count = 0, count + 1
            yield position, header.size
        if chain > _MAX_CHAIN or count > bounds.MAX_MEMBERS:
            raise ChartError(f"archive {name} has too many entries, or too many headers before one")
        if not header.isdir():
            position += -(-header.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    if content[position:].strip(b"\0"):
        raise ChartError(f"archive {name} goes on after its end")


def _check_header(header: tarfile.TarInfo, name: str) -> None:
    if header.type not in (*_PLAIN_FILES, *_EXTENSIONS, tarfile.DIRTYPE):
        raise ChartError(f"archive {name} holds {header.name!r}, which is a link or a device")
    most = _MAX_EXTENSION if header.type in _EXTENSIONS else bounds.MAX_FILE
    if not 0 <= header.size <= most:
        raise ChartError(f"archive {name} holds {header.name!r} of more than {most // bounds.MEBIBYTE} MB")


def _add(files: Files, archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
    inner = _inner(member, name)
    if member.isdir():
        return
    stream = archive.extractfile(member)
    content = stream.read() if stream else b""
    if files.setdefault(inner, content) != content:
        raise ChartError(f"archive {name} holds {member.name!r} twice, with different content")


def _inner(member: tarfile.TarInfo, name: str) -> str:
    """The name below the chart's folder."""
    shown = f"archive {name} holds {member.name!r}"
    pure = PurePosixPath(member.name)
    parts = pure.parts
    if pure.is_absolute() or ".." in parts or any(_DRIVE.match(part) for part in parts[:2]):
        raise ChartError(f"{shown}, which leads out of the chart")
    if "\\" in member.name or not member.name.isprintable():
        raise ChartError(f"{shown}, a name with characters that file names must not have")
    if len(parts) < 2 and member.isfile():  # noqa: PLR2004 (the chart's folder and a name in it)
        raise ChartError(f"{shown} outside of the chart's folder")
    return "/".join(parts[1:])
