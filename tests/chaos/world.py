"""One environment on a real cluster, applied again and again through the proxy by processes of its own."""

from __future__ import annotations

import base64
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.chaos.api import Api
from tests.chaos.child import CLOCK
from tests.chaos.proxy import Strike, Upstream
from tests.chaos.runs import Client, Ran

PASSWORDS = {"DB_PASSWORD": "hunter2-of-the-database", "APP_PASSWORD": "hunter2-of-the-app"}
_TURN = "hunter2-of-the-turn"

_CHARTS = {
    "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "app/values.yaml": "round: 0\npassword: ''\n",
    "app/templates/app.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app}
        spec:
          selector: {matchLabels: {app: app}}
          template:
            metadata: {labels: {app: app}}
            spec: {containers: [{name: main, image: "example.com/app:{{ .Values.round }}"}]}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: app}
        data: {round: "{{ .Values.round }}"}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: app-of-round-{{ .Values.round }}}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: app}
        stringData: {password: {{ .Values.password | quote }}}
    """,
    "app/templates/hook.yaml": """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: app-hook
          annotations: {helm.sh/hook: "post-install,post-upgrade", helm.sh/hook-delete-policy: before-hook-creation}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "example.com/hook:1"}]}}}
    """,
    "worker/Chart.yaml": "apiVersion: v2\nname: worker\nversion: 0.1.0\n",
    "worker/values.yaml": "round: 0\n",
    "worker/templates/worker.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ .Release.Name }}}
        data: {round: "{{ .Values.round }}"}
    """,
}

_ENVIRONMENT = """
    apiVersion: reconciler/v1
    kind: Environment
    name: NAMESPACE
    clusters: {main: {kubeconfig: {file: kubeconfig}}}
    defaults: {namespace: NAMESPACE}
    policy: {lock: {duration: 4s}, prune: {maxShare: 1}}
    namespaces: {NAMESPACE: {labels: {round: "ROUND"}}}
    secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}, turn: {env: TURN}}, namespaces: [NAMESPACE]}}
    releases:
      app: {chart: charts/app, values: [{round: ROUND}], valuesFrom: {password: {env: APP_PASSWORD}}}
      worker: {chart: charts/worker, values: [{round: ROUND}], needs: [app]}
"""
# What is wanted only for a while: two releases that go in reverse order, a secret, and a namespace.
_MORE = """
    extends: [env.yaml]
    namespaces: {NAMESPACE-old: {}}
    secrets: {old: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [NAMESPACE]}}
    releases:
      old: {chart: charts/worker, needs: [worker]}
      older: {chart: charts/worker, needs: [old]}
"""


