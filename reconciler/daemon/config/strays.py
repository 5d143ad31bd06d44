"""Environments that the Sync file says something of its own about, and that there are not: a misspelt name holds nobody
back, and nothing else would tell."""

from __future__ import annotations

import logging
from collections.abc import Callable

from reconciler.daemon.board import LiveBoard
from reconciler.desired.problems import did_you_mean

_LOGGER = logging.getLogger("reconciler.settings")


class Strays:
    """Tells of them in the log and on the board, each time that they are others.

    Args:
        named: those that the Sync file names now.
        known: those that there are; None: not all files were looked at yet.
    """

    def __init__(
        self, named: Callable[[], frozenset[str]], known: Callable[[], frozenset[str] | None], board: LiveBoard
    ) -> None:
        self._named, self._known, self._board = named, known, board

    def look(self) -> None:
        """Whether there are any now."""
        known = self._known()
        if known is None:
            return
        found = tuple(_words(name, known) for name in sorted(self._named() - known))
        for words in found:
            if words not in self._board.strays():
                _LOGGER.warning("the Sync file names an environment that there is not", extra={"facts": {"of": words}})
        self._board.put_strays(found)


def _words(name: str, known: frozenset[str]) -> str:
    hint = did_you_mean(name, sorted(known))
    return f"{name}; {hint}" if hint else name
