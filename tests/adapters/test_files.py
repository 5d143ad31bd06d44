"""The files of a project: reads below its root, and nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from reconciler.adapters.files import MAX_BYTES, Files, matching, project_root, write_file
from reconciler.errors import DesiredStateError, Location


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a few files, and a file beside it."""
    project = tmp_path / "project"
    for name in ("envs/env.yaml", "values/api.yaml", "secret.txt"):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n")
    (tmp_path / "outside.yaml").write_text("a: 1\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home/kubeconfig").write_text("kind: Config\n")
    (project / "link").symlink_to(tmp_path / "outside.yaml")
    (project / "folder-link").symlink_to(tmp_path)
    (project / "inner-link").symlink_to(project / "values/api.yaml")
    (project / "loop").symlink_to(project / "loop")
    return project


@pytest.fixture
def files(root: Path) -> Files:
    """The project, seen by somebody who stands in its root."""
    return Files(root, root, root.parent / "home")


HERE = Location("envs/env.yaml", 3, 5)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("env.yaml", "envs/env.yaml"),
        ("../values/api.yaml", "values/api.yaml"),
        ("../values", "values"),
        ("../inner-link", "values/api.yaml"),
        ("./../envs/../secret.txt", "secret.txt"),
    ],
    ids=str,
)
def test_a_name_is_read_from_the_folder_of_the_file_that_holds_it(
    files: Files, root: Path, name: str, path: str
) -> None:
    """Not from where the user stands."""
    assert files.locate(name, HERE) == root / path


@pytest.mark.parametrize(
    "name",
    ["../../outside.yaml", "/etc/passwd", "../link", "../folder-link/outside.yaml", "..//..//outside.yaml", "../.."],
)
def test_nothing_outside_the_project_is_read(files: Files, root: Path, name: str) -> None:
    """Neither by dots, nor by an absolute path, nor by a link; and it is not said whether it exists."""
    with pytest.raises(DesiredStateError) as caught:
        files.locate(name, HERE)
    assert str(caught.value) == (
        f"envs/env.yaml:3:5: {name} lies outside the project\n  try: the project is {root}; copy what it needs into it"
    )


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("../values/ap.yaml", "there is no ../values/ap.yaml", 'did you mean "api.yaml"?'),
        ("../valus/api.yaml", "there is no ../valus/api.yaml", "there is no folder valus either"),
        ("../values/zzzzzzzz", "there is no ../values/zzzzzzzz", None),
        ("a\0b", "'a\\x00b' is no file name that can be used: embedded null byte", None),
        ("a" * 300, f"{'a' * 300} cannot be read: file name too long", None),
        ("env.yaml/x", "there is no env.yaml/x", "there is no folder env.yaml either"),
    ],
    ids=["near", "no folder", "nothing near", "null byte", "too long", "below a file"],
)
def test_what_cannot_be_found_is_an_error_at_its_place(files: Files, name: str, message: str, hint: str | None) -> None:
    """With the nearest name there is."""
    with pytest.raises(DesiredStateError) as caught:
        files.locate(name, HERE)
    assert (caught.value.message, caught.value.hint, caught.value.where) == (message, hint, HERE)


def test_a_link_to_itself_is_an_error(files: Files) -> None:
    """And no endless walk."""
    with pytest.raises(DesiredStateError, match="loop"):
        files.locate("../loop", HERE)


def test_what_the_user_types_may_lie_anywhere(files: Files, root: Path) -> None:
    """The environment file is named on the command line, from where the user stands."""
    assert files.locate("../outside.yaml", None) == root.parent / "outside.yaml"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a: 1\n", "a: 1\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
        (b"a\r\nb\rc\n", "a\r\nb\rc\n"),
        (b"", ""),
        ("é→𝄞".encode(), "é→𝄞"),
        (b"x" * MAX_BYTES, "x" * MAX_BYTES),
    ],
    ids=["plain", "byte order mark", "line ends as they are", "empty", "UTF-8", "as large as may be"],
)
def test_a_text_is_read_as_it_stands(files: Files, root: Path, content: bytes, text: str) -> None:
    """A secret's line ends are a part of it; a byte order mark is not."""
    (root / "file").write_bytes(content)
    assert files.text(root / "file", HERE) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ab\xff", "file is no UTF-8 text: byte 2 cannot be read"),
        (b"x" * (MAX_BYTES + 1), "file is larger than 5,000,000 bytes"),
        (None, "file cannot be read: is a directory"),
    ],
    ids=["binary", "too large", "a folder"],
)
def test_what_is_no_text_is_an_error(files: Files, root: Path, content: bytes | None, message: str) -> None:
    """Before it fills the memory."""
    if content is None:
        (root / "file").mkdir()
    else:
        (root / "file").write_bytes(content)
    with pytest.raises(DesiredStateError) as caught:
        files.text(root / "file", HERE)
    assert str(caught.value) == f"envs/env.yaml:3:5: {message}"


