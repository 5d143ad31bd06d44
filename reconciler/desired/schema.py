"""The Environment file: its models, from which come the validator, the JSON Schema and the reference page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel

from reconciler.desired.durations import DURATION_PATTERN, parse_duration

# Kubernetes' rules for names, from k8s.io/apimachinery/pkg/util/validation; a release's limit is Helm's.
_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"

Name = Annotated[str, StringConstraints(pattern=_SUBDOMAIN, max_length=253)]
NamespaceName = Annotated[str, StringConstraints(pattern=_LABEL, max_length=63)]
ReleaseName = Annotated[str, StringConstraints(pattern=_SUBDOMAIN, max_length=53)]


def _wait(value: Any) -> Any:
    if isinstance(value, str):
        return parse_duration(value)
    if value == 0 and not isinstance(value, bool):
        return 0.0
    raise ValueError("a duration such as 90s, 5m or 1h30m; or 0 to wait for ever")


Duration = Annotated[
    float,
    BeforeValidator(_wait),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"const": 0}]}),
]


def _values_layer(value: Any) -> Any:
    if isinstance(value, str | dict):
        return value
    raise ValueError("a file name, or a map of values")


ValuesLayer = Annotated[
    Any,
    BeforeValidator(_values_layer),
    WithJsonSchema({"anyOf": [{"type": "string", "description": "A file of values."}, {"type": "object"}]}),
]


def _replicas(value: Any) -> Any:
    counts = value if isinstance(value, dict) else {"": value}
    whole = all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts.values())
    if not whole:
        raise ValueError("a number from 0, or a map of value paths to such numbers")
    return counts


_COUNT = {"type": "integer", "minimum": 0}
Replicas = Annotated[
    dict[str, int],
    BeforeValidator(_replicas),
    WithJsonSchema({"anyOf": [_COUNT, {"type": "object", "additionalProperties": _COUNT}]}),
]


class Model(BaseModel):
    """What all parts share: unknown keys are errors, nothing is converted, nothing changes."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=to_camel, validate_by_name=False
    )


class Source(Model):
    """Where a text comes from. Exactly one of `env`, `file` and `sops` is given; the text never stands in the file."""

    env: str | None = Field(None, description="An environment variable.")
    file: str | None = Field(None, description="A file; one line end at its end is dropped.")
    sops: str | None = Field(None, description="A file encrypted with SOPS (YAML, JSON, dotenv); needs `key`.")
    key: str | None = Field(None, description="Dotted path of the text inside the SOPS file.")

    @model_validator(mode="after")
    def _one(self) -> Source:
        _exactly_one(self, "env", "file", "sops")
        if (self.sops is None) != (self.key is None):
            raise ValueError("`sops` and `key` go together")
        return self


class ValueSource(Model):
    """Where a single value of a release comes from: an `env`, `file`, `sops` source, or a `secret` of this file."""

    env: str | None = Field(None, description="An environment variable.")
    file: str | None = Field(None, description="A file; one line end at its end is dropped.")
    sops: str | None = Field(None, description="A file encrypted with SOPS; needs `key`.")
    secret: str | None = Field(None, description="A secret of this environment; needs `key`.")
    key: str | None = Field(None, description="The key inside the secret, or the dotted path inside the SOPS file.")
    sensitive: bool = Field(
        default=True, description="false: the value may be shown in plans and logs, such as an image tag."
    )

    @model_validator(mode="after")
    def _one(self) -> ValueSource:
        _exactly_one(self, "env", "file", "sops", "secret")
        if (self.sops is None and self.secret is None) != (self.key is None):
            raise ValueError("`key` goes together with `sops` or `secret`")
        if self.secret is not None and not self.sensitive:
            raise ValueError("a value from a `secret` is always sensitive")
        return self


class KubeconfigSource(Model):
    """Where a cluster's credentials come from. Exactly one is given."""

    env: str | None = Field(None, description="An environment variable that holds the full content of a kubeconfig.")
    file: str | None = Field(None, description="A kubeconfig file; `~` is the home folder, others are in the project.")
    in_cluster: bool | None = Field(None, description="true: the ServiceAccount of the pod that this runs in.")

    @model_validator(mode="after")
    def _one(self) -> KubeconfigSource:
        _exactly_one(self, "env", "file", "in_cluster")
        if self.in_cluster is False:
            raise ValueError("`inCluster` takes true, or is left out")
        return self


class ClusterSpec(Model):
    """A Kubernetes cluster."""

    kubeconfig: KubeconfigSource = Field(description="Where its kubeconfig comes from.")
    context: str | None = Field(None, description="The context to use; default: the kubeconfig's current one.")


class RepositorySpec(Model):
    """A chart repository."""

    url: Annotated[str, StringConstraints(pattern=r"^(https?|oci)://[^/\s]+")] = Field(
        description="`https://…` of a folder with an index.yaml, or `oci://…`."
    )
    username: str | None = Field(None, description="The user, when it asks for one.")
    password: Source | None = Field(None, description="Where the password or token comes from.")
    ca_file: str | None = Field(None, description="A file with the certificate authority of its server.")
    plain_http: bool = Field(default=False, description="OCI without TLS, for a registry on this machine.")

    @model_validator(mode="after")
    def _login(self) -> RepositorySpec:
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if "@" in self.url.split("://")[1].split("/")[0]:
            raise ValueError("credentials do not go into `url`; use `username` and `password`")
        return self


