"""`--only`: a part of the desired state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from reconciler.desired.problems import did_you_mean
from reconciler.errors import DesiredStateError
from reconciler.model.desired import Desired, Release
from reconciler.model.identity import NamespaceId

_BY: Mapping[str, Callable[[Release], str]] = {
    "name": lambda release: release.id.name,
    "namespace": lambda release: release.id.namespace,
    "cluster": lambda release: release.id.cluster,
}


def select(desired: Desired, selectors: Sequence[str]) -> Desired:
    """The releases that any selector matches, with the namespaces and secrets that they stand in.

    A selector is `NAME`, `name=…`, `namespace=…` or `cluster=…`; `*` and `?` are wildcards. No selector means all.

    Raises:
        DesiredStateError: a selector matches nothing.
    """
    if not selectors:
        return desired
    chosen = {release.id for selector in selectors for release in _matching(desired, selector)}
    homes = {NamespaceId(identity.cluster, identity.namespace) for identity in chosen}
    needed = {need.cluster for release in desired.releases if release.id in chosen for need in release.needs}
    clusters = needed | {home.cluster for home in homes}
    return replace(
        desired,
        clusters={name: access for name, access in desired.clusters.items() if name in clusters},
        releases=tuple(release for release in desired.releases if release.id in chosen),
        namespaces=tuple(item for item in desired.namespaces if item.id in homes),
        accounts=tuple(item for item in desired.accounts if NamespaceId(item.id.cluster, item.id.namespace) in homes),
        secrets=tuple(item for item in desired.secrets if NamespaceId(item.id.cluster, item.id.namespace) in homes),
    )


def _matching(desired: Desired, selector: str) -> list[Release]:
    key, equals, pattern = selector.partition("=")
    if not equals:
        key, pattern = "name", selector
    if key not in _BY:
        raise DesiredStateError(f"--only {selector}: unknown key {key}", hint=f"known: {', '.join(_BY)}")
    found = [release for release in desired.releases if fnmatchcase(_BY[key](release), pattern)]
    if not found:
        known = sorted({_BY[key](release) for release in desired.releases})
        hint = did_you_mean(pattern, known) or f"there is: {', '.join(known[:8])}"
        raise DesiredStateError(f"--only {selector} matches no release", hint=hint)
    return found
