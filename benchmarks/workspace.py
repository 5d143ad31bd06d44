"""The same releases, written down for each tool: a `helm create` chart, a values file for each release."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

NAMESPACES = tuple(f"speed-{letter}" for letter in "abcde")
KINDS = ("Deployment", "Service", "ServiceAccount")
"""What a release of the chart consists of, with values like these."""

ENVIRONMENT, ONE, HELMFILE, CHART = "speed.yaml", "one.yaml", "helmfile.yaml", "web"


@dataclass(frozen=True, slots=True)
class Item:
    """One release."""

    name: str
    namespace: str

    @property
    def values(self) -> str:
        """Its values file, seen from the workspace."""
        return f"values/{self.name}.yaml"

    @property
    def workload(self) -> str:
        """The name that the chart gives its objects."""
        return f"{self.name}-{CHART}"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a chart, values, and what each tool reads."""

    folder: Path
    items: tuple[Item, ...]

    def write_values(self, generation: int, *, only: Item | None = None) -> None:
        """Give every release, or one, the values of a generation: the image's tag differs."""
        for number, item in enumerate(self.items):
            if only in (None, item):
                (self.folder / item.values).write_text(_values(number, generation), encoding="utf-8")


def tag(generation: int) -> str:
    """The image's tag in a generation."""
    return f"1.{generation}.0"


def make_workspace(folder: Path, size: int, kubeconfig: Path, helm: Path) -> Workspace:
    """Write everything for `size` releases over the namespaces, of generation 0."""
    (folder / "values").mkdir(parents=True)
    subprocess.run([helm, "create", CHART], cwd=folder, check=True, capture_output=True)  # noqa: S603 - our own
    items = tuple(Item(f"app-{number:03}", NAMESPACES[number % len(NAMESPACES)]) for number in range(size))
    workspace = Workspace(folder, items)
    workspace.write_values(0)
    inside = folder / "kubeconfig"
    inside.write_text(kubeconfig.read_text(encoding="utf-8"), encoding="utf-8")
    inside.chmod(0o600)
    _write(folder / ENVIRONMENT, _environment(items))
    _write(folder / ONE, _environment(items[:1]))
    _write(folder / HELMFILE, _helmfile(items))
    return workspace


def _values(number: int, generation: int) -> str:
    document = {
        "replicaCount": 1,
        "image": {"repository": "registry.example.com/team/app", "tag": tag(generation)},
        "podAnnotations": {"example.com/number": str(number)},
        "podLabels": {"team": f"team-{number % 7}"},
        "service": {"type": "ClusterIP", "port": 8000 + number},
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }
    return yaml.safe_dump(document, sort_keys=False)


def _environment(items: tuple[Item, ...]) -> object:
    return {
        "apiVersion": "reconciler/v1",
        "kind": "Environment",
        "name": "speed",
        "clusters": {"main": {"kubeconfig": {"file": "kubeconfig"}}},
        "namespaces": {name: {} for name in NAMESPACES},
        "releases": {
            item.name: {"chart": f"./{CHART}", "namespace": item.namespace, "values": [item.values]} for item in items
        },
    }


def _helmfile(items: tuple[Item, ...]) -> object:
    return {
        "helmDefaults": {"createNamespace": True, "wait": False},
        "releases": [
            {"name": item.name, "namespace": item.namespace, "chart": f"./{CHART}", "values": [item.values]}
            for item in items
        ],
    }


def _write(path: Path, document: object) -> None:
    # By way of JSON: no aliases for what is equal.
    path.write_text(yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False), encoding="utf-8")
