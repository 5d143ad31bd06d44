"""Which files of an environment are kept: the newest ones that are valid."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.runner import Files
from reconciler.daemon.loop.views import errors_of, obstacle_of
from reconciler.daemon.source.origin import Checkout
from reconciler.daemon.surroundings import Surroundings
from reconciler.errors import ReconcilerError
from reconciler.flows.context import Request
from reconciler.flows.validate import validate
from reconciler.model.desired import Desired
from reconciler.model.sync import ConditionKind, Run, RunResult, Trigger, Why


class Intake:
    """Of one environment; for its own thread, which others may look at.

    Attributes:
        files: those that are kept.
        rejected: the newest ones, where they are not valid.
        invalid: why they are not.
    """

    def __init__(self, path: str, around: Surroundings) -> None:
        self._path, self._around = path, around
        self.files: Files | None = None
        self.rejected: Checkout | None = None
        self.invalid: Obstacle | None = None

    @property
    def has_looked(self) -> bool:
        """Whether there were files, valid or not."""
        return self.files is not None or self.rejected is not None

    def look_at(self, offer: Checkout, name: str, claim: Callable[[Desired, Checkout], bool]) -> Desired | Run | None:
        """Keep these files from now on, unless they are not valid.

        Args:
            name: what the environment is called until now.
            claim: takes what they say; False: nobody wants it any more. May raise ReconcilerError: it cannot be had.

        Returns:
            What they say; a run that tells why they are not valid; or None: nobody wants them any more.
        """
        clock = self._around.clock
        started, begun = clock.now(), clock.ticks()
        context = self._around.context(offer.folder, self._path)
        try:
            desired = validate(Request(self._path), context)
            if not claim(desired, offer):
                return None
        except ReconcilerError as error:
            self.rejected, self.invalid = offer, obstacle_of(ConditionKind.INVALID, error)
            return Run(
                id=context.holder("sync").run,
                environment=name,
                why=Why(Trigger.COMMIT if offer.commit else Trigger.FOLDER),
                commit=offer.commit,
                started=started,
                seconds=clock.ticks() - begun,
                result=RunResult.INVALID,
                changes=0,
                message="the files are not valid; what was applied before stays",
                errors=errors_of(error),
            )
        self.rejected = self.invalid = None
        self.files = _files(offer, self._path, desired)
        return desired


def _files(offer: Checkout, path: str, desired: Desired) -> Files:
    clusters = dict.fromkeys(release.id.cluster for release in desired.releases)
    releases = frozenset(release.id for release in desired.releases)
    return Files(offer, path, desired.name, tuple(clusters or desired.clusters), releases)
