"""What is measured: each tool in its own words, and what the cluster has to look like afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import Cluster
from benchmarks.measure import Figure, Run, Shell, in_a_row, repeated
from benchmarks.workspace import CHART, ENVIRONMENT, HELMFILE, ONE, Item, Workspace

HELP, START, VALIDATE = "`--help`", "validate, 1 release (start-up)", "validate"
INSTALL, PLAN, NOTHING = "first install, not waiting", "plan, nothing to do", "apply, nothing to do"
DRIFT, CHANGE_ONE, CHANGE_ALL = "apply, 1 object was deleted", "apply, 1 release changed", "apply, all changed"
SCENARIOS = (HELP, START, VALIDATE, INSTALL, PLAN, NOTHING, DRIFT, CHANGE_ONE, CHANGE_ALL)

_SHORT = 3
_CHANGES = 2


@dataclass(frozen=True, slots=True)
class Bench:
    """A fresh control plane, the releases, and where the tool runs."""

    cluster: Cluster
    workspace: Workspace
    shell: Shell
    helm: Path

    @property
    def chosen(self) -> Item:
        """The release to which something happens: one in the middle."""
        return self.workspace.items[len(self.workspace.items) // 2]

    def done(self, generation: int, changed: Mapping[Item, int] | None = None, *, last: bool = False) -> None:
        """Check the cluster, and let it come to rest unless nothing follows."""
        expected = dict.fromkeys(self.workspace.items, generation) | dict(changed or {})
        self.cluster.check(self.workspace, expected)
        if not last:
            self.cluster.settle(self.workspace)


Measured = Iterator[tuple[str, Figure]]


def reconcile(bench: Bench) -> Measured:
    """This project's program, as it is installed beside the Python that runs this."""
    program = str(Path(sys.executable).with_name("reconcile"))

    def run(*arguments: str, expected: int = 0) -> Run:
        return bench.shell.run([program, *arguments], expected=expected)

    def apply() -> Run:
        return run("apply", "-e", ENVIRONMENT)

    run("validate", "-e", ONE)  # the first one compiles Python's files
    yield HELP, repeated(_SHORT, lambda: run("--help"))
    yield START, repeated(_SHORT, lambda: run("validate", "-e", ONE))
    yield VALIDATE, repeated(_SHORT, lambda: run("validate", "-e", ENVIRONMENT))
    yield INSTALL, repeated(1, apply)
    bench.done(0)
    with bench.cluster.reads_everything():
        yield PLAN, repeated(_SHORT, lambda: run("plan", "-e", ENVIRONMENT))
    with bench.cluster.reads_everything():
        yield NOTHING, repeated(_SHORT, apply)
    bench.cluster.edit_service(bench.workspace.items[0])
    run("plan", "-e", ENVIRONMENT, expected=_CHANGES)
    apply()
    bench.cluster.delete_service(bench.chosen)
    run("plan", "-e", ENVIRONMENT, expected=_CHANGES)
    yield DRIFT, repeated(1, apply)
    bench.done(0)
    bench.workspace.write_values(1, only=bench.chosen)
    run("plan", "-e", ENVIRONMENT, expected=_CHANGES)
    yield CHANGE_ONE, repeated(1, apply)
    bench.done(0, {bench.chosen: 1})
    bench.workspace.write_values(2)
    yield CHANGE_ALL, repeated(1, apply)
    bench.done(2, last=True)


def helm(bench: Bench) -> Measured:
    """One `helm upgrade --install` after the other: what a script does. It writes a revision, changed or not."""

    def upgrade(item: Item) -> Run:
        flags = ["--namespace", item.namespace, "--create-namespace", "--values", item.values]
        return bench.shell.run([str(bench.helm), "upgrade", "--install", item.name, f"./{CHART}", *flags])

    def upgrade_all() -> Figure:
        return in_a_row(map(upgrade, bench.workspace.items))

    yield HELP, repeated(_SHORT, lambda: bench.shell.run([str(bench.helm), "--help"]))
    yield INSTALL, upgrade_all()
    bench.done(0)
    yield NOTHING, upgrade_all()
    bench.done(0)
    bench.workspace.write_values(2)
    yield CHANGE_ALL, upgrade_all()
    bench.done(2, last=True)


def helmfile(bench: Bench) -> Measured:
    """`helmfile apply`, which needs Helm's plugin `diff`; it compares with what Helm stored, not with live objects."""

    def run(command: str, *flags: str, expected: int = 0) -> Run:
        program = ["helmfile", "--helm-binary", str(bench.helm), "--file", HELMFILE]
        return bench.shell.run([*program, command, *flags], expected=expected)

    yield HELP, repeated(_SHORT, lambda: run("--help"))
    yield INSTALL, repeated(1, lambda: run("apply"))
    bench.done(0)
    yield PLAN, repeated(1, lambda: run("diff", "--detailed-exitcode"))
    yield NOTHING, repeated(1, lambda: run("apply"))
    bench.done(0)
    bench.workspace.write_values(1, only=bench.chosen)
    yield CHANGE_ONE, repeated(1, lambda: run("apply"))
    bench.done(0, {bench.chosen: 1})
    bench.workspace.write_values(2)
    yield CHANGE_ALL, repeated(1, lambda: run("apply"))
    bench.done(2, last=True)


TOOLS: Mapping[str, Callable[[Bench], Measured]] = {"reconcile": reconcile, "helm": helm, "helmfile": helmfile}
