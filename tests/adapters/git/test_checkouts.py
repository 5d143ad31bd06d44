"""Folders of commits: within bounds, with nothing in them that leads out, one of them the current one."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reconciler.errors import GitError, GitReason
from reconciler.model.source import SourceBounds
from tests.adapters.git.conftest import MakeMirror
from tests.git_servers import Origin


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The mirror's folder."""
    return tmp_path / "state"


def left_in(state: Path) -> list[str]:
    """Folders of commits, and what is half made."""
    return [path.name for path in (*state.glob("checkouts/*"), *state.glob(".new-*"))]


def test_a_large_tree(origin: Origin, mirror: MakeMirror) -> None:
    """Ten thousand files are well within the bounds."""
    origin.many(10_000)
    made = mirror()
    folder = made.checkout(made.update())
    assert sum(len(names) for _, _, names in os.walk(folder)) == 10_000


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        pytest.param(SourceBounds(files=9_999), "has more than 9,999 files", id="files"),
        pytest.param(SourceBounds(checkout_bytes=19_999), "has more than 19,999 bytes", id="bytes"),
        pytest.param(SourceBounds(files=100), "cannot list the files of", id="so many files that they are not listed"),
    ],
)
def test_too_large(bounds: SourceBounds, said: str, origin: Origin, mirror: MakeMirror, state: Path) -> None:
    """It is known before anything is written."""
    origin.many(10_000)
    made = mirror(bounds=bounds)
    commit = made.update()
    with pytest.raises(GitError) as caught:
        made.checkout(commit)
    assert caught.value.reason is GitReason.TOO_LARGE
    assert said in caught.value.message
    assert left_in(state) == []


def test_a_bomb(origin: Origin, mirror: MakeMirror, state: Path) -> None:
    """A few objects that stand for ten thousand million files."""
    tree = origin.git("mktree", stdin=f"100644 blob {origin.git('hash-object', '-w', '--stdin')}\tf\n")
    for _ in range(10):
        tree = origin.git("mktree", stdin="".join(f"040000 tree {tree}\td{index}\n" for index in range(10)))
    origin.git("update-ref", "refs/heads/main", origin.git("commit-tree", tree, "-m", "Bomb"))
    made = mirror()
    commit = made.update()
    with pytest.raises(GitError) as caught:
        made.checkout(commit)
    assert caught.value.reason is GitReason.TOO_LARGE
    assert left_in(state) == []


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../secret", "folder/../../out", "folder/out"])
def test_links_that_lead_out(target: str, origin: Origin, mirror: MakeMirror, state: Path) -> None:
    """What is on the machine of the daemon is not to be had by a commit."""
    (origin.path / "folder").mkdir()
    (origin.path / "folder/out").symlink_to("../..")
    (origin.path / "link").symlink_to(target)
    origin.commit("Hostile")
    made = mirror()
    commit = made.update()
    with pytest.raises(GitError, match="has a link that leads out of it") as caught:
        made.checkout(commit)
    assert caught.value.reason is GitReason.HOSTILE
    assert left_in(state) == []


def test_links_that_stay_inside(origin: Origin, mirror: MakeMirror) -> None:
    """Are links; one that leads nowhere or in a circle does no harm."""
    (origin.path / "links").mkdir()
    for name, target in {"file": "../app.yaml", "folder": "..", "nowhere": "missing", "circle": "circle"}.items():
        (origin.path / "links" / name).symlink_to(target)
    origin.commit("Links")
    made = mirror()
    folder = made.checkout(made.update())
    assert (folder / "links/file").read_text() == (folder / "app.yaml").read_text()
    assert (folder / "links/folder/app.yaml").exists()


def test_no_program_of_a_repository_runs(origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """Filters are only what settings say that they are, and there are none: files of LFS stay pointers."""
    marker = tmp_path / "was run"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    settings = f'[filter "lfs"]\n\tsmudge = touch {marker}\n\trequired = true\n'
    files = {".gitattributes": "*.bin filter=lfs\n", "a.bin": pointer, ".gitconfig": settings}
    origin.commit("Filters", files)
    made = mirror()
    folder = made.checkout(made.update())
    assert (folder / "a.bin").read_text() == pointer
    assert not marker.exists()


def test_a_tree_with_git_in_it(origin: Origin, mirror: MakeMirror) -> None:
    """Settings of git cannot be smuggled in; the fetch itself is refused."""
    blob = origin.git("hash-object", "-w", "--stdin", stdin="[core]\n")
    inner = origin.git("mktree", stdin=f"100644 blob {blob}\tconfig\n")
    tree = origin.git("mktree", stdin=f"040000 tree {inner}\t.GIT\n")
    origin.git("update-ref", "refs/heads/main", origin.git("commit-tree", tree, "-m", "Hostile"))
    made = mirror()
    with pytest.raises(GitError) as caught:
        made.update()
    assert caught.value.reason is GitReason.HOSTILE


def test_old_folders_go(origin: Origin, mirror: MakeMirror, state: Path) -> None:
    """As many are kept as is said, the current one among them."""
    made = mirror(bounds=SourceBounds(checkouts=2))
    shas = []
    for index in range(4):
        shas.append(origin.commit(str(index)))
        commit = made.update()
        made.checkout(commit)
        made.switch(commit)
    assert {path.name for path in (state / "checkouts").iterdir()} == set(shas[-2:])
    assert made.current() == state / "checkouts" / shas[-1]


def test_what_a_dead_run_left(mirror: MakeMirror, state: Path) -> None:
    """A folder that was not finished is no folder of a commit, and goes."""
    (state / ".new-dead/tree").mkdir(parents=True)
    made = mirror()
    commit = made.update()
    made.checkout(commit)
    assert left_in(state) == [commit.sha]


def test_the_current_one_outlives_a_run(mirror: MakeMirror) -> None:
    """A daemon that begins again knows what was good last."""
    made = mirror()
    commit = made.update()
    folder = made.checkout(commit)
    made.switch(commit)
    made.close()
    assert mirror().current() == folder


def test_the_link_is_never_missing(origin: Origin, mirror: MakeMirror, state: Path) -> None:
    """Whoever reads through it sees one commit or another."""
    made = mirror()
    commits = [made.update()]
    made.checkout(commits[0])
    made.switch(commits[0])
    origin.commit("Second")
    commits.append(made.update())
    made.checkout(commits[1])
    done = threading.Event()
    seen: set[str] = set()

    def look() -> None:
        while not done.is_set():
            seen.add((state / "current/app.yaml").read_text())

    looking = threading.Thread(target=look)
    looking.start()
    for index in range(200):
        made.switch(commits[index % 2])
    done.set()
    looking.join()
    assert seen == {"Begin", "Second"}


def test_a_disk_that_refuses(mirror: MakeMirror, state: Path) -> None:
    """Is an error like others."""
    made = mirror()
    commit = made.update()
    (state / "checkouts").write_text("in the way")
    with pytest.raises(GitError, match="cannot write to") as caught:
        made.checkout(commit)
    assert caught.value.reason is GitReason.OTHER


def test_a_link_that_cannot_be_made(mirror: MakeMirror, state: Path) -> None:
    """The same, and what was current stays so."""
    made = mirror()
    commit = made.update()
    made.checkout(commit)
    (state / "current").mkdir()
    (state / "current/x").write_text("in the way")
    with pytest.raises(GitError, match="cannot write to"):
        made.switch(commit)
