"""The Sync file: where environments come from, and how they are kept."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from reconciler.desired.schema.clusters import KubeconfigSource
from reconciler.desired.schema.durations import Limit
from reconciler.desired.schema.model import Model, NamespaceName, exactly_one
from reconciler.desired.schema.releases import VersionText
from reconciler.desired.schema.sources import Source

_LISTEN = r"^(\[[0-9a-fA-F:.]+\]|[^:\s]*):\d{1,5}$"
_LAST_PORT = 65535
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


def _listen(text: str) -> str:
    if not re.match(_LISTEN, text) or int(text.rpartition(":")[2]) > _LAST_PORT:
        raise ValueError("HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:8080")
    return text


def _time(text: str) -> str:
    if not re.match(_TIME, text):
        raise ValueError('a time of day such as "08:30", in quotes')
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone that this machine knows; such as Europe/Berlin or UTC") from None
    return text


Listen = Annotated[str, AfterValidator(_listen), WithJsonSchema({"type": "string", "pattern": _LISTEN})]
TimeOfDay = Annotated[str, AfterValidator(_time), WithJsonSchema({"type": "string", "pattern": _TIME})]
Zone = Annotated[str, AfterValidator(_zone)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class GitSpec(Model):
    """A git repository. What is followed is one of `branch`, `tag` and `tags`."""

    url: str = Field(description="https://…, ssh://…, user@host:path, or file://….")
    branch: str | None = Field(None, description="Its newest commit is applied.")
    tag: str | None = Field(None, description="The commit that it points to is applied.")
    tags: VersionText | None = Field(None, description="A range: the tag with the highest version in it is applied.")
    username: str = Field("git", description="For https, with a token; for ssh, the URL names the user.")
    token: Source | None = Field(None, description="For https: the token, or password.")
    ssh_key: Source | None = Field(None, description="For ssh: a private key without a passphrase.")
    known_hosts: Source | None = Field(None, description="For ssh: the lines of the hosts that are spoken to.")
    ca_file: str | None = Field(None, description="For https: certificates to trust instead of the system's.")
    submodules: bool = Field(default=False, description="Whether submodules are fetched too.")

    @model_validator(mode="after")
    def _followed(self) -> GitSpec:
        exactly_one(self, "branch", "tag", "tags")
        if (self.ssh_key is None) != (self.known_hosts is None):
            raise ValueError("`sshKey` and `knownHosts` go together")
        if self.ssh_key is not None and self.token is not None:
            raise ValueError("`token` is for https, `sshKey` for ssh")
        return self


class SourceSpec(Model):
    """Where environments come from: a git repository, or a folder that is watched."""

    git: GitSpec | None = Field(None, description="A repository.")
    folder: str | None = Field(None, description="A folder on this machine, for working on it by hand.")
    environments: str = Field(description="The path of an environment file in it, or a glob: environments/*.yaml.")

    @model_validator(mode="after")
    def _one(self) -> SourceSpec:
        exactly_one(self, "git", "folder")
        return self


class VerifySpec(Model):
    """Whom commits are believed from; others are not applied."""

    openpgp: Source | None = Field(None, description="Public keys, as `gpg --export --armor` writes them.")
    allowed_signers: Source | None = Field(None, description="An ssh allowed-signers file.")

    @model_validator(mode="after")
    def _one(self) -> VerifySpec:
        exactly_one(self, "openpgp", "allowed_signers")
        return self


class WindowSpec(Model):
    """A time in which changes may be applied."""

    days: list[Day] = Field(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], description="The days it opens on.")
    opens: TimeOfDay = Field(description="When it opens.")
    closes: TimeOfDay = Field(description="When it closes; before `opens`: on the next day.")
    zone: Zone = Field("UTC", description="The time zone of both.")


class KeepSpec(Model):
    """How environments are kept."""

    interval: Limit = Field(600.0, description="How often each is looked at, whatever happens.")
    windows: list[WindowSpec] = Field(
        default_factory=list, description="When changes may be applied; none: at any time. Looking is always allowed."
    )
    dry_run: bool = Field(default=False, description="true: it is only looked at, and nothing is changed.")
    suspend: bool = Field(default=False, description="true: nothing is done, until this is taken back.")
    correct_drift: bool = Field(default=True, description="false: what others change is shown, and left.")
    workers: int = Field(4, ge=1, le=64, description="Releases done at once.")


class KeepOverride(Model):
    """What is otherwise for one environment."""

    interval: Limit | None = Field(None, description="How often it is looked at.")
    windows: list[WindowSpec] | None = Field(None, description="When changes may be applied.")
    dry_run: bool | None = Field(None, description="Whether it is only looked at.")
    suspend: bool | None = Field(None, description="Whether nothing is done.")
    correct_drift: bool | None = Field(None, description="Whether drift is corrected.")
    workers: int | None = Field(None, ge=1, le=64, description="Releases done at once.")


class WebhookSpec(Model):
    """A host of repositories that tells of pushes, at /webhooks/PROVIDER."""

    provider: Literal["github", "gitlab", "gitea"] = Field(description="How its messages look.")
    secret: Source = Field(description="The secret that it signs with, or the token that it sends.")


class ServerSpec(Model):
    """What the daemon serves: health, metrics, the status page, webhooks."""

    listen: Listen = Field("127.0.0.1:8080", description="HOST:PORT.")
    token: Source | None = Field(
        None, description="Whoever gives it may sync, suspend and resume; left out: the page is read-only."
    )
    webhooks: list[WebhookSpec] = Field(default_factory=list, description="Hosts that tell of pushes.")
    ready_after: Limit = Field(
        1800.0, description="Not ready when the last success of an environment is older than this."
    )


class LeaderSpec(Model):
    """How several replicas share the work: a Lease for each environment, where all replicas reach it."""

    kubeconfig: KubeconfigSource = Field(description="The cluster that the Leases are in.")
    context: str | None = Field(None, description="Its context; default: the current one.")
    namespace: NamespaceName = Field("default", description="The namespace that they are in.")
    duration: Limit = Field(15.0, description="How long a leader that gives no sign is waited for.")


class NotificationSpec(Model):
    """Somebody who is told what happened."""

    kind: Literal["webhook", "slack"] = Field(
        "webhook", description="webhook: JSON; slack: as Slack's webhooks take it."
    )
    url: Source = Field(description="Where it is posted to; such addresses are secrets.")
    # Not `on`, which YAML takes for `true`.
    tell: list[Literal["failed", "recovered", "changed", "refused", "invalid", "untrusted", "suspended", "resumed"]] = (
        Field(["failed", "recovered", "refused", "invalid", "untrusted"], description="What is told.")
    )
    environments: list[str] = Field(["*"], description="Of which; * and ? are wildcards.")
    every: Limit = Field(60.0, description="At most one message in this time, and the same again only after ten.")


class TracingSpec(Model):
    """OpenTelemetry traces, by OTLP over HTTP."""

    endpoint: str = Field(description="Such as http://collector:4318/v1/traces.")
    headers: dict[str, Source] = Field(default_factory=dict, description="Such as an authorization.")


class SyncSpec(Model):
    """What a daemon keeps, and how."""

    api_version: Literal["reconciler/v1"] = Field(description="The version of this file's shape.")
    kind: Literal["Sync"] = Field(description="What this file is.")
    source: SourceSpec = Field(description="Where environments come from.")
    poll: Limit = Field(60.0, description="How often the repository is asked.")
    verify: VerifySpec | None = Field(None, description="Whom commits are believed from; left out: from everybody.")
    defaults: KeepSpec = Field(default_factory=KeepSpec, description="How environments are kept.")
    runs: int = Field(8, ge=1, le=256, description="Environments that are looked at, or changed, at once.")
    environments: dict[str, KeepOverride] = Field(
        default_factory=dict, description="An environment's name → what is otherwise for it."
    )
    server: ServerSpec = Field(default_factory=ServerSpec, description="What is served.")
    leader: LeaderSpec | None = Field(None, description="For several replicas; left out: there is one.")
    notifications: list[NotificationSpec] = Field(default_factory=list, description="Who is told what happened.")
    tracing: TracingSpec | None = Field(None, description="Where traces are sent.")
    state: str | None = Field(None, description="The folder for mirror and state; default: in the cache folder.")
