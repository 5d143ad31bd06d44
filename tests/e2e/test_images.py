"""`reconcile preflight` on images: a real registry with TLS and passwords, a real API server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.adapters.registry import Credentials, Registry
from reconciler.model.secret import SecretText
from reconciler.sandbox.catalog import current_platform
from tests.conftest import Kubectl
from tests.e2e.conftest import Project
from tests.registries import TestRegistry, publish
from tests.servers import PASSWORD, USERNAME, index, serve

pytestmark = pytest.mark.e2e

_DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: {{ .Release.Name }}}
    spec:
      selector: {matchLabels: {app: {{ .Release.Name }}}}
      template:
        metadata: {labels: {app: {{ .Release.Name }}}}
        spec:
          {{- with .Values.imagePullSecrets }}
          imagePullSecrets: {{ toJson . }}
          {{- end }}
          containers: [{name: main, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}]
"""
_VALUES = 'image: {repository: "", tag: ""}\nimagePullSecrets: []\n'


@pytest.fixture(scope="module")
def images(tls_registry: TestRegistry) -> TestRegistry:
    """The registry, with `team/app` 1.0 for the sandbox's nodes and 1.0-other for none of them."""
    client = Registry(tls_registry.host, Credentials(USERNAME, SecretText(PASSWORD)), ca_file=tls_registry.ca_file)
    architecture = current_platform().architecture
    publish(client, "team/app", "1.0", f"linux/{architecture}")
    publish(client, "team/app", "1.0-other", "linux/s390x")
    return tls_registry


def _environment(project: Project, registry: TestRegistry, tag: str, pull_secret: str) -> None:
    assert registry.ca_file
    project.chart("app", {"templates/app.yaml": _DEPLOYMENT}, _VALUES)
    project.write("ca.pem", registry.ca_file.read_text())
    project.environment(f"""
        namespaces: {{NAMESPACE: {{pullSecrets: [regcred]}}}}
        repositories:
          team:
            url: "oci://{registry.host}/charts"
            caFile: ca.pem
            username: {USERNAME}
            password: {{env: TOKEN}}
        secrets:
          regcred:
            type: dockerconfigjson
            registries: {{"{registry.host}": {{username: {USERNAME}, password: {{env: PULL_TOKEN}}}}}}
        releases:
          app:
            chart: charts/app
            values:
              - image: {{repository: "{registry.host}/team/app"}}
              - image: {{tag: "{tag}"}}
              - imagePullSecrets: [{{name: {pull_secret}}}]
    """)


def _checks(project: Project, **environ: str) -> tuple[int, dict[str, list[Mapping[str, Any]]]]:
    given = {"TOKEN": PASSWORD, "PULL_TOKEN": PASSWORD, **environ}
    done = project("preflight", "-o", "json", **given)
    assert PASSWORD not in done.text
    assert "wrong-password" not in done.text
    found: dict[str, list[Mapping[str, Any]]] = {}
    for check in json.loads(done.out)["checks"]:
        found.setdefault(check["area"], []).append(check)
    return done.code, found


def test_all_is_well(project: Project, images: TestRegistry) -> None:
    """The repository, the registry and the image, with the pull secret that the environment will make."""
    _environment(project, images, "1.0", "regcred")
    code, found = _checks(project)
    [image], [repository], [registry] = found["image"], found["repository"], found["registry"]
    assert code == 0, found
    assert (image["status"], image["subject"]) == ("ok", f"{images.host}/team/app:1.0")
    assert image["message"] == f"pulled with secret regcred; linux/{current_platform().architecture}"
    assert (repository["status"], repository["message"]) == ("ok", f"reachable, and accepts {USERNAME}")
    assert (registry["status"], registry["subject"]) == ("ok", f"{images.host} as {USERNAME}")


def test_a_pull_secret_that_will_be_attached(project: Project, images: TestRegistry) -> None:
    """Pods that name none are given it by their account, which the environment has not changed yet; then it has."""
    _environment(project, images, "1.0", "regcred")
    text = (project.folder / "env.yaml").read_text()
    text = text.replace("pullSecrets: [regcred]", "pullSecrets: [regcred], attachPullSecrets: true")
    project.write("env.yaml", "\n".join(line for line in text.splitlines() if "imagePullSecrets" not in line))
    for _ in range(2):
        code, found = _checks(project)
        [image] = found["image"]
        assert (code, image["status"]) == (0, "ok"), found
        assert "regcred" in image["message"]
        project.applied(TOKEN=PASSWORD, PULL_TOKEN=PASSWORD)


