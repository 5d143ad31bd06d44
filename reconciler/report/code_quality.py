"""Notices as a code quality report, which GitLab shows in a merge request.

Its form: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.model.json import JsonMap
from reconciler.report.notices import Notice, Severity, worst
from reconciler.report.style import clean

_SEVERITIES = {Severity.ERROR: "blocker", Severity.WARNING: "minor", Severity.NOTICE: "info"}


def code_quality(notices: Iterable[Notice], file: str) -> str:
    """A JSON list, the worst first. What has no place is shown at the first line of `file`, since each has one."""
    return json.dumps(list(_entries(worst(notices), file)), indent=2, ensure_ascii=False)


def _entries(notices: Iterable[Notice], file: str) -> Iterator[JsonMap]:
    seen: Counter[str] = Counter()
    for notice in notices:
        where = notice.where
        path, line = (where.path, where.line) if where else (file, 1)
        description = clean(": ".join(filter(None, (notice.title, notice.message))))
        # Without the line, so that a finding that only moved is not taken for a new one.
        same = "\0".join((notice.rule, path, description))
        seen[same] += 1
        yield {
            "description": description,
            "check_name": notice.rule,
            "fingerprint": hashlib.sha256(f"{same}\0{seen[same]}".encode()).hexdigest(),
            "severity": _SEVERITIES[notice.severity],
            "location": {"path": path, "lines": {"begin": line}},
        }
