"""Names of things: what a plan line, an error, or a dependency points at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class NamespaceId:
    """A namespace of one cluster of the environment."""

    cluster: str
    name: str

    def __str__(self) -> str:
        return f"namespace {self.name}"


@dataclass(frozen=True, slots=True, order=True)
class SecretId:
    """A Secret that the environment itself creates."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"secret {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class AccountId:
    """A ServiceAccount that the environment attaches pull secrets to."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"service account {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class ReleaseId:
    """A Helm release: unique by name within a namespace of a cluster."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"release {self.namespace}/{self.name}"


Target = NamespaceId | SecretId | AccountId | ReleaseId


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """An API kind, as in an object's `apiVersion` and `kind`."""

    api_version: str
    name: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        group, slash, _version = self.api_version.partition("/")
        return group if slash else ""

    def __str__(self) -> str:
        return f"{self.name}.{self.api_version}"


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """An object of a cluster; `namespace` is empty for cluster-scoped kinds."""

    kind: Kind
    namespace: str
    name: str

    @property
    def in_any_version(self) -> tuple[str, str, str, str]:
        """What tells it from other objects, for the server as for Helm: each version of its kind shows the same one."""
        return (self.kind.group, self.kind.name, self.namespace, self.name)

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.name} {place}{self.name}"
