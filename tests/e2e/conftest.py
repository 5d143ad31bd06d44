"""A project in a folder of its own, applied to the worker's control plane, with every write accounted for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from reconciler.sandbox import AuditRecord, Sandbox, writes
from tests.conftest import Kubectl, Reconcile, Run
from tests.e2e.daemons import Kept
from tests.git_servers import make_origin


@dataclass(frozen=True)
class Project:
    """A user's checkout with one environment file, `env.yaml`."""

    folder: Path
    namespace: str
    control_plane: Sandbox
    run: Reconcile

    def write(self, name: str, text: str) -> Path:
        """Write a file; NAMESPACE in it becomes the test's own."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n").replace("NAMESPACE", self.namespace))
        return path

    def chart(self, name: str, templates: Mapping[str, str], values: str = "{}", version: str = "0.1.0") -> None:
        """Write a chart below charts/."""
        self.write(f"charts/{name}/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: {version}\n")
        self.write(f"charts/{name}/values.yaml", values)
        for file, text in templates.items():
            self.write(f"charts/{name}/{file}", text)

    def environment(self, body: str) -> None:
        """Write env.yaml: the head with one cluster and one namespace, then `body`."""
        head = """
            apiVersion: reconciler/v1
            kind: Environment
            name: NAMESPACE
            clusters: {main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}
            defaults: {namespace: NAMESPACE}
        """
        body = dedent(body).lstrip("\n")
        if not body.startswith("namespaces:"):
            body = "namespaces: {NAMESPACE: {}}\n" + body
        self.write("env.yaml", dedent(head) + body)

    def __call__(self, command: str, *options: str, **environ: str) -> Run:
        """Run a command on env.yaml."""
        return self.run(command, "-e", "env.yaml", *options, **environ)

    def document(self, command: str, *options: str, **environ: str) -> Any:
        """The JSON document of a command."""
        done = self(command, "-o", "json", *options, **environ)
        assert done.out, done.err
        return json.loads(done.out)

    def actions(self, *options: str, **environ: str) -> dict[str, tuple[str, str]]:
        """The plan as target → (kind, reason), without what has nothing to do."""
        found = self.document("plan", *options, **environ)["actions"]
        return {item["target"]["name"]: (item["kind"], item["reason"]) for item in found if item["kind"] != "none"}

    def writes_during(self, command: str, *options: str, **environ: str) -> tuple[Run, list[AuditRecord]]:
        """Run a command; what the API server's audit log says that it wrote."""
        mark = self.control_plane.settle_audit()
        done = self(command, *options, **environ)
        self.control_plane.settle_audit()
        return done, list(writes(self.control_plane.audit.read(mark), user="admin"))

    def applied(self, *options: str, **environ: str) -> Run:
        """Apply, which has to converge."""
        done = self("apply", *options, **environ)
        assert done.code == 0, done.text
        return done


@pytest.fixture
def project(tmp_path: Path, namespace: str, control_plane: Sandbox, reconcile: Reconcile) -> Project:
    """An empty project; see Project."""
    return Project(tmp_path, namespace, control_plane, reconcile)


CONFIG_MAP = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}}
    data: {text: {{ .Values.text | quote }}}
"""

DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: {{ .Release.Name }}}
    spec:
      replicas: {{ .Values.replicaCount }}
      selector: {matchLabels: {app: {{ .Release.Name }}}}
      template:
        metadata: {labels: {app: {{ .Release.Name }}}}
        spec:
          {{- with .Values.nodeSelector }}
          nodeSelector: {{ toJson . }}
          {{- end }}
          containers:
            - name: main
              image: {{ .Values.image }}
              ports: [{containerPort: 80}]
"""
DEPLOYMENT_VALUES = "replicaCount: 1\nimage: example.com/app:1\nnodeSelector: {}\n"


@pytest.fixture
def kept(tmp_path: Path, namespace: str, kubeconfig: str, kubectl: Kubectl) -> Iterator[Kept]:
    """A repository and its daemons, which end with the test."""
    made = Kept(make_origin(tmp_path / "origin"), tmp_path, namespace, kubeconfig, kubectl)
    yield made
    for daemon in made.running:
        daemon.process.kill()
        daemon.process.wait()
