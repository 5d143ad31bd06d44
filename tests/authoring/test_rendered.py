"""Rules for what a chart renders to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.authoring.rendered import lint_rendered

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

CASES: Mapping[str, tuple[Mapping[str, str], list[str]]] = {
    "objects": ({"one.yaml": f"{MAP}---\n{MAP.replace('a}', 'b}')}", "empty.yaml": "# nothing\n"}, []),
    "no name": ({"one.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, ["it renders ConfigMap without metadata.name"]),
    "a made-up name": ({"one.yaml": MAP.replace("name", "generateName")}, []),
    "no kind": ({"one.yaml": "apiVersion: v1\nmetadata: {name: a}\n"}, ["it renders an object without kind"]),
    "nothing of it": ({"one.yaml": "a: b\n"}, ["it renders an object without apiVersion, kind, metadata.name"]),
    "a text": ({"one.yaml": "hello\n"}, ["it renders something that is no object"]),
    "no YAML": ({"one.yaml": f"{MAP}---\na: [\n"}, ["it renders no YAML: "]),
    "the same twice": (
        {"one.yaml": MAP, "two.yaml": MAP},
        ["it renders ConfigMap a, which templates/one.yaml renders too"],
    ),
    "the same name elsewhere": ({"one.yaml": MAP, "two.yaml": MAP.replace("name: a", "name: a, namespace: b")}, []),
    "a list": (
        {"one.yaml": "apiVersion: v1\nkind: List\nitems:\n  - {kind: Pod}\n"},
        ["it renders Pod without apiVersion, metadata.name"],
    ),
}


@pytest.mark.parametrize(("texts", "expected"), CASES.values(), ids=CASES.keys())
def test_what_templates_render(texts: Mapping[str, str], expected: list[str]) -> None:
    """What the cluster could not take for an object is found, at its template."""
    findings = list(lint_rendered({f"web/templates/{name}": text for name, text in texts.items()}))
    assert len(findings) == len(expected), findings
    for finding, start in zip(findings, expected, strict=True):
        assert finding.message.startswith(start)
        assert finding.file == f"templates/{[*texts][-1]}"
