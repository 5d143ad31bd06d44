"""Addresses of git repositories: which are accepted, and what servers call what is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

# `user@host:path`, as ssh's copy program takes it.
_SHORT = re.compile(r"(?P<user>[\w.-]+)@(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\]):(?P<path>[^/].*)", re.ASCII)
_UNUSABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")


class GitTransport(StrEnum):
    """How a repository is reached.

    The others that git knows do not prove who answers (`git://`, `http://`), or run programs (`ext::`).
    """

    HTTPS = "https"
    SSH = "ssh"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class GitAddress:
    """Where a repository is.

    Attributes:
        url: as git takes it; no password is in it.
        host: with the port, where one is given; empty for a file.
        path: below the host.
    """

    url: str
    transport: GitTransport
    host: str
    path: str

    @classmethod
    def parse(cls, url: str) -> GitAddress:
        """Raises ValueError: it is no address that can be used, and why."""
        if _UNUSABLE.search(url):
            raise ValueError("it has spaces or control characters")
        if short := _SHORT.fullmatch(url):
            return cls(url, GitTransport.SSH, _checked(short["host"]), short["path"])
        return _from_url(url)

    @property
    def login_scope(self) -> str:
        """The URL that a login belongs to: this host, by this transport, and no other."""
        return f"{self.transport}://{self.host}"

    def is_called(self, name: str) -> bool:
        """Whether a server that calls a repository `team/env` means this one.

        Its host does not count: a server seldom knows all the names under which it is reached.
        """
        path = self.path.strip("/").removesuffix(".git").lower()
        wanted = name.strip("/").lower()
        return bool(wanted) and f"/{path}".endswith(f"/{wanted}")

    def __str__(self) -> str:
        return self.url


def _from_url(url: str) -> GitAddress:
    try:
        parts = urlsplit(url)
        transport, _ = GitTransport(parts.scheme), parts.port
    except ValueError as error:
        raise ValueError("write https://…, ssh://…, user@host:path, or file:///…") from error
    host = _checked(parts.netloc.rpartition("@")[2])
    if bool(host) == (transport is GitTransport.FILE):
        raise ValueError("a file has no host" if host else "it names no host")
    if parts.password is not None or (parts.username is not None and transport is GitTransport.HTTPS):
        raise ValueError("a login does not belong into an address")
    if parts.query or parts.fragment or not parts.path.strip("/"):
        raise ValueError("it has a query or a fragment" if parts.path.strip("/") else "it names no repository")
    return GitAddress(url, transport, host, parts.path)


def _checked(host: str) -> str:
    # ssh would read it as an option.
    if host.startswith("-"):
        raise ValueError("a host does not begin with a dash")
    return host.lower()
