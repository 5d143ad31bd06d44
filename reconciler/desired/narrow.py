"""A part of the desired state, for whoever can say nothing of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from reconciler.model.desired import Desired, Namespace, Release, SecretObject
from reconciler.model.identity import Target

_Needing = TypeVar("_Needing", Namespace, SecretObject, Release)


def narrow(desired: Desired, keeps: Callable[[Target], bool]) -> Desired:
    """What `keeps` says of the environment, without the needs of anything else: nobody waits for that.

    With `--only` what was not selected is another matter (`select`): it has to be in place, and is looked at.
    """

    def kept(items: tuple[_Needing, ...]) -> tuple[_Needing, ...]:
        return tuple(
            replace(item, needs={need: wait for need, wait in item.needs.items() if keeps(need)})
            for item in items
            if keeps(item.id)
        )

    return replace(
        desired,
        namespaces=kept(desired.namespaces),
        secrets=kept(desired.secrets),
        accounts=tuple(item for item in desired.accounts if keeps(item.id)),
        releases=kept(desired.releases),
        unselected=kept(desired.unselected),
    )
