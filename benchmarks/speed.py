"""How fast `reconcile` is, beside `helm` and `helmfile`: `python -m benchmarks.speed`.

Every figure is of whole processes, start-up included, against a control plane of its own that nothing else uses.
Each result is checked in the cluster; a wrong one ends that tool's part, and makes the exit code 1.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.cluster import cluster_of
from benchmarks.measure import Figure, Shell, UnexpectedError
from benchmarks.scenarios import TOOLS, Bench
from benchmarks.table import helmfile_version, machine, table
from benchmarks.workspace import make_workspace
from reconciler.sandbox import Sandbox
from reconciler.sandbox.catalog import CONTROL_PLANE
from reconciler.sandbox.programs import ensure

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCALED_DOWN = 100
_KEPT = ("PATH", "HOME", "XDG_CACHE_HOME", "LANG", "HELM_PLUGINS", "HELM_DATA_HOME")
_NOTES = """\
Seconds of wall time: the best, and the median in brackets where it ran three times. CPU s: user and system time of
the process itself; MB: its peak memory. helm: one `helm upgrade --install` after the other, which writes a revision
of each release, changed or not. helmfile: its defaults; it compares with what Helm has stored, not with live objects.
—: not measured, or the tool has no such thing."""


def _tools(_: click.Context, __: click.Parameter, value: str | None) -> list[str]:
    if value is None:
        return ["reconcile", "helm", *(["helmfile"] if shutil.which("helmfile") else [])]
    chosen = [name.strip() for name in value.split(",")]
    if unknown := sorted(set(chosen) - set(TOOLS)):
        raise click.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(TOOLS)}")
    if "helmfile" in chosen and not shutil.which("helmfile"):
        raise click.BadParameter("helmfile is not on PATH")
    return chosen


def _sizes(_: click.Context, __: click.Parameter, value: str) -> list[int]:
    try:
        sizes = [int(part) for part in value.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise click.BadParameter("numbers of releases, such as 50,500")
    return sizes


@click.command()
@click.option("--sizes", default="50,500", show_default=True, callback=_sizes, help="Numbers of releases.")
@click.option("--tools", callback=_tools, help="Default: reconcile,helm and helmfile if it is on PATH.")
@click.option("--full", is_flag=True, help=f"Measure the other tools with more than {_SCALED_DOWN} releases too.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
@click.option("--keep", is_flag=True, help="Leave the control planes running, and the folders where they are.")
def main(sizes: list[int], tools: list[str], json_file: Path | None, *, full: bool, keep: bool) -> None:
    """Measure, check, and print a Markdown table for each number of releases."""
    about = machine()
    if "helmfile" in tools:
        about += f" · helmfile {helmfile_version('helmfile')}"
    found: dict[int, dict[str, dict[str, Figure]]] = {size: {} for size in sizes}
    invalid: list[str] = []
    for tool, size in [(tool, size) for size in sizes for tool in tools if size <= _SCALED_DOWN or full or _ours(tool)]:
        figures = found[size][tool] = {}
        try:
            _measure(tool, size, figures, keep=keep)
        except UnexpectedError as error:
            invalid.append(f"\n{tool} with {size} releases was given up: {error}")
        if json_file:
            json_file.write_text(json.dumps(_document(about, found), indent=2) + "\n", encoding="utf-8")
    click.echo(about)
    for size, by_tool in found.items():
        skipped = [tool for tool in tools if tool not in by_tool]
        click.echo(f"\n### {size} releases in 5 namespaces\n\n{table(size, by_tool)}")
        if skipped:
            click.echo(f"\nNot measured with {size}, for it takes long: {', '.join(skipped)}; `--full` does it.")
    click.echo(f"\n{_NOTES}")
    if invalid:
        sys.exit("\n".join(invalid))


def _ours(tool: str) -> bool:
    return tool == "reconcile"


def _measure(tool: str, size: int, figures: dict[str, Figure], *, keep: bool) -> None:
    """All scenarios with one tool, on a fresh control plane; fills `figures`.

    Raises:
        UnexpectedError: a command failed, or the cluster is not as it should be after it.
    """
    home = Path(tempfile.mkdtemp(prefix=f"speed-{tool}-{size}-"))
    programs = ensure([*CONTROL_PLANE, "kubectl", "helm"], _say)
    sandbox = Sandbox("speed", home / "sandbox")
    with ExitStack() as stack:
        if keep:
            stack.callback(_say, f"kept: {home}; KUBECONFIG={sandbox.kubeconfig_path}")
        else:
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            stack.callback(sandbox.down)
        sandbox.up()
        workspace = make_workspace(home / "work", size, sandbox.kubeconfig_path, programs["helm"])
        cluster = stack.enter_context(cluster_of(sandbox, programs["kubectl"]))
        bench = Bench(cluster, workspace, Shell(workspace.folder, _environ(workspace.folder)), programs["helm"])
        start = time.monotonic()
        for scenario, figure in TOOLS[tool](bench):
            figures[scenario] = figure
            _say(f"{time.monotonic() - start:6.1f} s  {tool} {size}: {scenario}: {figure.seconds:.2f} s")


def _environ(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "KUBECONFIG": str(folder / "kubeconfig")}


def _document(about: str, found: Mapping[int, Mapping[str, Mapping[str, Figure]]]) -> dict[str, object]:
    sizes = {
        str(size): {
            tool: {scenario: figure.document() for scenario, figure in figures.items()}
            for tool, figures in by_tool.items()
        }
        for size, by_tool in found.items()
    }
    return {"machine": about, "releases": sizes}


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
