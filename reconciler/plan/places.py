"""Where the user's files ask for what a plan does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.errors import Location
from reconciler.model.desired import Desired
from reconciler.model.identity import Target
from reconciler.model.plan import Action


def located(actions: Iterable[Action], desired: Desired) -> list[Action]:
    """The actions, each with its place; what the files no longer name has none."""
    places: dict[Target, Location] = {
        **{item.id: item.where for item in desired.namespaces},
        **{item.id: item.where for item in desired.secrets},
        **{item.id: item.where for item in desired.accounts},
        **{item.id: item.where for item in desired.releases},
    }
    return [replace(action, where=places.get(action.target)) for action in actions]
