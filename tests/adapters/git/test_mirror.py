"""Mirrors of real repositories: over files, https and ssh, in good order and in all that happens in months."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.adapters.git.mirror import GitMirror
from reconciler.errors import GitError, GitReason
from reconciler.model.secret import SecretText
from reconciler.model.source import (
    Branch,
    Followed,
    Person,
    SignatureState,
    SourceBounds,
    SshKey,
    Tag,
    TagRange,
    TokenLogin,
)
from reconciler.model.versions import VersionRange
from tests.adapters.git.conftest import MakeMirror, source
from tests.adapters.kube.servers import Authority
from tests.git_servers import TOKEN, USERNAME, GitHost, Origin, SshHost, make_key, make_origin, run_git_host

LOGIN = TokenLogin(USERNAME, SecretText(TOKEN))


def failure(act: Callable[[], object]) -> GitError:
    """The error that it ends with."""
    with pytest.raises(GitError) as caught:
        act()
    return caught.value


def test_a_commit_as_it_is(origin: Origin, mirror: MakeMirror) -> None:
    """Who made it, when, and what it says; its files are in a folder that does not look like a checkout of ours."""
    sha = origin.commit("Grow\n\nBecause.", {"env.yaml": "a: 1", "charts/api/Chart.yaml": "name: api"})
    made = mirror()
    commit = made.update()
    assert (commit.sha, commit.ref, commit.subject) == (sha, "refs/heads/main", "Grow")
    assert commit.author == Person("Ada", "ada@example.com")
    assert commit.committer == Person("Ben", "ben@example.com")
    assert abs(commit.time.timestamp() - time.time()) < 60
    assert commit.signature.state is SignatureState.UNCHECKED
    folder = made.checkout(commit)
    assert (folder / "env.yaml").read_text() == "a: 1"
    assert (folder / "charts/api/Chart.yaml").read_text() == "name: api"
    assert list((folder / ".git").iterdir()) == []


def test_it_follows(origin: Origin, mirror: MakeMirror) -> None:
    """Each update gives the newest commit; the folders of earlier ones stay as they are; the link goes on."""
    made = mirror()
    first = made.update()
    before = made.checkout(first)
    assert made.current() is None
    made.switch(first)
    origin.commit("Second", {"app.yaml": "second"})
    second = made.update()
    after = made.checkout(second)
    assert made.current() == before
    made.switch(second)
    assert made.current() == after
    assert [(folder / "app.yaml").read_text() for folder in (before, after)] == ["Begin", "second"]


def test_nothing_new_is_one_question(mirror: MakeMirror, git_host: GitHost, authority: Authority) -> None:
    """A poll that finds nothing new fetches nothing."""
    made = mirror(f"{git_host.url}/team/env.git", login=LOGIN, authority=authority.pem)
    first = made.update()
    git_host.seen.clear()
    assert made.update() == first
    fetched = [path for path, _ in git_host.seen if "upload-pack" in path]
    assert len(fetched) <= 3  # one refused for want of a login, then its greeting, then the list


@pytest.mark.parametrize(
    "rewrite",
    [
        pytest.param(lambda origin: origin.git("commit", "--amend", "--quiet", "-m", "Amended"), id="amended"),
        pytest.param(lambda origin: origin.git("reset", "--quiet", "--hard", "HEAD~1"), id="taken back"),
        pytest.param(
            lambda origin: (
                origin.git("checkout", "--quiet", "--orphan", "other"),
                origin.commit("Anew", {"app.yaml": "anew"}),
                origin.git("branch", "--quiet", "-M", "main"),
                origin.git("gc", "--quiet", "--prune=now"),
            ),
            id="another history",
        ),
    ],
)
def test_a_rewritten_history(rewrite: Callable[[Origin], object], origin: Origin, mirror: MakeMirror) -> None:
    """A force-push is followed as any other."""
    origin.commit("Second")
    made = mirror()
    made.checkout(made.update())
    rewrite(origin)
    commit = made.update()
    assert commit.sha == origin.git("rev-parse", "main")
    assert (made.checkout(commit) / "app.yaml").read_text() == (origin.path / "app.yaml").read_text()


def test_a_deleted_branch(origin: Origin, mirror: MakeMirror) -> None:
    """Is said, with what to try; what was checked out stays; and it may come back."""
    origin.git("branch", "live")
    made = mirror(follow=Branch("live"))
    first = made.update()
    made.checkout(first)
    made.switch(first)
    origin.git("branch", "--quiet", "-D", "live")
    error = failure(made.update)
    assert error.reason is GitReason.NO_REF
    assert error.message == f"{origin.url} has no branch live"
    current = made.current()
    assert current
    assert (current / "app.yaml").exists()
    origin.git("branch", "live")
    assert made.update() == first


@pytest.mark.parametrize(
    ("follow", "expected"),
    [
        pytest.param(Tag("v1.0.0"), "v1.0.0", id="one tag"),
        pytest.param(Tag("light"), "light", id="without an object of its own"),
        pytest.param(TagRange(VersionRange.parse("^1")), "v1.10.0", id="the highest, not the last by letters"),
        pytest.param(TagRange(VersionRange.parse(">=1 <1.5")), "v1.2.0", id="bounded"),
        pytest.param(TagRange(VersionRange.parse(">=2.0.0-0")), "v2.0.0-rc.1", id="pre-releases when asked"),
    ],
)
def test_tags(follow: Followed, expected: str, origin: Origin, mirror: MakeMirror) -> None:
    """A tag or a range of versions gives the commit that the tag points to."""
    shas = {}
    for tag in ("v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0-rc.1", "nightly"):
        shas[tag] = origin.commit(tag)
        origin.git("tag", "-m", tag, tag)
    shas["light"] = origin.commit("light")
    origin.git("tag", "light")
    origin.commit("later")
    commit = mirror(follow=follow).update()
    assert (commit.ref, commit.sha) == (f"refs/tags/{expected}", shas[expected])


def test_a_higher_tag_is_followed(origin: Origin, mirror: MakeMirror) -> None:
    """The next release is taken up by itself; a moved tag too."""
    origin.git("tag", "1.0.0")
    made = mirror(follow=TagRange(VersionRange.parse("1.x")))
    made.update()
    second = origin.commit("Second")
    origin.git("tag", "1.1.0")
    assert made.update().sha == second
    third = origin.commit("Third")
    origin.git("tag", "--force", "1.1.0")
    assert made.update().sha == third


def test_https_with_a_token(origin: Origin, mirror: MakeMirror, git_host: GitHost, authority: Authority) -> None:
    """The token is sent to its server, and is nowhere on disk."""
    made = mirror(f"{git_host.url}/team/env.git", login=LOGIN, authority=authority.pem)
    commit = made.update()
    assert commit.sha == origin.git("rev-parse", "main")
    assert any(given for _, given in git_host.seen)
    made.checkout(commit)
    state = origin.path.parents[2] / "state"
    assert not [path for path in state.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_a_token_that_was_replaced(origin: Origin, mirror: MakeMirror, git_host: GitHost, authority: Authority) -> None:
    """A mirror goes on with another login; one that cannot be used changes nothing."""
    url = f"{git_host.url}/team/env.git"
    wrong = source(url, login=TokenLogin(USERNAME, SecretText("revoked")), authority=authority.pem)
    made = mirror(url, login=wrong.login, authority=authority.pem)
    assert failure(made.update).reason is GitReason.DENIED
    good = replace(wrong, login=LOGIN)
    made.renew(good)
    assert made.update().sha == origin.git("rev-parse", "main")
    unfit = replace(good, login=TokenLogin(USERNAME, SecretText("two\nlines")))
    assert failure(lambda: made.renew(unfit)).reason is GitReason.DENIED
    made.renew(good)
    assert made.update()


def test_the_token_is_in_no_argument(mirror: MakeMirror, git_host: GitHost, authority: Authority) -> None:
    """Arguments can be read by everyone on the machine."""
    git_host.delay = 0.3
    made = mirror(f"{git_host.url}/team/env.git", login=LOGIN, authority=authority.pem)
    fetching = threading.Thread(target=made.update)
    fetching.start()
    seen = set()
    while fetching.is_alive():
        seen |= {path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)}
        time.sleep(0.02)
    assert any(b"ls-remote" in line and b"/team/env.git" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)


def _readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("same_host", [True, False])
def test_the_token_goes_nowhere_else(
    *, same_host: bool, origin: Origin, mirror: MakeMirror, git_host: GitHost, authority: Authority, tmp_path: Path
) -> None:
    """A server that sends us on to another one does not get it the token."""
    with run_git_host(origin.path.parents[1], tmp_path / "server.pem") as other:
        git_host.redirect = other.url
        address = other.url if same_host else git_host.url
        made = mirror(f"{address}/team/env.git", login=LOGIN, authority=authority.pem)
        if same_host:
            assert made.update().sha == origin.git("rev-parse", "main")
        else:
            error = failure(made.update)
            assert error.reason is GitReason.DENIED
            assert other.seen
            assert [given for _, given in other.seen if given] == []


def test_ssh(origin: Origin, mirror: MakeMirror, sshd: SshHost) -> None:
    """A key and known hosts are all that is needed; a key without its last line break is good too."""
    login = SshKey(SecretText(sshd.key.rstrip("\n")), sshd.known_hosts)
    assert mirror(f"{sshd.url}{origin.path}", login=login).update().sha == origin.git("rev-parse", "main")


def _wrong_token(mirror: MakeMirror, host: GitHost, authority: Authority) -> GitMirror:
    login = TokenLogin(USERNAME, SecretText("wrong-wrong-wrong"))
    return mirror(f"{host.url}/team/env.git", login=login, authority=authority.pem)


@pytest.mark.parametrize(
    ("make", "reason", "said"),
    [
        pytest.param(_wrong_token, GitReason.DENIED, "Authentication failed", id="wrong token"),
        pytest.param(
            lambda mirror, host, authority: mirror(f"{host.url}/team/env.git", authority=authority.pem),
            GitReason.DENIED,
            "could not read Username",
            id="no token",
        ),
        pytest.param(
            lambda mirror, host, _: mirror(f"{host.url}/team/env.git", login=LOGIN),
            GitReason.UNTRUSTED,
            "certificate",
            id="unknown authority",
        ),
        pytest.param(
            lambda mirror, host, authority: mirror(f"{host.url}/team/no.git", login=LOGIN, authority=authority.pem),
            GitReason.NOT_FOUND,
            "not found",
            id="no such repository",
        ),
        pytest.param(
            lambda mirror, _host, _authority: mirror("https://127.0.0.1:1/x.git"),
            GitReason.UNREACHABLE,
            "connect",
            id="nobody there",
        ),
        pytest.param(
            lambda mirror, _host, _authority: mirror("file:///nowhere/at/all.git"),
            GitReason.NOT_FOUND,
            "does not appear to be a git repository",
            id="no such folder",
        ),
        pytest.param(
            lambda mirror, _host, _authority: mirror(follow=TagRange(VersionRange.parse("^9"))),
            GitReason.NO_REF,
            "has no tags ^9",
            id="no version in the range",
        ),
    ],
)
def test_what_a_server_refuses(
    make: Callable[..., GitMirror],
    reason: GitReason,
    said: str,
    mirror: MakeMirror,
    git_host: GitHost,
    authority: Authority,
) -> None:
    """Why, of what, and what to try; no token is in it."""
    made = make(mirror, git_host, authority)
    error = failure(made.update)
    assert error.reason is reason
    assert said in error.message
    assert reason in {GitReason.UNREACHABLE} or error.hint
    assert TOKEN not in str(error)


@pytest.mark.parametrize(
    ("lines", "key", "reason"),
    [
        pytest.param("", None, GitReason.UNKNOWN_HOST, id="a host that is not known"),
        pytest.param("other", None, GitReason.UNKNOWN_HOST, id="a host that is another one"),
        pytest.param(None, "other", GitReason.DENIED, id="a key that is not known"),
        pytest.param(None, "nonsense\n", GitReason.DENIED, id="a key that is none"),
    ],
)
def test_what_ssh_refuses(
    lines: str | None,
    key: str | None,
    reason: GitReason,
    origin: Origin,
    mirror: MakeMirror,
    sshd: SshHost,
    tmp_path: Path,
) -> None:
    """Nobody is asked, and nothing is believed at first sight."""
    public = make_key(tmp_path / "other")
    known = {None: sshd.known_hosts, "other": f"{sshd.known_hosts.split()[0]} {public}\n"}.get(lines, lines)
    private = {None: sshd.key, "other": (tmp_path / "other").read_text()}.get(key, key)
    made = mirror(f"{sshd.url}{origin.path}", login=SshKey(SecretText(str(private)), str(known)))
    error = failure(made.update)
    assert (error.reason, bool(error.hint)) == (reason, True)


def _truncate_packs(repository: Path) -> None:
    for pack in repository.glob("objects/pack/*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:40])


def _lose_objects(repository: Path) -> None:
    for folder in repository.glob("objects/[0-9a-f][0-9a-f]"):
        shutil.rmtree(folder)
    for pack in repository.glob("objects/pack/*"):
        pack.unlink()


def _garble_objects(repository: Path) -> None:
    for path in repository.glob("objects/[0-9a-f][0-9a-f]/*"):
        path.chmod(0o644)
        path.write_bytes(b"garbage")


def _packed(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    def pack_and_damage(repository: Path) -> None:
        subprocess.run(["git", f"--git-dir={repository}", "gc", "--quiet"], check=True)
        damage(repository)

    return pack_and_damage


BROKEN = [
    pytest.param(_packed(_truncate_packs), id="packs are cut"),
    pytest.param(_packed(_lose_objects), id="packs are lost"),
    pytest.param(_lose_objects, id="objects are lost"),
    pytest.param(_garble_objects, id="objects are garbled"),
    pytest.param(lambda path: shutil.rmtree(path / "refs"), id="refs are lost"),
    pytest.param(lambda path: (path / "HEAD").write_text("\0\0"), id="HEAD is garbled"),
    pytest.param(lambda path: (path / "config").write_text("[core\n"), id="the settings are garbled"),
    pytest.param(lambda path: (path / "shallow").write_text("x\n"), id="the list of ends is garbled"),
    pytest.param(lambda path: (path / "shallow.lock").write_text(""), id="a lock is left"),
    pytest.param(lambda path: (path / "config.lock").write_text(""), id="another lock is left"),
    pytest.param(lambda path: (path / "objects").rename(path / "gone"), id="all is lost"),
]


@pytest.mark.parametrize("damage", BROKEN)
def test_a_broken_mirror(damage: Callable[[Path], object], origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """Is made again, at the latest when the next commit comes or is checked out."""
    made = mirror()
    made.update()
    repository = tmp_path / "state/mirror.git"
    damage(repository)
    same = made.update()
    assert (made.checkout(same) / "app.yaml").read_text() == "Begin"
    origin.commit("Second")
    damage(repository)
    commit = made.update()
    assert commit.sha == origin.git("rev-parse", "main")
    assert (made.checkout(commit) / "app.yaml").read_text() == "Second"


def test_killed_in_the_middle(
    origin: Origin, mirror: MakeMirror, git_host: GitHost, authority: Authority, tmp_path: Path
) -> None:
    """A daemon that dies while it fetches is followed by one that goes on."""
    origin.many(2_000)
    git_host.trickle = True
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from reconciler.adapters.git.mirror import GitMirror\nfrom reconciler.model.git_address import GitAddress\n"
        "from reconciler.model.secret import SecretText\n"
        "from reconciler.model.source import Branch, GitSource, TokenLogin\n"
        "address = GitAddress.parse(sys.argv[1])\n"
        "login = TokenLogin(sys.argv[3], SecretText(sys.argv[4]))\n"
        "source = GitSource(address, Branch('main'), 'env.yaml', login, Path(sys.argv[5]).read_text())\n"
        "GitMirror(source, Path(sys.argv[2]), os.environ).update()\n"
    )
    (tmp_path / "authority.pem").write_text(authority.pem)
    url = f"{git_host.url}/team/env.git"
    given = [url, str(tmp_path / "state"), USERNAME, TOKEN, str(tmp_path / "authority.pem")]
    with subprocess.Popen([sys.executable, "-c", script, *given]) as process:
        deadline = time.monotonic() + 30
        while not any("git-upload-pack" in path and "?" not in path for path, _ in git_host.seen[3:]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
    git_host.trickle = False
    made = mirror(url, login=LOGIN, authority=authority.pem)
    commit = made.update()
    assert commit.sha == origin.git("rev-parse", "main")
    assert len(list(made.checkout(commit).rglob("f*"))) == 2_000


def test_a_slow_server(mirror: MakeMirror, git_host: GitHost, authority: Authority) -> None:
    """Is waited for as long as may be, and no process is left."""
    git_host.delay = 20
    bounds = SourceBounds(fetch_seconds=1)
    made = mirror(f"{git_host.url}/team/env.git", login=LOGIN, authority=authority.pem, bounds=bounds)
    began = time.monotonic()
    error = failure(made.update)
    assert error.reason is GitReason.TIMEOUT
    assert "longer than 1 s" in error.message
    assert time.monotonic() - began < 5
    while _running(git_host.url):  # the system takes a moment to end what was killed
        assert time.monotonic() - began < 10
        time.sleep(0.05)


def _running(text: str) -> list[str]:
    lines = [
        path.read_bytes().decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)
    ]
    return [line for line in lines if text in line]


def test_cancelled(mirror: MakeMirror, git_host: GitHost, authority: Authority) -> None:
    """What is under way ends at once, and nothing begins, also by another login."""
    git_host.delay = 20
    made = mirror(f"{git_host.url}/team/env.git", login=LOGIN, authority=authority.pem)
    threading.Timer(0.5, made.cancel).start()
    began = time.monotonic()
    assert failure(made.update).reason is GitReason.CANCELLED
    made.renew(source(f"{git_host.url}/team/env.git", login=LOGIN, authority=authority.pem, submodules=True))
    assert failure(made.update).reason is GitReason.CANCELLED
    assert time.monotonic() - began < 5


def test_a_repository_that_is_too_large(origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """The fetch is ended while it grows, and what came of it does not stay."""
    (origin.path / "large").write_bytes(os.urandom(3_000_000))
    origin.git("add", "--all")
    origin.git("commit", "--quiet", "-m", "Large")
    error = failure(mirror(bounds=SourceBounds(mirror_bytes=1_000_000)).update)
    assert error.reason is GitReason.TOO_LARGE
    assert sum(path.stat().st_size for path in (tmp_path / "state").rglob("*") if path.is_file()) < 1_000_000


def test_it_does_not_grow_for_ever(origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """What was followed once and is not any more goes."""
    made = mirror()
    sizes = []
    for index in range(10):
        origin.commit(str(index), {f"{number}.yaml": os.urandom(2_000).hex() for number in range(120)})
        made.update()
        mirrored = (tmp_path / "state/mirror.git").rglob("*")
        sizes.append(sum(path.stat().st_size for path in mirrored if path.is_file()))
    assert max(sizes) < 7.5 * sizes[0]


def test_one_at_a_time(origin: Origin, mirror: MakeMirror) -> None:
    """Two daemons do not share a folder; when one has ended, the other may."""
    first = mirror()
    error = failure(mirror)
    assert (error.reason, bool(error.hint)) == (GitReason.BUSY, True)
    first.close()
    assert GitMirror(source(origin.url), origin.path.parents[2] / "state", os.environ).update()


def test_settings_of_the_machine_do_not_matter(
    mirror: MakeMirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither variables of git, as its hooks have them, nor the user's settings get in."""
    (tmp_path / "home").mkdir()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    marker = tmp_path / "was run"
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{marker}'\n")
        (hooks / name).chmod(0o755)
    settings = f'[core]\n\thooksPath = {hooks}\n[url "file:///elsewhere"]\n\tinsteadOf = file://\n'
    (tmp_path / "home/.gitconfig").write_text(settings)
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "GIT_DIR": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath={hooks}'",
        "GIT_TRACE": str(tmp_path / "trace"),
    }.items():
        monkeypatch.setenv(name, value)
    made = mirror()
    assert (made.checkout(made.update()) / "app.yaml").read_text() == "Begin"
    assert not marker.exists()
    assert not (tmp_path / "trace").exists()


