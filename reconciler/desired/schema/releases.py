"""Releases, and what holds for them when they do not say otherwise."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from reconciler.desired.schema.durations import Duration
from reconciler.desired.schema.failure import FailureSpec
from reconciler.desired.schema.identities import ImpersonateSpec
from reconciler.desired.schema.model import Model, ReleaseName
from reconciler.desired.schema.needs import Needs
from reconciler.desired.schema.sources import ValueSource
from reconciler.model.versions import VersionRange


def _version(value: str) -> str:
    VersionRange.parse(value)
    return value


VersionText = Annotated[str, AfterValidator(_version)]


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


# What `--only` has a meaning of its own for.
_RESERVED = ("name", "namespace", "cluster")
_LABEL_KEY = r"^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$"
_LABEL_VALUE = r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"


def label_problem(key: str, value: str) -> str | None:
    """Why it can be no label of a release; None: it can."""
    if key in _RESERVED:
        return f"{key} is no label: `--only {key}=…` asks for the release's own {key}"
    if not re.match(_LABEL_KEY, key) or not re.match(_LABEL_VALUE, value):
        return f"{key}: a label is made of letters, digits, -, _ and .; its key may hold /"
    return None


def _labels(labels: dict[str, str]) -> dict[str, str]:
    for key, value in labels.items():
        if problem := label_problem(key, value):
            raise ValueError(problem)
    return labels


Labels = Annotated[dict[str, str], AfterValidator(_labels)]


class ReleaseSpec(Model):
    """A Helm release; its key is its name, unless `name` says otherwise."""

    chart: str = Field(description="A folder, a .tgz, `repository/name`, or `oci://…`.")
    version: VersionText | None = Field(
        None,
        description="For a chart from a repository: its version, or a range such as ^1.2 (as in Helm). "
        "Left out: the newest that is no pre-release. `reconcile update` writes down which version it stands for.",
    )
    name: ReleaseName | None = Field(None, description="Its name in the cluster; default: the key.")
    cluster: str | None = Field(None, description="Its cluster; default: the environment's default one.")
    namespace: str | None = Field(None, description="Its namespace, one of `namespaces`.")
    needs: Needs = Field(default_factory=list, description="What has to be in place, and healthy, before this one.")
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
    impersonate: ImpersonateSpec | None = Field(
        None, description="As whom all is done for it; default: as its cluster is used."
    )
    labels: Labels = Field(
        default_factory=dict, description="What `--only` may ask for, such as {tier: web}; not written to the cluster."
    )
    on_failure: FailureSpec | None = Field(None, description="What is done when it fails.")


class Defaults(Model):
    """What a release, namespace or secret takes when it does not say otherwise."""

    cluster: str | None = Field(None, description="The cluster; default: the only one there is.")
    namespace: str | None = Field(None, description="The namespace of releases.")
    wait: Duration | None = Field(None, description="How long to wait for releases.")
    history: int = Field(10, ge=1, description="How many revisions Helm keeps of a release.")
    values: list[ValuesLayer] = Field(default_factory=list, description="Layers of values below those of each release.")
    on_failure: FailureSpec | None = Field(None, description="What is done when releases fail.")
    impersonate: ImpersonateSpec | None = Field(
        None, description="As whom clusters are used: namespaces, secrets, and releases that do not say otherwise."
    )
