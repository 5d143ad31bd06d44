"""The Helm library, loaded under the name that it writes by."""

from __future__ import annotations

import subprocess
import sys


def test_threads_that_load_at_once_all_get_the_whole_library() -> None:
    """The first plan of several releases loads the library from several threads; none sees half of it."""
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from reconciler.adapters.helm.manager import load_library\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print([f.result().Chart is not None for f in [pool.submit(load_library) for _ in range(8)]])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == f"{[True] * 8}\n", done.stderr
