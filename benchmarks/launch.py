"""Run one command and write down what it cost: `launch.py RESULT LOG COMMAND…`.

A process of its own, and a small one: Linux counts the memory of the process that starts a program into the
program's peak, so what a large benchmark starts would never seem smaller than the benchmark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(result: str, log: str, command: list[str]) -> None:
    """Write the exit code, the wall and processor seconds and the peak memory of `command` to `result`."""
    with open(log, "wb") as output:  # noqa: PTH123 - importing pathlib would make this process larger
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the command is the benchmark's own
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    document = {
        "code": process.returncode,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
    }
    with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123 - the same
        json.dump(document, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
