"""Charts and requests for the tests of the Helm adapter."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.adapters.charts import ChartStore
from reconciler.adapters.repositories import Repositories
from reconciler.errors import Location
from reconciler.model.desired import ChartRef, Repository
from reconciler.model.engine import Capabilities, RemoveRequest, RenderRequest, RollbackRequest, WriteRequest
from reconciler.model.identity import ReleaseId
from reconciler.model.secret import SecretText
from tests.servers import PASSWORD, USERNAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.chart import Chart
    from reconciler.model.desired import ClusterAccess, Wait
    from reconciler.model.engine import Engine

HERE = Location("env.yaml", 3, 5)

CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Values.nameOverride | default .Release.Name }}}
data:
  values: {{ .Values | toJson | b64enc }}
  mode: {{ if .Release.IsUpgrade }}upgrade{{ else }}install{{ end }}
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
  widgets: {{ .Capabilities.APIVersions.Has "example.com/v1/Widget" | quote }}
"""

POD = """apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}}
spec:
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toJson . }}
  {{- end }}
  tolerations: [{operator: Exists}]
  containers: [{name: main, image: example.com/app}]
"""

LOOKUP = """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-lookup}
data:
  found: {{ lookup "v1" "Namespace" "" "kube-system" | dig "metadata" "name" "nothing" | quote }}
"""

HOOK = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: pre-install}
data: {a: b}
"""

CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""


def write_chart(
    folder: Path,
    *,
    version: str = "1.0.0",
    files: Mapping[str, str] | None = None,
    dependencies: list[dict[str, str]] | None = None,
) -> Path:
    """A chart named as its folder; `files` replace the usual one template."""
    metadata: dict[str, Any] = {"apiVersion": "v2", "name": folder.name, "version": version}
    if dependencies:
        metadata["dependencies"] = dependencies
    folder.mkdir(parents=True)
    (folder / "Chart.yaml").write_text(json.dumps(metadata))
    for name, text in (files or {"templates/map.yaml": CONFIG_MAP}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def package(folder: Path, into: Path) -> Path:
    """The chart as an archive."""
    metadata = json.loads((folder / "Chart.yaml").read_text())
    path = into / f"{metadata['name']}-{metadata['version']}.tgz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname=folder.name)
    return path


def crd(group: str) -> str:
    """A CRD of kind Gadget in an API group of its own."""
    return CRD.replace("GROUP", group)


def full_chart(folder: Path, group: str = "helmdev.example.com") -> Path:
    """A chart with a subchart behind a condition and one by alias, a hook, a CRD, a lookup and notes."""
    sub = {"templates/map.yaml": CONFIG_MAP, "values.yaml": "nameOverride: sub\n"}
    write_chart(folder / "charts" / "sub", files=sub)
    write_chart(folder / "charts" / "other", files={**sub, "values.yaml": "nameOverride: other\n"})
    chart = folder / "full"
    write_chart(
        chart,
        files={
            "templates/map.yaml": CONFIG_MAP,
            "templates/lookup.yaml": LOOKUP,
            "templates/hook.yaml": HOOK,
            "templates/empty.yaml": "{{- if false }}\na: b\n{{- end }}\n",
            "templates/_helpers.tpl": '{{- define "x" }}y{{ end }}',
            "templates/NOTES.txt": "Thank you",
            "crds/gadget.yaml": crd(group),
            "values.yaml": "sub: {enabled: true}\n",
        },
        dependencies=[
            {"name": "sub", "version": "1.0.0", "condition": "sub.enabled"},
            {"name": "other", "version": "1.0.0", "alias": "renamed"},
        ],
    )
    (folder / "charts").rename(chart / "charts")
    return chart


def local(path: Path) -> ChartRef:
    """A reference to a folder or an archive."""
    return ChartRef(path, None, None, None, HERE)


def read(path: Path, engine: Engine) -> Chart:
    """The chart at `path`, read anew."""
    cache = path.parent / ".cache"
    return ChartStore(cache, path.parent, engine, Repositories(cache)).fetch(local(path))


def repository(url: str, *, password: str = PASSWORD, name: str = "team") -> Repository:
    """A repository with credentials."""
    return Repository(name, url, USERNAME, SecretText(password), None, plain_http=url.startswith("oci:"))


def rendering(
    chart: Chart,
    values: Mapping[str, Any] | None = None,
    *,
    cluster: ClusterAccess | None = None,
    upgrade: bool = False,
    capabilities: Capabilities | None = None,
) -> RenderRequest:
    """A rendering of release shop/demo."""
    release = ReleaseId("main", "shop", "demo")
    return RenderRequest(release, chart, values or {}, upgrade, capabilities, cluster)


def writing(
    chart: Chart,
    cluster: ClusterAccess,
    namespace: str,
    values: Mapping[str, Any] | None = None,
    *,
    name: str = "demo",
    wait: Wait | None = None,
) -> WriteRequest:
    """An install or upgrade."""
    return WriteRequest(
        release=ReleaseId(cluster.name, namespace, name),
        cluster=cluster,
        chart=chart,
        values=values or {},
        labels={"reconciler-environment": "test"},
        description="as the test wants it",
        wait=wait,
        history=3,
    )


def returning(access: ClusterAccess, namespace: str, revision: int, history: int = 3) -> RollbackRequest:
    """The way back to a revision of the release `demo`."""
    return RollbackRequest(ReleaseId(access.name, namespace, "demo"), access, revision, history)


def removing(access: ClusterAccess, namespace: str, wait: Wait | None = None) -> RemoveRequest:
    """The end of the release `demo`."""
    return RemoveRequest(ReleaseId(access.name, namespace, "demo"), access, wait)