def test_submodules(origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """Are left out unless they are asked for; relative addresses begin at the repository's."""
    inner = make_origin(tmp_path / "served/team/inner.git")
    inner.commit("Inner", {"values.yaml": "inner"})
    origin.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../inner.git", "inner")
    origin.commit("With a submodule")
    without, with_them = mirror(), mirror(folder="other", submodules=True)
    assert list((without.checkout(without.update()) / "inner").iterdir()) == []
    folder = with_them.checkout(with_them.update())
    assert (folder / "inner/values.yaml").read_text() == "inner"
    assert not (folder / "inner/.git").exists()


def test_a_submodule_by_another_way(origin: Origin, mirror: MakeMirror) -> None:
    """A repository cannot make us run programs, or go where it could not be reached itself."""
    modules = '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% /tmp/never\n'
    (origin.path / ".gitmodules").write_text(modules)
    sha = origin.git("rev-parse", "HEAD")
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{sha},x")
    origin.git("add", ".gitmodules")
    origin.git("commit", "--quiet", "-m", "Hostile")
    made = mirror(submodules=True)
    commit = made.update()
    error = failure(lambda: made.checkout(commit))
    assert error.reason is GitReason.HOSTILE
    assert not list((origin.path.parents[2] / "state").glob("checkouts/*"))
