"""Another person at the same cluster, with kubectl and helm and without any regard for us."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.api import Api
from tests.chaos.random_worlds import PLACES, RELEASES, Edit


@dataclass
class OtherPerson:
    """Does edits, and remembers what is theirs.

    Attributes:
        name: the environment's, which its namespaces begin with.
        kubeconfig: an administrator's, as a file.
    """

    api: Api
    helm: Path
    kubeconfig: Path
    name: str
    chart: Path
    _theirs: dict[str, str] = field(default_factory=dict)

    def do(self, edit: Edit, release: str) -> None:
        """Do it, if there is anything to do it to."""
        home = self._home(release)
        core, apps = f"/api/v1/namespaces/{home}", f"/apis/apps/v1/namespaces/{home}"
        match edit:
            case Edit.DELETE_OBJECT:
                self.api("DELETE", f"{core}/configmaps/{release}")
            case Edit.CHANGE_OBJECT:
                self.api("PATCH", f"{core}/configmaps/{release}", {"data": {"text": "another", "more": "text"}})
            case Edit.SCALE:
                self.api("PATCH", f"{apps}/deployments/{release}", {"spec": {"replicas": 3}})
            case Edit.UNMARK:
                label = {"app.kubernetes.io/managed-by": None}
                self.api("PATCH", f"{apps}/deployments/{release}", {"metadata": {"labels": label}})
            case Edit.LOSE_RECORD:
                self._lose_record(core, release)
            case Edit.DELETE_SECRET:
                self.api("DELETE", f"/api/v1/namespaces/{self.name}-one/secrets/login")
            case Edit.ADD:
                self._add(core)
            case _:
                self._helm(edit, release, home)

    def touched(self) -> Iterator[str]:
        """What is theirs and was changed or removed."""
        for path, version in self._theirs.items():
            live = self.api("GET", path)
            if live is None or live["metadata"]["resourceVersion"] != version:
                yield path

    def _home(self, release: str) -> str:
        return f"{self.name}-{PLACES[RELEASES.index(release) % len(PLACES)]}"

    def _lose_record(self, core: str, release: str) -> None:
        records = self.api.items(f"{core}/secrets?labelSelector=owner%3Dhelm%2Cname%3D{release}")
        newest = max(records, key=lambda record: int(record["metadata"]["labels"]["version"]), default=None)
        if newest:
            self.api("DELETE", f"{core}/secrets/{newest['metadata']['name']}")

    def _add(self, core: str) -> None:
        path = f"{core}/configmaps"
        name = f"theirs-{len(self._theirs)}"
        labels = {"app.kubernetes.io/managed-by": "Helm"}
        made = self.api("POST", path, {"metadata": {"name": name, "labels": labels}})
        self._theirs[f"{path}/{name}"] = made["metadata"]["resourceVersion"]

    def _helm(self, edit: Edit, release: str, home: str) -> None:
        """What fails, since there is no such release or revision, is not done."""
        arguments = {
            Edit.UPGRADE: ["upgrade", release, str(self.chart), "--reuse-values", "--set", "text=by-hand"],
            Edit.ROLLBACK: ["rollback", release],
            Edit.UNINSTALL: ["uninstall", release],
        }[edit]
        command = [str(self.helm), "--kubeconfig", str(self.kubeconfig), "-n", home, *arguments]
        subprocess.run(command, capture_output=True, check=False)
