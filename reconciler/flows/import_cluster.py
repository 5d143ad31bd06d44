"""`reconcile import cluster`: live releases → an environment file that asks for just them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired.load import load_text
from reconciler.flows.context import Context
from reconciler.flows.import_charts import ChartFinder
from reconciler.flows.masking import masked
from reconciler.importing.archives import Archives
from reconciler.importing.charts import Choice
from reconciler.importing.document import CLUSTER_REMARKS, environment_text, head, namespace_entry
from reconciler.importing.exposed import refuse_exposed
from reconciler.importing.keys import release_keys
from reconciler.importing.pull_secrets import PullSecrets
from reconciler.importing.releases import asked_for, entry, obstacle, values_file, warnings
from reconciler.importing.request import ClusterImport
from reconciler.importing.values import Written, split
from reconciler.importing.variables import Variables
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind
from reconciler.model.importing import Drafts, Imported, LiveCluster, Note
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease
from reconciler.observe.concurrency import concurrently
from reconciler.yaml.write import dump


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The world, as far as an import of a cluster may touch it."""

    context: Context
    live: Callable[[ClusterAccess], LiveCluster]
    drafts: Drafts


def import_cluster(request: ClusterImport, world: ImportContext) -> Imported:
    """What the file and those beside it hold; nothing is written.

    Raises:
        DesiredStateErrors: values look like secrets, and can be no references.
    """
    beginning = head(request.environment, request.clusters, request.known_repositories)
    desired = load_text(request.file, dump(beginning), world.context.inputs)
    tools = world.context.tools(desired)
    cluster = world.live(desired.clusters[request.cluster])
    with masked(desired.mask), closing(tools.engine):
        finder = ChartFinder(request, desired, world.context.inputs, tools, cluster, world.drafts)
        return _Import(request, cluster, finder, world.drafts).run(beginning)


class _Import:
    """One import, in the order of its stages."""

    def __init__(self, request: ClusterImport, cluster: LiveCluster, finder: ChartFinder, drafts: Drafts) -> None:
        self._request = request
        self._cluster = cluster
        self._finder = finder
        self._variables = Variables()
        self._archives = Archives(drafts)
        self._files: dict[str, bytes] = {}
        self._notes: list[Note] = []

    def run(self, beginning: JsonMap) -> Imported:
        request = self._request
        found = self._releases()
        releases = self._entries(found)
        namespaces, secrets = self._homes({item.id.namespace for item, _ in found})
        document = {**beginning, "namespaces": namespaces, **secrets, "releases": releases}
        text = environment_text(document, request.file, CLUSTER_REMARKS)
        files = {**self._archives.files, **self._files, Path(request.file).name: text.encode()}
        return Imported(request.environment, files, len(releases), self._variables.meanings, tuple(self._notes))

    def _releases(self) -> Sequence[tuple[StoredRelease, Choice]]:
        """What can be imported, each with its chart."""
        places = self._request.namespaces or ("",)
        listed = [item for part in concurrently(self._cluster.releases, places) for item in part]
        usable = []
        for item in asked_for(listed, self._request.only):
            problem = obstacle(item, self._request.environment)
            self._notes += [Note(str(item.id), problem, left_out=True)] if problem else warnings(item)
            usable += [] if problem else [item]
        chosen = concurrently(self._finder.choose, usable)
        self._notes += [note for _, notes in chosen for note in notes]
        return [(item, choice) for item, (choice, _) in zip(usable, chosen, strict=True) if choice]

    def _entries(self, found: Sequence[tuple[StoredRelease, Choice]]) -> JsonMap:
        keys = release_keys(item.id for item, _ in found)
        parts = {item.id: split(item.values, keys[item.id], self._request.plain, self._variables) for item, _ in found}
        rebuilt = [choice.chart for _, choice in found if choice.entry is None]
        refuse_exposed({keys[key]: part for key, part in parts.items()}, rebuilt, self._request.plain)
        return {keys[item.id]: self._entry(item, choice, keys[item.id], parts[item.id]) for item, choice in found}

    def _entry(self, item: StoredRelease, choice: Choice, key: str, written: Written) -> JsonMap:
        chart = choice.entry or {"chart": self._archives.add(choice.chart)}
        made = entry(item, key, chart, written)
        if made.values is not None:
            self._files[values_file(item.id)] = made.values.encode()
        return made.content

    def _homes(self, names: set[str]) -> tuple[JsonMap, JsonMap]:
        """The namespaces, and the section of the pull secrets in them."""
        ordered = sorted({*names, *self._request.namespaces})
        resource = self._cluster.resources()[Kind("v1", "Namespace")]
        live = concurrently(lambda name: self._cluster.fetch(resource, "", name), ordered)
        listed = concurrently(self._cluster.pull_secrets, ordered)
        secrets = PullSecrets(self._request.environment, self._variables)
        for name, items in zip(ordered, listed, strict=True):
            secrets.add(name, items)
        self._notes += secrets.notes
        found = {
            name: namespace_entry(item, secrets.homes.get(name, []))
            for name, item in zip(ordered, live, strict=True)
            if item is not None
        }
        return found, {"secrets": secrets.entries} if secrets.entries else {}
