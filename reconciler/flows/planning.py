"""The stages that `plan`, `apply` and `status` share, in reading order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.desired.charts import attach_charts
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
from reconciler.model.observed import Observed
from reconciler.model.plan import Plan
from reconciler.model.policy import NO_CONSENT, Consent
from reconciler.observe.concurrency import concurrently
from reconciler.observe.live import observe
from reconciler.observe.preview import Previewer
from reconciler.plan.accounts import classify_accounts
from reconciler.plan.build import build_plan
from reconciler.plan.classify import classify
from reconciler.plan.own import OwnState, classify_own
from reconciler.plan.previews import TargetPreview
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
    with masked(desired.mask):
        observed = observe(desired, readers, context.now())
    found = compare(desired, tools, observed, readers, Hold(everyone=request.break_lock))
    return replace(found, consent=request.consent)


def look_again(found: Found, context: Context, hold: Hold) -> Found:
    """Observe anew, and classify by what is known now. What is still the same is given back as it was."""
    readers = {name: previewer.cluster for name, previewer in found.previewers.items()}
    with masked(found.desired.mask):
        observed = observe(found.desired, readers, context.now())
    again = replace(compare(found.desired, found.tools, observed, readers, hold), consent=found.consent)
    same = observed.clusters == found.observed.clusters and again.states == found.states
    return found if same else again


def compare(
    desired: Desired,
    tools: Tools,
    observed: Observed,
    readers: Mapping[str, ClusterReader],
    hold: Hold = NO_HOLD,
) -> Found:
    """Classify what was observed."""
    health = {item.id: release_health(item.id, observed, desired.mask) for item in desired.unselected}
    own = (*classify_own(desired, observed, health), *classify_accounts(desired, observed))
    states = classify(desired, observed, hold, health)
    previewers = {name: Previewer(readers[name], observed.clusters[name]) for name in readers}
    return Found(desired, tools, observed, own, states, previewers)


def make_plan(found: Found) -> Plan:
    """What to do about what was found; asks the servers, writes nothing."""
    previews = {**own_previews(found), **preview_releases(found, found.states)}
    if not previews:
        return build_plan(found.desired, found.own, found.states, previews, consent=found.consent)
    # A plan with nothing to do has to be quick, and needs none of it.
    from reconciler.flows.foresight import foresee  # noqa: PLC0415 - see above

    with masked(found.desired.mask):
        foreseen = foresee(found.desired, found.observed, found.tools, previews)
    warnings = tuple(server_warnings(found.desired, foreseen))
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
    definitions = previewer.definitions(release.chart.definitions) if stored is None and release.chart else ()
    return TargetPreview((*definitions, *previewer.upgrade(release.id, rendered, stored)), rendered=rendered)


def own_previews(found: Found) -> dict[Target, TargetPreview]:
    """The previews of those namespaces, secrets and ServiceAccounts that are not certainly as they should be."""
    asked = [state for state in found.own if not state.as_it_should_be and not state.taken]
    with masked(found.desired.mask):
        answers = concurrently(lambda state: _own_preview(state, found), asked)
    return {state.target: answer for state, answer in zip(asked, answers, strict=True)}


def _own_preview(state: OwnState, found: Found) -> TargetPreview:
    previewer = found.previewers[state.target.cluster]
    return TargetPreview((previewer.own(state.id, state.item, state.live),))
