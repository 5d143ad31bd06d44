"""`--only`: a part of the desired state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from reconciler.desired.problems import did_you_mean
from reconciler.errors import DesiredStateError
from reconciler.model.desired import Desired, Release
from reconciler.model.graph import home_of, written_needs
from reconciler.model.identity import NamespaceId, Target

_BY: Mapping[str, Callable[[Release], str]] = {
    "name": lambda release: release.id.name,
    "namespace": lambda release: release.id.namespace,
    "cluster": lambda release: release.id.cluster,
}


def select(desired: Desired, selectors: Sequence[str], *, with_needs: bool = False) -> Desired:
    """The releases that any selector matches, with the namespaces and secrets that they stand in.

    A selector is one or more of `NAME`, `name=…`, `namespace=…`, `cluster=…` and `LABEL=…`, with commas between them,
    which all have to match; `!=` for `=` means that it must not; `*` and `?` are wildcards. No selector means all.

    Args:
        with_needs: also what they need, and what that needs.

    Raises:
        DesiredStateError: a selector matches nothing.
    """
    if not selectors:
        return desired
    chosen: set[Target] = {release.id for selector in selectors for release in _matching(desired, selector)}
    part = _part(desired, chosen)
    while with_needs and not _needed(part) <= chosen:
        chosen |= _needed(part)
        part = _part(desired, chosen)
    needed = _needed(part)
    clusters = {target.cluster for target in chosen | needed}
    return replace(
        part,
        clusters={name: access for name, access in desired.clusters.items() if name in clusters},
        unselected=tuple(item for item in desired.releases if item.id in needed and item.id not in chosen),
    )


def _needed(desired: Desired) -> set[Target]:
    return {need for needs in written_needs(desired).values() for need in needs}


def _part(desired: Desired, chosen: set[Target]) -> Desired:
    """The chosen, and the namespaces of them with all that is kept in those."""
    homes = {target if isinstance(target, NamespaceId) else home_of(target) for target in chosen}
    return replace(
        desired,
        releases=tuple(release for release in desired.releases if release.id in chosen),
        namespaces=tuple(item for item in desired.namespaces if item.id in homes),
        accounts=tuple(item for item in desired.accounts if home_of(item.id) in homes),
        secrets=tuple(item for item in desired.secrets if home_of(item.id) in homes),
    )


@dataclass(frozen=True, slots=True)
class _Term:
    """One part of a selector: the release's own `key`, or its label of that name, fits the pattern, or must not."""

    key: str
    pattern: str
    negated: bool

    @classmethod
    def parse(cls, text: str) -> _Term:
        key, equals, pattern = text.partition("=")
        if not equals:
            return cls("name", text, negated=False)
        return cls(key.removesuffix("!"), pattern, negated=key.endswith("!"))

    def value(self, release: Release) -> str | None:
        own = _BY.get(self.key)
        return own(release) if own else release.labels.get(self.key)

    def fits(self, release: Release) -> bool:
        value = self.value(release)
        return (value is not None and fnmatchcase(value, self.pattern)) is not self.negated


def _matching(desired: Desired, selector: str) -> list[Release]:
    terms = [_Term.parse(text.strip()) for text in selector.split(",")]
    known = dict.fromkeys([*_BY, *sorted({label for release in desired.releases for label in release.labels})])
    for term in terms:
        if term.key not in known:
            hint = did_you_mean(term.key, known) or f"known: {', '.join(known)}"
            raise DesiredStateError(f"--only {selector}: no release has a label {term.key}", hint=hint)
    found = [release for release in desired.releases if all(term.fits(release) for term in terms)]
    if not found:
        raise DesiredStateError(f"--only {selector} matches no release", hint=_advice(desired, terms))
    return found


def _advice(desired: Desired, terms: Sequence[_Term]) -> str:
    """About the first part that matches nothing by itself."""
    for term in terms:
        if not any(term.fits(release) for release in desired.releases):
            known = sorted({value for release in desired.releases if (value := term.value(release)) is not None})
            return did_you_mean(term.pattern, known) or f"there is: {', '.join(known[:8])}"
    return "each part matches something, but no release matches all of them"
