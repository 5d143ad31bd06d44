"""What would become of objects, asked of the server itself: server-side dry runs, which store nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import ApiError
from reconciler.model.cluster import HELM_MANAGER, OWN_MANAGER, ClusterReader
from reconciler.model.compare import missing_from
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap, merge, text_at
from reconciler.model.manifest import as_applied, as_stored, is_hook, is_kept, kind_of, object_id, owner
from reconciler.model.observed import ObservedCluster, Preview, StoredRelease

FORBIDDEN, NOT_FOUND, CONFLICT = 403, 404, 409
_REFUSALS = frozenset({400, FORBIDDEN, CONFLICT, 422})
# How the server says that a right is missing; a quota or a policy says something else, with the same status.
_NO_RIGHT = '" cannot '
# How server-side apply answers to an unknown field or a wrong type: with status 500, of all things.
_MALFORMED = "failed to create typed patch object"


@dataclass(frozen=True, slots=True)
class Previewer:
    """Asks one cluster."""

    cluster: ClusterReader
    observed: ObservedCluster

    def upgrade(
        self, release: ReleaseId, rendered: Iterable[JsonMap], stored: StoredRelease | None
    ) -> tuple[Preview, ...]:
        """What an install or upgrade would change: objects that would stay as they are are left out."""
        wanted = self._identified(release, (item for item in rendered if not is_hook(item)))
        before = self._identified(release, stored.objects if stored else ())
        changed = [(key, item) for key, item in wanted.items() if not self._is_settled(key, item, before)]
        previews = [self._of_release(release, key, item) for key, item in changed]
        gone = [(key, item) for key, item in before.items() if key not in wanted and not is_kept(item)]
        return (*previews, *self._deletions(gone))

    def definitions(self, items: Iterable[JsonMap]) -> tuple[Preview, ...]:
        """What a first install would make of a chart's crds/: those that exist are left as they are, as Helm does."""
        found = ((ObjectId(kind_of(item), "", text_at(item, "metadata", "name")), item) for item in items)
        missing = [(key, item) for key, item in found if self._live(key) is None]
        return tuple(self._ask(key, item, None, HELM_MANAGER) for key, item in missing)

    def confirm(self, release: ReleaseId, suspects: Sequence[tuple[ObjectId, JsonMap]]) -> tuple[Preview, ...]:
        """What correcting these objects would change."""
        return tuple(self._of_release(release, key, item) for key, item in suspects)

    def own(self, identity: ObjectId, item: JsonMap, live: JsonMap | None) -> Preview:
        """What applying a namespace or secret of the environment would change."""
        return self._ask(identity, item, live, OWN_MANAGER)

    def _identified(self, release: ReleaseId, items: Iterable[JsonMap]) -> dict[ObjectId, JsonMap]:
        found = {}
        for item in items:
            identity = object_id(item, release, self.observed.resources)
            found[identity] = as_applied(item, identity, release)
        return found

    def _is_settled(self, key: ObjectId, item: JsonMap, before: Mapping[ObjectId, JsonMap]) -> bool:
        """Whether the release has the very same object already, and the live one holds all of it."""
        live = self.observed.objects.get(key)
        return item == before.get(key) and live is not None and not any(missing_from(as_stored(item), live))

    def _of_release(self, release: ReleaseId, identity: ObjectId, item: JsonMap) -> Preview:
        if not identity.name:
            refusal = f"{identity.kind.name} has no metadata.name, which Helm needs to find it again"
            return Preview(identity, None, item, None, verified=False, refusal=refusal)
        live = self._live(identity)
        other = owner(live) if live else None
        if live is not None and other != (release.namespace, release.name):
            return Preview(identity, live, item, None, verified=False, refusal=_not_ours(identity, other))
        return self._ask(identity, item, live, HELM_MANAGER)

    def _live(self, identity: ObjectId) -> JsonMap | None:
        resource = self.observed.resources.get(identity.kind)
        if resource is None or self._awaits_namespace(identity):
            return None
        known = self.observed.objects.get(identity)
        return known if known is not None else self.cluster.fetch(resource, identity.namespace, identity.name)

    def _awaits_namespace(self, identity: ObjectId) -> bool:
        return identity.namespace in self.observed.missing_namespaces

    def _ask(self, identity: ObjectId, item: JsonMap, live: JsonMap | None, manager: str) -> Preview:
        resource = self.observed.resources.get(identity.kind)
        if resource is None:
            return _guess(identity, item, live, f"the cluster does not serve {identity.kind} yet")
        if self._awaits_namespace(identity):
            return _guess(identity, item, live, f"namespace {identity.namespace} does not exist yet")
        try:
            after = self.cluster.dry_run(resource, item, manager)
        except ApiError as error:
            return _unanswered(identity, item, live, error)
        return Preview(identity, live, item, after, verified=True)

    def _deletions(self, gone: Sequence[tuple[ObjectId, JsonMap]]) -> list[Preview]:
        previews = []
        for identity, _item in gone:
            live = self.observed.objects.get(identity)
            if live is not None:
                previews.append(Preview(identity, live, None, None, verified=True))
        return previews


def _unanswered(identity: ObjectId, item: JsonMap, live: JsonMap | None, error: ApiError) -> Preview:
    if error.status == FORBIDDEN and _NO_RIGHT in error.message:
        return _guess(identity, item, live, "no right to patch it, so this is what would be sent")
    if error.status == NOT_FOUND:
        return _guess(identity, item, live, "its kind or namespace does not exist yet")
    if error.status in _REFUSALS or _MALFORMED in error.message:
        return Preview(identity, live, item, None, verified=False, refusal=f"{identity}: {error.message}")
    raise error


def _guess(identity: ObjectId, item: JsonMap, live: JsonMap | None, note: str) -> Preview:
    """Without the server's word: what is sent, on top of what is there."""
    sent = as_stored(item)
    after = merge(live, sent) if live else sent
    return Preview(identity, live, item, after, verified=False, note=note)


def _not_ours(identity: ObjectId, other: tuple[str, str] | None) -> str:
    if other is None:
        return f"{identity} exists already and belongs to no release: delete it, or annotate it for this release"
    return f"{identity} exists already and belongs to release {'/'.join(other)}: rename one of the two"
