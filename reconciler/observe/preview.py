"""What would become of objects, asked of the server itself: server-side dry runs, which store nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import ApiError
from reconciler.model.cluster import HELM_MANAGER, OWN_MANAGER, ClusterReader
from reconciler.model.compare import missing_from
from reconciler.model.desired import Impersonation
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import (
    as_applied,
    as_stored,
    identified,
    is_hook,
    is_kept,
    owner,
    placed_in,
)
from reconciler.model.observed import ObservedCluster, Preview, ReleaseStatus, StoredRelease
from reconciler.observe.answers import deletion, guess, not_ours, unanswered, unowned


@dataclass(frozen=True, slots=True)
class Previewer:
    """Asks one cluster."""

    cluster: ClusterReader
    observed: ObservedCluster

    def acting_as(self, user: Impersonation | None) -> Previewer:
        """The same, asking as another user; None: as before."""
        return replace(self, cluster=self.cluster.acting_as(user)) if user else self

    def upgrade(
        self, release: ReleaseId, rendered: Iterable[JsonMap], stored: StoredRelease | None
    ) -> tuple[Preview, ...]:
        """What an install or upgrade would change: objects that would stay as they are are left out."""
        wanted = self._identified(release, (item for item in rendered if not is_hook(item)))
        before = self._identified(release, stored.base if stored else ())
        failed = identified(stored.objects if stored else (), release, self.observed.resources)
        known = {key.in_any_version for key in (*before, *failed)}
        # What revisions that failed have written beyond it, only the server knows.
        certain = before if stored and stored.status is ReleaseStatus.DEPLOYED else {}
        changed = [(key, item) for key, item in wanted.items() if not self._is_settled(key, item, certain)]
        previews = [
            self._of_release(release, key, item, self._live(key), known=key.in_any_version in known)
            for key, item in changed
        ]
        staying = {key.in_any_version for key in wanted}
        gone = [key for key in before if key.in_any_version not in staying]
        return (*previews, *self._deletions(release, gone))

    def definitions(self, release: ReleaseId, items: Iterable[JsonMap]) -> tuple[Preview, ...]:
        """What is made of a chart's crds/ before a first install: those that exist are left as they are."""
        found = identified(items, release, self.observed.resources)
        missing = [(key, placed_in(item, key)) for key, item in found.items() if self._live(key) is None]
        return tuple(replace(self._ask(key, item, None, HELM_MANAGER), is_ahead=True) for key, item in missing)

    def confirm(self, release: ReleaseId, suspects: Sequence[tuple[ObjectId, JsonMap]]) -> tuple[Preview, ...]:
        """What correcting these objects would change. Each is read anew: a list may lag behind."""
        found = ((key, item, self._fetch(key)) for key, item in suspects)
        return tuple(
            self._of_release(release, key, item, live, known=True)
            for key, item, live in found
            if live is None or any(missing_from(as_stored(item), live))
        )

    def own(self, identity: ObjectId, item: JsonMap, live: JsonMap | None) -> Preview:
        """What applying a namespace or secret of the environment would change."""
        return self._ask(identity, item, live, OWN_MANAGER)

    def _identified(self, release: ReleaseId, items: Iterable[JsonMap]) -> dict[ObjectId, JsonMap]:
        found = identified(items, release, self.observed.resources)
        return {key: as_applied(item, key, release) for key, item in found.items()}

    def _is_settled(self, key: ObjectId, item: JsonMap, before: Mapping[ObjectId, JsonMap]) -> bool:
        """Whether the release has the very same object already, and the live one holds all of it."""
        live = self.observed.objects.get(key)
        return item == before.get(key) and live is not None and not any(missing_from(as_stored(item), live))

    def _of_release(
        self, release: ReleaseId, identity: ObjectId, item: JsonMap, live: JsonMap | None, *, known: bool
    ) -> Preview:
        """`known`: the release has had the object; when its marks are gone, that is drift and no other owner."""
        if not identity.name:
            refusal = f"{identity.kind.name} has no metadata.name, which Helm needs to find it again"
            return Preview(identity, None, item, None, verified=False, refusal=refusal)
        other = owner(live) if live else None
        if live is None or other == (release.namespace, release.name) or (known and other is None):
            return self._ask(identity, item, live, HELM_MANAGER)
        if other is not None:
            return not_ours(identity, item, live, other)
        return unowned(self._ask(identity, item, live, HELM_MANAGER))

    def _live(self, identity: ObjectId) -> JsonMap | None:
        known = self.observed.objects.get(identity)
        return known if known is not None else self._fetch(identity)

    def _fetch(self, identity: ObjectId) -> JsonMap | None:
        resource = self.observed.resources.get(identity.kind)
        if resource is None or not identity.name or self._awaits_namespace(identity):
            return None
        return self.cluster.fetch(resource, identity.namespace, identity.name)

    def _awaits_namespace(self, identity: ObjectId) -> bool:
        return identity.namespace in self.observed.missing_namespaces

    def _ask(self, identity: ObjectId, item: JsonMap, live: JsonMap | None, manager: str) -> Preview:
        resource = self.observed.resources.get(identity.kind)
        if resource is None:
            return guess(identity, item, live, f"the cluster does not serve {identity.kind} yet")
        if self._awaits_namespace(identity):
            return guess(identity, item, live, f"namespace {identity.namespace} does not exist yet")
        try:
            answer = self.cluster.dry_run(resource, item, manager)
        except ApiError as error:
            return unanswered(identity, item, live, error)
        return Preview(identity, live, item, answer.stored, verified=True, warnings=answer.warnings)

    def _deletions(self, release: ReleaseId, gone: Iterable[ObjectId]) -> list[Preview]:
        """What Helm deletes: it asks for each by name, and looks only at whether the live object is to be kept."""
        found = ((identity, self._live(identity)) for identity in gone)
        going = ((identity, live) for identity, live in found if live is not None and not is_kept(live))
        return [deletion(release, identity, live) for identity, live in going]
