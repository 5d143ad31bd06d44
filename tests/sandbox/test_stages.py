"""kwok's stages."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reconciler.errors import SandboxError
from reconciler.sandbox.stages import fingerprint, stages_text

OWN = ["node-initialize", "node-heartbeat-with-lease", "pod-ready", "pod-complete", "pod-delete"]


def names(text: str) -> list[str]:
    return [document["metadata"]["name"] for document in yaml.safe_load_all(text)]


def stage(name: str) -> str:
    return f"apiVersion: kwok.x-k8s.io/v1alpha1\nkind: Stage\nmetadata: {{name: {name}}}\nspec: {{weight: 9}}\n"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (None, OWN),
        ("", OWN),
        (stage("broken"), [*OWN, "broken"]),
        (stage("pod-ready"), [name for name in OWN if name != "pod-ready"] + ["pod-ready"]),
        (f"{stage('x')}---\n{stage('y')}", [*OWN, "x", "y"]),
    ],
)
def test_extra_stages_are_added_or_replace(extra: str | None, expected: list[str], tmp_path: Path) -> None:
    """The sandbox's own stay, except those of the same name."""
    path = tmp_path / "stages.yaml"
    path.write_text(extra or "", encoding="utf-8")
    assert names(stages_text(None if extra is None else path)) == expected


@pytest.mark.parametrize("content", ["a: [", "- 1", "kind: Stage", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}"])
def test_what_is_no_stage_is_refused(content: str, tmp_path: Path) -> None:
    """Found before anything is started, with the file's name."""
    path = tmp_path / "stages.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SandboxError, match=r"stages\.yaml"):
        stages_text(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(SandboxError, match=r"none\.yaml"):
        stages_text(tmp_path / "none.yaml")


def test_fingerprints_tell_contents_apart() -> None:
    """Equal for equal text only."""
    assert fingerprint("a") == fingerprint("a") != fingerprint("b")
