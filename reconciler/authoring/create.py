"""A new chart: the starter under a name of the user's."""

from __future__ import annotations

import re

from reconciler.errors import ChartError
from reconciler.model.chart import ChartFiles

# What Helm asks of a chart's name, Kubernetes of a Service's (RFC 1035), and Helm of a release's length: the chart's
# name is most often the release's, and the starter names its objects after the release.
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,51}[a-z0-9])?")
_STARTER = b"starter"


def new_chart(name: str, starter: ChartFiles) -> ChartFiles:
    """The files of a chart called `name`.

    Raises:
        ChartError: no chart can be called so.
    """
    if not _NAME.fullmatch(name):
        raise ChartError(
            f"no chart can be called {name!r}: lower-case letters, digits and -, starting with a letter, "
            "ending with a letter or digit, at most 53 characters",
            hint=_suggestion(name),
        )
    return {path: content.replace(_STARTER, name.encode()) for path, content in starter.items()}


def _suggestion(name: str) -> str | None:
    near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:53].strip("-")
    return near if _NAME.fullmatch(near) else None
