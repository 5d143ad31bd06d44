"""The command line as users run it: a process, its output, its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import __version__
from tests.conftest import Run, run_reconcile
from tests.desired.project import HEAD

HEAVY = ("pydantic", "pydantic_core", "kubernetes", "requests", "rich", "helm_python", "ruamel", "yaml", "git")
ENVIRON = {"KUBE": "apiVersion: v1", "DB_PASSWORD": "correct-horse"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with one release and one secret."""
    (tmp_path / "chart/templates").mkdir(parents=True)
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "chart/values.yaml").write_text("replicaCount: 1\n")
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/base.yaml").write_text(HEAD + "namespaces: {shop: {}}\n")
    (tmp_path / "envs/env.yaml").write_text(
        "extends: [base.yaml]\n"
        "secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [shop]}}\n"
        "releases: {web: {chart: ../chart, namespace: shop, replicas: 2}}\n"
    )
    return tmp_path


def validate(folder: Path, *arguments: str, **environ: str) -> Run:
    """`reconcile validate` in a folder."""
    return run_reconcile(["validate", *arguments], folder, {**ENVIRON, **environ})


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["validate", "--help"], ["completion", "--help"]], ids=" ".join
)
def test_help_is_printed(tmp_path: Path, arguments: list[str]) -> None:
    """On stdout, with exit code 0."""
    run = run_reconcile(arguments, tmp_path, {})
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("Usage: reconcile")


def test_help_lists_every_command_and_each_can_be_run(tmp_path: Path) -> None:
    """What is promised is there."""
    out = run_reconcile(["--help"], tmp_path, {}).out
    listed = [
        line.split()[0]
        for line in out.partition("Commands:")[2].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert {"validate", "render", "plan", "apply", "status", "sandbox", "completion"} <= set(listed)
    for command in listed:
        assert run_reconcile([command, "--help"], tmp_path, {}).code == 0


def test_the_version_is_printed(tmp_path: Path) -> None:
    """With the program's name."""
    run = run_reconcile(["--version"], tmp_path, {})
    assert (run.code, run.out) == (0, f"reconcile, version {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["aply"], 1, "No such command 'aply'"),
        (["validate"], 1, "Missing option '-e'"),
        (["validate", "-e"], 1, "Option '-e' requires an argument"),
        (["validate", "-e", "x", "--nope"], 1, "No such option"),
        (["plan", "-e", "x", "-o", "xml"], 1, "'xml' is not one of"),
        (["apply", "-e", "x", "--workers", "0"], 1, "0 is not in the range"),
        (["validate", "-e", "envs/evn.yaml"], 1, 'there is no envs/evn.yaml\n  try: did you mean "env.yaml"?\n'),
        (["validate", "-e", "nowhere/env.yaml"], 1, "there is no folder nowhere either"),
        (["validate", "-e", "envs"], 1, "envs cannot be read: is a directory"),
        (["validate", "-e", "loop"], 1, "loop"),
        (["validate", "-e", "a" * 300], 1, "file name too long"),
        (["plan", "-e", "envs/evn.yaml"], 1, "there is no envs/evn.yaml"),
        (["render", "-e", "envs/env.yaml", "--only", "wbe"], 1, 'did you mean "web"?'),
    ],
    ids=lambda item: " ".join(item)[:40] if isinstance(item, list) else None,
)
def test_a_mistake_on_the_command_line_is_a_message_and_an_exit_code(
    shop: Path, arguments: list[str], code: int, message: str
) -> None:
    """On stderr, nothing on stdout, never a traceback."""
    (shop / "loop").symlink_to("loop")
    run = run_reconcile(arguments, shop, ENVIRON)
    assert message in run.err
    assert (run.code, run.out) == (code, "")
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("folder", "file"),
    [(".", "envs/env.yaml"), ("envs", "env.yaml"), ("chart", "../envs/env.yaml")],
    ids=["above", "beside", "elsewhere"],
)
def test_a_valid_environment_says_so_from_anywhere_in_the_checkout(shop: Path, folder: str, file: str) -> None:
    """Exit code 0, and what is in it."""
    (shop / ".git").mkdir()
    run = validate(shop / folder, "-e", file)
    assert (run.code, run.out, run.err) == (0, f"{file} is valid: 1 release, 1 namespace, 1 secret\n", "")


