"""Which chart a live release is of: the one that renders what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from reconciler.model.chart import Chart
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.importing import Note
from reconciler.model.json import JsonMap
from reconciler.model.manifest import is_hook, object_id
from reconciler.model.observed import StoredRelease
from reconciler.model.versions import parse_version

# A note is one line.
_NAMED = 3
_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[0-9A-Za-z.+-]+")


class Fit(IntEnum):
    """How well what a chart renders fits what is installed; lower is better."""

    EXACT = 0
    SAME_OBJECTS = 1
    OTHER_OBJECTS = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """A chart that a release may be of.

    Attributes:
        entry: how the file names it; None: it was rebuilt from what Helm keeps, and has to be written.
        differing: which objects it renders otherwise; or why it renders none.
    """

    entry: Mapping[str, str] | None
    chart: Chart
    fit: Fit
    differing: tuple[str, ...]


def best(tried: Sequence[Choice]) -> Choice | None:
    """The one that fits best; of several that are not exact, what Helm keeps is what was installed. None: none fits."""
    fitting = [choice for choice in tried if choice.fit is not Fit.OTHER_OBJECTS]
    return min(fitting, key=lambda choice: (choice.fit, choice.entry is not None), default=None)


def compared(
    entry: Mapping[str, str] | None,
    chart: Chart,
    rendered: Iterable[JsonMap],
    stored: StoredRelease,
    resources: Mapping[Kind, Resource],
) -> Choice:
    """A chart, by what it renders with the live values."""
    made = _by_id((item for item in rendered if not is_hook(item)), stored.id, resources)
    held = _by_id(stored.objects, stored.id, resources)
    differing = tuple(str(key) for key in sorted({*made, *held}) if made.get(key) != held.get(key))
    fit = Fit.OTHER_OBJECTS if made.keys() != held.keys() else Fit.SAME_OBJECTS if differing else Fit.EXACT
    return Choice(entry, chart, fit, differing)


def _by_id(
    items: Iterable[JsonMap], release: ReleaseId, resources: Mapping[Kind, Resource]
) -> Mapping[ObjectId, JsonMap]:
    return {object_id(item, release, resources): item for item in items}


def archive_name(name: str, version: str, digest: str, taken: Mapping[str, str]) -> str | None:
    """The name of a chart's archive, apart from others (name → digest) that differ; None: it can be no file's name."""
    if not _CHART_NAME.fullmatch(name) or not _VERSION.fullmatch(version) or parse_version(version) is None:
        return None
    plain = f"{name}-{version}.tgz"
    return plain if taken.get(plain, digest) == digest else f"{name}-{version}-{digest[:8]}.tgz"


def notes(item: StoredRelease, choice: Choice | None, tried: Sequence[Choice]) -> Iterator[Note]:
    """What has to be known of the chart that was chosen for a release."""
    subject = str(item.id)
    chart = f"chart {item.chart_name} {item.chart_version}"
    if choice is None:
        problem = f"no {chart} was found that renders what is installed; Helm keeps a chart without its subcharts"
        yield Note(subject, f"{problem}{_told(tried)}", _WHERE, left_out=True)
        return
    if choice.fit is not Fit.EXACT:
        problem = f"{chart} renders other content each time, so a plan shows it: {', '.join(choice.differing)}"
        yield Note(subject, problem, "give the values that it makes up, such as passwords")
    for other in tried:
        if choice.entry is None and other.entry is not None:
            yield Note(subject, f"{other.entry['chart']} renders otherwise than what is installed{_told([other])}")


_WHERE = "say where it is: `--repository NAME=URL` or `--chart PATH`"


def _told(tried: Sequence[Choice]) -> str:
    told = next((choice.differing for choice in reversed(tried) if choice.differing), ())
    return f": {', '.join(told[:_NAMED])}" + (" and more" if len(told) > _NAMED else "") if told else ""
