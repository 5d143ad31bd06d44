"""`reconcile chart`, run as users run it, beside the real `helm`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from reconciler.adapters.charts.archives import read_archive
from tests.conftest import Run, run_reconcile

PART = {
    "Chart.yaml": "apiVersion: v2\nname: part\nversion: 0.3.0\n",
    "templates/part.yaml": "kind: ConfigMap\n",
    "values.yaml": "size: 1\n",
}
WHOLE = {
    "Chart.yaml": """\
# The whole.
apiVersion: v2
name: whole
version: 1.0.0 # raised by hand
appVersion: "5"
dependencies:
  - {name: part, version: ">=0.3", repository: "file://../part"}
""",
    "values.yaml": "# What can be set.\nb: 1\na: 2\n",
    "templates/all.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: all}\ndata: {a: "{{ .Values.a }}"}\n',
    "templates/NOTES.txt": "Done.\n",
    "files/deep/er.txt": "text\n",
    ".helmignore": "*.tmp\n",
    "left.tmp": "not part of it\n",
    "README.md": "# Whole\n",
}


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with the chart `whole`, which needs `part`."""
    write(tmp_path / "project/charts/part", PART)
    write(tmp_path / "project/charts/whole", WHOLE)
    (tmp_path / "project/.git").mkdir()
    return tmp_path / "project"


def chart(folder: Path, *arguments: str, **environ: str) -> Run:
    """`reconcile chart …`, with a cache of its own in the folder's parent."""
    return run_reconcile(["chart", *arguments], folder, {"XDG_CACHE_HOME": str(folder.parent / "cache"), **environ})