def test_a_wrong_tag(project: Project, images: TestRegistry) -> None:
    """Known before anything is applied, at the line of the tag, with the tags that there are."""
    _environment(project, images, "1.00", "regcred")
    code, found = _checks(project)
    [image] = found["image"]
    assert (code, image["status"]) == (2, "failed")
    assert image["message"] == f"{images.host} does not have it; used by Deployment {project.namespace}/app"
    assert image["hint"] == "team/app has, among others: 1.0"
    line = (project.folder / "env.yaml").read_text().splitlines()[image["line"] - 1]
    assert line.strip() == '- image: {tag: "1.00"}'


def test_a_pull_secret_that_is_missing(project: Project, images: TestRegistry, kubectl: Kubectl) -> None:
    """The image would be refused, and why is a finding of its own, at the line that names the secret."""
    _environment(project, images, "1.0", "regcert")
    code, found = _checks(project)
    secret, image = found["image"]
    assert code == 2
    assert (secret["status"], secret["subject"]) == ("warning", f"pull secret Secret {project.namespace}/regcert")
    assert secret["message"].startswith("it does not exist")
    assert image["status"] == "failed"
    assert "refuses it without a login" in image["message"]
    line = (project.folder / "env.yaml").read_text().splitlines()[secret["line"] - 1]
    assert "regcert" in line

    kubectl("create", "namespace", project.namespace)
    server = ("--docker-server", images.host, "--docker-username", USERNAME, "--docker-password", PASSWORD)
    kubectl("-n", project.namespace, "create", "secret", "docker-registry", "regcert", *server)
    code, found = _checks(project)
    assert (code, found["image"][0]["message"].partition(";")[0]) == (0, "pulled with secret regcert")


def test_a_wrong_password(project: Project, images: TestRegistry) -> None:
    """The registry's refusal is told of the login, and of the image that needs it."""
    _environment(project, images, "1.0", "regcred")
    code, found = _checks(project, PULL_TOKEN="wrong-password")
    [registry], [image] = found["registry"], found["image"]
    assert code == 2
    assert (registry["status"], image["status"]) == ("failed", "failed")
    assert f"refuses it to {USERNAME}, the login of secret regcred" in image["message"]
    assert found["repository"][0]["status"] == "ok"


def test_a_wrong_platform(project: Project, images: TestRegistry) -> None:
    """An image that runs on none of the nodes is there, and of no use."""
    _environment(project, images, "1.0-other", "regcred")
    code, found = _checks(project)
    [image] = found["image"]
    assert (code, image["status"]) == (2, "failed")
    node = f"linux/{current_platform().architecture}"
    assert f"it is built for linux/s390x, and not for nodes that are {node}" in image["message"]


def test_the_pull_secret_of_an_account(project: Project, images: TestRegistry, kubectl: Kubectl) -> None:
    """A pod that names none pulls with those of its ServiceAccount, as they are in the cluster."""
    _environment(project, images, "1.0", "regcred")
    text = (project.folder / "env.yaml").read_text().replace("[{name: regcred}]", "[]")
    (project.folder / "env.yaml").write_text(text)
    assert _checks(project)[1]["image"][0]["status"] == "failed"

    kubectl("create", "namespace", project.namespace)
    account = '{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}, "imagePullSecrets": '
    kubectl("-n", project.namespace, "apply", "--server-side", "-f", "-", stdin=account + '[{"name": "regcred"}]}')
    code, found = _checks(project)
    assert (code, found["image"][0]["status"]) == (0, "ok")


def test_a_repository_that_refuses_us(project: Project) -> None:
    """A repository with an index: its credentials are tried, whether a release uses it or not; nothing is written."""
    with serve(project.folder, authenticated=True) as server:
        index(project.folder, "")
        project.environment(f"""
            repositories:
              team: {{url: "{server.url}", username: {USERNAME}, password: {{env: TOKEN}}}}
        """)
        done, written = project.writes_during("preflight", TOKEN="wrong-password")
    assert done.code == 2
    assert f"✗ team ({server.url}): {server.url}/index.yaml was answered with 401 Unauthorized" in done.out
    assert "the credentials are wrong or have expired" in done.out
    assert "wrong-password" not in done.text
    assert written == []
