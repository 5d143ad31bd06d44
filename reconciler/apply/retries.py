"""What failed for a reason that may pass is tried again, from what the cluster holds by then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from random import uniform

from reconciler.apply.again import again
from reconciler.errors import ApiError, LockLostError, NotBegunError, ReconcilerError, UnrecordedError
from reconciler.model.desired import Release
from reconciler.model.failure import Retry
from reconciler.model.observed import StoredRelease
from reconciler.model.plan import Action, WriteRelease
from reconciler.model.refusal import may_pass

Perform = Callable[[Action], None]
# The newest stored revision of a release, as it is now.
Newest = Callable[[Release], StoredRelease | None]

# What is not a release has no policy of its own.
_USUAL = Retry()
_BUSY = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retrying:
    """Does actions by `perform`, again and again as their policy says.

    Attributes:
        complete: what is done after each action; when only that failed, it alone is done again.
        stop: setting it ends every pause.
        is_ending: whether nothing more is to be begun, also no further try; asked after each pause.
    """

    perform: Perform
    complete: Perform
    newest: Newest
    stop: threading.Event
    is_ending: Callable[[], bool] = lambda: False
    jitter: Callable[[float], float] = lambda seconds: uniform(seconds / 2, seconds)  # noqa: S311 - no secret

    def __call__(self, action: Action) -> None:
        """Do an action.

        Raises:
            NotBegunError: a further try may not begin any more; it says why the last one failed.
            ReconcilerError: what the last try raised; it says how many there were.
        """
        step = action
        for tries, pause in enumerate((*pauses(_policy(action)), None), start=1):
            try:
                left = self._step(step) if tries > 1 else step
                if left is not None:
                    step = left
                    self.perform(step)
                self.complete(step)
            except ReconcilerError as error:
                if pause is None or not is_passing(error):
                    raise _counted(error, tries) from error
                if self.stop.wait(self.jitter(pause)) or self.is_ending():
                    raise NotBegunError(_counted(error, tries).message, hint=error.hint) from error
            else:
                return

    def _step(self, last: Action) -> Action | None:
        work = last.work
        return again(last, work, self.newest(work.release)) if isinstance(work, WriteRelease) else last


def pauses(policy: Retry) -> Iterator[float]:
    """The seconds before each further try, without jitter."""
    for number in range(policy.times):
        yield min(policy.cap, policy.backoff * 2**number)


def is_passing(error: ReconcilerError) -> bool:
    """Whether the same may be taken when it is tried again."""
    if isinstance(error, ApiError):
        return error.status in _BUSY or (error.status == HTTPStatus.CONFLICT and error.reason == "Conflict")
    return isinstance(error, UnrecordedError) or may_pass(error.message)


def _policy(action: Action) -> Retry:
    return action.work.release.on_failure.retry if isinstance(action.work, WriteRelease) else _USUAL


def _counted(error: ReconcilerError, tries: int) -> ReconcilerError:
    # A lock that is lost is told apart by whoever catches it, also when the try before failed by something else.
    if tries == 1 or isinstance(error, LockLostError):
        return error
    return ReconcilerError(f"{error.message} (tried {tries} times)", hint=error.hint)
