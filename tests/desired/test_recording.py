"""What a load reads is noted: files, and what references hold; what clusters are reached with is not."""

from __future__ import annotations

import json

import pytest

from reconciler.desired.load import load
from reconciler.desired.recording import Recording
from reconciler.errors import DesiredStateErrors
from reconciler.model.secret import SecretText
from tests.adapters.test_credential_helpers import GOOD, helper
from tests.desired.project import ENVIRON, Project

BODY = """\
extends: [layers/base.yaml]
namespaces: {shop: {pullSecrets: [registry]}}
secrets:
  db: {type: Opaque, data: {token: {env: TOKEN}, cert: {file: secrets/cert.txt}}, namespaces: [shop]}
  registry:
    type: dockerconfigjson
    registries: {r.example.com: {helper: test}}
    dockerConfig: {file: ~/config.json}
releases:
  app:
    chart: charts/app
    namespace: shop
    values: [values/app.yaml]
    valuesFrom: {tag: {env: TAG, sensitive: false}}
"""
HEAD = """\
apiVersion: reconciler/v1
kind: Environment
name: test
clusters: {main: {server: "https://a.example.com", token: {env: CLUSTER_TOKEN}}}
"""
VARIABLES = {**ENVIRON, "CLUSTER_TOKEN": "of-the-cluster", "TAG": "1.4"}
CONFIG = json.dumps({"auths": {"q.example.com": {"username": "u", "password": "of-q"}}})


@pytest.fixture
def written(project: Project) -> Project:
    """An environment with every kind of reference, in a folder below the project's root."""
    (project.root / ".git").mkdir()
    (project.root / "bin").mkdir()
    helper(project.root / "bin", GOOD)
    project.write(
        {
            "envs/env.yaml": HEAD + BODY,
            "envs/env.lock": "apiVersion: reconciler/v1\nkind: Lock\ncharts: []\n",
            "envs/layers/base.yaml": "defaults: {history: 3}\n",
            "envs/values/app.yaml": "a: 1\n",
            "envs/secrets/cert.txt": "of-the-cert\n",
            "envs/charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 0.1.0\n",
            "home/config.json": CONFIG,
        }
    )
    return project


def _load(project: Project, recording: Recording, **environ: str) -> None:
    load("envs/env.yaml", recording.of(project.inputs("envs/env.yaml", environ or VARIABLES)))


def test_files_are_called_as_in_the_project(written: Project) -> None:
    """The environment, its layers, its lock file and values; a file that a reference names is none of them."""
    recording = Recording()
    _load(written, recording)
    assert sorted(recording.files) == [
        "envs/env.lock",
        "envs/env.yaml",
        "envs/layers/base.yaml",
        "envs/values/app.yaml",
    ]
    assert recording.files["envs/values/app.yaml"] == "a: 1\n"


def test_references_are_noted_by_name(written: Project) -> None:
    """Whatever their kind; the cluster's token is none of them."""
    recording = Recording()
    _load(written, recording)
    assert {name: text.reveal() for name, text in recording.references.items()} == {
        "env TOKEN": "correct-horse",
        "file envs/secrets/cert.txt": "of-the-cert",
        "helper test r.example.com": '["for r.example.com", "correct-horse"]',
        "file ~/config.json": CONFIG,
        "env TAG": "1.4",
    }
    assert "correct-horse" not in repr(recording)


def test_known_references_are_not_read(written: Project) -> None:
    """Neither a variable, a file, nor a helper has to be there; the cluster's token has."""
    first = Recording()
    _load(written, first)
    for name in ("envs/secrets/cert.txt", "home/config.json", "bin/docker-credential-test"):
        (written.root / name).unlink()
    again = Recording(first.references)
    _load(written, again, CLUSTER_TOKEN="of-the-cluster")
    assert (again.files, again.references) == (first.files, first.references)
    with pytest.raises(DesiredStateErrors, match="CLUSTER_TOKEN is not set"):
        _load(written, Recording(first.references), TOKEN="x")


def test_what_is_known_counts(written: Project) -> None:
    """Also where the variable says something else."""
    first = Recording()
    _load(written, first)
    again = Recording({**first.references, "env TAG": SecretText("1.5")})
    _load(written, again)
    assert again.references["env TAG"].reveal() == "1.5"
