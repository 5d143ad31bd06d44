"""In what state a release is found: status, reason, evidence. What to do about it is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.identity import ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease


@dataclass(frozen=True, slots=True)
class Suspect:
    """An object of a release whose live form seems to differ; `live` is None when it seems to be gone."""

    id: ObjectId
    expected: JsonMap = field(repr=False)
    live: JsonMap | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotInstalled:
    """There is no such release."""


@dataclass(frozen=True, slots=True)
class Retired:
    """It was uninstalled with its history kept, and Helm does not install over a history."""

    stored: StoredRelease


@dataclass(frozen=True, slots=True)
class Outdated:
    """Installed, but not from the desired chart and values, or not successfully."""

    stored: StoredRelease
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """Installed from the desired chart and values; `suspects` are the objects that may have drifted."""

    stored: StoredRelease
    suspects: tuple[Suspect, ...]


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Installed by somebody else from the desired chart and values, as far as their names and the values tell.

    What its templates hold is not stored in a form that could be compared, so whether it is as desired is told by its
    rendering.
    """

    stored: StoredRelease


@dataclass(frozen=True, slots=True)
class Stuck:
    """An operation began, and its run is dead.

    Attributes:
        run: the run of ours that began it; None: a plain `helm`, or one that held no lock.
        in_place: how many of its objects are as the revision says.
        is_certain: False: its run may live, which who has the lock will know.
    """

    stored: StoredRelease
    run: str | None = None
    in_place: int = 0
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Locked:
    """An operation is under way, by a run that may be alive."""

    stored: StoredRelease
    since: datetime


@dataclass(frozen=True, slots=True)
class Foreign:
    """The release belongs to another environment."""

    stored: StoredRelease
    environment: str


@dataclass(frozen=True, slots=True)
class Homeless:
    """Its namespace does not exist, and is not the environment's to make."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """It needs something that was not selected, and that is not in place."""

    need: str
    stands: str

    @property
    def reason(self) -> str:
        """What is in the way, and what to do."""
        return f"it needs {self.need}, which was not selected and is {self.stands}: select it as well (--with-needs)"


TAKES_OVER = "takes over a release that was not installed by reconciler"
"""The reason for what is done to the release of somebody else."""

State = NotInstalled | Homeless | Lacking | Retired | Outdated | Unclaimed | Settled | Stuck | Locked | Foreign
