"""The repository that the daemons follow, and what people push to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from textwrap import dedent

from tests.git_servers import Origin

ENVIRONMENT = "soak"
NAMESPACES = tuple(f"soak-{letter}" for letter in "abcde")
_CHART = {
    "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "charts/app/values.yaml": "generation: 0\n",
    "charts/app/templates/app.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          replicas: 0
          selector: {matchLabels: {app: "{{ .Release.Name }}"}}
          template:
            metadata: {labels: {app: "{{ .Release.Name }}"}}
            spec: {containers: [{name: main, image: example.com/app:1}]}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: "{{ .Release.Name }}"}
        data: {generation: "{{ .Values.generation }}"}
    """,
}


@dataclass(frozen=True)
class App:
    """One release; its ConfigMap and its Deployment are called like it."""

    number: int

    @property
    def name(self) -> str:
        """Its name."""
        return f"app-{self.number:03}"

    @property
    def namespace(self) -> str:
        """Where it is."""
        return NAMESPACES[self.number % len(NAMESPACES)]

    @property
    def config_map(self) -> str:
        """The path of its ConfigMap."""
        return f"/api/v1/namespaces/{self.namespace}/configmaps/{self.name}"

    @property
    def deployment(self) -> str:
        """The path of its Deployment."""
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{self.name}"


@dataclass
class Repository:
    """An environment of many releases of one small chart.

    Attributes:
        generations: what the ConfigMap of each release has to say.
    """

    origin: Origin
    apps: tuple[App, ...]
    generations: dict[App, int] = field(default_factory=dict)

    def begin(self) -> str:
        """The first commit."""
        self.generations = dict.fromkeys(self.apps, 0)
        return self.origin.commit("Begin", {**{name: dedent(text) for name, text in _CHART.items()}, **self._file()})

    def good(self, app: App) -> str:
        """A commit that changes one release."""
        self.generations[app] += 1
        return self.origin.commit(f"Change {app.name}", self._file())

    def forced(self, app: App) -> str:
        """The same, in place of the newest commit, as after a push by force."""
        self.generations[app] += 1
        return self.origin.commit(f"Change {app.name}, and history", self._file(), "--amend")

    def bad(self) -> str:
        """A commit that is not valid."""
        (content,) = self._file().values()
        return self.origin.commit("Forget the chart", {"env.yaml": content.replace('"chart"', '"chrat"')})

    def _file(self) -> dict[str, str]:
        document = {
            "apiVersion": "reconciler/v1",
            "kind": "Environment",
            "name": ENVIRONMENT,
            "clusters": {"main": {"kubeconfig": {"env": "RECONCILE_KUBECONFIG"}}},
            "namespaces": {name: {} for name in NAMESPACES},
            "releases": {
                app.name: {
                    "chart": "charts/app",
                    "namespace": app.namespace,
                    "values": [{"generation": self.generations[app]}],
                }
                for app in self.apps
            },
        }
        return {"env.yaml": json.dumps(document, indent=1)}
