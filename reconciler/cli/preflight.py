"""`preflight`: arguments → the flow → its report, printed."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import (
    make_style,
    print_document,
    print_text,
    start,
    with_engine,
    with_environment,
    with_only,
    with_output,
)
from reconciler.cli.progress import make_progress

NOT_PASSED = 2
_PROBE_IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.59"


@click.command()
@with_environment
@with_only
@with_output
@with_engine
@click.option("--full", is_flag=True, help="Show every check, not only the troubles.")
@click.option("--from-nodes", is_flag=True, help="Look from each node too, by a pod that is removed at once.")
@click.option(
    "--probe-image",
    default=_PROBE_IMAGE,
    show_default=True,
    metavar="IMAGE",
    help="What these pods run: agnhost of the Kubernetes project, or a copy of it.",
)
def preflight(
    environment: str,
    only: tuple[str, ...],
    output: str,
    engine: str,
    probe_image: str,
    *,
    full: bool,
    from_nodes: bool,
) -> None:
    """Show whether an environment can be applied from here; nothing is written, unless --from-nodes is given.

    API servers, rights, repositories, registries, images, and what the charts ask of the clusters. Exit code:
    0 nothing known that would fail (there may be warnings), 2 something would fail, 1 the files are not valid.
    """
    from reconciler.flows.preflight import preflight as flow  # noqa: PLC0415 - heavy
    from reconciler.report.preflight import preflight_document, preflight_text  # noqa: PLC0415 - heavy

    with make_progress("looking at the clusters"):
        found = flow(*start(environment, only, engine), probe_image if from_nodes else None)
    if output == "json":
        print_document(preflight_document(found))
    else:
        print_text(preflight_text(found, make_style(sys.stdout), full=full))
    sys.exit(0 if found.passed else NOT_PASSED)
