"""Mistakes, collected: one run reports all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from reconciler.errors import DesiredStateError, DesiredStateErrors, Location


class Problems:
    """Collects mistakes; the only mutable value of the stage."""

    def __init__(self) -> None:
        self._errors: list[DesiredStateError] = []

    def add(self, message: str, where: Location, hint: str | None = None) -> None:
        """Note one mistake."""
        self._errors.append(DesiredStateError(message, where=where, hint=hint))

    def note(self, errors: Iterable[DesiredStateError]) -> None:
        """Note several."""
        self._errors.extend(errors)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Note what is raised inside, and carry on after it."""
        try:
            yield
        except DesiredStateErrors as several:
            self._errors.extend(several.errors)
        except DesiredStateError as error:
            self._errors.append(error)

    def raise_all(self) -> None:
        """Raise all that was noted, each once. Raises DesiredStateErrors unless there was nothing."""
        if self._errors:
            raise DesiredStateErrors({str(error): error for error in self._errors}.values())


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The nearest known name as a question, or None."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> tuple[str, str | None]:
    """Message and hint for a reference to what does not exist."""
    hint = _nearest_or_all(name, known) or f"there is no {kind} in this file yet"
    return f'there is no {kind} "{name}"', hint


def unknown_key(holder: str, path: str, step: str, known: Iterable[str]) -> tuple[str, str | None]:
    """Message and hint for a dotted path of which one step is not there."""
    return f'{holder} has no key "{path}"', _nearest_or_all(step, known)


def _nearest_or_all(name: str, known: Iterable[str]) -> str | None:
    names = sorted(known)
    listed = ", ".join(names[:8]) + (", …" if len(names) > len(names[:8]) else "")
    return did_you_mean(name, names) or (f"known: {listed}" if names else None)
