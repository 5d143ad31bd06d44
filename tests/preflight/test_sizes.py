"""How large Helm's record gets."""

from __future__ import annotations

import random

import pytest

from reconciler.model.preflight import Area, Status
from reconciler.model.sizes import LIMIT
from reconciler.preflight.sizes import Record, may_be_large, record, size_check
from tests.preflight.objects import API, WHERE


@pytest.mark.parametrize(
    ("size", "status", "message"),
    [
        (100 * 1024, Status.OK, "Helm's record of it fits (100 KiB)"),
        (LIMIT * 8 // 10, Status.OK, "Helm's record of it fits (819 KiB)"),
        (LIMIT * 9 // 10, Status.WARNING, "Helm's record of it needs 922 KiB, 89 % of what a Secret can hold"),
        (LIMIT, Status.WARNING, "Helm's record of it needs 1,024 KiB, 100 % of what a Secret can hold"),
        (LIMIT + 1, Status.FAILED, "Helm's record of it needs 1,024 KiB, more than what a Secret can hold"),
    ],
)
def test_what_fits(size: int, status: Status, message: str) -> None:
    """A warning from four fifths on, a failure beyond, with the files to look at."""
    found = size_check(Record(API, size, (("files/big.bin", 700 * 1024),)), WHERE)
    files = "" if status is Status.OK else "; the largest files: files/big.bin (700 KiB)"
    assert (found.area, found.status, found.message) == (Area.SIZE, status, message + files)


def test_what_counts() -> None:
    """The chart's own files compressed, without its subcharts; the largest first."""
    noise = random.Random(1).randbytes  # noqa: S311 - noise, no secret
    files = {"files/a.bin": noise(3000), "files/b.bin": noise(9000), "charts/sub.tgz": noise(50_000)}
    found = record(API, {**files, "templates/x.yaml": b"x: y\n" * 10_000}, [], {})
    assert [name for name, _ in found.largest] == ["templates/x.yaml", "files/b.bin", "files/a.bin"]
    # Noise does not compress, and is put into base64 once more; repeated text is next to nothing.
    assert 12_000 * 4 / 3 < found.size < 12_000 * 4 / 3 * 1.1


def test_a_closer_look_is_worth_it_only_for_large_ones() -> None:
    """Below half of the limit, nothing that a chart holds can get too large."""
    assert not may_be_large(400_000, [], {})
    assert may_be_large(500_000, [], {})
    assert may_be_large(0, [{"data": {"x": "y" * 500_000}}], {})
    assert may_be_large(0, [], {"x": "y" * 500_000})
