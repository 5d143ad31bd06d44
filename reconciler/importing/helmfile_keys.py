"""Which keys of a helmfile have a meaning here. The others are told, unless they say nothing.

The keys are those of `ReleaseSetSpec`, `HelmSpec` and `ReleaseSpec` in pkg/state/state.go of helmfile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode
from reconciler.importing.helmfile_nodes import text_under
from reconciler.model.importing import Note

_TOP = frozenset(
    {
        *(
            "repositories",
            "releases",
            "helmDefaults",
            "environments",
            "values",
            "commonLabels",
            "kubeContext",
            "namespace",
        ),
        # What `helmfile build` adds, and what has a meaning for templates alone.
        *("filepath", "basePath", "renderedvalues", "templates", "helmBinary", "kustomizeBinary", "lockFilePath"),
        *("missingFileHandler", "apiVersions", "kubeVersion"),
    }
)
_BOTH = frozenset({"wait", "timeout", "atomic", "historyMax", "createNamespace", "kubeContext", "cleanupOnFail"})
_DEFAULTS = _BOTH | {"skipDeps", "verify"}
_RELEASE = _BOTH | {
    *("name", "namespace", "labels", "chart", "version", "values", "secrets", "set", "setString", "needs", "installed"),
    *("condition", "missingFileHandler", "skipDeps", "verify", "disableValidation", "disableValidationOnInstall"),
}
_REPOSITORY = frozenset({"name", "url", "username", "password", "caFile", "oci", "passCredentials"})


def unknown_keys(root: MapNode, releases: Collection[MapNode], repositories: Collection[MapNode]) -> Iterator[Note]:
    """A note for each key that is not imported, at its place."""
    yield from _unknown(root, _TOP, "the helmfile")
    defaults = root.entries.get("helmDefaults")
    if isinstance(defaults, MapNode):
        yield from _unknown(defaults, _DEFAULTS, "helmDefaults")
    for item in releases:
        yield from _unknown(item, _RELEASE, f"release {_name(item)}")
    for item in repositories:
        yield from _unknown(item, _REPOSITORY, f"repository {_name(item)}")


def _unknown(node: MapNode, known: Collection[str], subject: str) -> Iterator[Note]:
    for key, value in node.entries.items():
        if key not in known and not _says_nothing(value):
            yield Note(subject, f"`{key}` is not imported", where=node.keys[key], left_out=True)


def _says_nothing(node: Node) -> bool:
    """Whether it is off, or empty, which is the default of all these keys."""
    if isinstance(node, ScalarNode):
        return not node.value
    return not (node.items if isinstance(node, ListNode) else node.entries)


def _name(node: MapNode) -> str:
    return text_under(node, "name") or "without a name"
