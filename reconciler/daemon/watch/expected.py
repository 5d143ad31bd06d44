"""What is expected of objects between two looks at them, and whether a change is drift; pure."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.daemon.looked import Looked
from reconciler.model.cluster import Resource
from reconciler.model.compare import missing_from
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind, ObjectId, Target
from reconciler.model.json import JsonMap, text_at
from reconciler.model.object_version import version_of
from reconciler.model.pods import SECRET

# A release, for what Helm's records of it say; that of each revision is a Secret of its own.
RELEASE = Kind("helm.sh/v1", "Release")
_RECORD_NAME = re.compile(r"sh\.helm\.release\.v1\.(.+)\.v(\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """What is watched as one user of one cluster: the objects of a kind that carry the labels, in some namespaces.

    Attributes:
        whole: False: metadata are enough.
    """

    access: ClusterAccess
    resource: Resource
    selector: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Version:
    """A state of an object.

    Attributes:
        order: its resourceVersion, as a number; 0 where it is none, which is taken for the latest.
        content: what differs where states differ; may be the digest of a secret.
        revision: of a record of Helm's: a release goes on to the next one. 0 for all else.
    """

    order: int
    content: str = field(repr=False)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """An object, as it was when it was looked at last.

    Attributes:
        target: what it belongs to.
        settled: its state then; None: it was not there.
        manifest: what it has to hold, packed; None: any change is drift.
        may_go: whether it may be removed without being missed.
        lacking: a digest of what it did not hold then; empty: it held all.
    """

    target: Target
    settled: Version | None
    manifest: bytes | None = field(default=None, repr=False)
    may_go: bool = False
    lacking: str = field(default="", repr=False)

    def is_new(self, state: Version) -> bool:
        """Whether a state is another one than that, and later: a watch may be behind the look."""
        if self.settled is None:
            return True
        return self._is_later(state) and state.content != self.settled.content

    def has_lost(self, state: Version) -> bool:
        """Whether the object has gone since, which was in this state last."""
        return self.settled is not None and self._is_later(state)

    def now(self, state: Version, item: JsonMap | None) -> Expected:
        """As it is expected once this state is known. What an object lacks that is not at hand (None) is not known."""
        if self.manifest is None:
            return replace(self, settled=state, lacking=state.content)
        lacking = self.lacking if item is None else lacks(unpacked(self.manifest), item)
        return replace(self, settled=state, lacking=lacking)

    def without(self) -> Expected:
        """As it is expected once it is known to be gone."""
        return replace(self, settled=None, lacking="")

    def _is_later(self, state: Version) -> bool:
        then = self.settled or state
        return state.revision >= then.revision and (not state.order or state.order > then.order)


@dataclass(frozen=True, slots=True)
class Expectations:
    """Those of one environment.

    Attributes:
        objects: by the user and cluster that see them, and by their names (see `key_of`); brought up to date by whoever
            is told of changes.
        sources: what has to be watched → in which namespaces; an empty name for what is in none.
    """

    objects: dict[tuple[ClusterAccess, ObjectId], Expected] = field(default_factory=dict, repr=False)
    sources: Mapping[Source, frozenset[str]] = field(default_factory=dict, repr=False)

    def after(self, before: Expectations, looked: Looked) -> Expectations:
        """These, by a new look, after others; what was not looked at stays.

        What was told of an object that the look does not see stays known, such as of a record that is none of Helm's:
        or it would be told, and looked at, again and again.
        """
        objects = {key: item for key, item in before.objects.items() if not looked.covers(item.target)}
        for key, item in self.objects.items():
            known = before.objects.get(key) if item.settled is None else None
            objects[key] = replace(item, settled=known.settled, lacking=known.lacking) if known else item
        sources = {item: names for item, names in before.sources.items() if not looked.covers(item.access.name)}
        return Expectations(objects, sources).joined(replace(self, objects={}))

    def joined(self, other: Expectations) -> Expectations:
        """These and those, of two parts of one environment."""
        nowhere: frozenset[str] = frozenset()
        sources = {
            source: self.sources.get(source, nowhere) | other.sources.get(source, nowhere)
            for source in {**self.sources, **other.sources}
        }
        return Expectations({**self.objects, **other.objects}, sources)


NOTHING = Expectations()


def state_of(item: JsonMap, *, whole: bool) -> Version:
    """The state of an object; of metadata alone, each resourceVersion is another state."""
    text = text_at(item, "metadata", "resourceVersion")
    content = version_of(item).content if whole else None
    record = _RECORD_NAME.fullmatch(text_at(item, "metadata", "name"))
    return Version(order_of(text), content or text, int(record[2]) if record else 0)


def order_of(resource_version: str) -> int:
    """A resourceVersion as a number, by which states of a cluster follow each other; 0: it is none.

    Since Kubernetes 1.35 it may be compared: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    return int(resource_version) if resource_version.isascii() and resource_version.isdigit() else 0


def key_of(identity: ObjectId) -> ObjectId:
    """Under which name an object is expected: all records of a release are one."""
    record = _RECORD_NAME.fullmatch(identity.name) if identity.kind == SECRET else None
    return ObjectId(RELEASE, identity.namespace, record[1]) if record else identity


def lacks(manifest: JsonMap, item: JsonMap) -> str:
    """A digest of what an object does not hold of its manifest, and holds instead; empty: it holds all."""
    found = [(difference.path, difference.before) for difference in missing_from(manifest, item)]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest() if found else ""


def packed(item: JsonMap) -> bytes:
    """An object as it is kept: a tenth of its size."""
    return zlib.compress(json.dumps(item).encode(), 1)


def unpacked(packed: bytes) -> JsonMap:
    """The object again."""
    found: JsonMap = json.loads(zlib.decompress(packed))
    return found
