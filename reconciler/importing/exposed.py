"""What looks like a secret, and would stand in a file: refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.errors import DesiredStateError, DesiredStateErrors
from reconciler.importing.sensitive import sensitive
from reconciler.importing.values import Written
from reconciler.model.chart import Chart
from reconciler.model.compare import show


def refuse_exposed(parts: Mapping[str, Written], rebuilt: Iterable[Chart], plain: Sequence[str]) -> None:
    """Refuse what no reference can stand for: values of releases in lists, and defaults of charts.

    Args:
        parts: the values of each release.
        rebuilt: the charts that are written, with the defaults that whoever made them gave.
        plain: patterns of what may stand there; a default is meant with its chart before it: `CHART:PATH`.

    Raises:
        DesiredStateErrors: there is some, each by its path.
    """
    values = {f"{path} of release {key}": path for key, part in parts.items() for path in part.exposed}
    defaults = {default: default for chart in rebuilt for default in _defaults(chart, plain)}
    found = [
        DesiredStateError(f"{problem}: {', '.join(exposed)}", hint=hint.format(next(iter(exposed.values()))))
        for exposed, problem, hint in ((values, _VALUES, _ALLOW), (defaults, _DEFAULTS, _NAME))
        if exposed
    ]
    if found:
        raise DesiredStateErrors(found)


def _defaults(chart: Chart, plain: Sequence[str]) -> Iterable[str]:
    within = f"{chart.name}:"
    return (f"{within}{show(path)}" for path in sensitive(chart.defaults, plain, within))


_VALUES = "these values look like secrets, and are in a list or no text, so that no variable can hold them"
_ALLOW = "give those that are none, or that may stand in the file, by `--plain`: `--plain '{}'`"
_DEFAULTS = "these defaults of charts look like secrets, and would stand in the archives that are rebuilt"
_NAME = "say where the charts are (`--repository`, `--chart`), or give those that may stand there: `--plain '{}'`"
