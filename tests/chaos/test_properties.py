"""Whatever the file says and others do: planning writes nothing, apply converges, a second one writes nothing."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from reconciler.sandbox import Sandbox
from tests.chaos.api import Api
from tests.chaos.other_person import OtherPerson
from tests.chaos.proxy import Upstream
from tests.chaos.random_worlds import Environment, Story, stories
from tests.chaos.runs import Client, Ran

pytestmark = pytest.mark.e2e

# `make faults` asks for more.
EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "5"))

_CHART = {
    "Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
    "values.yaml": "text: ''\nreplicas: 1\npassword: ''\n",
    "templates/app.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: main, image: "example.com/app:1"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {text: {{ .Values.text | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ .Values.password | quote }}}
""",
}


def _leaks(text: str, variables: Mapping[str, str]) -> list[str]:
    """The variables whose content a text gives away."""
    return [
        name for name, value in variables.items() if value in text or base64.b64encode(value.encode()).decode() in text
    ]


class _Checkout:
    """A folder with the file, and runs of the command on it that are checked for what holds always."""

    def __init__(self, upstream: Upstream, folder: Path, name: str) -> None:
        self.folder = folder / name
        self._name = name
        self._client = Client(upstream, self.folder)
        for path, text in _CHART.items():
            file = self.folder / "charts/app" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def converges(self, wanted: Environment) -> None:
        """Plan writes nothing; apply converges; another writes nothing."""
        (self.folder / "env.yaml").write_text(wanted.text(self._name))
        planned = self._run("plan", wanted)
        assert planned.code in (0, 2), planned.text
        assert planned.writes == ()
        applied = self._run("apply", wanted)
        assert applied.code == 0, applied.text
        again = self._run("apply", wanted)
        assert (again.code, again.writes) == (0, ()), again.text

    def _run(self, command: str, wanted: Environment) -> Ran:
        done = self._client.run([command, "-e", "env.yaml"], wanted.variables)
        assert _leaks(done.text, wanted.variables) == []
        return done


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CHAOS_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(story=stories())
def test_it_converges_whatever_others_do(
    story: Story, control_plane: Sandbox, kubeconfig: str, helm_program: Path, tmp_path: Path
) -> None:
    """Random environments and random edits of another writer, on a real API server; what is theirs is not touched."""
    upstream = Upstream.of(kubeconfig)
    name = f"story-{uuid.uuid4().hex[:8]}"
    checkout = _Checkout(upstream, tmp_path, name)
    chart = checkout.folder / "charts/app"
    other = OtherPerson(Api(upstream), helm_program, control_plane.kubeconfig_path, name, chart)
    checkout.converges(story.first)
    for edit, release in story.edits:
        other.do(edit, release)
    checkout.converges(story.first)
    checkout.converges(story.second)
    assert list(other.touched()) == []
