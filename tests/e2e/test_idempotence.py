"""A second apply writes nothing: the API server's own audit log says so."""

from __future__ import annotations

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

# What makes other tools see changes where there are none: name → the chart's files, and its values.yaml.
AWKWARD: dict[str, tuple[dict[str, str], str]] = {
    "hooks": (
        {
            "templates/hook.yaml": """
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: {{ .Release.Name }}-hook
                  annotations:
                    helm.sh/hook: pre-install,post-upgrade
                    helm.sh/hook-delete-policy: before-hook-creation
                spec:
                  template:
                    spec: {restartPolicy: Never, containers: [{name: main, image: "example.com/hook:1"}]}
            """,
            "templates/config.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: {{ .Release.Name }}}
            """,
        },
        "{}",
    ),
    "random-kept-by-lookup": (
        {
            "templates/secret.yaml": """
                {{- $old := lookup "v1" "Secret" .Release.Namespace .Release.Name }}
                apiVersion: v1
                kind: Secret
                metadata: {name: {{ .Release.Name }}}
                data:
                  password: {{ if $old }}{{ $old.data.password }}{{ else }}{{ randAlphaNum 20 | b64enc }}{{ end }}
            """
        },
        "{}",
    ),
    "random-at-every-rendering": (
        {
            "templates/secret.yaml": """
                apiVersion: v1
                kind: Secret
                metadata: {name: {{ .Release.Name }}}
                stringData: {password: {{ randAlphaNum 20 }}}
            """
        },
        "{}",
    ),
    "crd-in-crds": (
        {
            "crds/crd.yaml": """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: widgets.NAMESPACE.example.com}
                spec:
                  group: NAMESPACE.example.com
                  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
                  scope: Namespaced
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      schema:
                        openAPIV3Schema:
                          type: object
                          properties:
                            spec:
                              type: object
                              properties: {size: {type: integer, default: 3}, note: {type: string}}
            """,
            "templates/widget.yaml": """
                apiVersion: NAMESPACE.example.com/v1
                kind: Widget
                metadata: {name: {{ .Release.Name }}}
                spec: {note: hello}
            """,
        },
        "{}",
    ),
    "cluster-scoped": (
        {
            "templates/role.yaml": """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: NAMESPACE-{{ .Release.Name }}}
                rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
                ---
                apiVersion: scheduling.k8s.io/v1
                kind: PriorityClass
                metadata: {name: NAMESPACE-{{ .Release.Name }}}
                value: 1000
            """
        },
        "{}",
    ),
    "lists-with-server-defaults": (
        {
            "templates/workload.yaml": """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: {{ .Release.Name }}}
                spec:
                  serviceName: {{ .Release.Name }}
                  selector: {matchLabels: {app: {{ .Release.Name }}}}
                  template:
                    metadata: {labels: {app: {{ .Release.Name }}}}
                    spec:
                      containers:
                        - name: main
                          image: example.com/app:1
                          ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]
                          env:
                            - {name: EMPTY, value: ""}
                            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                          livenessProbe: {httpGet: {path: /, port: 80}}
                          volumeMounts: [{name: data, mountPath: /data}]
                      volumes: [{name: data, emptyDir: {}}]
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: {{ .Release.Name }}}
                spec: {clusterIP: None, selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
                ---
                apiVersion: networking.k8s.io/v1
                kind: Ingress
                metadata: {name: {{ .Release.Name }}}
                spec:
                  rules:
                    - host: a.example.com
                      http:
                        paths: [{path: /, pathType: Prefix, backend: {service: {name: x, port: {number: 80}}}}]
            """
        },
        "{}",
    ),
    "string-data": (
        {
            "templates/secret.yaml": """
                apiVersion: v1
                kind: Secret
                metadata: {name: {{ .Release.Name }}}
                data: {old: b2xk, both: b2xk}
                stringData: {new: value, both: wins, empty: ""}
            """
        },
        "{}",
    ),
    "quantities": (
        {
            "templates/workload.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: {{ .Release.Name }}}
                spec:
                  selector: {matchLabels: {app: {{ .Release.Name }}}}
                  template:
                    metadata: {labels: {app: {{ .Release.Name }}}}
                    spec:
                      containers:
                        - name: main
                          image: example.com/app:1
                          resources:
                            requests: {cpu: 0.5, memory: 1024Mi}
                            limits: {cpu: 1000m, memory: 1.5Gi}
                ---
                apiVersion: v1
                kind: ResourceQuota
                metadata: {name: {{ .Release.Name }}}
                spec: {hard: {pods: 1000, requests.cpu: 2000m}}
            """
        },
        "{}",
    ),
    "awkward-yaml": (
        {
            "templates/config.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: {{ .Release.Name }}}
                data:
                  equals: =
                  quoted-yes: "yes"
                  octal: "010"
                  time: 12:30:45
                  date: 2020-01-01
                  folded: >-
                    one
                    two
                  clip: |
                    text
                  keep: |+
                    text

                ---
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: {{ .Release.Name }}-values
                  labels: {on: "off"}
                data:
                  {{- range $key, $value := .Values.odd }}
                  {{ $key }}: {{ $value | toString | quote }}
                  {{- end }}
            """
        },
        "odd: {yes: yes, eq: '=', oct: 010, exp: 1e3, big: 12345678901, date: 2020-01-01, empty: }\n",
    ),
}


@pytest.mark.parametrize("engine", ["library", "program"])
@pytest.mark.parametrize("name", AWKWARD)
def test_the_second_apply_writes_nothing(name: str, engine: str, project: Project, helm_program: object) -> None:
    """After an apply, neither plan nor apply writes, and both say that nothing is left to do."""
    templates, values = AWKWARD[name]
    project.chart("odd", templates, values)
    project.environment("releases: {odd: {chart: charts/odd, values: [{extra: {on: true, ratio: 1.0}}]}}")
    path = {"PATH": f"{helm_program!s}".rsplit("/", 1)[0] + ":/usr/bin:/bin"} if engine == "program" else {}
    project.applied("--engine", engine, **path)

    planned, by_plan = project.writes_during("plan", "--engine", engine, **path)
    again, by_apply = project.writes_during("apply", "--engine", engine, **path)

    assert (planned.code, by_plan) == (0, []), planned.text
    assert (again.code, by_apply) == (0, []), again.text
    assert "2 as they should be" in again.out


def test_planning_a_first_install_writes_nothing(project: Project) -> None:
    """A plan of everything, asked of the server by dry runs, leaves no write in the audit log."""
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}")

    done, written = project.writes_during("plan")

    assert done.code == 2
    assert written == []


def test_planning_an_upgrade_writes_nothing(project: Project) -> None:
    """A plan of changes to live objects leaves no write in the audit log, and names the changed field."""
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    project.environment("releases: {app: {chart: charts/app, values: [{image: 'example.com/app:2'}]}}")

    done, written = project.writes_during("plan")

    assert done.code == 2
    assert written == []
    assert 'spec.template.spec.containers[main].image: "example.com/app:1" → "example.com/app:2"' in done.out


def test_releases_are_ordinary_helm_releases(
    project: Project, kubectl: Kubectl, helm_program: object, control_plane: object
) -> None:
    """`helm list`, `helm history` and `helm rollback` work on what was applied."""
    import subprocess  # noqa: PLC0415 - one test as a person with helm

    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.environment("releases: {app: {chart: charts/app}}")
    project.applied()
    project.environment("releases: {app: {chart: charts/app, values: [{image: 'example.com/app:2'}]}}")
    project.applied()

    def helm(*arguments: str) -> str:
        config = str(control_plane.kubeconfig_path)  # type: ignore[attr-defined]
        command = [str(helm_program), "--kubeconfig", config, "-n", project.namespace, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert "app-0.1.0" in helm("list")
    assert "reconciler: values changed: image" in helm("history", "app")
    helm("rollback", "app", "1")
    image = kubectl("-n", project.namespace, "get", "deployment", "app", "-o", "jsonpath={..image}")
    assert image == "example.com/app:1"

    kind, reason = project.actions()["app"]
    assert kind == "upgrade"
    assert "values changed: image" in reason
    project.applied()
    assert project.actions() == {}
