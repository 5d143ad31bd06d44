"""The command lines of the components."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

from reconciler.sandbox.catalog import CONTROL_PLANE
from reconciler.sandbox.components import commands, free_ports
from reconciler.sandbox.paths import SandboxPaths
from reconciler.sandbox.state import Ports

PORTS = Ports(11, 12, 13, 14, 15, 16)


def made(root: Path) -> dict[str, list[str]]:
    programs = {name: Path("/p") / name for name in CONTROL_PLANE}
    return commands(programs, SandboxPaths(root), PORTS)


def test_ports_differ() -> None:
    """All at once, so that no two components get the same one."""
    found = astuple(free_ports())
    assert len(set(found)) == len(found)


def test_every_component_names_a_file_of_its_sandbox() -> None:
    """That is how one which a killed run left behind is found again."""
    for name, command in made(Path("/home/a")).items():
        assert command[0] == f"/p/{name}"
        assert any("/home/a/" in argument for argument in command[1:]), name


def test_nothing_listens_beyond_this_machine() -> None:
    """Every address is 127.0.0.1."""
    for command in made(Path("/h")).values():
        bound = [argument for argument in command if "address=" in argument or "urls=" in argument]
        assert bound
        assert all("127.0.0.1" in argument for argument in bound)
