"""What the servers said would become of a target."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.model.identity import Target
from reconciler.model.json import JsonMap
from reconciler.model.observed import Preview
from reconciler.model.plan import ObjectChange
from reconciler.model.secret import Mask
from reconciler.plan.changes import change
from reconciler.plan.leave import Leaves


@dataclass(frozen=True, slots=True)
class TargetPreview:
    """What would become of the objects of a target.

    Attributes:
        refusal: why it cannot be done as a whole, such as that it could not even be rendered.
        rendered: the objects of a release, as far as they had to be rendered.
        record: that Helm's record of the release nearly fills its Secret, in words; None where it does not.
    """

    objects: tuple[Preview, ...] = ()
    refusal: str | None = None
    rendered: tuple[JsonMap, ...] = field(default=(), repr=False)
    record: str | None = None

    @property
    def refusals(self) -> list[str]:
        """Why it cannot be done: foreign text, not masked."""
        return [refusal for refusal in (self.refusal, *(item.refusal for item in self.objects)) if refusal]

    def permitted(self, target: Target, leaves: Leaves) -> TargetPreview:
        """The same without the refusals that leave is given for."""
        return replace(self, objects=leaves.permitted(self.objects, target))

    def changes(self, mask: Mask, manager: str) -> tuple[ObjectChange, ...]:
        """What will differ in the cluster, with who else than `manager` wrote what is there."""
        found = (change(item, mask, manager) for item in self.objects)
        return tuple(item for item in found if item)


NOTHING_ASKED = TargetPreview()
