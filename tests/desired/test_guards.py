"""`policy` of an environment: what is said, on top of what holds anyway."""

from __future__ import annotations

import pytest

from reconciler.model.policy import DEFAULT_POLICY, Leave, LockPolicy, Policy, PrunePolicy, Risk
from tests.desired.project import HEAD, Project


def test_without_a_policy_the_defaults_hold(project: Project) -> None:
    """The file's defaults and those of the model are the same."""
    assert project.load(HEAD).policy == DEFAULT_POLICY


def test_everything_can_be_said(project: Project) -> None:
    """What is left out keeps its default."""
    text = """\
policy:
  risks: {deletes-data: never, restarts-pods: ask}
  adopt: ["configmap/shop/*"]
  prune: {enabled: false, maxCount: 3, maxShare: 1, protect: [namespace/shop], delete: ["main:persistentvolumeclaim/*"]}
  lock: {enabled: false, namespace: ops, duration: 30s, helmTimeout: 2h}
"""
    assert project.load(HEAD + text).policy == Policy(
        {Risk.DELETES_DATA: Leave.NEVER, Risk.RESTARTS_PODS: Leave.ASK},
        ("configmap/shop/*",),
        PrunePolicy(
            enabled=False,
            max_count=3,
            max_share=1.0,
            protect=("namespace/shop",),
            delete=("main:persistentvolumeclaim/*",),
        ),
        LockPolicy(enabled=False, namespace="ops", duration=30.0, helm_timeout=7200.0),
    )


@pytest.mark.parametrize(
    "name",
    [
        "role/kube-system/cert-manager:leaderelection",
        "eu-*:clusterrole/system:auth:view",
        "arn:aws:eks:eu-west-1:1:cluster/shop:secret/shop/*",
    ],
)
def test_names_and_clusters_may_hold_colons(project: Project, name: str) -> None:
    """Those of roles and of EKS do."""
    assert project.load(HEAD + f'policy: {{adopt: ["{name}"]}}\n').policy.adopt == (name,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("risks: {deletes-dta: ask}", "env.yaml:5:18: policy.risks.deletes-dta"),
        ("risks: {downgrade: maybe}", "env.yaml:5:18: policy.risks.downgrade"),
        ("adopt: [settings]", "env.yaml:5:18: policy.adopt.0: KIND/NAMESPACE/NAME"),
        ("prune: {maxShare: 2}", "env.yaml:5:18: policy.prune.maxShare"),
        ("prune: {maxCount: -1}", "env.yaml:5:18: policy.prune.maxCount"),
        ("lock: {duration: 0}", "env.yaml:5:17: policy.lock.duration"),
        ("lock: {namespace: Ops}", "env.yaml:5:17: policy.lock.namespace"),
    ],
)
def test_mistakes_have_a_place(project: Project, text: str, message: str) -> None:
    """A guard that is mistyped must not be one that is missing."""
    (found,) = project.mistakes(HEAD + f"policy: {{{text}}}\n")
    assert found.startswith(message)