def test_json_is_one_document(shop: Path) -> None:
    """Nothing else is on stdout."""
    run = validate(shop, "-e", "envs/env.yaml", "-o", "json")
    assert (run.code, run.err) == (0, "")
    document = json.loads(run.out)
    assert (document["valid"], document["releases"], document["mistakes"]) == (True, 1, [])


def test_json_lists_the_mistakes(shop: Path) -> None:
    """Each with its place, for an editor or a pull request's annotations; the exit code says it too."""
    (shop / "envs/env.yaml").write_text("extends: [base.yaml]\nreleases: {web: {chrt: x, chart: ../chart}}\n")
    run = validate(shop, "-e", "envs/env.yaml", "-o", "json")
    assert (run.code, run.err) == (1, "")
    document = json.loads(run.out)
    assert document["valid"] is False
    assert [(item["path"], item["line"], item["column"], item["message"]) for item in document["mistakes"]] == [
        ("envs/env.yaml", 2, 12, '"web" does not say its namespace'),
        ("envs/env.yaml", 2, 18, 'unknown key "chrt"'),
    ]


def test_all_mistakes_are_printed_at_once_by_their_places(shop: Path) -> None:
    """Over the layers, in one run; no secret among them."""
    (shop / "envs/env.yaml").write_text(
        "extends: [base.yaml]\n"
        "secrets: {db: {type: Opaque, data: {password: {env: DB_PASSWORD}}, namespaces: [shp]}}\n"
        "releases: {web: {chart: ../chart, namespace: shop, replica: 2}}\n"
    )
    run = validate(shop, "-e", "envs/env.yaml")
    assert (run.code, run.out) == (1, "")
    assert run.err.splitlines() == [
        'envs/env.yaml:2:81: there is no namespace "shp"',
        '  try: did you mean "shop"?',
        'envs/env.yaml:3:52: unknown key "replica"',
        '  try: did you mean "replicas"?',
    ]


def test_a_message_cannot_steer_the_terminal(shop: Path) -> None:
    """Control characters of a file are not printed."""
    (shop / "envs/env.yaml").write_text('extends: base.yaml\n"\\e[2Jx": 1\n')
    run = validate(shop, "-e", "envs/env.yaml")
    assert run.code == 1
    assert "\x1b" not in run.text
    assert "[2Jx" in run.err


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"[" * 200_000, b"a: &a [*a]", b"", b"\t", b"!!null '': 1"],
    ids=lambda item: repr(item[:12]),
)
def test_no_file_makes_a_traceback(shop: Path, content: bytes) -> None:
    """Exit code 1 and a message, whatever is in it."""
    (shop / "envs/env.yaml").write_bytes(content)
    run = validate(shop, "-e", "envs/env.yaml")
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("envs/env.yaml")
    assert "Traceback" not in run.err


def test_an_unset_variable_is_named_and_no_other_is_shown(shop: Path) -> None:
    """With what to do."""
    run = run_reconcile(["validate", "-e", "envs/env.yaml"], shop, {"KUBE": "correct-horse"})
    assert run.code == 1
    assert run.err == (
        "envs/env.yaml:2:37: the environment variable DB_PASSWORD is not set\n"
        "  try: export DB_PASSWORD=… before running, or in CI\n"
    )


def test_the_command_line_starts_without_heavy_libraries() -> None:
    """Help and completion answer at once: what a command needs is imported when it is run."""
    code = (
        "import sys, reconciler.cli.main; "
        "reconciler.cli.main.main(['--help'], standalone_mode=False); "
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert loaded.isdisjoint(HEAVY)
    assert "click" in loaded
