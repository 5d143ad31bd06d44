"""Load the Helm library so that it writes to the cluster under the name that the `helm` program uses.

The API server keeps a field manager for each field of an object. Helm takes the manager's name from its
program's name, which in this process would be `python3`: a later `helm upgrade` by a person would then meet
conflicts on every field that we wrote. Go reads the name once, from the C argument vector, while the library
is being loaded; for that moment the vector's first entry says `helm`.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELD_MANAGER = "helm"

_LOADING = threading.Lock()

# Go keeps the pointer, not a copy: the buffer has to live as long as the process.
_NAME = ctypes.create_string_buffer(FIELD_MANAGER.encode())


def load_library() -> Any:
    """The `helm_python` module; its first import loads the library under the name `helm`.

    Raises:
        ImportError: the wheel is not installed.
    """
    # Python's own lock is for each module: another thread could take a half-loaded package for a loaded one,
    # and the argument vector is one for all.
    with _LOADING:
        if "helm_python" in sys.modules:
            return sys.modules["helm_python"]
        with _program_name():
            return importlib.import_module("helm_python")


@contextmanager
def _program_name() -> Iterator[None]:
    entries = _argument_vector()
    if entries is None:
        yield
        return
    before = entries[0]
    entries[0] = ctypes.addressof(_NAME)
    try:
        yield
    finally:
        entries[0] = before


def _argument_vector() -> Any:
    """glibc's argument vector as an array of addresses, or None on another C library."""
    try:
        vector = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "_dl_argv")
    except (OSError, ValueError, TypeError):
        # TypeError: Windows has no library named None. There the manager is named after the program.
        return None
    return ctypes.cast(vector, ctypes.POINTER(ctypes.c_void_p)) if vector.value else None
