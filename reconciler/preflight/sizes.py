"""How large Helm's own record of a release gets → checks: a Secret holds one MiB, and no more."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Location
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.sizes import LIMIT, SOON, kilobytes

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Record:
    """What Helm is going to keep of a release.

    Attributes:
        size: bytes, estimated to a few in a hundred.
        largest: the files of the chart that take most of it, with their bytes before compression.
    """

    release: ReleaseId
    size: int
    largest: tuple[tuple[str, int], ...]

    @property
    def is_too_large(self) -> bool:
        """Whether the server is going to refuse it."""
        return self.size > LIMIT

    @property
    def is_nearly_too_large(self) -> bool:
        """Whether a little more is too much."""
        return self.size > SOON

    @property
    def message(self) -> str:
        """How large it gets, and why."""
        files = ", ".join(f"{name} ({kilobytes(size)})" for name, size in self.largest)
        share = "more than" if self.is_too_large else f"{self.size * 100 // LIMIT} % of"
        told = f"Helm's record of it needs {kilobytes(self.size)}, {share} what a Secret can hold"
        return f"{told}; the largest files: {files}" if files else told


HINT = "leave out of the chart what is no part of it, with .helmignore, or split it"


def may_be_large(chart_size: int, objects: Sequence[JsonMap], values: JsonMap) -> bool:
    """Whether it is worth to look closely: text never gets larger than this on its way into the Secret."""
    # Files are in base64 inside, and everything is in base64 outside.
    return (chart_size + len(_dumped(list(objects))) + len(_dumped(values))) * 16 // 9 > SOON


def record(release: ReleaseId, files: Mapping[str, bytes], objects: Sequence[JsonMap], values: JsonMap) -> Record:
    """What Helm will keep: the chart's own files, the values, and the objects; subcharts are not kept."""
    kept = {name: data for name, data in files.items() if not name.startswith("charts/")}
    encoded = {name: base64.b64encode(data).decode() for name, data in kept.items()}
    packed = gzip.compress(_dumped({"chart": encoded, "config": values, "manifest": list(objects)}), 9)
    largest = sorted(((name, len(data)) for name, data in kept.items()), key=lambda item: -item[1])
    return Record(release, len(base64.b64encode(packed)), tuple(largest[:_NAMED]))


def size_check(found: Record, where: Location | None) -> Check:
    """Whether the record of a release fits."""
    cluster, subject = found.release.cluster, str(found.release)
    if found.is_too_large:
        return Check(Area.SIZE, subject, Status.FAILED, found.message, HINT, where, cluster)
    if found.is_nearly_too_large:
        return Check(Area.SIZE, subject, Status.WARNING, found.message, HINT, where, cluster)
    return Check(Area.SIZE, subject, Status.OK, f"Helm's record of it fits ({kilobytes(found.size)})", cluster=cluster)


def _dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
