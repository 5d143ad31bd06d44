"""What servers answer, as errors about charts, with nothing of the login in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.errors import ChartError, TransferError
from reconciler.model.secret import Mask

if TYPE_CHECKING:
    from reconciler.model.desired import Repository


PUBLISHED_AGAIN = (
    "it was published again with other content: ask who did that; `reconcile update` locks what is there now"
)


@contextmanager
def doing(what: str, repository: Repository) -> Iterator[None]:
    """Whatever goes wrong inside is a ChartError: `cannot WHAT: …`."""
    mask = Mask.of([repository.password] if repository.password else [])
    try:
        yield
    except TransferError as error:
        raise ChartError(f"cannot {what}: {mask.text(error.message)}", hint=error.hint) from error
    except ChartError as error:
        raise ChartError(mask.text(error.message), where=error.where, hint=error.hint) from error
    except OSError as error:
        raise ChartError(f"cannot {what}: {error.strerror or error}") from error
