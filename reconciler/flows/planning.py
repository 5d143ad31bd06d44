"""The stages that `plan`, `apply` and `status` share, in reading order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.desired.charts import attach_charts
from reconciler.desired.effective import definitions_in_use
from reconciler.desired.load import load
from reconciler.desired.lock import require_locked
from reconciler.desired.render import render
from reconciler.desired.select import select
from reconciler.diagnose.health import release_health
from reconciler.errors import ChartError, EngineError
from reconciler.flows.context import Context, Request, Tools
from reconciler.flows.masking import masked
from reconciler.model.cluster import ClusterReader
from reconciler.model.desired import Desired, Release
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.lease import NO_HOLD, Hold
from reconciler.model.observed import Observed, Preview
from reconciler.model.orphans import Orphans
from reconciler.model.plan import Plan
from reconciler.model.policy import NO_CONSENT, Consent
from reconciler.observe.concurrency import both, concurrently
from reconciler.observe.live import observe
from reconciler.observe.orphans import find_orphans
from reconciler.observe.preview import Previewer
from reconciler.plan.accounts import classify_accounts
from reconciler.plan.build import build_plan
from reconciler.plan.classify import classify
from reconciler.plan.own import OwnState, classify_own
from reconciler.plan.previews import TargetPreview
from reconciler.plan.prune import Pruner
from reconciler.plan.removals import with_removals
from reconciler.plan.states import NotInstalled, Outdated, Settled, State, Stuck, Unclaimed
from reconciler.plan.warnings import server_warnings


@dataclass(frozen=True, slots=True)
class Found:
    """The desired state, what was found of it, and what may be done about it this once."""

    desired: Desired
    tools: Tools
    observed: Observed
    own: tuple[OwnState, ...]
    states: Mapping[ReleaseId, State]
    previewers: Mapping[str, Previewer]
    pruner: Pruner
    consent: Consent = NO_CONSENT


def load_desired(request: Request, context: Context) -> tuple[Desired, Tools]:
    """The selected part of an environment, its charts in hand."""
    desired = load(request.environment, context.inputs)
    desired = select(desired, request.only, with_needs=request.with_needs)
    if request.locked:
        require_locked(desired)
    with masked(desired.mask):
        tools = context.tools(desired)
        return attach_charts(desired, tools.fetch_chart), tools


def look(request: Request, context: Context) -> Found:
    """Load, observe, classify."""
    desired, tools = load_desired(request, context)
    readers: Mapping[str, ClusterReader] = {name: context.reader(access) for name, access in desired.clusters.items()}
    hold = Hold(everyone=request.break_lock)
    # A part of the file says nothing about what is in none of it.
    observed, orphans = _observed(desired, readers, context, whole=not request.only)
    found = compare(desired, tools, observed, readers, hold)
    return replace(found, pruner=Pruner(desired, orphans, observed.at, hold, request.consent), consent=request.consent)


def _observed(
    desired: Desired, readers: Mapping[str, ClusterReader], context: Context, *, whole: bool
) -> tuple[Observed, tuple[Orphans, ...]]:
    """What there is of what is desired; and of a whole environment, what else it has."""
    with masked(desired.mask):
        if not whole:
            return observe(desired, readers, context.now()), ()
        return both(lambda: observe(desired, readers, context.now()), lambda: find_orphans(desired, readers))


def look_again(found: Found, context: Context, hold: Hold) -> Found:
    """Observe anew, and classify by what is known now. What is still the same is given back as it was."""
    readers = {name: previewer.cluster for name, previewer in found.previewers.items()}
    observed, orphans = _observed(found.desired, readers, context, whole=bool(found.pruner.orphans))
    again = compare(found.desired, found.tools, observed, readers, hold)
    pruner = Pruner(found.desired, orphans, observed.at, hold, found.consent)
    same = observed.clusters == found.observed.clusters and again.states == found.states
    if same and pruner.is_as(found.pruner):
        return found
    return replace(again, pruner=pruner, consent=found.consent)


def compare(
    desired: Desired,
    tools: Tools,
    observed: Observed,
    readers: Mapping[str, ClusterReader],
    hold: Hold = NO_HOLD,
) -> Found:
    """Classify what was observed of what is desired."""
    health = {item.id: release_health(item.id, observed, desired.mask) for item in desired.unselected}
    own = (*classify_own(desired, observed, health), *classify_accounts(desired, observed))
    states = classify(desired, observed, hold, health)
    previewers = {name: Previewer(readers[name], observed.clusters[name]) for name in readers}
    return Found(desired, tools, observed, own, states, previewers, Pruner(desired, (), observed.at, hold))


def make_plan(found: Found) -> Plan:
    """What to do about what was found; asks the servers, writes nothing."""
    return with_removals(_plan_of_desired(found), found.pruner)


def _plan_of_desired(found: Found) -> Plan:
    previews = {**own_previews(found), **preview_releases(found, found.states)}
    if not previews:
        return build_plan(found.desired, found.own, found.states, previews, consent=found.consent)
    # A plan with nothing to do has to be quick, and needs none of it.
    from reconciler.flows.foresight import foresee, forewarn  # noqa: PLC0415 - see above

    with masked(found.desired.mask):
        foreseen = foresee(found.desired, found.observed, found.tools, previews)
    warnings = (*server_warnings(found.desired, foreseen), *forewarn(found.desired, found.observed, foreseen))
    return build_plan(found.desired, found.own, found.states, foreseen, warnings, found.consent)


def preview_releases(found: Found, states: Mapping[ReleaseId, State]) -> dict[Target, TargetPreview]:
    """The previews of those releases that are not certainly as they should be."""
    by_id = {release.id: release for release in found.desired.releases}
    open_questions = [(by_id[identity], state) for identity, state in states.items() if _is_open(state)]
    with masked(found.desired.mask):
        answers = concurrently(lambda pair: _preview(*pair, found), open_questions)
    return {release.id: answer for (release, _), answer in zip(open_questions, answers, strict=True)}


def _is_open(state: State) -> bool:
    if isinstance(state, Settled):
        return bool(state.suspects)
    return isinstance(state, NotInstalled | Outdated | Stuck | Unclaimed)


def _preview(release: Release, state: State, found: Found) -> TargetPreview:
    previewer = found.previewers[release.id.cluster].acting_as(release.impersonate)
    if isinstance(state, Settled):
        return TargetPreview(
            previewer.confirm(release.id, [(suspect.id, suspect.expected) for suspect in state.suspects])
        )
    stored = state.stored if isinstance(state, Outdated | Stuck | Unclaimed) else None
    try:
        rendered = render(
            release,
            found.tools.engine,
            upgrade=stored is not None,
            capabilities=previewer.observed.capabilities,
            cluster=found.desired.clusters[release.id.cluster].acting_as(release.impersonate),
        )
    except (EngineError, ChartError) as error:
        return TargetPreview(refusal=error.message)
    definitions = _definitions(release, previewer) if stored is None else ()
    return TargetPreview((*definitions, *previewer.upgrade(release.id, rendered, stored)), rendered=rendered)


def _definitions(release: Release, previewer: Previewer) -> tuple[Preview, ...]:
    if release.chart is None:
        return ()
    return previewer.definitions(release.id, definitions_in_use(release.chart, release.values))


def own_previews(found: Found) -> dict[Target, TargetPreview]:
    """The previews of those namespaces, secrets and ServiceAccounts that are not certainly as they should be."""
    asked = [state for state in found.own if not state.as_it_should_be and not state.taken]
    with masked(found.desired.mask):
        answers = concurrently(lambda state: _own_preview(state, found), asked)
    return {state.target: answer for state, answer in zip(asked, answers, strict=True)}


def _own_preview(state: OwnState, found: Found) -> TargetPreview:
    previewer = found.previewers[state.target.cluster]
    return TargetPreview((previewer.own(state.id, state.item, state.live),))
