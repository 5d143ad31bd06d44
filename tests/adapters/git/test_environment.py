"""What git is given: closed, and with the login where nobody can read it."""

from __future__ import annotations

import shlex
import stat
from pathlib import Path

import pytest

from reconciler.adapters.git.environment import environment
from reconciler.errors import GitError
from reconciler.model.secret import SecretText
from reconciler.model.source import Login, SshKey, TokenLogin
from tests.adapters.git.conftest import source

OURS = {"PATH": "/bin", "HOME": "/home/ada", "GIT_DIR": "/x", "KUBECONFIG": "/k", "https_proxy": "http://p:1", "A": "b"}
TOKEN = TokenLogin("ci", SecretText("correct-horse"))
KEY = SshKey(SecretText("private"), "host key")


def settings(environ: dict[str, str]) -> dict[str, str]:
    """git's settings in it."""
    count = int(environ["GIT_CONFIG_COUNT"])
    return {environ[f"GIT_CONFIG_KEY_{index}"]: environ[f"GIT_CONFIG_VALUE_{index}"] for index in range(count)}


def test_little_is_kept(tmp_path: Path) -> None:
    """The way to programs and through a proxy, and nothing else of ours."""
    made = environment(source("file:///x"), tmp_path, OURS)
    assert (made["PATH"], made["https_proxy"], made["HOME"]) == ("/bin", "http://p:1", str(tmp_path / "home"))
    assert not {"GIT_DIR", "KUBECONFIG", "A"} & set(made)
    assert (made["GIT_CONFIG_GLOBAL"], made["GIT_ALLOW_PROTOCOL"]) == ("/dev/null", "file")


def test_a_token(tmp_path: Path) -> None:
    """Is in one variable, and asked for by one server alone."""
    made = environment(source("https://git.example.com:8443/team/env", login=TOKEN), tmp_path, OURS)
    assert [name for name, value in made.items() if "correct-horse" in value] == ["RECONCILER_GIT_TOKEN"]
    helpers = [key for key, value in settings(made).items() if key.startswith("credential") and value]
    assert helpers == ["credential.https://git.example.com:8443.helper"]


def test_a_key(tmp_path: Path) -> None:
    """Is in a file of our own, whose path may have spaces."""
    private = tmp_path / "with space"
    private.mkdir()
    made = environment(source("git@git.example.com:team/env", login=KEY), private, OURS)
    words = shlex.split(made["GIT_SSH_COMMAND"])
    assert words[:5] == ["ssh", "-F", "none", "-i", str(private / "key")]
    assert f'UserKnownHostsFile="{private / "known_hosts"}"' in words
    assert stat.S_IMODE((private / "key").stat().st_mode) == 0o600
    assert not [value for value in made.values() if "private\n" in value]


@pytest.mark.parametrize(
    ("url", "login", "hint"),
    [
        ("https://git.example.com/x", KEY, "https takes a token, or no login"),
        ("ssh://git@git.example.com/x", TOKEN, "ssh takes a key and known hosts"),
        ("ssh://git@git.example.com/x", None, "ssh takes a key and known hosts"),
        ("file:///x", TOKEN, "file takes no login"),
    ],
)
def test_a_login_that_does_not_fit(url: str, login: Login | None, hint: str, tmp_path: Path) -> None:
    """Is said at the start."""
    with pytest.raises(GitError, match="is given a login that it cannot be asked with") as caught:
        environment(source(url, login=login), tmp_path, OURS)
    assert caught.value.hint == hint
    assert "correct-horse" not in str(caught.value)


@pytest.mark.parametrize("token", ["a\nhost=evil.example.com", "a\r", "a\0"])
def test_a_token_of_several_lines(token: str, tmp_path: Path) -> None:
    """Would be read by git as more than a password."""
    login = TokenLogin("ci", SecretText(token))
    with pytest.raises(GitError, match="has a line break or another control character"):
        environment(source("https://git.example.com/x", login=login), tmp_path, OURS)
