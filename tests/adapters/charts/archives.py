"""Archives for tests: sound ones, and hostile ones of every kind."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Mapping

CHART = '{"apiVersion": "v2", "name": "api", "version": "1.0.0"}'

Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: object) -> Entry:
    """One member of an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


CHART_YAML = entry("api/Chart.yaml", CHART.encode())


def tar(*entries: Entry, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002 (tarfile's own word)
    """An archive of these members, before it is compressed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def packed(*entries: Entry) -> bytes:
    """A compressed archive of a chart `api` and these members."""
    return gzip.compress(tar(CHART_YAML, *entries), mtime=0)


def chart(name: str = "api", files: Mapping[str, bytes] | None = None) -> bytes:
    """A sound archive of a chart."""
    content = {"Chart.yaml": CHART.replace("api", name).encode(), **(files or {})}
    return gzip.compress(tar(*(entry(f"{name}/{file}", data) for file, data in content.items())), mtime=0)


def nested(depth: int) -> bytes:
    """A chart in a chart in a chart …"""
    inner = chart()
    for _ in range(depth):
        inner = chart(files={"charts/api-1.0.0.tgz": inner})
    return inner


def _raw(info: tarfile.TarInfo, **numbers: int) -> bytes:
    """A header with a number that tarfile would not write; sizes below zero are in base 256."""
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    if "size" in numbers:
        header[124:136] = numbers["size"].to_bytes(12, "big", signed=True)
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _spliced(*parts: bytes) -> bytes:
    return gzip.compress(tar(CHART_YAML)[:1024] + b"".join(parts) + bytes(1024), mtime=0)


def _pax(text: bytes, following: bytes = b"") -> bytes:
    """A pax header with this content, before `following`."""
    padded = text + bytes(-len(text) % 512)
    return entry("x", text, tarfile.XHDTYPE)[0].tobuf(tarfile.GNU_FORMAT) + padded + following


def _record(key: str, value: str) -> bytes:
    body = f" {key}={value}\n".encode()
    size = len(body) + len(str(len(body)))
    return str(size).encode() + body


_FILE = entry("api/x")[0].tobuf(tarfile.GNU_FORMAT)

# Name → (the archive, what the error says).
HOSTILE: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "absolute": (lambda: packed(entry("/etc/x")), "leads out of the chart"),
    "parent": (lambda: packed(entry("api/../../x")), "leads out of the chart"),
    "drive": (lambda: packed(entry("C:/x")), "leads out of the chart"),
    "drive below": (lambda: packed(entry("api/C:/x")), "leads out of the chart"),
    "backslash": (lambda: packed(entry("api\\..\\..\\x")), "characters that file names must not have"),
    "control": (lambda: packed(entry("api/\x1b[2Jx")), "characters that file names must not have"),
    "nul in a long name": (lambda: _spliced(_pax(_record("path", "api/a\0b"), _FILE)), "must not have"),
    "not UTF-8": (lambda: packed(entry("api/x\udcff")), "not a chart archive"),
    "loose": (lambda: packed(entry("x")), "outside of the chart's folder"),
    "symlink": (lambda: packed(entry("api/x", kind=tarfile.SYMTYPE, linkname="/etc/passwd")), "link or a device"),
    "hard link": (lambda: packed(entry("api/x", kind=tarfile.LNKTYPE, linkname="api/Chart.yaml")), "link or a device"),
    "device": (lambda: packed(entry("api/x", kind=tarfile.CHRTYPE)), "link or a device"),
    "block device": (lambda: packed(entry("api/x", kind=tarfile.BLKTYPE)), "link or a device"),
    "pipe": (lambda: packed(entry("api/x", kind=tarfile.FIFOTYPE)), "link or a device"),
    "sparse": (lambda: packed(entry("api/x", kind=tarfile.GNUTYPE_SPARSE)), "link or a device"),
    "sparse by pax": (
        lambda: _spliced(
            _pax(
                _record("GNU.sparse.map", "0,0") + _record("GNU.sparse.size", "0"),
                _FILE,
            )
        ),
        "contradict",
    ),
    "twice": (lambda: packed(entry("api/x", b"1"), entry("./api//x", b"2")), "twice, with different content"),
    "bomb": (lambda: packed(*(entry(f"api/{i}", bytes(9 << 20)) for i in range(6))), "unpacks to more than 50 MB"),
    "large file": (lambda: packed(entry("api/x", bytes(11 << 20))), "more than 10 MB"),
    "negative size": (lambda: _spliced(_raw(entry("api/x")[0], size=-1024)), "more than 10 MB"),
    "size by pax": (lambda: _spliced(_pax(_record("size", "1024"), _FILE), bytes(2048)), "contradict"),
    "long header": (lambda: _spliced(_pax(b"1" * (2 << 20), _FILE)), "more than 1 MB"),
    "chain of headers": (lambda: _spliced(*[_pax(_record("a", "b"))] * 2000, _FILE), "too many headers"),
    "many members": (lambda: packed(*(entry(f"api/{i}") for i in range(20_001))), "too many entries"),
    "archives in archives": (lambda: nested(12), "archives inside archives"),
    "bombs in archives": (
        lambda: chart(files={f"charts/{i}.tgz": chart(files={"x": bytes(9 << 20)}) for i in range(6)}),
        "unpack to more than 50 MB",
    ),
    "truncated": (lambda: chart()[:-20], "not a chart archive"),
    "truncated inside": (lambda: gzip.compress(tar(CHART_YAML)[:700]), "not a chart archive"),
    "damaged": (lambda: chart()[:40] + b"xx" + chart()[42:], "not a chart archive"),
    "garbage after gzip": (lambda: chart() + b"garbage", "not a chart archive"),
    "garbage after the end": (lambda: gzip.compress(tar(CHART_YAML) + b"garbage"), "goes on after its end"),
    "broken header": (lambda: _spliced(b"x" * 512), "not a chart archive"),
    "no gzip": (lambda: tar(CHART_YAML), "not a chart archive"),
    "empty": (lambda: b"", "not a chart archive"),
    "no Chart.yaml": (lambda: gzip.compress(tar(entry("api/x"))), r"no Chart\.yaml"),
}
