"""Releases by the `helm` program, as anybody may have made them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from reconciler.sandbox import Sandbox
from tests.conftest import Kubectl

OBJECTS = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}}
    data: {text: hello}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: {{ .Release.Name }}}
    stringData: {password: s3cret}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: {{ .Release.Namespace }}-{{ .Release.Name }}}
    rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}-hook, annotations: {helm.sh/hook: post-install}}
"""


@dataclass(frozen=True)
class Installed:
    """A namespace with the release `app` of three objects and a hook."""

    namespace: str
    folder: Path
    helm: tuple[str, ...]
    kubectl: Kubectl

    def define(self, kind: str, plural: str) -> None:
        """Serve another kind, in the group NAMESPACE.example.com."""
        group = f"{self.namespace}.example.com"
        schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
        version = {"name": "v1", "served": True, "storage": True, "schema": schema}
        spec = {"group": group, "names": {"kind": kind, "plural": plural}, "scope": "Namespaced", "versions": [version]}
        item = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": spec,
        }
        self.kubectl("apply", "-f", "-", stdin=json.dumps(item))
        self.kubectl("wait", "--for=condition=Established", "crd", f"{plural}.{group}")


def install(into: Installed, name: str, objects: str = OBJECTS) -> None:
    """Install a chart of these objects."""
    _write("install", into, name, objects)


def upgrade(into: Installed, name: str, objects: str) -> None:
    """Upgrade to a chart of these objects."""
    _write("upgrade", into, name, objects)


def _write(operation: str, into: Installed, name: str, objects: str) -> None:
    chart = into.folder / name
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
    (chart / "templates" / "all.yaml").write_text(dedent(objects))
    subprocess.run([*into.helm, operation, name, str(chart)], check=True, capture_output=True)


@pytest.fixture
def installed(
    namespace: str, kubectl: Kubectl, helm_program: Path, control_plane: Sandbox, tmp_path: Path
) -> Installed:
    """See Installed."""
    kubectl("create", "namespace", namespace)
    helm = (str(helm_program), "--kubeconfig", str(control_plane.kubeconfig_path), "-n", namespace)
    made = Installed(namespace, tmp_path / "charts", helm, kubectl)
    install(made, "app")
    return made
