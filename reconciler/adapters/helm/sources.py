"""Where the dependencies of charts are downloaded from: addresses, registry credentials, repository files.

Credentials reach Helm through private files, never through arguments, which every user of the machine can
read in the process list.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from reconciler.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.desired import Repository

OCI = "oci://"


def registry_host(reference: str) -> str:
    """`host:port` of an `oci://` URL."""
    return reference.removeprefix(OCI).partition("/")[0]


def registry_credentials(repositories: Iterable[Repository]) -> str:
    """The content of a registry credentials file, in Docker's format; each entry is for one host only."""
    auths = {
        _credentials_key(registry_host(repository.url)): {"auth": _basic(repository)}
        for repository in repositories
        if repository.username and repository.password
    }
    return json.dumps({"auths": auths})


def repositories_file(entries: Iterable[tuple[str, Repository]]) -> str:
    """The content of a repositories.yaml: name → URL, credentials and certificate authority."""
    return json.dumps({"apiVersion": "", "repositories": [_entry(name, item) for name, item in entries]})


def dependency_urls(folder: Path) -> list[str]:
    """The repositories, as Chart.yaml writes them, that a chart's dependencies come from; each once."""
    found: dict[str, None] = {}
    for name in ("Chart.yaml", "requirements.yaml"):
        path = folder / name
        declared = _yaml(path).get("dependencies") if path.exists() else None
        for item in declared or ():
            url = item.get("repository") if isinstance(item, dict) else None
            if url and not str(url).startswith("file:"):
                found[str(url)] = None
    return list(found)


def match(url: str, repositories: Sequence[Repository]) -> Repository | None:
    """The environment's repository that `url` means: `@name`, `alias:name`, or the same address."""
    name = url.removeprefix("@").removeprefix("alias:")
    if name != url:
        return next((item for item in repositories if item.name == name), None)
    return next((item for item in repositories if _address(item.url) == _address(url)), None)


def _address(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/")


def _entry(name: str, repository: Repository) -> dict[str, Any]:
    entry = {"name": name, "url": repository.url}
    if repository.username and repository.password:
        entry |= {"username": repository.username, "password": repository.password.reveal()}
    if repository.ca_file:
        entry["caFile"] = str(repository.ca_file.absolute())
    return entry


def _basic(repository: Repository) -> str:
    password = repository.password.reveal() if repository.password else ""
    return base64.b64encode(f"{repository.username}:{password}".encode()).decode()


def _credentials_key(host: str) -> str:
    # Docker Hub's entry has had this key since before there were other registries.
    return "https://index.docker.io/v1/" if host in {"docker.io", "registry-1.docker.io"} else host


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise ChartError(f"cannot read {path}: {error}") from error
    return content if isinstance(content, dict) else {}
