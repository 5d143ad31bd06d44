"""Git repositories that the tests mirror for real: on disk, behind `git http-backend` with TLS, and behind sshd."""

from __future__ import annotations

import base64
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.adapters.kube.servers import Threads
from tests.servers import free_port

USERNAME = "ci"
TOKEN = "correct-horse-battery"
_EXPECTED = "Basic " + base64.b64encode(f"{USERNAME}:{TOKEN}".encode()).decode()
_CALM = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ben",
    "GIT_COMMITTER_EMAIL": "ben@example.com",
}


@dataclass
class Origin:
    """A repository that people push to."""

    path: Path
    environ: dict[str, str] = field(default_factory=lambda: {**os.environ, **_CALM})

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return f"file://{self.path}"

    def git(self, *arguments: str, stdin: str | bytes = "") -> str:
        """Run git in it; gives its output."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=self.environ, input=given, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def commit(self, message: str, files: Mapping[str, str] | None = None, *more: str) -> str:
        """Commit files to the branch that is checked out; gives the commit's name."""
        for name, text in (files or {"app.yaml": message}).items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message, *more)
        return self.git("rev-parse", "HEAD")

    def many(self, count: int, size: int = 2) -> str:
        """A commit of so many files, without writing them."""
        blob = f"blob\nmark :1\ndata {size}\n{'x' * size}\n"
        head = "commit refs/heads/main\ncommitter Ada <ada@example.com> 1700000000 +0000\ndata 4\nmany\n"
        files = "".join(f"M 100644 :1 d{index // 100}/f{index}\n" for index in range(count))
        self.git("fast-import", "--quiet", "--force", stdin=f"{blob}{head}{files}\n")
        return self.git("rev-parse", "main")


def make_origin(path: Path) -> Origin:
    """A repository with one commit on `main`."""
    path.mkdir(parents=True)
    origin = Origin(path)
    origin.git("init", "--quiet", "--initial-branch=main")
    origin.commit("Begin")
    return origin


@dataclass
class GitHost:
    """A server under way.

    Attributes:
        url: of the folder that it serves.
        seen: path and Authorization of each request.
        delay: seconds before each answer.
        redirect: where requests are sent instead.
        trickle: whether packs come slowly.
    """

    url: str
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    delay: float = 0
    redirect: str = ""
    trickle: bool = False


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request; subclasses have the server's settings."""

    made: GitHost
    folder: Path
    private: bool

    def answer(self) -> None:
        """Say what the server is told to say, else what git says."""
        given = self.headers.get("Authorization")
        self.made.seen.append((self.path, given))
        time.sleep(self.made.delay)
        if self.made.redirect:
            self._say(302, {"Location": self.made.redirect + self.path})
        elif self.private and given != _EXPECTED:
            self._say(401, {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._pass_on(self._git())

    do_GET = do_POST = answer  # noqa: N815 (http.server's names)

    def _say(self, code: int, headers: Mapping[str, str], content: bytes = b"") -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        slowly = self.made.trickle and b"PACK" in content
        for part in _parts(content, 500 if slowly else len(content)):
            self.wfile.write(part)
            time.sleep(0.05 if slowly else 0)

    def _git(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        return subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=False).stdout

    def _pass_on(self, told: bytes) -> None:
        head, _, content = told.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._say(int(headers.pop("Status", "200").split()[0]), headers, content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def run_git_host(folder: Path, certificate: Path, *, private: bool = True) -> Iterator[GitHost]:
    """`git http-backend` over TLS.

    Args:
        certificate: a PEM file with certificate and key, for 127.0.0.1.
        private: whether it wants USERNAME and TOKEN.
    """
    made = GitHost("")
    handler = type("Handler", (_Handler,), {"made": made, "folder": folder, "private": private})
    server = Threads(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.url = f"https://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _parts(content: bytes, size: int) -> Iterator[bytes]:
    yield from (content[start : start + size] for start in range(0, len(content), max(size, 1)))


@dataclass(frozen=True)
class SshHost:
    """An sshd under way.

    Attributes:
        url: of the root folder of this machine.
        key: a private key that it knows.
        known_hosts: its line.
    """

    url: str
    key: str
    known_hosts: str


@contextmanager
def run_sshd(folder: Path) -> Iterator[SshHost]:
    """An sshd that lets in whoever runs the tests, by a key."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.fail("needs Debian's package openssh-server: run `make system-packages`")
    for name in ("host", "user"):
        make_key(folder / name)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        "PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    with subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL) as process:
        _wait_for(port)
        key = " ".join((folder / "host.pub").read_text().split()[:2])
        yield SshHost(f"ssh://{user}@127.0.0.1:{port}", (folder / "user").read_text(), f"[127.0.0.1]:{port} {key}\n")
        process.terminate()


def make_key(path: Path) -> str:
    """An ssh key; gives the public one."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path.with_suffix(".pub").read_text().strip()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)
