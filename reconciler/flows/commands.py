"""One function per command: its stages, in reading order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from reconciler.apply.executor import Executor
from reconciler.apply.handlers import Handlers
from reconciler.desired.charts import attach_charts
from reconciler.desired.load import load
from reconciler.desired.render import render
from reconciler.diagnose.health import release_health
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import load_desired, look, make_plan, preview_releases
from reconciler.model.desired import Desired
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.outcome import Event, Outcome
from reconciler.model.plan import Plan
from reconciler.model.secret import Mask
from reconciler.model.standing import Health, Standing
from reconciler.plan.build import TargetPreview
from reconciler.plan.standing import standing
from reconciler.plan.states import Settled


def validate(request: Request, context: Context) -> Desired:
    """Files only; charts from repositories are not fetched, so their schemas are not checked."""
    desired = load(request.environment, context.inputs)
    local = tuple(release for release in desired.releases if release.chart_ref.path)
    attach_charts(replace(desired, releases=local), context.tools(desired).fetch_chart)
    return desired


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects of each release, hooks included, and the mask to show them by."""

    objects: tuple[tuple[ReleaseId, tuple[JsonMap, ...]], ...]
    mask: Mask


def render_all(request: Request, context: Context) -> Rendered:
    """The objects that would be applied; no cluster is asked, so `lookup` finds nothing."""
    desired, tools = load_desired(request, context)
    objects = tuple((release.id, render(release, tools.engine)) for release in desired.releases)
    return Rendered(objects, desired.mask)


def plan(request: Request, context: Context) -> Plan:
    """What `apply` would do; writes nothing."""
    found = look(request, context)
    with closing(found.tools.engine):
        return make_plan(found)


def apply(
    request: Request, context: Context, workers: int, show: Callable[[Plan], None], emit: Callable[[Event], None]
) -> Outcome:
    """Make it so. `show` is given the plan before anything is done."""
    found = look(request, context)
    planned = make_plan(found)
    show(planned)
    desired = found.desired
    writers = {name: context.writer(access) for name, access in desired.clusters.items()} if planned.changes else {}
    handlers = Handlers(writers, desired.clusters, found.tools.engine)
    with closing(found.tools.engine) as engine:
        return Executor(planned, handlers.perform, engine.cancel, emit, desired.mask, workers).run()


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """How a release stands, and how its objects are."""

    id: ReleaseId
    standing: Standing
    health: Health


@dataclass(frozen=True, slots=True)
class Status:
    """How an environment stands."""

    environment: str
    releases: tuple[ReleaseStatus, ...]

    @property
    def is_well(self) -> bool:
        """Whether every release is in sync and healthy."""
        return all(item.standing.in_sync and item.health.is_healthy for item in self.releases)


def status(request: Request, context: Context) -> Status:
    """Each release: in sync or not, and its health. Asks the server only about objects that seem to have drifted."""
    found = look(request, context)
    settled = {key: state for key, state in found.states.items() if isinstance(state, Settled)}
    with closing(found.tools.engine):
        previews = preview_releases(found, settled)
    mask = found.desired.mask
    return Status(
        found.desired.name,
        tuple(
            ReleaseStatus(
                identity,
                standing(state, previews.get(identity, TargetPreview(())), mask),
                release_health(identity, found.observed, mask),
            )
            for identity, state in found.states.items()
        ),
    )