def helm(program: Path, *arguments: str, cwd: Path) -> str:
    return subprocess.run([str(program), *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


def test_an_archive_can_be_made_again(checkout: Path) -> None:
    """Other times, rights, links, languages and caches: the same chart gives the same bytes and the same digest."""
    first = chart(checkout, "package", "charts/whole", "-d", "dist")
    archive = checkout / "dist/whole-1.0.0.tgz"
    content = archive.read_bytes()
    assert (first.code, first.out) == (0, f"dist/whole-1.0.0.tgz sha256:{hashlib.sha256(content).hexdigest()}\n")

    copy = checkout.parent / "elsewhere/project"
    copy.mkdir(parents=True)
    for name, files in {"part": dict(reversed(PART.items())), "whole": dict(reversed(WHOLE.items()))}.items():
        write(copy / "charts" / name, files)
    (copy / ".git").mkdir()
    for path in copy.rglob("*.*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700)
    (copy / "charts/whole/README.md").rename(copy / "read.md")
    (copy / "charts/whole/README.md").symlink_to("../../read.md")
    again = chart(
        copy, "package", "charts/whole", LC_ALL="C", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1234567890", PYTHONHASHSEED="7"
    )

    assert again.code == 0, again.text
    assert (copy / "whole-1.0.0.tgz").read_bytes() == content


@pytest.mark.parametrize("engine", ["library", "program"])
def test_an_archive_is_what_helm_makes(engine: str, checkout: Path, helm_program: Path) -> None:
    """Helm reads it, renders it, and would itself have put the same files into it; the folder stays as it was."""
    before = sorted(checkout.rglob("*"))
    made = chart(checkout, "package", "charts/whole", "-d", "../ours", "--engine", engine, PATH=_path(helm_program))
    assert made.code == 0, made.text
    ours = checkout.parent / "ours/whole-1.0.0.tgz"
    assert sorted(checkout.rglob("*")) == before

    shutil.copytree(checkout, checkout.parent / "theirs")
    whole = checkout.parent / "theirs/charts/whole"
    helm(helm_program, "dependency", "build", cwd=whole)
    (whole / "Chart.lock").unlink()
    helm(helm_program, "package", ".", "-d", "dist", cwd=whole)
    theirs = _unpacked(whole / "dist/whole-1.0.0.tgz")
    found = _unpacked(ours)
    part = _expanded(found, "charts/part-0.3.0.tgz", "charts/part/")

    assert found.keys() | part.keys() == theirs.keys() | {"charts/part-0.3.0.tgz"}
    for name, content in theirs.items():
        mine = part.get(name, found.get(name))
        assert mine is not None
        if name.endswith("Chart.yaml"):
            assert yaml.safe_load(mine) == yaml.safe_load(content)
        else:
            assert mine == content
    assert yaml.safe_load(helm(helm_program, "show", "chart", str(ours), cwd=checkout))["version"] == "1.0.0"
    rendered = helm(helm_program, "template", "x", str(ours), cwd=checkout)
    assert rendered == helm(helm_program, "template", "x", str(whole / "dist/whole-1.0.0.tgz"), cwd=checkout)


def _path(helm_program: Path) -> str:
    return f"{helm_program.parent}:{os.environ['PATH']}"


def _unpacked(archive: Path) -> dict[str, bytes]:
    return dict(read_archive(archive.read_bytes(), archive.name))


def _expanded(files: Mapping[str, bytes], archive: str, prefix: str) -> dict[str, bytes]:
    return {f"{prefix}{name}": content for name, content in read_archive(files[archive], archive).items()}


def test_versions_can_be_given(checkout: Path, helm_program: Path) -> None:
    """The archive is named by them and says so; comments in Chart.yaml stay, and the folder's own stays as it is."""
    made = chart(checkout, "package", "charts/whole", "--version", "2.0.0-rc.1", "--app-version", "1.10")
    assert made.code == 0, made.text
    shown = helm(helm_program, "show", "chart", "whole-2.0.0-rc.1.tgz", cwd=checkout)
    assert (yaml.safe_load(shown)["version"], yaml.safe_load(shown)["appVersion"]) == ("2.0.0-rc.1", "1.10")
    packed = _unpacked(checkout / "whole-2.0.0-rc.1.tgz")["Chart.yaml"].decode()
    assert 'version: "2.0.0-rc.1" # raised by hand\n' in packed
    assert (checkout / "charts/whole/Chart.yaml").read_text() == WHOLE["Chart.yaml"]


@pytest.mark.parametrize(
    ("break_it", "arguments", "problem"),
    [
        pytest.param("", ["--version", "1.2"], "'1.2' is no version", id="version"),
        pytest.param("ln -s /etc/hostname charts/whole/files/host", [], "leads out of the project", id="link"),
        pytest.param("rm charts/whole/Chart.yaml", [], "has no Chart.yaml", id="no chart"),
        pytest.param("rm -r charts/part", [], "there is no folder", id="dependency"),
        pytest.param("echo '{{' > charts/whole/values.yaml", [], "charts/whole/values.yaml:2:1", id="values"),
        pytest.param("touch dist", [], "'dist' is a file", id="no folder to make it in"),
    ],
)
def test_a_chart_that_cannot_be_packaged_leaves_nothing(
    break_it: str, arguments: list[str], problem: str, checkout: Path
) -> None:
    """One line that says what is wrong, exit code 1, and no archive, not even a part of one."""
    subprocess.run(["sh", "-c", break_it], cwd=checkout, check=True)
    before = sorted(checkout.rglob("*"))
    failed = chart(checkout, "package", "charts/whole", "-d", "dist", *arguments)
    assert failed.code == 1
    assert problem in failed.err
    assert "Traceback" not in failed.err
    assert sorted(checkout.rglob("*")) == before


def test_a_package_replaces_an_older_one(checkout: Path) -> None:
    """An archive of the same name is replaced, and nothing else lies in the folder afterwards."""
    (checkout / "dist").mkdir()
    (checkout / "dist/whole-1.0.0.tgz").write_text("old")
    assert chart(checkout, "package", "charts/whole", "-d", "dist").code == 0
    assert [path.name for path in (checkout / "dist").iterdir()] == ["whole-1.0.0.tgz"]
    assert _unpacked(checkout / "dist/whole-1.0.0.tgz")["README.md"] == b"# Whole\n"


LINTED = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "replicaCount: 1\nimage:\n  tag: v1\n",
    "values.schema.json": (
        '{"type": "object", "additionalProperties": false, "properties": {"replicaCount": {"type": "integer"},'
        ' "image": {"type": "object", "properties": {"tag": {"type": "string"}}}}}'
    ),
    "templates/a.yaml": (
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {tag: "{{ .Values.image.tag }}"}\n'
    ),
}
BROKEN: Mapping[str, tuple[Mapping[str, str], str]] = {
    "defaults that do not fit": (
        {"values.yaml": "replicaCount: 1\nimage:\n  tag: 1.10\n"},
        'web/values.yaml:3: error: release default/web: chart web refuses image.tag: 1.1 is not of type "string"',
    ),
    "a schema that is none": ({"values.schema.json": '{"type": 7}'}, "web/Chart.yaml:1: error: values.schema.json of"),
    "a schema that is no JSON": ({"values.schema.json": '{\n"type":\n}'}, "web/values.schema.json:3: error: it is no"),
    "values that are no YAML": ({"values.yaml": "a: b\nc: [\n"}, "web: error: web/values.yaml:3:1 is not valid YAML"),
    "a key given twice": (
        {"values.yaml": "image:\n  tag: a\n  tag: b\n"},
        'web/values.yaml:3: error: the key "tag" is here twice, first in line 2',
    ),
    "a template that fails": (
        {"templates/a.yaml": "a: b\n{{ fail .Values.image.tag }}\n"},
        "web/templates/a.yaml:2: error: cannot render chart web 1.0.0",
    ),
    "a template that makes no object": (
        {"templates/a.yaml": "kind: ConfigMap\nmetadata: {name: a}\n"},
        "web/templates/a.yaml: error: it renders ConfigMap without apiVersion",
    ),
    "a version that is none": (
        {"Chart.yaml": 'apiVersion: v2\nname: web\nversion: "1.0"\n'},
        "web/Chart.yaml:3: error: 1.0 is no version that can be published",
    ),
    "no chart": ({"Chart.yaml": ""}, "web: error: web/Chart.yaml has no text for `name`"),
    "a dependency that is nowhere": (
        {
            "Chart.yaml": f'{LINTED["Chart.yaml"]}dependencies: [{{name: p, version: 1.0.0, repository: "file://../p"}}]\n'
        },
        "web: error: chart web needs file://../p, but there is no folder",
    ),
}


@pytest.mark.parametrize(("files", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_lint_says_where_a_mistake_is(files: Mapping[str, str], expected: str, tmp_path: Path) -> None:
    """Each mistake with its file, its line where there is one, and exit code 1."""
    write(tmp_path / "project/web", {**LINTED, **files})
    done = chart(tmp_path / "project", "lint", "web")
    assert done.code == 1, done.text
    assert any(line.startswith(expected) for line in done.out.replace(f"{tmp_path}/project/", "").splitlines()), (
        done.out
    )
    assert "Traceback" not in done.text


def test_lint_of_several_charts(tmp_path: Path) -> None:
    """Warnings are shown and are no errors; one chart with errors makes the exit code 1; JSON has all of it."""
    sound = {name: text for name, text in LINTED.items() if name != "values.schema.json"}
    write(tmp_path / "project/good", sound)
    write(tmp_path / "project/bad", {**LINTED, "templates/a.yaml": "{{ end }}"})
    good = chart(tmp_path / "project", "lint", "good")
    both = chart(tmp_path / "project", "lint", "good", "bad", "-o", "json")

    assert good.code == 0
    assert good.out.splitlines()[-1] == "good: 0 errors, 1 warning"
    assert good.out.startswith("good/values.schema.json: warning: there is no values.schema.json")
    document = json.loads(both.out)
    assert (both.code, document["valid"]) == (1, False)
    assert [(item["path"], item["valid"], len(item["findings"])) for item in document["charts"]] == [
        ("good", True, 1),
        ("bad", False, 1),
    ]
    [finding] = document["charts"][1]["findings"]
    assert (finding["severity"], finding["path"], finding["line"]) == ("error", "bad/templates/a.yaml", 1)


def test_lint_with_values(tmp_path: Path) -> None:
    """A value that does not fit is told in the file that it stands in, be that of values or of an environment."""
    project = tmp_path / "project"
    write(project / "charts/web", LINTED)
    write(
        project,
        {
            "one.yaml": "replicaCount: 2\n",
            "two.yaml": "image:\n  tag: 7\n",
            "env.yaml": "apiVersion: reconciler/v1\nkind: Environment\nname: test\n"
            "clusters: {main: {kubeconfig: {env: KUBE}}}\nnamespaces: {shop: {}}\ndefaults: {namespace: shop}\n"
            "releases:\n  a: {chart: charts/web, valuesFrom: {image.tag: {env: TAG}}}\n"
            "  b: {chart: charts/web, values: [one.yaml, two.yaml]}\n",
        },
    )
    fine = chart(project, "lint", "charts/web", "--values", "one.yaml")
    wrong = chart(project, "lint", "charts/web", "--values", "one.yaml", "--values", "two.yaml")
    environ = {"KUBE": "made-up", "TAG": "secret-tag"}
    environment = chart(project, "lint", "charts/web", "-e", "env.yaml", **environ)
    elsewhere = chart(project, "lint", "charts/web", "-e", "env.yaml", "--values", "one.yaml", **environ)
    write(project / "charts/web", {"templates/b.yaml": "{{ fail .Values.image.tag }}"})
    write(project, {"two.yaml": "image: {tag: two}\n"})
    failing = chart(project, "lint", "charts/web", "-e", "env.yaml", **environ)

    assert fine.code == 0, fine.text
    assert wrong.out.startswith("two.yaml:2: error: release default/web: chart web refuses image.tag: 7 is not")
    assert environment.out.startswith("two.yaml:2: error: release shop/b: chart web refuses image.tag: 7 is not")
    assert (wrong.code, environment.code, elsewhere.code, failing.code) == (1, 1, 1, 1)
    assert "exclude each other" in elsewhere.err
    assert failing.out.count("charts/web/templates/b.yaml:1: error:") == 2
    assert "secret-tag" not in failing.text
