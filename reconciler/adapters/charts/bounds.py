"""How large a chart may be, whoever made it."""

from __future__ import annotations

Files = dict[str, bytes]
"""Name below the chart, with slashes → content."""

MEBIBYTE = 1024 * 1024

MAX_FILE = 10 * MEBIBYTE
MAX_CHART = 50 * MEBIBYTE
"""Of all files together, unpacked; and of all the archives of subcharts together, unpacked."""

MAX_MEMBERS = 20_000
MAX_DEPTH = 8
"""Of archives inside archives."""
