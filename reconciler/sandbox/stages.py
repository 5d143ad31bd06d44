"""How simulated nodes and pods behave: kwok's stages, the sandbox's own and those that a user adds."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_KIND = "Stage"


def stages_text(extra: Path | None) -> str:
    """The stages to start kwok with, as YAML: the sandbox's own, then those in the file `extra`.

    A stage in `extra` replaces the sandbox's own of the same name. A stage that is to win over another which
    also matches needs a greater `spec.weight`; the sandbox's own have none.

    Raises:
        SandboxError: the file cannot be read, or holds something else than kwok's configuration.
    """
    own = resources.files("reconciler.sandbox").joinpath("stages.yaml").read_text(encoding="utf-8")
    documents = [document for document in yaml.safe_load_all(own) if document]
    if extra is not None:
        documents = merge(documents, _read(extra))
    return yaml.safe_dump_all(documents, sort_keys=False, width=1000)


def merge(own: list[dict[str, Any]], extra: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All stages, where one of `extra` takes the place of the one in `own` that has its name."""
    replaced = {_name(document) for document in extra if document["kind"] == _KIND}
    kept = [document for document in own if _name(document) not in replaced]
    return kept + extra


def fingerprint(text: str) -> str:
    """A short name for the content."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        documents = [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SandboxError(f"cannot read kwok stages from {path}: {error}") from error
    for number, document in enumerate(documents, start=1):
        if not _is_configuration(document):
            raise SandboxError(
                f"document {number} of {path} is not a kwok stage",
                hint="`apiVersion: kwok.x-k8s.io/v1alpha1`, `kind: Stage`, and a `metadata.name`",
            )
    return documents


def _is_configuration(document: object) -> bool:
    if not isinstance(document, dict):
        return False
    group = str(document.get("apiVersion", "")).partition("/")[0]
    named = isinstance(document.get("metadata"), dict) and bool(document["metadata"].get("name"))
    return group.endswith("kwok.x-k8s.io") and (document.get("kind") != _KIND or named)


def _name(document: dict[str, Any]) -> str:
    return str((document.get("metadata") or {}).get("name"))
