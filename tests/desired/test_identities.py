"""As whom clusters are used."""

from __future__ import annotations

import pytest

from reconciler.model.desired import Impersonation
from tests.desired.project import HEAD, Project

CLUSTER = "{kubeconfig: {env: KUBE}"
APP = "namespaces: {shop: {}, web: {name: real-web}}\nreleases: {app: {chart: chart, namespace: shop"


def of(project: Project, text: str) -> tuple[Impersonation | None, Impersonation | None]:
    """As whom the cluster is used, and as whom the release app."""
    desired = project.load(text)
    return desired.clusters["main"].impersonate, desired.releases[0].impersonate


JANE, ROBOT = Impersonation("jane@example.com", ("team", "ops")), Impersonation("system:serviceaccount:ci:robot")
AS_JANE = "impersonate: {user: jane@example.com, groups: [team, ops]}"


@pytest.mark.parametrize(
    ("text", "cluster", "release"),
    [
        pytest.param(HEAD + APP + "}}\n", None, None, id="nobody"),
        pytest.param(HEAD + f"defaults: {{{AS_JANE}}}\n" + APP + "}}\n", JANE, None, id="the environment"),
        pytest.param(
            HEAD.replace(CLUSTER, f"{CLUSTER}, impersonate: {{serviceAccount: ci/robot}}")
            + f"defaults: {{{AS_JANE}}}\n"
            + APP
            + "}}\n",
            ROBOT,
            None,
            id="the cluster wins",
        ),
        pytest.param(HEAD + APP + f", {AS_JANE}" + "}}\n", None, JANE, id="a release"),
        pytest.param(
            HEAD + APP.replace("namespace: shop", "namespace: web") + ", impersonate: {serviceAccount: deployer}}}\n",
            None,
            Impersonation("system:serviceaccount:real-web:deployer"),
            id="a ServiceAccount of its namespace",
        ),
        pytest.param(HEAD + APP + ", impersonate: {serviceAccount: ci/robot}}}\n", None, ROBOT, id="of another one"),
    ],
)
def test_who(
    text: str,
    cluster: Impersonation | None,
    release: Impersonation | None,
    project: Project,
    chart: dict[str, str],
) -> None:
    """A release's own user, else its cluster's, else the environment's."""
    project.write(chart)
    assert of(project, text) == (cluster, release)


MISTAKES = {
    "no namespace for a cluster": (
        HEAD.replace(CLUSTER, f"{CLUSTER}, impersonate: {{serviceAccount: robot}}"),
        [
            'env.yaml:4:58: "robot" does not say in which namespace the ServiceAccount is',
            "  try: write NAMESPACE/NAME; NAME alone is for releases, which have a namespace",
        ],
    ),
    "no namespace for the environment": (
        HEAD + "defaults: {impersonate: {serviceAccount: /robot}}\n",
        [
            'env.yaml:5:26: "/robot" does not say in which namespace the ServiceAccount is',
            "  try: write NAMESPACE/NAME; NAME alone is for releases, which have a namespace",
        ],
    ),
    "both": (
        HEAD + "defaults: {impersonate: {user: a, serviceAccount: b/c}}\n",
        ["env.yaml:5:12: defaults.impersonate: exactly one of `user`, `serviceAccount` is needed, 2 given"],
    ),
    "groups of a ServiceAccount": (
        HEAD + "defaults: {impersonate: {serviceAccount: b/c, groups: [x]}}\n",
        ["env.yaml:5:12: defaults.impersonate: `groups` goes with `user`; a `serviceAccount` has its own"],
    ),
    "a line break": (
        HEAD + 'defaults: {impersonate: {user: "a\\nImpersonate-Group: system:masters"}}\n',
        [
            (
                "env.yaml:5:26: defaults.impersonate.user: has to be a name of printable ASCII characters, "
                "since it is sent in a header"
            )
        ],
    ),
}


@pytest.mark.parametrize(("text", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(text: str, messages: list[str], project: Project) -> None:
    """`path:line:col: message`, and what to try."""
    assert project.mistakes(text) == messages
