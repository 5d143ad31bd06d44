"""What an import of a cluster is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.json import Json, JsonMap


@dataclass(frozen=True, slots=True)
class ClusterImport:
    """What a user asked for.

    Attributes:
        environment: the name of the environment, and of its file.
        folder: where the file goes.
        cluster: what the cluster is called in the file.
        access: the cluster's entry in the file.
        namespaces: those to look at; empty: all that have releases.
        only: patterns of release names; empty: all.
        repositories: name → URL, where charts are looked for.
        charts: folders and archives of charts, as they are named from `folder`.
        plain: patterns of value paths that may stand in files though they look like secrets; `CHART:PATH` is a default.
    """

    environment: str
    folder: Path
    cluster: str
    access: JsonMap
    namespaces: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    repositories: Mapping[str, str] = field(default_factory=dict)
    charts: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The environment file, as messages name it."""
        return str(self.folder / f"{self.environment}.yaml")

    @property
    def clusters(self) -> JsonMap:
        """The section of the file."""
        return {self.cluster: self.access}

    @property
    def known_repositories(self) -> JsonMap:
        """The section of the file."""
        found: dict[str, Json] = {name: {"url": url} for name, url in self.repositories.items()}
        return found
