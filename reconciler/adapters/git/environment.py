"""The environment that git runs in: closed, so that no setting of the machine, the user, or a repository gets in.

Settings and logins travel as variables (`GIT_CONFIG_COUNT`, since git 2.31), never as arguments, which everyone on the
machine can read, and never by the mirror's own configuration, which stays on disk.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.adapters.files import write_private
from reconciler.errors import GitError, GitReason
from reconciler.model.git_address import GitTransport
from reconciler.model.source import GitSource, SshKey, TokenLogin

# How git is found, where temporary files go, and which way leads out.
_KEPT = ("PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

_FIXED = {
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_SSH_VARIANT": "ssh",
}

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "core.logAllRefUpdates": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    # Objects that would make a git do harm are refused when they arrive.
    "transfer.fsckObjects": "true",
    # Nothing goes on in the background, unbounded.
    "gc.auto": "500",
    "gc.autoPackLimit": "5",
    "gc.autoDetach": "false",
    "gc.pruneExpire": "now",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "i18n.logOutputEncoding": "UTF-8",
    "credential.helper": "",
    "http.sslVerify": "true",
    # Bytes a second, and for how many seconds a server may be slower.
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    # Signatures of S/MIME are of no keyring that can be given.
    "gpg.x509.program": "false",
}

_USERNAME, _TOKEN = "RECONCILER_GIT_USERNAME", "RECONCILER_GIT_TOKEN"
# git asks its helper with the argument `get`, and runs what begins with `!` by a shell.
_HELPER = f"""!f() {{ test "$1" = get && printf 'username=%s\\npassword=%s\\n' "${_USERNAME}" "${_TOKEN}"; }}; f"""

_SSH = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "GlobalKnownHostsFile": "/dev/null",
    "UpdateHostKeys": "no",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "PreferredAuthentications": "publickey",
    "ConnectTimeout": "20",
    "ServerAliveInterval": "15",
    "LogLevel": "ERROR",
}


def environment(source: GitSource, private: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """All variables for git.

    Args:
        private: a folder that only we can read; the key and what else has to be a file is written into it.
        environ: ours, of which little is kept.

    Raises:
        GitError: the login cannot be used for the address.
    """
    home = private / "home"
    home.mkdir(mode=0o700)
    settings = {**_SETTINGS, **_authority(source, private)}
    login, more = _login(source, private)
    return {
        **{name: environ[name] for name in (*_KEPT, *_PROXIES) if name in environ},
        **_FIXED,
        "HOME": str(home),
        # Submodules too can be had only by this way.
        "GIT_ALLOW_PROTOCOL": str(source.address.transport),
        **login,
        **dict(as_variables({**settings, **more})),
    }


def as_variables(settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Settings of git as variables of its environment."""
    yield "GIT_CONFIG_COUNT", str(len(settings))
    for index, (key, value) in enumerate(settings.items()):
        yield f"GIT_CONFIG_KEY_{index}", key
        yield f"GIT_CONFIG_VALUE_{index}", value


def _authority(source: GitSource, private: Path) -> dict[str, str]:
    if not source.authority:
        return {}
    write_private(private / "authority.pem", source.authority)
    return {"http.sslCAInfo": str(private / "authority.pem")}


def _login(source: GitSource, private: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Variables and settings with the login."""
    transport, login = source.address.transport, source.login
    if isinstance(login, TokenLogin) and transport is GitTransport.HTTPS:
        return _token(login), {f"credential.{source.address.login_scope}.helper": _HELPER}
    if isinstance(login, SshKey) and transport is GitTransport.SSH:
        return {"GIT_SSH_COMMAND": _ssh(login, private)}, {}
    if login is None and transport is not GitTransport.SSH:
        return {}, {}
    raise _unfit(source)


def _unfit(source: GitSource) -> GitError:
    wanted = {
        GitTransport.HTTPS: "a token, or no login",
        GitTransport.SSH: "a key and known hosts",
        GitTransport.FILE: "no login",
    }
    transport = source.address.transport
    return GitError(
        f"{source.address} is given a login that it cannot be asked with",
        reason=GitReason.DENIED,
        hint=f"{transport} takes {wanted[transport]}",
    )


def _token(login: TokenLogin) -> dict[str, str]:
    values = {_USERNAME: login.username, _TOKEN: login.token.reveal()}
    # Each is one line of what a helper says to git, so that a second line would be another answer.
    if any(ord(char) < ord(" ") for value in values.values() for char in value):
        raise GitError("a username or token has a line break or another control character", reason=GitReason.DENIED)
    return values


def _ssh(login: SshKey, private: Path) -> str:
    """The command line for ssh, which reads none of the user's files: its settings, its keys, and its agent's."""
    key, hosts = private / "key", private / "known_hosts"
    # ssh refuses a key without a line break at its end, which is lost easily on the way through a variable.
    write_private(key, login.key.reveal().rstrip() + "\n")
    write_private(hosts, login.known_hosts)
    options = {**_SSH, "UserKnownHostsFile": str(hosts)}
    # The value is read by ssh itself once more, which ends it at a space.
    told = [word for name, value in options.items() for word in ("-o", f'{name}="{value}"')]
    return shlex.join(["ssh", "-F", "none", "-i", str(key), *told])
