"""A repository in a container registry, as Helm keeps charts there: https://helm.sh/docs/topics/registries/."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds
from reconciler.adapters.repositories.failures import PUBLISHED_AGAIN, doing
from reconciler.adapters.repositories.manifests import (
    CHART_TYPES,
    CONFIG_TYPE,
    MANIFEST_TYPE,
    SIGNATURE_TYPE,
    layer_of,
    manifest_of,
    tag_of,
    version_of,
)
from reconciler.adapters.repositories.place import OCI
from reconciler.adapters.repositories.published import Archive, read_as
from reconciler.adapters.repositories.push import push_to
from reconciler.errors import ChartError, TransferError, TransferReason
from reconciler.model.repository import PublishedChart, Pushed
from reconciler.model.versions import parse_version

if TYPE_CHECKING:
    from reconciler.adapters.registry import Registry
    from reconciler.model.desired import Repository
    from reconciler.model.oci import Descriptor, Manifest
    from reconciler.model.transfer import Progress


class OciRepository:
    """See `ChartRepository`. Several threads may use it."""

    def __init__(self, repository: Repository, registry: Registry, progress: Progress) -> None:
        self._repository, self._registry, self._progress = repository, registry, progress
        self._folder = repository.url.removeprefix(OCI).partition("/")[2].strip("/")

    def versions(self, name: str) -> Sequence[PublishedChart]:
        """All versions of a chart, the newest first: the tags that are versions. A registry tells no more of them."""
        with doing(f"list the versions of chart {name} in {self._named}", self._repository):
            found = [(parse_version(version_of(tag)), version_of(tag)) for tag in self._tags(name)]
            ordered = sorted(
                ((parsed, text) for parsed, text in found if parsed), key=lambda pair: pair[0], reverse=True
            )
            return [PublishedChart(name, text, None) for _parsed, text in ordered]

    def digest(self, chart: PublishedChart) -> str | None:
        """sha256 (hex) of what is published as this chart."""
        with doing(f"look up chart {chart.name} {chart.version} in {self._named}", self._repository):
            return self.published_digest(chart.name, chart.version)

    def pull(self, chart: PublishedChart, into: Path) -> Path:
        """Download the archive into the folder `into`."""
        with doing(f"download chart {chart.name} {chart.version} from {self._named}", self._repository):
            layer = layer_of(self._manifest(chart), CHART_TYPES)
            if chart.digest and layer.digest != f"sha256:{chart.digest}":
                raise ChartError(
                    f"chart {chart.name} {chart.version} is published with the digest {layer.digest}, "
                    f"not sha256:{chart.digest}",
                    hint=PUBLISHED_AGAIN,
                )
            into.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=into, prefix=".pull-") as private:
                archive = read_as(self._download(chart, layer, Path(private) / "chart.tgz"), chart)
                return archive.path.replace(into / archive.file_name)

    def provenance(self, chart: PublishedChart, into: Path) -> Path:
        """Download the signature of a chart."""
        with doing(
            f"download the signature of chart {chart.name} {chart.version} from {self._named}", self._repository
        ):
            layer = layer_of(self._manifest(chart), (SIGNATURE_TYPE,))
            return self._download(chart, layer, into / f"{chart.name.rpartition('/')[2]}-{chart.version}.tgz.prov")

    def push(self, archive: Path, *, force: bool) -> Pushed:
        """Upload an archive."""
        with doing(f"push {archive.name} to {self._named}", self._repository):
            return push_to(self, archive, force=force)

    def published_digest(self, name: str, version: str) -> str | None:
        """sha256 (hex) of what is published."""
        try:
            found = self._registry.manifest(self._path(name), tag_of(version))
        except TransferError as error:
            if error.reason is TransferReason.NOT_FOUND:
                return None
            raise
        return layer_of(found, CHART_TYPES).digest.removeprefix("sha256:")

    def upload(self, archive: Archive, *, replace: bool) -> None:
        """Publish it. The tag comes last, so that it never names what is not there."""
        del replace  # a tag is moved in any case
        path = self._path(archive.name)
        layers = [self._stored(path, archive.path, CHART_TYPES[0])]
        if archive.provenance:
            layers.append(self._stored(path, archive.provenance, SIGNATURE_TYPE))
        about = json.dumps(archive.metadata, ensure_ascii=False, separators=(",", ":"))
        config = self._stored(path, about.encode(), CONFIG_TYPE)
        content = manifest_of(archive.metadata, config, layers)
        self._registry.put_manifest(path, tag_of(archive.version), MANIFEST_TYPE, content)

    @property
    def _named(self) -> str:
        return f"repository {self._repository.name}"

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name

    def _tags(self, name: str) -> list[str]:
        try:
            return self._registry.tags(self._path(name))
        except TransferError as error:
            if error.reason is TransferReason.NOT_FOUND:
                raise _no_chart(self._repository, name) from error
            raise

    def _manifest(self, chart: PublishedChart) -> Manifest:
        try:
            return self._registry.manifest(self._path(chart.name), tag_of(chart.version))
        except TransferError as error:
            if error.reason is TransferReason.NOT_FOUND:
                raise _no_chart(self._repository, f"{chart.name} {chart.version}") from error
            raise

    def _download(self, chart: PublishedChart, layer: Descriptor, target: Path) -> Path:
        if layer.size > bounds.MAX_CHART:
            raise ChartError(f"{chart.name} {chart.version} has more than {bounds.MAX_CHART // bounds.MEBIBYTE} MB")
        self._registry.download_blob(self._path(chart.name), layer, target, self._progress)
        return target

    def _stored(self, path: str, content: bytes | Path, media_type: str) -> Descriptor:
        return replace(self._registry.upload_blob(path, content, self._progress), media_type=media_type)


def _no_chart(repository: Repository, what: str) -> ChartError:
    return ChartError(f"repository {repository.name} has no chart {what}", hint="check the name and the version")
