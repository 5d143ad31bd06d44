"""One registry: manifests, blobs and tags.

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from requests.utils import parse_header_links

from reconciler.adapters.http import (
    Answer,
    Body,
    HttpClient,
    Login,
    Origin,
    Patience,
    Request,
    joined,
    other_content,
    shown,
)
from reconciler.adapters.registry.access import Access
from reconciler.errors import TransferError, TransferReason
from reconciler.model.json import Json, as_map
from reconciler.model.oci import Credentials, Descriptor, Manifest
from reconciler.model.transfer import Progress, unseen

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_ACCEPTED = {"Accept": ", ".join((*INDEX_TYPES, *MANIFEST_TYPES))}
# The specification's forms.
_REPOSITORY = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
_REFERENCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|[a-z0-9+._-]+:[a-fA-F0-9]{32,}")
# The specification lets registries refuse manifests that are longer.
_LONGEST_MANIFEST = 4 * 1024 * 1024
_TAGS_IN_PAGE, _MOST_PAGES = 1000, 100


class Registry:
    """Talks to one registry. Every method raises TransferError, with foreign text as the registry gave it.

    Args:
        host: `host` or `host:port`.
        credentials: shown when the registry asks for them.
        ca_file: whom to trust; None means the system's authorities.
        plain_http: without TLS, as for a registry on this machine.
    """

    def __init__(
        self,
        host: str,
        credentials: Credentials | None = None,
        *,
        ca_file: Path | None = None,
        plain_http: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self.url = f"{'http' if plain_http else 'https'}://{host}"
        self._http = HttpClient(ca_file, patience)
        self._access = Access(self.url, self._http, credentials)
        self._has_credentials = credentials is not None

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def ping(self) -> None:
        """Do nothing but see that it is there, and accepts the credentials."""
        self._send(Request("GET", f"{self.url}/v2/"), "").checked()

    def manifest(self, repository: str, reference: str) -> Manifest:
        """The manifest or index of a tag, or of a digest, which it then is proved to have."""
        request = Request("GET", self._path(repository, "manifests", reference), headers=_ACCEPTED)
        answer = self._send(replace(request, limit=_LONGEST_MANIFEST), _pull(repository)).checked()
        digest = _digest(answer.content)
        told = reference if ":" in reference else answer.headers.get("Docker-Content-Digest", digest)
        if told.startswith("sha256:") and told != digest:
            raise other_content(answer.url, told, digest)
        return Manifest(answer.headers.get("Content-Type", "").partition(";")[0].strip(), digest, answer.content)

    def put_manifest(self, repository: str, reference: str, media_type: str, content: bytes) -> None:
        """Publish a manifest under a tag or its digest; what it names has to be there."""
        url = self._path(repository, "manifests", reference)
        request = Request("PUT", url, headers={"Content-Type": media_type}, body=Body(content))
        self._send(request, _push(repository)).checked()

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the content is there."""
        request = Request("HEAD", self._path(repository, "blobs", digest))
        answer = self._send(request, _pull(repository))
        return answer.status != HTTPStatus.NOT_FOUND and answer.checked().is_good

    def blob(self, repository: str, descriptor: Descriptor) -> bytes:
        """Small content, such as the configuration of an image."""
        request = Request("GET", self._path(repository, "blobs", descriptor.digest), limit=descriptor.size)
        answer = self._send(request, _pull(repository)).checked()
        digest = _digest(answer.content)
        if digest != descriptor.digest:
            raise other_content(answer.url, descriptor.digest, digest)
        return answer.content

    def download_blob(self, repository: str, descriptor: Descriptor, target: Path, progress: Progress = unseen) -> None:
        """Write content to the file `target`, its digest verified; there is either all of it or nothing."""
        url, digest = self._path(repository, "blobs", descriptor.digest), descriptor.digest
        request = Request("GET", url, limit=descriptor.size)
        self._logged_in(
            _pull(repository),
            lambda login: self._http.try_download(replace(request, login=login), target, digest, progress),
        ).checked()

    def upload_blob(self, repository: str, content: bytes | Path, progress: Progress = unseen) -> Descriptor:
        """Store content, unless it is there; its media type is the manifest's to say."""
        digest, size = _measured(content)
        if not self.has_blob(repository, digest):
            body = Body(content, progress)
            # A session that broke cannot be used again: each attempt begins one of its own.
            self._http.patience.attempt(lambda: self._upload(repository, digest, body)).checked()
        return Descriptor("application/octet-stream", digest, size)

    def tags(self, repository: str) -> list[str]:
        """All tags, in the order of the registry."""
        url: str | None = f"{self._path(repository, 'tags', 'list')}?{urlencode({'n': _TAGS_IN_PAGE})}"
        found: list[str] = []
        for _ in range(_MOST_PAGES):
            if url is None:
                return found
            answer = self._send(Request("GET", url), _pull(repository)).checked()
            found += _tags_in(answer)
            url = _next_page(answer)
        raise TransferError(f"{self.url} lists more tags of {repository} than fit", reason=TransferReason.OTHER)

    def _upload(self, repository: str, digest: str, body: Body) -> Answer:
        scope = _push(repository)
        url = f"{self.url}/v2/{repository}/blobs/uploads/"
        begun = self._send(Request("POST", url, repeatable=False), scope)
        if not begun.is_good:
            return begun
        place = joined(begun.url, begun.headers.get("Location", ""))
        joint = "&" if urlsplit(place).query else "?"
        headers = {"Content-Type": "application/octet-stream"}
        put = Request(
            "PUT", f"{place}{joint}{urlencode({'digest': digest})}", headers=headers, body=body, repeatable=False
        )
        return self._send(put, scope)

    def _send(self, request: Request, scope: str) -> Answer:
        return self._logged_in(scope, lambda login: self._http.send(replace(request, login=login)))

    def _logged_in(self, scope: str, ask: Callable[[Login | None], Answer]) -> Answer:
        """The answer; asked for once more when the registry wants a login, or another one than last time."""
        answer = ask(self._access.login(scope))
        if answer.status == HTTPStatus.UNAUTHORIZED and Origin.of(answer.url) == Origin.of(self.url):
            login = self._access.answer(answer, scope)
            answer = ask(login) if login else answer
        # A token that was given to nobody in particular is no login.
        return replace(answer, with_login=self._has_credentials)

    def _path(self, repository: str, what: str, reference: str) -> str:
        if not _REPOSITORY.fullmatch(repository) or not _REFERENCE.fullmatch(reference):
            raise TransferError(
                f"{self.url} can have nothing of the name {repository}, {reference}",
                reason=TransferReason.NOT_FOUND,
                hint="repositories are written in small letters; a tag has letters, digits, `.`, `_` and `-`",
            )
        return f"{self.url}/v2/{repository}/{what}/{reference}"


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"


def _push(repository: str) -> str:
    return f"repository:{repository}:pull,push"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _measured(content: bytes | Path) -> tuple[str, int]:
    if isinstance(content, bytes):
        return _digest(content), len(content)
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return f"sha256:{digest}", file.tell()


def _tags_in(answer: Answer) -> list[str]:
    try:
        document: Json = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise TransferError(f"{shown(answer.url)} lists no tags", reason=TransferReason.CORRUPT) from error
    tags = as_map(document).get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _next_page(answer: Answer) -> str | None:
    """The address of the next page, on the same server."""
    links = parse_header_links(answer.headers.get("Link", ""))
    following = next((link["url"] for link in links if link.get("rel") == "next"), None)
    if following is None:
        return None
    url = joined(answer.url, following)
    if Origin.of(url) != Origin.of(answer.url):
        raise TransferError(f"{shown(answer.url)} continues on another server", reason=TransferReason.UNTRUSTED)
    return url
