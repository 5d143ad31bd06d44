"""A helmfile, imported: it asks for just what `helm` makes with the arguments that helmfile gives it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import Project

pytestmark = pytest.mark.e2e

_ALL = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ .Release.Name }}}
    data: {all: {{ .Values | toJson | quote }}}
"""
_HELMFILE = """
    helmDefaults: {wait: true, timeout: 120, createNamespace: false}
    ---
    releases:
      - name: db
        namespace: NAMESPACE
        chart: ./charts/app
        values: [values/db.yaml, {from: {file: false, map: [1, two]}}]
      - name: api
        namespace: NAMESPACE
        chart: ./charts/app
        needs: [NAMESPACE/db]
        values: [values/db.yaml]
        set:
          - {name: from.file, value: "no"}
          - {name: number, value: 3}
          - {name: version, value: "1.10"}
          - {name: big, value: "12345678901"}
          - {name: flag, value: true}
          - {name: zero, value: "0123"}
          - {name: gone, value: "null"}
          - {name: hosts, values: [a.example.com, 5]}
        setString: [{name: text, value: "5"}]
        labels: {tier: web}
      - {name: old, namespace: NAMESPACE, chart: ./charts/app, installed: false}
"""
_SETS = (
    *("--set", "from.file=no,number=3,version=1.10,big=12345678901,flag=true,zero=0123,gone=null"),
    *("--set", "hosts={a.example.com,5}", "--set-string", "text=5"),
)


def test_the_plan_after_helmfile_shows_no_changes(project: Project, kubectl: Kubectl, helm_program: Path) -> None:
    """Files, maps and every kind of `--set` give the very same values as helm makes of them."""
    project.chart("app", {"templates/all.yaml": _ALL}, "gone: default\n")
    project.write("values/db.yaml", "from: {file: true, other: x}\nlist: [a]\n")
    project.write("helmfile.yaml", _HELMFILE)
    project.write("map.yaml", "from: {file: false, map: [1, two]}\n")
    kubectl("create", "namespace", project.namespace)
    config = project.control_plane.kubeconfig_path
    command = [str(helm_program), "--kubeconfig", str(config), "-n", project.namespace, "install"]
    for arguments in (
        ("db", "charts/app", "-f", "values/db.yaml", "-f", "map.yaml"),
        ("api", "charts/app", "-f", "values/db.yaml", *_SETS),
    ):
        done = subprocess.run([*command, *arguments], cwd=project.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    given = ("--name", project.namespace, "-d", "envs", "--kubeconfig-env", "RECONCILE_KUBECONFIG")
    imported = project.run("import", "helmfile", *given)

    assert imported.code == 2, imported.text
    assert "helmfile.yaml:24:" in imported.out
    assert "release old: left out" in imported.out
    planned = project.run("plan", "-e", f"envs/{project.namespace}.yaml", "-o", "json")
    found = {item["target"]["name"]: (item["kind"], item["reason"]) for item in json.loads(planned.out)["actions"]}
    assert found == {"db": ("none", "nothing to do"), "api": ("none", "nothing to do")}
    assert planned.code == 0
