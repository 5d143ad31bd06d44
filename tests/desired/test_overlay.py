"""Layers: what `extends` makes of several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.desired.documents import parse, plain
from reconciler.desired.overlay import merge
from reconciler.model.json import Json
from tests.desired.project import HEAD, Project

# What every file that extends base.yaml says; a test's own text begins in line 2.
OVER = "extends: [base.yaml]\n"


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ("a: {b: 1}", "a: {c: 2}", {"a": {"b": 1, "c": 2}}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: 1\nb: 2", "a:", {"b": 2}),
        ("a: {b: 1, c: 2}", "a: {b: ~}", {"a": {"c": 2}}),
        ("a: {b: 1}", "a: {x: null}", {"a": {"b": 1}}),
        ("a: {b: 1}", "a: text", {"a": "text"}),
        ("a: 1", "", {"a": 1}),
    ],
    ids=["maps merge", "lists replace", "null removes", "null removes deep", "null of nothing", "replaced", "empty"],
)
def test_layers_merge(base: str, over: str, merged: Json) -> None:
    """Maps deeply, lists and scalars replace, null removes."""
    assert plain(merge(parse(base, "base.yaml"), parse(over, "over.yaml"))) == merged


@pytest.mark.parametrize("stand", [".", "envs", "other"], ids=["above", "beside", "elsewhere"])
@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_extends_is_read_from_the_folder_of_the_file_that_says_it(
    project: Project,
    stand: str,
    absolute: bool,  # noqa: FBT001 - a column of the table
    tmp_path: Path,
) -> None:
    """Wherever the user stands, and over several folders."""
    project.write(
        {
            ".git/config": "",
            "other/readme": "",
            "envs/env.yaml": "extends: [../common/base.yaml]\nname: top\n",
            "common/base.yaml": "extends: deep/ground.yaml\n",
            "common/deep/ground.yaml": HEAD + "namespaces: {shop: {}}\n",
        }
    )
    there = Project(tmp_path / stand)
    typed = (
        str(tmp_path / "envs/env.yaml")
        if absolute
        else {".": "envs/", "envs": "", "other": "../envs/"}[stand] + "env.yaml"
    )
    desired = there.load(environment=typed)
    there.close()
    assert desired.name == "top"
    assert [str(item.id) for item in desired.namespaces] == ["namespace shop"]


def test_later_layers_win_and_the_file_itself_wins_over_all(project: Project) -> None:
    """In the order in which `extends` names them."""
    project.write(
        {
            "a.yaml": HEAD + "namespaces: {x: {labels: {one: a, two: a, three: a}}}\n",
            "b.yaml": "namespaces: {x: {labels: {two: b, three: b}}}\n",
        }
    )
    desired = project.load("extends: [a.yaml, b.yaml]\nnamespaces: {x: {labels: {three: c}}}\n")
    assert desired.namespaces[0].labels == {"one": "a", "two": "b", "three": "c"}


def test_null_removes_an_entry_of_a_lower_layer(project: Project) -> None:
    """So an environment can leave out a release, and a release its `wait`."""
    project.write({"base.yaml": HEAD + "namespaces: {a: {}, b: {labels: {x: z}}}\n"})
    desired = project.load(OVER + "namespaces: {a: null, b: {labels: {x: ~}}}\n")
    assert [(str(item.id), item.labels) for item in desired.namespaces] == [("namespace b", {})]


MISTAKES: dict[str, tuple[dict[str, str], list[str]]] = {
    "circle": (
        {"env.yaml": OVER, "base.yaml": "kind: Environment\nextends: env.yaml\n"},
        ["base.yaml:2:10: `extends` goes in a circle: env.yaml → base.yaml → env.yaml"],
    ),
    "itself": (
        {"env.yaml": "extends: ./env.yaml\n"},
        ["env.yaml:1:10: `extends` goes in a circle: env.yaml → env.yaml"],
    ),
    "missing, with a near name": (
        {"env.yaml": "extends: [bsae.yaml]\n", "base.yaml": HEAD},
        ["env.yaml:1:11: there is no bsae.yaml", '  try: did you mean "base.yaml"?'],
    ),
    "missing folder": (
        {"env.yaml": "extends: [common/base.yaml]\n"},
        ["env.yaml:1:11: there is no common/base.yaml", "  try: there is no folder common either"],
    ),
    "outside": (
        {"env.yaml": "extends: [../base.yaml]\n"},
        [
            "env.yaml:1:11: ../base.yaml lies outside the project",
            "  try: the project is ROOT; copy what it needs into it",
        ],
    ),
    "a number": ({"env.yaml": "extends: [5]\n"}, ["env.yaml:1:10: `extends` takes a list of file names"]),
    "a map": ({"env.yaml": "extends: {a: b}\n"}, ["env.yaml:1:10: `extends` takes a list of file names"]),
    "a folder": (
        {"env.yaml": "extends: [folder]\n", "folder/x": ""},
        ["env.yaml:1:11: folder cannot be read: is a directory"],
    ),
    "a base that is no map": (
        {"env.yaml": OVER, "base.yaml": "- a\n"},
        ["base.yaml:1:1: an environment is a map of keys, this is something else"],
    ),
    "a base that is no YAML": (
        {"env.yaml": OVER, "base.yaml": "a: [\n"},
        ["base.yaml:2:1: expected the node content, but found '<stream end>'"],
    ),
    "a mistake in the base": (
        {"env.yaml": OVER + "namespaces: {b: {cluster: nope}}\n", "base.yaml": HEAD + "namespaces: {a: {labls: {}}}\n"},
        [
            'base.yaml:5:18: unknown key "labls"',
            '  try: did you mean "labels"?',
            'env.yaml:2:18: there is no cluster "nope"',
            "  try: known: main",
        ],
    ),
    "a mistake in a value that the base gave": (
        {
            "env.yaml": OVER + "namespaces: {a: {labels: {x: z}}}\n",
            "base.yaml": HEAD + "namespaces:\n  a:\n    cluster: mian\n",
        },
        ['base.yaml:7:5: there is no cluster "mian"', '  try: did you mean "main"?'],
    ),
}


@pytest.mark.parametrize(("files", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_in_the_layer_that_made_it(
    project: Project, files: dict[str, str], messages: list[str]
) -> None:
    """The place is in the file that a person has to mend."""
    project.write(files)
    assert project.mistakes() == messages
