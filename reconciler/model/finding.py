"""Why something does not run: one cause, what shows it, and one next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import Location
from reconciler.model.identity import ObjectId, Target


class Cause(StrEnum):
    """Every cause that is known by name; the words are those of the reports."""

    IMAGE_NOT_FOUND = "image not found"
    TAG_NOT_FOUND = "image tag not found"
    IMAGE_REPOSITORY_NOT_FOUND = "image repository not found"
    INVALID_IMAGE = "invalid image name"
    REGISTRY_DENIED = "registry denied"
    REGISTRY_UNREACHABLE = "registry unreachable"
    REGISTRY_UNTRUSTED = "registry not trusted"
    PULL_FAILED = "image pull failed"
    PULL_SECRET_MISSING = "pull secret missing"  # noqa: S105 - a cause
    PULL_SECRET_MALFORMED = "pull secret malformed"  # noqa: S105 - a cause
    CONFIG_MAP_MISSING = "config map missing"
    SECRET_MISSING = "secret missing"  # noqa: S105 - a cause
    KEY_MISSING = "key missing"
    CANNOT_START = "container cannot start"
    RUNS_AS_ROOT = "container would run as root"
    VOLUME_NOT_MOUNTED = "volume not mounted"
    CRASH_LOOP = "crash loop"
    OUT_OF_MEMORY = "out of memory"
    INIT_FAILED = "init container failed"
    READINESS = "readiness probe failed"
    LIVENESS = "liveness probe failed"
    STARTUP = "startup probe failed"
    NO_RESOURCES = "no node has the resources"
    TAINTED = "no node is tolerated"
    NO_NODE_FITS = "no node fits"
    NO_VOLUME = "no node has the volume"
    UNSCHEDULABLE = "unschedulable"
    NODE_NOT_READY = "node not ready"
    EVICTED = "evicted"
    CLAIM_PENDING = "volume claim pending"
    PORT_TAKEN = "port taken"
    JOB_FAILED = "job failed"
    HOOK_FAILED = "hook failed"
    PROGRESS_DEADLINE = "progress deadline exceeded"
    QUOTA = "quota exceeded"
    LIMIT_RANGE = "limit range violated"
    POD_SECURITY = "pod security violated"
    ADMISSION = "admission denied"
    WEBHOOK_UNAVAILABLE = "admission webhook unavailable"
    OBJECT_TAKEN = "object belongs to others"
    OBJECT_MISSING = "object missing"
    RELEASE_TAKEN = "release belongs to others"
    RELEASE_EXISTS = "release exists"
    NOT_INSTALLED = "release not found"
    HISTORY_LEFT = "release history left"
    NEED_MISSING = "needed release not in place"
    OPERATION_IN_PROGRESS = "operation in progress"
    IMMUTABLE_FIELD = "immutable field"
    UNKNOWN_KIND = "unknown kind"
    INVALID_OBJECT = "invalid object"
    NAMESPACE_TERMINATING = "namespace terminating"
    NAMESPACE_MISSING = "namespace missing"
    RIGHTS_MISSING = "rights missing"
    CREDENTIALS_REFUSED = "credentials refused"
    CERTIFICATE_NOT_TRUSTED = "certificate not trusted"
    UNREACHABLE = "unreachable"
    CHART_LOCK = "chart lock out of date"
    CHART_DEPENDENCIES = "chart dependencies missing"
    NOT_FOUND = "not found"
    TIMED_OUT = "timed out"
    NOT_READY = "not ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is known of a trouble before anything is gathered.

    Attributes:
        told: what Helm, the server or the plan said.
        hint: what they said to try; None when they said nothing.
        cause: its cause, where it is known without reading `told`.
    """

    told: str
    hint: str | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of trouble; every text is masked.

    Attributes:
        target: what of the environment does not run.
        subject: the object that blocks it; None when it is the target as a whole.
        message: one sentence.
        evidence: conditions, events, exit codes, log lines: what shows it.
        hint: one next step.
        where: the line of the environment file to look at, if there is one.
    """

    cause: Cause
    target: Target
    subject: ObjectId | None
    message: str
    evidence: tuple[str, ...]
    hint: str
    where: Location | None
