"""Rules for what a chart renders to: whether the cluster could take it for objects at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.identity import ObjectId
from reconciler.model.json import Json, JsonMap, text_at
from reconciler.model.lint import LintFinding, Severity
from reconciler.model.manifest import id_of, objects_in
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load_manifest


def lint_rendered(texts: Mapping[str, str]) -> Iterator[LintFinding]:
    """What is wrong with the output of templates, by the path of each (`chart/templates/file.yaml`)."""
    seen: dict[ObjectId, str] = {}
    for path, text in texts.items():
        file = path.partition("/")[2]
        try:
            for document in load_manifest(text):
                yield from _document(document, file, seen)
        except YamlError as error:
            message = f"it renders no YAML: {error.problem}, in line {error.mark.line + 1} of its output"
            yield LintFinding(Severity.ERROR, message, file)


def _document(document: Json, file: str, seen: dict[ObjectId, str]) -> Iterator[LintFinding]:
    if document is None:
        return
    if not isinstance(document, dict):
        yield LintFinding(Severity.ERROR, "it renders something that is no object", file)
        return
    for item in objects_in(document) or [document]:
        yield from _object(item, file, seen)


def _object(item: JsonMap, file: str, seen: dict[ObjectId, str]) -> Iterator[LintFinding]:
    lacking = [key for key in ("apiVersion", "kind") if not text_at(item, key)]
    if not text_at(item, "metadata", "name") and not text_at(item, "metadata", "generateName"):
        lacking.append("metadata.name")
    if lacking:
        what = text_at(item, "kind") or "an object"
        yield LintFinding(Severity.ERROR, f"it renders {what} without {', '.join(lacking)}", file)
        return
    identity = id_of(item)
    if identity.name and identity in seen:
        yield LintFinding(Severity.ERROR, f"it renders {identity}, which {seen[identity]} renders too", file)
    seen[identity] = file
