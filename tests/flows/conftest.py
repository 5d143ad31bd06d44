"""A user's checkout, and a context built as the command line builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent
from typing import NoReturn

import pytest

from reconciler.cli.wiring import make_context
from reconciler.flows.apply import apply
from reconciler.flows.context import Context, Request
from reconciler.model.desired import ClusterAccess
from reconciler.model.outcome import Event, Outcome
from reconciler.model.plan import Plan
from reconciler.sandbox import AuditRecord, Sandbox, writes

CONFIG_MAP = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}}
    data: {text: {{ .Values.text | quote }}, more: {{ toJson .Values.more | quote }}}
"""


def _refuse(access: ClusterAccess, _permit: Callable[[], None]) -> NoReturn:
    raise AssertionError(f"a writer to {access.name} was asked for")


@dataclass
class Checkout:
    """A folder with `env.yaml` and the chart `config`; the flows run in it."""

    folder: Path
    namespace: str
    control_plane: Sandbox

    def environment(self, body: str) -> None:
        """Write env.yaml; NAMESPACE in it is the test's own."""
        head = """
            apiVersion: reconciler/v1
            kind: Environment
            name: NAMESPACE
            clusters: {main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}
            defaults: {namespace: NAMESPACE}
            namespaces: {NAMESPACE: {}}
        """
        text = dedent(head).lstrip() + dedent(body)
        (self.folder / "env.yaml").write_text(text.replace("NAMESPACE", self.namespace))

    def chart(self, name: str, template: str, values: str = "text: hello\nmore: [default]\n") -> None:
        """Write a chart of one template."""
        folder = self.folder / "charts" / name
        (folder / "templates").mkdir(parents=True, exist_ok=True)
        (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
        (folder / "values.yaml").write_text(values)
        (folder / "templates" / "all.yaml").write_text(dedent(template))

    def context(self, engine: str = "library") -> Context:
        """The adapters of one run."""
        return make_context("env.yaml", engine)

    def reading(self, engine: str = "library") -> Context:
        """The same, for flows that must not write: whoever asks for a writer fails."""
        return replace(self.context(engine), writer=_refuse)

    def apply(self, *only: str, engine: str = "library") -> tuple[Outcome, list[Event], list[Plan]]:
        """Apply; the outcome, the events and the plan that was shown."""
        events: list[Event] = []
        shown: list[Plan] = []
        outcome = apply(Request("env.yaml", only), self.context(engine), 4, shown.append, events.append)
        return outcome, events, shown

    def writes_during(self, act: Callable[[], object]) -> list[AuditRecord]:
        """What the audit log says was written meanwhile."""
        mark = self.control_plane.settle_audit()
        act()
        self.control_plane.settle_audit()
        return list(writes(self.control_plane.audit.read(mark), user="admin"))


@pytest.fixture
def checkout(
    tmp_path: Path,
    namespace: str,
    control_plane: Sandbox,
    kubeconfig: str,
    helm_program: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Checkout:
    """See Checkout."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILE_KUBECONFIG", kubeconfig)
    monkeypatch.setenv("PATH", f"{helm_program.parent}:/usr/bin:/bin")
    made = Checkout(tmp_path, namespace, control_plane)
    made.chart("config", CONFIG_MAP)
    return made