@dataclass
class World:
    """An environment in namespaces of its own, and what lives there beside it.

    Attributes:
        round: what the desired state is; a higher one is a change of every part.
    """

    upstream: Upstream
    home: Path
    round: int = 1
    namespace: str = ""
    _bystanders: dict[str, str] = field(default_factory=dict)

    @property
    def api(self) -> Api:
        """The API server as another person uses it."""
        return Api(self.upstream)

    @property
    def folder(self) -> Path:
        """The user's checkout."""
        return self.home / self.namespace

    def renew(self) -> None:
        """Start over with nothing: a new namespace and a new checkout."""
        self.namespace = f"chaos-{uuid.uuid4().hex[:10]}"
        self.round = 1
        self._bystanders = {}
        for path, text in _CHARTS.items():
            file = self.folder / "charts" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text).lstrip("\n"))
        self._write_environment()

    def _write_environment(self) -> None:
        """env.yaml and more.yaml for the present round."""
        for name, text in (("env", _ENVIRONMENT), ("more", _MORE)):
            told = text.replace("NAMESPACE", self.namespace).replace("ROUND", str(self.round))
            (self.folder / f"{name}.yaml").write_text(dedent(told).lstrip("\n"))

    def elsewhere(self, home: Path) -> World:
        """The same environment in another checkout."""
        shutil.copytree(self.folder, home / self.namespace)
        return replace(self, home=home)

    def advance(self) -> None:
        """Want something else of every part."""
        self.round += 1
        self._write_environment()

    def plant(self) -> None:
        """Put objects of others beside ours."""
        marks = {"app.kubernetes.io/managed-by": "Helm"}
        for name, labels in (("plain", {}), ("of-helm", marks)):
            path = f"/api/v1/namespaces/{self.namespace}/configmaps"
            made = self.api("POST", path, {"metadata": {"name": f"foreign-{name}", "labels": labels}})
            self._bystanders[f"{path}/foreign-{name}"] = made["metadata"]["resourceVersion"]

    def run(
        self,
        command: str,
        *options: str,
        file: str = "env.yaml",
        strike: Strike | None = None,
        meanwhile: Callable[[], None] | None = None,
        clock: str = "",
    ) -> Ran:
        """Run a command on a file of the folder, through a proxy that strikes as it is told; `clock`: see `child`."""
        environ = {**PASSWORDS, "TURN": f"{_TURN}-{self.round}", CLOCK: clock}
        arguments = [command, "-e", file, *options]
        return Client(self.upstream, self.folder).run(arguments, environ, strike, meanwhile)

    def problems(self) -> Iterator[str]:
        """What is not as a converged cluster has to be."""
        yield from self._lost_or_left()
        yield from self._records()
        old = self.api("GET", f"/api/v1/namespaces/{self.namespace}-old")
        if old is not None and "deletionTimestamp" not in old["metadata"]:
            yield "the namespace that is not wanted any more is left over"
        for path, version in self._bystanders.items():
            live = self.api("GET", path)
            if live is None or live["metadata"]["resourceVersion"] != version:
                yield f"{path} is of others, and was touched"

    def _lost_or_left(self) -> Iterator[str]:
        expected = {
            "apis/apps/v1/deployments": {"app"},
            "api/v1/configmaps": {"app", f"app-of-round-{self.round}", "worker"},
            "api/v1/secrets": {"app", "db"},
            "apis/batch/v1/jobs": {"app-hook"},
        }
        for place, names in expected.items():
            root, _, plural = place.rpartition("/")
            items = self.api.items(f"/{root}/namespaces/{self.namespace}/{plural}")
            live = {item["metadata"]["name"] for item in items if not _is_anothers(item)}
            yield from (f"{plural} {name} is lost" for name in sorted(names - live))
            yield from (f"{plural} {name} is left over" for name in sorted(live - names))

    def _records(self) -> Iterator[str]:
        records = self.api.items(f"/api/v1/namespaces/{self.namespace}/secrets?labelSelector=owner%3Dhelm")
        for name in ("app", "worker"):
            mine = [item["metadata"]["labels"] for item in records if item["metadata"]["labels"]["name"] == name]
            statuses = [labels["status"] for labels in sorted(mine, key=lambda labels: int(labels["version"]))]
            if not statuses or statuses[-1] != "deployed" or statuses.count("deployed") != 1:
                yield f"the revisions of {name} are {', '.join(statuses) or 'none'}"
            if any(status.startswith("pending-") for status in statuses):
                yield f"a revision of {name} is pending"
        others = {item["metadata"]["labels"]["name"] for item in records} - {"app", "worker"}
        yield from (f"release {name} is left over" for name in sorted(others))


def _is_anothers(item: Any) -> bool:
    """Helm's own records, what Kubernetes puts in every namespace, and the bystanders."""
    name: str = item["metadata"]["name"]
    return item.get("type") == "helm.sh/release.v1" or name == "kube-root-ca.crt" or name.startswith("foreign-")


def leaks(text: str) -> Iterator[str]:
    """The secrets that a text gives away, by the names of their variables."""
    for name, secret in {**PASSWORDS, "TURN": _TURN}.items():
        if secret in text or base64.b64encode(secret.encode()).decode() in text:
            yield name
