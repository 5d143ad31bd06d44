"""All rules, in order: the first that answers names the cause, so what is particular comes before what is general."""

from __future__ import annotations

from reconciler.diagnose.images import invalid_name, never_pulled, unpullable
from reconciler.diagnose.running import crashes, ended_by_probe, init_failed, not_ready, out_of_memory
from reconciler.diagnose.scene import Answer, Rule, Scene, each_container
from reconciler.diagnose.scheduling import claim_pending, evicted, node_lost, unschedulable
from reconciler.diagnose.starting import cannot_start, lacking, not_mounted, runs_as_root
from reconciler.diagnose.workloads import job_failed, pending, pods_refused, stalled

RULES: tuple[Rule, ...] = (
    pods_refused,
    unschedulable,
    claim_pending,
    evicted,
    each_container(invalid_name),
    each_container(never_pulled),
    each_container(unpullable),
    each_container(lacking),
    each_container(runs_as_root),
    each_container(cannot_start),
    each_container(not_mounted),
    each_container(out_of_memory),
    node_lost,
    job_failed,
    each_container(init_failed),
    each_container(ended_by_probe),
    each_container(crashes),
    each_container(not_ready),
    stalled,
)


def judge(scene: Scene) -> Answer:
    """The one cause why an object is not well."""
    answers = (rule(scene) for rule in RULES)
    return next((answer for answer in answers if answer), None) or pending(scene)
