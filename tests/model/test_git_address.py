"""Addresses of git repositories."""

from __future__ import annotations

import pytest

from reconciler.model.git_address import GitAddress, GitTransport


@pytest.mark.parametrize(
    ("url", "transport", "host", "path"),
    [
        ("https://git.example.com/team/env.git", GitTransport.HTTPS, "git.example.com", "/team/env.git"),
        ("https://GIT.example.com:8443/env", GitTransport.HTTPS, "git.example.com:8443", "/env"),
        ("ssh://git@git.example.com:22/team/env", GitTransport.SSH, "git.example.com:22", "/team/env"),
        ("git@git.example.com:team/env.git", GitTransport.SSH, "git.example.com", "team/env.git"),
        ("file:///srv/env.git", GitTransport.FILE, "", "/srv/env.git"),
    ],
)
def test_addresses(url: str, transport: GitTransport, host: str, path: str) -> None:
    """As git takes them."""
    found = GitAddress.parse(url)
    assert (found.url, found.transport, found.host, found.path) == (url, transport, host, path)
    assert str(found) == url


@pytest.mark.parametrize("host", ["git.example.com:8443", "[::1]:8443", "git.example.com"])
def test_login_scope(host: str) -> None:
    """A login is for one host and port."""
    assert GitAddress.parse(f"https://{host}/team/env").login_scope == f"https://{host}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://ci:token@git.example.com/x", "a login does not belong"),
        ("https://token@git.example.com/x", "a login does not belong"),
        ("ssh://git:password@git.example.com/x", "a login does not belong"),
        ("http://git.example.com/x", "write https://"),
        ("git://git.example.com/x", "write https://"),
        ("ext::sh -c id", "spaces"),
        ("ext::id", "write https://"),
        ("/srv/env.git", "write https://"),
        ("--upload-pack=id", "write https://"),
        ("https://git.example.com:99999/x", "write https://"),
        ("ssh://-oProxyCommand=id/x", "begin with a dash"),
        ("git@-oProxyCommand:x", "begin with a dash"),
        ("https:///x", "names no host"),
        ("file://server/x", "a file has no host"),
        ("https://git.example.com/", "names no repository"),
        ("https://git.example.com/x?y=z", "query or a fragment"),
        ("https://git.example.com/x\n", "control characters"),
        ("", "write https://"),
        ("https://[::1/x", "write https://"),
    ],
)
def test_what_is_refused(url: str, said: str) -> None:
    """What runs programs, proves nothing, or shows a password; and why."""
    with pytest.raises(ValueError, match=said):
        GitAddress.parse(url)


@pytest.mark.parametrize(
    ("url", "name", "called"),
    [
        ("https://git.example.com/team/env.git", "team/env", True),
        ("https://git.example.com/Team/env/", "team/Env", True),
        ("git@git.example.com:team/env", "team/env", True),
        ("https://git.example.com/served/below/team/env.git", "team/env", True),
        ("https://git.example.com/group/team/env", "group/team/env", True),
        ("https://git.example.com/team/env", "team/other", False),
        ("https://git.example.com/steam/env", "team/env", False),
        ("https://git.example.com/team/env", "", False),
    ],
)
def test_names(url: str, name: str, *, called: bool) -> None:
    """Webhooks name a repository by its path."""
    assert GitAddress.parse(url).is_called(name) is called
