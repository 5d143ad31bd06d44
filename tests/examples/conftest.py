"""Walks: scripts of the examples, run as their READMEs say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Walks:
    """Runs them with the installed `reconcile`, a folder to work in, and sandboxes of their own in `sandboxes`."""

    folder: Path
    sandboxes: Path

    def run(self, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run one to its end."""
        kept = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": os.environ["HOME"],
            "RECONCILE_SANDBOX_HOME": str(self.sandboxes),
        }
        self.folder.mkdir()
        command = [_EXAMPLES / script, self.folder]
        return subprocess.run(command, env={**kept, **environ}, capture_output=True, text=True, check=False)


@pytest.fixture
def walks(programs: Mapping[str, Path], tmp_path: Path) -> Walks:
    """For one walk; the sandbox's programs are there by then."""
    assert programs
    return Walks(tmp_path / "work", tmp_path / "sandbox")
