"""`reconcile render`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from reconciler.desired.render import render
from reconciler.flows.context import Context, Request
from reconciler.flows.masking import masked
from reconciler.flows.planning import load_desired
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.secret import Mask


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects of each release, hooks included, and the mask to show them by."""

    objects: tuple[tuple[ReleaseId, tuple[JsonMap, ...]], ...]
    mask: Mask


def render_all(request: Request, context: Context) -> Rendered:
    """The objects that would be applied; no cluster is asked, so `lookup` finds nothing."""
    desired, tools = load_desired(request, context)
    with masked(desired.mask), closing(tools.engine) as engine:
        objects = tuple((release.id, render(release, engine)) for release in desired.releases)
    return Rendered(objects, desired.mask)
