"""What an apply works with: each action through its gates, tried again, explained when it failed, and remedied."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from reconciler.apply.executor import Hands, Haste
from reconciler.apply.gates import Gates
from reconciler.apply.handlers import Handlers
from reconciler.apply.locks import Locks
from reconciler.apply.remedy import Remedies
from reconciler.apply.retries import Retrying
from reconciler.diagnose.health import release_health
from reconciler.flows.context import Context
from reconciler.flows.planning import Found
from reconciler.model.desired import Release
from reconciler.model.finding import Finding, Trouble
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.observed import StoredRelease
from reconciler.model.outcome import Remedied
from reconciler.model.plan import Action, Plan
from reconciler.model.standing import Health
from reconciler.observe.live import observe


def make_hands(
    found: Found, planned: Plan, locks: Locks, run: str, context: Context, haste: Callable[[], Haste]
) -> Hands:
    """The hands for one plan; `run` names the run that writes, which begins nothing more when there is `haste`."""
    desired = found.desired
    writers = {name: context.writer(desired.clusters[name], partial(locks.check, name)) for name in planned.clusters}
    handlers = Handlers(writers, desired.clusters, found.tools.engine, run if locks.held else None)
    return _Work(found, context, locks, handlers, haste).hands()


@dataclass(frozen=True, slots=True)
class _Work:
    found: Found
    context: Context
    locks: Locks
    handlers: Handlers
    haste: Callable[[], Haste]

    def hands(self) -> Hands:
        engine, stop = self.found.tools.engine, self.handlers.stop
        gates = Gates(self.judge, stop, self.is_ending)
        retrying = Retrying(self.perform, self.complete, self.newest, stop, self.is_ending)

        def perform(action: Action) -> None:
            gates.pass_through(action)
            retrying(action)

        def cancel() -> None:
            stop.set()
            # Helm marks what it ends, and that may be another run's by now. Who lost a lock is ended by that, unmarked.
            if self.locks.are_held():
                engine.cancel()
            if engine.lingers and self.haste() is Haste.AT_ONCE:
                # Other than after Ctrl-C, this process may live for long: its other runs come to their end first.
                self.locks.leave()

        def heal(action: Action) -> Remedied | None:
            with self.locks.writing(action.target.cluster):
                return self.remedies(stop).remedy(action)

        return Hands(perform, cancel, self.explain, heal)

    def is_ending(self) -> bool:
        return self.haste() is not Haste.NONE

    def perform(self, action: Action) -> None:
        with self.locks.writing(action.target.cluster):
            self.handlers.perform(action)

    def complete(self, action: Action) -> None:
        with self.locks.writing(action.target.cluster):
            self.handlers.complete(action)

    def newest(self, release: Release) -> StoredRelease | None:
        cluster = self.handlers.clusters[release.id.cluster].acting_as(release.impersonate)
        return next((stored for stored in cluster.releases(release.id.namespace) if stored.id == release.id), None)

    def judge(self, release: ReleaseId) -> Health:
        """How a release is at this moment, read from the server's store and not from its cache."""
        desired = self.found.desired
        known = (item for item in (*desired.releases, *desired.unselected) if item.id == release)
        alone = replace(
            desired,
            clusters={release.cluster: desired.clusters[release.cluster]},
            namespaces=(),
            secrets=(),
            accounts=(),
            releases=tuple(replace(item, needs={}) for item in known),
            unselected=(),
        )
        reader = self.found.previewers[release.cluster].cluster
        observed = observe(alone, {release.cluster: reader}, self.context.now(), exact=True)
        return release_health(release, observed, desired.mask)

    def remedies(self, stop: threading.Event) -> Remedies:
        def settle(release: Release) -> str | None:
            # Who does not wait for a release does not wait for what it is rolled back to.
            return Gates(self.judge, stop).wait_for(release.id, release.wait) if release.wait else None

        handlers = self.handlers
        return Remedies(handlers.clusters, handlers.access, handlers.engine, self.newest, settle, handlers.run)

    def explain(self, target: Target, trouble: Trouble) -> tuple[Finding, ...]:
        from reconciler.flows.investigate import Investigator  # noqa: PLC0415 - only failures need it

        readers = {name: previewer.cluster for name, previewer in self.found.previewers.items()}
        return Investigator(self.found.desired, readers, self.context.now).failed(target, trouble)
