"""How all environments stand, for whoever asks; and what happens, for whoever wants to be told."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from reconciler.model.sync import EnvironmentView, Notice, Tell, ViewChanged


class LiveBoard:
    """Implements `reconciler.model.sync.Board`."""

    def __init__(self, tells: Iterable[Tell] = ()) -> None:
        self._tells = list(tells)
        self._lock = threading.Lock()
        self._views: dict[str, EnvironmentView] = {}
        self._strays: tuple[str, ...] = ()

    def environments(self) -> tuple[EnvironmentView, ...]:
        """See Board."""
        with self._lock:
            return tuple(self._views[name] for name in sorted(self._views))

    def environment(self, name: str) -> EnvironmentView | None:
        """See Board."""
        with self._lock:
            return self._views.get(name)

    def strays(self) -> tuple[str, ...]:
        """See Board."""
        return self._strays

    def put_strays(self, strays: tuple[str, ...]) -> None:
        """These are named, and there are none such."""
        self._strays = strays

    def tell(self, notice: Notice) -> None:
        """Tell everybody."""
        for told in self._tells:
            told(notice)

    def listen(self, tell: Tell) -> None:
        """Tell one more, from now on; before the first notice."""
        self._tells.append(tell)

    def put(self, view: EnvironmentView) -> None:
        """An environment stands so now."""
        with self._lock:
            changed = self._views.get(view.name) != view
            self._views[view.name] = view
        if changed:
            self.tell(ViewChanged(view))

    def drop(self, name: str, path: str) -> None:
        """The file has no such environment any more; another one that has it by now keeps it."""
        with self._lock:
            if name in self._views and self._views[name].path == path:
                del self._views[name]
