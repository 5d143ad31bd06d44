"""Prebuilt programs from the web: checked against their published checksum before they can run."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from reconciler.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sandbox.catalog import Release, Sources

_CHUNK = 1 << 20
_SUM_LENGTH = 64
_EXECUTABLE = 0o755


class SourceUnavailableError(SandboxError):
    """This source has not got the program, or cannot be reached; another source may be tried."""


class SourceUnreachableError(SourceUnavailableError):
    """The server of this source does not answer at all."""


def fetch(release: Release, target: Path, sources: Sources) -> None:
    """Download a program to `target`, which appears only when it is complete, checked, and executable.

    Raises:
        SourceUnavailableError: the server cannot be reached, or has not got the file or its checksum.
        SandboxError: what arrived is not what was published. There is no falling back from that.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with requests.Session() as session, _temporary(target) as download, _temporary(target) as program:
        expected = _published_sum(session, release, sources)
        actual = _stream(session, release.url, download, sources)
        if actual != expected:
            raise SandboxError(
                f"refusing {release.url}: its SHA-256 is {actual}, but {release.checksums} publishes {expected}",
                hint="a proxy or a mirror may have changed the file; nothing of it was kept",
            )
        if release.member is None:
            download.replace(program)
        else:
            _extract(download, release.member, program, release.url)
        program.chmod(_EXECUTABLE)
        program.replace(target)


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A file in the target's own folder, so that renaming it is atomic; deleted unless renamed."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as file:
        path = Path(file.name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Connection trouble becomes "this source is unavailable"."""
    try:
        yield
    except (requests.ConnectionError, requests.Timeout) as error:
        raise SourceUnreachableError(f"cannot reach {urlsplit(url).netloc} for {url}") from error
    except (requests.RequestException, OSError) as error:
        raise SourceUnavailableError(f"the download of {url} failed: {type(error).__name__}") from error


def _get(session: requests.Session, url: str, sources: Sources) -> requests.Response:
    response = session.get(url, stream=True, timeout=(sources.connect_timeout, sources.read_timeout))
    if response.status_code != requests.codes.ok:
        response.close()
        raise SourceUnavailableError(f"{url} answers {response.status_code}")
    return response


def _published_sum(session: requests.Session, release: Release, sources: Sources) -> str:
    with _translated(release.checksums), _get(session, release.checksums, sources) as response:
        text = response.text
    name = PurePosixPath(urlsplit(release.url).path).name
    found = published_sum(text, name)
    if found is None:
        raise SourceUnavailableError(f"{release.checksums} publishes no SHA-256 of {name}")
    return found


def published_sum(text: str, name: str) -> str | None:
    """The SHA-256 of the file `name` in a published text, in lower-case hexadecimal; None: not there.

    The text is a bare sum, lines of `sum  name`, or GitHub's JSON description of a release.
    """
    if text.lstrip().startswith("{"):
        return _sum_in_release_description(text, name)
    for line in text.splitlines():
        match line.split():
            case [digest] if _is_sum(digest):
                return digest.lower()
            case [digest, listed] if _is_sum(digest) and listed.removeprefix("*") == name:
                return digest.lower()
            case _:
                continue
    return None


def _sum_in_release_description(text: str, name: str) -> str | None:
    try:
        assets = json.loads(text).get("assets") or []
    except ValueError:
        return None
    digests = [str(asset.get("digest") or "") for asset in assets if asset.get("name") == name]
    sums = [digest.removeprefix("sha256:") for digest in digests if digest.startswith("sha256:")]
    return sums[0].lower() if sums and _is_sum(sums[0]) else None


def _is_sum(text: str) -> bool:
    return len(text) == _SUM_LENGTH and all(character in "0123456789abcdefABCDEF" for character in text)


def _stream(session: requests.Session, url: str, path: Path, sources: Sources) -> str:
    digest = hashlib.sha256()
    with _translated(url), _get(session, url, sources) as response, path.open("wb") as file:
        for chunk in response.iter_content(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _extract(archive: Path, member: str, target: Path, url: str) -> None:
    """Copy one regular file out of an archive, by its exact name; no other member is even looked at."""
    try:
        if url.endswith(".zip"):
            with zipfile.ZipFile(archive) as opened, opened.open(member) as source:
                _copy(source, target)
        else:
            with tarfile.open(archive) as tar:
                info = tar.getmember(member)
                content = tar.extractfile(info) if info.isreg() else None
                if content is None:
                    raise SandboxError(f"refusing {url}: its member {member} is not a regular file")
                _copy(content, target)
    except KeyError as error:
        raise SandboxError(f"refusing {url}: it has no member {member}") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise SandboxError(f"refusing {url}: it is not a readable archive: {error}") from error


def _copy(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
