"""Images with the logins that are tried for them: what to ask the registries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.image import ImageRef, Question
from reconciler.preflight.keyring import Entry, matching
from reconciler.preflight.pulling import Fault, ImageUse, Wallet

_NEVER = "Never"


@dataclass(frozen=True, slots=True)
class Pull:
    """One image as the pods of a release pull it.

    Attributes:
        image: as it stands in the pods.
        ref: its whole name; None when it is no name.
        fault: why it is none.
        logins: what the kubelet would try, in this order; None alone means to ask without a login.
        faults: pull secret → why it is of no use.
    """

    release: ReleaseId
    image: str
    ref: ImageRef | None
    fault: str
    uses: tuple[ImageUse, ...]
    logins: tuple[Entry | None, ...]
    faults: Mapping[ObjectId, Fault]

    @property
    def is_asked_for(self) -> bool:
        """Whether any registry would be asked for it."""
        return self.ref is not None and any(use.policy != _NEVER for use in self.uses)

    def questions(self) -> Iterator[Question]:
        """What to ask the registry."""
        if self.ref and self.is_asked_for:
            for login in self.logins:
                yield Question(self.ref, login.credentials if login else None)


def pulls(uses: Iterable[tuple[ImageUse, Wallet]]) -> list[Pull]:
    """Who pulls what, those of a release with the same logins taken together."""
    grouped: dict[tuple[ReleaseId, str, tuple[Entry, ...]], list[tuple[ImageUse, Wallet]]] = {}
    for use, wallet in uses:
        grouped.setdefault((use.release, use.image, wallet.logins), []).append((use, wallet))
    return [_pull(found) for found in grouped.values()]


def _pull(found: Sequence[tuple[ImageUse, Wallet]]) -> Pull:
    first, wallet = found[0]
    faults = {secret: why for _, one in found for secret, why in one.faults.items()}
    uses = tuple(use for use, _ in found)
    try:
        ref = ImageRef.parse(first.image)
    except ValueError as error:
        return Pull(first.release, first.image, None, str(error), uses, (), faults)
    logins = tuple(matching(wallet.logins, ref)) or (None,)
    return Pull(first.release, first.image, ref, "", uses, logins, faults)