class NamespaceSpec(Model):
    """A namespace; its key is its name, unless `name` says otherwise."""

    name: NamespaceName | None = Field(None, description="Its name in the cluster; default: the key.")
    cluster: str | None = Field(None, description="Its cluster; default: the environment's default one.")
    manage: bool = Field(default=True, description="false: it exists already; it is not created and not changed.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels to keep on it.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations to keep on it.")
    pull_secrets: list[str] = Field(default_factory=list, description="dockerconfigjson secrets to keep in it.")


class RegistryLogin(Model):
    """A login at a container registry."""

    username: str = Field(description="The user.")
    password: Source = Field(description="Where the password or token comes from.")


class SecretSpec(Model):
    """A Secret; its key is its name, unless `name` says otherwise. Its values are references, never text."""

    type: str = Field(
        description="`Opaque`, `dockerconfigjson`, `kubernetes.io/tls`, or any other type that Kubernetes knows."
    )
    name: Name | None = Field(None, description="Its name in the cluster; default: the key.")
    cluster: str | None = Field(None, description="Its cluster; default: the environment's default one.")
    namespaces: list[str] = Field(default_factory=list, description="The namespaces to keep it in.")
    registries: dict[str, RegistryLogin] = Field(
        default_factory=dict, description="For dockerconfigjson: host → login."
    )
    data: dict[str, Source] = Field(default_factory=dict, description="For every other type: key → source.")

    @model_validator(mode="after")
    def _content(self) -> SecretSpec:
        docker = self.type == "dockerconfigjson"
        if docker and (self.data or not self.registries):
            raise ValueError("a dockerconfigjson secret has `registries`, and no `data`")
        if not docker and self.registries:
            raise ValueError("`registries` goes with type dockerconfigjson; other types have `data`")
        return self


class ReleaseSpec(Model):
    """A Helm release; its key is its name, unless `name` says otherwise."""

    chart: str = Field(description="A folder, a .tgz, `repository/name`, or `oci://…`.")
    version: str | None = Field(None, description="For a chart from a repository: its version.")
    name: ReleaseName | None = Field(None, description="Its name in the cluster; default: the key.")
    cluster: str | None = Field(None, description="Its cluster; default: the environment's default one.")
    namespace: str | None = Field(None, description="Its namespace, one of `namespaces`.")
    needs: list[str] = Field(default_factory=list, description="Releases that have to be in place before this one.")
    values: list[ValuesLayer] = Field(
        default_factory=list, description="Layers of values, later ones win: file names, or maps."
    )
    values_from: dict[str, ValueSource] = Field(
        default_factory=dict, description="Dotted path of a value → where its text comes from; wins over `values`."
    )
    replicas: Replicas | None = Field(
        None,
        description="A number for the chart's `replicaCount` (or `replicas`), or a map of value paths to numbers; "
        "wins over everything else.",
    )
    wait: Duration | None = Field(
        None,
        description="How long to wait until it is ready (90s, 5m, 1h30m): elapsed, the release has failed. "
        "0 waits for ever. Left out: do not wait.",
    )
    history: int | None = Field(None, ge=1, description="How many revisions Helm keeps; default: 10.")


class Defaults(Model):
    """What a release, namespace or secret takes when it does not say otherwise."""

    cluster: str | None = Field(None, description="The cluster; default: the only one there is.")
    namespace: str | None = Field(None, description="The namespace of releases.")
    wait: Duration | None = Field(None, description="How long to wait for releases.")
    history: int = Field(10, ge=1, description="How many revisions Helm keeps of a release.")
    values: list[ValuesLayer] = Field(default_factory=list, description="Layers of values below those of each release.")


class EnvironmentSpec(Model):
    """The desired state of one environment: its clusters and all that is kept in them."""

    api_version: Literal["reconciler/v1"] = Field(description="The version of this file's shape.")
    kind: Literal["Environment"] = Field(description="What this file is.")
    name: Annotated[str, StringConstraints(pattern=_LABEL, max_length=63)] = Field(
        description="Its name; marks what belongs to it in the clusters, so keep it for good."
    )
    extends: list[str] | str = Field(
        default_factory=list,
        description="Files that this one builds on: maps merge deeply, lists replace, null removes.",
    )
    defaults: Defaults = Field(default_factory=Defaults, description="What holds unless something else is said.")
    clusters: dict[str, ClusterSpec] = Field(description="The clusters, by a name of your own.")
    repositories: dict[str, RepositorySpec] = Field(default_factory=dict, description="Chart repositories.")
    namespaces: dict[NamespaceName, NamespaceSpec] = Field(default_factory=dict, description="Namespaces.")
    secrets: dict[Name, SecretSpec] = Field(default_factory=dict, description="Secrets.")
    releases: dict[ReleaseName, ReleaseSpec] = Field(default_factory=dict, description="Helm releases.")


def _exactly_one(model: BaseModel, *fields: str) -> None:
    given = [field for field in fields if getattr(model, field) is not None]
    if len(given) != 1:
        names = ", ".join(f"`{to_camel(field)}`" for field in fields)
        raise ValueError(f"exactly one of {names} is needed, {len(given) or 'none'} given")
