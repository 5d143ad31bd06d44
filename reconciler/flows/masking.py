"""Foreign text in errors, masked in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.errors import DesiredStateErrors, ReconcilerError
from reconciler.model.secret import Mask


@contextmanager
def masked(mask: Mask) -> Iterator[None]:
    """Whatever is raised inside leaves without the secrets that a server, a chart or Helm put into its text."""
    try:
        yield
    except DesiredStateErrors as several:
        for error in several.errors:
            _mask(error, mask)
        raise DesiredStateErrors(several.errors) from None
    except ReconcilerError as error:
        _mask(error, mask)
        raise


def _mask(error: ReconcilerError, mask: Mask) -> None:
    error.message = mask.text(error.message)
    error.hint = mask.text(error.hint) if error.hint else None
    error.args = (error.message,)
