"""The Sync file: what is wrong with it, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.wiring import make_context, make_inputs
from reconciler.daemon.config.load import load_sync, sync_of_folder
from reconciler.daemon.source.repository import git_source
from reconciler.desired.load import load
from reconciler.errors import DesiredStateError, DesiredStateErrors
from reconciler.model.source import AllowedSigners, TagRange, TokenLogin

HEAD = "apiVersion: reconciler/v1\nkind: Sync\n"
GIT = "source: {git: {url: 'https://git.example.com/team/env.git', branch: main}, environments: '*.yaml'}\n"


def write(folder: Path, text: str) -> str:
    """A Sync file; gives its path."""
    (folder / "sync.yaml").write_text(HEAD + text)
    return str(folder / "sync.yaml")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (GIT + "pol: 1m\n", "4:1", 'unknown key "pol"\n  try: did you mean "poll"?'),
        (GIT + "poll: 60\n", "4:1", "poll: a duration such as 90s"),
        ("poll: 1m\n", "1:1", 'the sync lacks "source"'),
        ("source: {folder: ., git: {url: x, branch: main}, environments: '*'}\n", "3:1", "exactly one of"),
        (GIT + "server: {listen: here}\n", "4:10", "HOST:PORT"),
        (GIT + "defaults: {windows: [{opens: '8', closes: '09:00'}]}\n", "4:23", "a time of day"),
        (GIT + "defaults: {windows: [{opens: '08:00', closes: '09:00', zone: Mars/Base}]}\n", "4:56", "no time zone"),
        (GIT + "- x\n", "4:1", ""),
    ],
)
def test_mistakes(tmp_path: Path, text: str, place: str, said: str) -> None:
    """Each with its place, in plain words."""
    path = write(tmp_path, text)
    with pytest.raises(DesiredStateErrors) as caught:
        load_sync(path, make_inputs(Path(path)))
    assert f"sync.yaml:{place}: " in str(caught.value)
    assert said in str(caught.value)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Not only the first."""
    path = write(tmp_path, GIT + "poll: 1\nstat: x\n")
    with pytest.raises(DesiredStateErrors) as caught:
        load_sync(path, make_inputs(Path(path)))
    assert len(caught.value.errors) == 2


def test_a_repository(tmp_path: Path) -> None:
    """With its secrets, which are read from where the file says."""
    (tmp_path / "token").write_text("hush-hush\n")
    (tmp_path / "signers").write_text("ada ssh-ed25519 AAAA\n")
    git = "{url: 'https://git.example.com/e.git', tags: '>=1.0', token: {file: token}}"
    text = f"source: {{git: {git}, environments: e.yaml}}\nverify: {{allowedSigners: {{file: signers}}}}\n"
    path = write(tmp_path, text)
    source = git_source(load_sync(path, make_inputs(Path(path))))
    assert isinstance(source.follow, TagRange)
    assert isinstance(source.login, TokenLogin)
    assert source.login.token.reveal() == "hush-hush"
    assert source.verification == AllowedSigners("ada ssh-ed25519 AAAA")


@pytest.mark.parametrize(
    ("git", "said"),
    [
        ("{url: 'http://git.example.com/e.git', branch: main}", "the url cannot be used"),
        ("{url: 'https://git.example.com/e.git', branch: main, token: {env: NO_SUCH_VARIABLE}}", "is not set"),
        ("{url: 'https://git.example.com/e.git', branch: main, token: {file: gone}}", "there is no gone"),
    ],
)
def test_a_repository_that_cannot_be_used(tmp_path: Path, git: str, said: str) -> None:
    """Told with its place."""
    path = write(tmp_path, f"source: {{git: {git}, environments: e.yaml}}\n")
    file = load_sync(path, make_inputs(Path(path)))
    with pytest.raises(DesiredStateError, match=said) as caught:
        git_source(file)
    assert caught.value.where is not None
    assert caught.value.where.line == 3


def test_a_folder(tmp_path: Path) -> None:
    """Without a Sync file all is as a Sync file with nothing in it says; an address is checked as one in it."""
    inputs = make_inputs(tmp_path / "env.yaml")
    spec = sync_of_folder(str(tmp_path), "env.yaml", "127.0.0.1:0", inputs, dry_run=True).spec
    assert (spec.source.folder, spec.server.listen, spec.defaults.dry_run) == (str(tmp_path), "127.0.0.1:0", True)
    with pytest.raises(DesiredStateErrors, match="HOST:PORT"):
        sync_of_folder(str(tmp_path), "env.yaml", "nowhere", inputs, dry_run=False)


def test_the_daemons_own_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment files are not given what the Sync file names, but the kubeconfigs of clusters."""
    git = "{url: 'https://git.example.com/e.git', branch: main, token: {env: GIT_TOKEN}}"
    path = write(
        tmp_path,
        f"source: {{git: {git}, environments: e.yaml}}\n"
        "server: {token: {env: PAGE_TOKEN}, webhooks: [{provider: github, secret: {env: HOOK}}]}\n"
        "notifications: [{url: {env: SLACK}}]\n"
        "tracing: {endpoint: 'https://x', headers: {env: {env: OTLP}}}\n"
        "leader: {kubeconfig: {env: KUBE}}\n",
    )
    own = load_sync(path, make_inputs(Path(path))).variables()
    assert own == {"GIT_TOKEN", "PAGE_TOKEN", "HOOK", "SLACK", "OTLP"}
    monkeypatch.setenv("GIT_TOKEN", "hush-hush")
    monkeypatch.setenv("KUBE", "{}")
    (tmp_path / "env.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Environment\nname: shop\nclusters: {main: {kubeconfig: {env: KUBE}}}\n"
        "namespaces: {shop: {}}\n"
        "secrets: {stolen: {type: Opaque, data: {token: {env: GIT_TOKEN}}, namespaces: [shop]}}\n"
    )
    inputs = make_context("env.yaml", "auto", cwd=tmp_path, withheld=own).inputs
    with pytest.raises(DesiredStateErrors, match="GIT_TOKEN is the daemon's own") as caught:
        load("env.yaml", inputs)
    assert len(caught.value.errors) == 1
