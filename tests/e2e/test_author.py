"""A chart from the starter, on a real cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import Project

pytestmark = pytest.mark.e2e


def test_a_new_chart_is_installed_and_gets_ready(project: Project, kubectl: Kubectl) -> None:
    """What `chart create` makes runs under the Pod Security Standard "restricted", and takes what environments set."""
    made = project.run("chart", "create", "shop", "-d", "charts")
    assert made.code == 0, made.text
    project.environment("""
        namespaces:
          NAMESPACE:
            labels: {pod-security.kubernetes.io/enforce: restricted}
            pullSecrets: [registry]
        secrets:
          registry: {type: dockerconfigjson, registries: {registry.example.com: {username: ci, password: {env: TOKEN}}}}
        releases:
          shop:
            chart: charts/shop
            wait: 1m
            replicas: 2
            values: [{imagePullSecrets: [{name: registry}], settings: {MODE: fast}}]
            valuesFrom: {app.version: {env: TAG, sensitive: false}}
    """)

    project.applied(TOKEN="made-up-token", TAG="1.4.2")

    path = "{.status.readyReplicas} {.spec.template.spec.containers[0].image} {.spec.template.spec.imagePullSecrets}"
    found = kubectl("-n", project.namespace, "get", "deployment", "shop", "-o", f"jsonpath={path}")
    assert found == '2 registry.example.com/shop:1.4.2 [{"name":"registry"}]'
    settings = kubectl("-n", project.namespace, "get", "configmap", "shop", "-o", "jsonpath={.data}")
    assert settings == '{"MODE":"fast"}'


def test_a_new_chart_pleases_helm(project: Project, helm_program: Path) -> None:
    """`helm lint --strict` finds nothing to warn of, and every option renders objects that the server takes."""
    assert project.run("chart", "create", "shop").code == 0
    lint = [str(helm_program), "lint", "--strict", str(project.folder / "shop")]
    assert subprocess.run(lint, check=False, capture_output=True).returncode == 0
    project.environment("""
        releases:
          shop:
            chart: shop
            values:
              - ingress: {enabled: true, host: shop.example.com, className: nginx, tlsSecret: shop-tls}
                autoscaling: {enabled: true}
                serviceAccount: {create: true}
                nodeSelector: {kubernetes.io/os: linux}
                tolerations: [{operator: Exists}]
                affinity: {nodeAffinity: {}}
                existingSecret: shop-secrets
    """)

    document = project.document("plan")
    project.applied()

    release = next(item for item in document["actions"] if item["target"]["kind"] == "release")
    kinds = {item["kind"] for item in release["objects"]}
    expected = {"ConfigMap", "Deployment", "Service", "ServiceAccount", "Ingress", "HorizontalPodAutoscaler"}
    assert kinds == expected
