"""The Environment file: its models, from which come the validator, the JSON Schema and the reference page."""

from reconciler.desired.schema.clusters import ClusterSpec
from reconciler.desired.schema.environment import EnvironmentSpec
from reconciler.desired.schema.identities import ImpersonateSpec
from reconciler.desired.schema.objects import NamespaceSpec, SecretSpec
from reconciler.desired.schema.registries import DockerConfigSource, RegistryLogin
from reconciler.desired.schema.releases import ReleaseSpec
from reconciler.desired.schema.repositories import RepositorySpec
from reconciler.desired.schema.sources import Source, ValueSource

__all__ = [
    "ClusterSpec",
    "DockerConfigSource",
    "EnvironmentSpec",
    "ImpersonateSpec",
    "NamespaceSpec",
    "RegistryLogin",
    "ReleaseSpec",
    "RepositorySpec",
    "SecretSpec",
    "Source",
    "ValueSource",
]
