"""A chart's files → an archive: the same files give the same bytes, whenever, wherever and by whom it is made.

No variable changes that, SOURCE_DATE_EPOCH included: by its digest an archive is recognised as the one that is
published already, and a date in it would make each build another chart.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.chart import ChartFiles

_FIRST = "Chart.yaml"


def pack(files: ChartFiles, name: str) -> bytes:
    """The archive (.tgz) of the chart called `name`: its files in a folder of that name.

    The compression is that of Python's zlib: another implementation of it may give other bytes.
    """
    content = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=content, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in _ordered(files):
            archive.addfile(_header(f"{name}/{path}", files[path]), io.BytesIO(files[path]))
    return content.getvalue()


def _ordered(files: ChartFiles) -> Iterator[str]:
    """Chart.yaml is what readers look for."""
    yield from (name for name in (_FIRST,) if name in files)
    yield from sorted(files.keys() - {_FIRST})


def _header(path: str, content: bytes) -> tarfile.TarInfo:
    # Left as they are: owner and time 0, no names, and the rights that Helm gives (rw-r--r--).
    header = tarfile.TarInfo(path)
    header.size = len(content)
    return header