def test_an_endless_file_is_not_read_to_its_end(files: Files) -> None:
    """A device says that it holds nothing, and gives for ever."""
    with pytest.raises(DesiredStateError, match=r"/dev/zero is larger than"):
        files.credential_text("/dev/zero", HERE)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("~/kubeconfig", "../home/kubeconfig"),
        ("../secret.txt", "secret.txt"),
        ("../../home/kubeconfig", "../home/kubeconfig"),
    ],
    ids=["home", "project", "anywhere"],
)
def test_credentials_may_lie_anywhere(files: Files, root: Path, name: str, path: str) -> None:
    """A kubeconfig is the user's, not the project's."""
    assert files.credential_text(name, HERE) == ((root / path).resolve(), (root / path).read_text())


def test_missing_credentials_name_the_nearest_file(files: Files) -> None:
    """As with any other file."""
    with pytest.raises(DesiredStateError) as caught:
        files.credential_text("~/kubeconfg", HERE)
    assert caught.value.hint == 'did you mean "kubeconfig"?'


@pytest.mark.parametrize(
    ("stand", "shown"), [("project", "envs/env.yaml"), ("project/envs", "env.yaml"), ("home", None)], ids=str
)
def test_a_path_is_shown_from_where_the_user_stands(root: Path, stand: str, shown: str | None) -> None:
    """So that a terminal can open it; elsewhere it is absolute."""
    files = Files(root, root.parent / stand, root)
    assert files.shown(root / "envs/env.yaml") == (shown or str(root / "envs/env.yaml"))


@pytest.mark.parametrize(
    ("git", "stand", "expected"),
    [
        ("project", "elsewhere", "project"),
        ("project/envs", "project", "project/envs"),
        (None, "project", "project"),
        (None, "elsewhere", "project/envs"),
    ],
    ids=["checkout", "nearest checkout", "where the user stands", "its own folder"],
)
def test_the_project_is_found(tmp_path: Path, git: str | None, stand: str, expected: str) -> None:
    """The git checkout, else where the user stands, else the file's folder."""
    for name in ("project/envs", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    if git:
        (tmp_path / git / ".git").write_text("gitdir: a worktree has a file\n")
    assert project_root(tmp_path / "project/envs/env.yaml", tmp_path / stand) == tmp_path / expected


@pytest.mark.parametrize("stand", ["project", "project/envs", "home"])
def test_a_file_is_called_the_same_wherever_the_user_stands(root: Path, stand: str) -> None:
    """Below the root, whether it is there or not; so that two machines mean the same file."""
    files = Files(root, root.parent / stand, root)
    assert files.called(str(root / "envs/env.yaml"), None) == "envs/env.yaml"
    named = Location(files.shown(root / "envs/env.yaml"), 1, 1)
    assert files.called("../secrets/none.txt", named) == "secrets/none.txt"


def test_a_private_file_was_never_anybody_elses_to_read(tmp_path: Path) -> None:
    """Also where it replaces one that was."""
    target = tmp_path / "plan.json"
    write_file(target, b"public")
    write_file(target, b"private", private=True)
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"private", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("env.yaml", ["env.yaml"]),
        ("environments/*.yaml", ["environments/a.yaml", "environments/b.yaml"]),
        ("**/?.yaml", ["environments/a.yaml", "environments/b.yaml", "environments/deep/c.yaml"]),
        ("*/a.*", ["environments/a.yaml"]),
        ("./env.yaml", ["env.yaml"]),
    ],
)
def test_matching(pattern: str, expected: list[str], tmp_path: Path) -> None:
    """Files, in order; no folders, and nothing of git's own."""
    for name in ("env.yaml", "environments/b.yaml", "environments/a.yaml", "environments/deep/c.yaml", ".git/d.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "environments/z.yaml").mkdir()
    assert matching(tmp_path, pattern) == tuple(tmp_path / name for name in expected)


@pytest.mark.parametrize("pattern", ["", "/etc/*", "../*", "a/../../*", "none.yaml", "*.toml"])
def test_nothing_matching(pattern: str, tmp_path: Path) -> None:
    """An error, also for what leads out of the folder."""
    (tmp_path / "env.yaml").write_text("")
    with pytest.raises(DesiredStateError, match=r"is no path below|there is no"):
        matching(tmp_path, pattern)
