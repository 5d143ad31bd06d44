"""Docker's credential helpers: programs that hand out logins of registries.

The protocol is https://github.com/docker/docker-credential-helpers#development: the address by stdin, JSON by stdout.
"""

from __future__ import annotations

import json
import shutil
import subprocess  # an adapter: the one way to ask a helper
import threading
from collections.abc import Mapping
from contextlib import suppress

from reconciler.adapters.groups import end_group
from reconciler.errors import DesiredStateError, Location
from reconciler.model.json import Json, text_at
from reconciler.model.oci import Credentials
from reconciler.model.secret import SecretText

# Seconds; a helper that asks a cloud for a token takes one or two, one that waits for a person would wait for ever.
TIMEOUT = 30.0
# A login is a few kB; tokens of clouds are the longest.
MAX_BYTES = 64_000
# What helpers print, on stdout, for an address that they do not know.
_UNKNOWN = b"credentials not found in native keychain"


class CredentialPrograms:
    """Implements `reconciler.model.inputs.CredentialHelpers` by the programs `docker-credential-NAME` in PATH.

    Nothing that a helper prints gets into an error: a broken one may print a password.
    """

    def __init__(self, environ: Mapping[str, str], timeout: float = TIMEOUT) -> None:
        self._environ = environ
        self._timeout = timeout

    def login(self, helper: str, server: str, where: Location) -> Credentials:
        """See CredentialHelpers."""
        name = f"docker-credential-{helper}"
        program = shutil.which(name, path=self._environ.get("PATH", ""))
        if program is None:
            raise DesiredStateError(f"there is no program {name} in PATH", where=where, hint="install it")
        code, answer = self._asked(program, name, server, where)
        if answer.strip() == _UNKNOWN:
            raise DesiredStateError(
                f"{name} has no login for {server}", where=where, hint=f"log in first: `docker login {server}`"
            )
        if code:
            raise DesiredStateError(
                f"{name} failed with exit code {code} when asked for {server}",
                where=where,
                hint=f"see what it says: `echo {server} | {name} get`",
            )
        return _credentials(answer, name, server, where)

    def _asked(self, program: str, name: str, server: str, where: Location) -> tuple[int, bytes]:
        try:
            # A session of its own, so that what it starts ends with it.
            process = subprocess.Popen(  # noqa: S603 - located in PATH by a checked name; nothing goes through a shell
                [program, "get"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=dict(self._environ),
                start_new_session=True,
            )
        except OSError as error:
            reason = (error.strerror or "it is no program").lower()
            raise DesiredStateError(f"{name} cannot be started: {reason}", where=where) from error
        late = threading.Event()
        timer = threading.Timer(self._timeout, _end, [process, late])
        timer.start()
        try:
            answer = _exchange(process, server)
        finally:
            timer.cancel()
        if late.is_set():
            raise DesiredStateError(f"{name} gave no login for {server} within {self._timeout:g} s", where=where)
        if len(answer) > MAX_BYTES:
            raise DesiredStateError(f"{name} printed more than {MAX_BYTES:,} bytes for {server}", where=where)
        return process.returncode, answer


def _exchange(process: subprocess.Popen[bytes], server: str) -> bytes:
    with process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("it was started with pipes")
        with suppress(BrokenPipeError):  # it may end without reading
            process.stdin.write(server.encode())
            process.stdin.close()
        answer = process.stdout.read(MAX_BYTES + 1)
        if len(answer) > MAX_BYTES:
            end_group(process)
        return answer


def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    end_group(process)


def _credentials(answer: bytes, name: str, server: str, where: Location) -> Credentials:
    try:
        document: Json = json.loads(answer)
    except (ValueError, RecursionError):
        document = None
    username, secret = text_at(document, "Username"), text_at(document, "Secret")
    if not username or not secret:
        raise DesiredStateError(f"{name} gave no login for {server}: no JSON with Username and Secret", where=where)
    return Credentials(username, SecretText(secret))
