"""The programs of the control plane: which, in which versions, and from where."""

from __future__ import annotations

import platform as host
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KUBERNETES_VERSION = "v1.35.4"
ETCD_VERSION = "v3.6.16"
KWOK_VERSION = "v0.7.0"
HELM_VERSION = "v4.3.1"

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS = ("linux", "darwin")


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system and a processor, in Go's words."""

    system: str
    architecture: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where programs may come from; the base URLs are replaceable, for mirrors and for tests.

    Attributes:
        build: whether Go may build what cannot be downloaded.
        connect_timeout: seconds to wait for a server to answer the first time; short, so that a machine
            without the internet goes on to the next source at once.
        read_timeout: seconds that a transfer may stall.
    """

    kubernetes: str = "https://dl.k8s.io"
    github: str = "https://github.com"
    github_api: str = "https://api.github.com"
    helm: str = "https://get.helm.sh"
    build: bool = True
    connect_timeout: float = 3.0
    read_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Release:
    """Where a prebuilt program is published; texts with {placeholders}.

    Attributes:
        url: the program or the archive that holds it.
        checksums: the published SHA-256 of it: a bare sum, a list of `sum  name`, or GitHub's JSON
            description of the release.
        member: the exact name of the program inside the archive; None: the download is the program.
    """

    url: str
    checksums: str
    member: str | None = None


@dataclass(frozen=True, slots=True)
class GoModule:
    """A Go module that programs are built from.

    Attributes:
        staging: the version that replaces the modules which `path` keeps inside itself, or None.
        variables: package variables set by the linker, so that programs know their version.
    """

    path: str
    version: str
    staging: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """One program: its name, its version, and the two ways to get it."""

    name: str
    version: str
    release: Release
    module: GoModule
    package: str

    def cached(self, folder: Path, platform: Platform) -> Path:
        """Where the prepared program is, or will be, under the programs folder."""
        return folder / f"{self.name}-{self.version}-{platform.system}-{platform.architecture}" / self.name


def _kubernetes_module() -> GoModule:
    major, minor, patch = KUBERNETES_VERSION.removeprefix("v").split(".")
    package = "k8s.io/component-base/version"
    return GoModule(
        "k8s.io/kubernetes",
        KUBERNETES_VERSION,
        staging=f"v0.{minor}.{patch}",
        # Without these the server says v0.0.0, and charts that ask for a Kubernetes version refuse it.
        variables={
            f"{package}.gitVersion": KUBERNETES_VERSION,
            f"{package}.gitMajor": major,
            f"{package}.gitMinor": minor,
        },
    )


_KUBERNETES = _kubernetes_module()


def _kubernetes_program(name: str) -> Program:
    url = "{kubernetes}/release/{version}/bin/{system}/{architecture}/" + name
    return Program(
        name,
        KUBERNETES_VERSION,
        Release(url, f"{url}.sha256"),
        _KUBERNETES,
        f"k8s.io/kubernetes/cmd/{name}",
    )


_ETCD_RELEASE = "{github}/etcd-io/etcd/releases/download/{version}"
_ETCD_NAME = "etcd-{version}-{system}-{architecture}"
_KWOK_REPOSITORY = "kubernetes-sigs/kwok"
_HELM_URL = "{helm}/helm-{version}-{system}-{architecture}.tar.gz"

_TABLE = (
    _kubernetes_program("kube-apiserver"),
    _kubernetes_program("kube-controller-manager"),
    _kubernetes_program("kube-scheduler"),
    _kubernetes_program("kubectl"),
    Program(
        "etcd",
        ETCD_VERSION,
        Release(
            f"{_ETCD_RELEASE}/{_ETCD_NAME}.{{etcd_archive}}",
            f"{_ETCD_RELEASE}/SHA256SUMS",
            f"{_ETCD_NAME}/etcd",
        ),
        GoModule("go.etcd.io/etcd/server/v3", ETCD_VERSION),
        "go.etcd.io/etcd/server/v3",
    ),
    Program(
        "kwok",
        KWOK_VERSION,
        # kwok publishes no file of checksums; GitHub computes one for each file of a release.
        Release(
            f"{{github}}/{_KWOK_REPOSITORY}/releases/download/{{version}}/kwok-{{system}}-{{architecture}}",
            f"{{github_api}}/repos/{_KWOK_REPOSITORY}/releases/tags/{{version}}",
        ),
        GoModule("sigs.k8s.io/kwok", KWOK_VERSION),
        "sigs.k8s.io/kwok/cmd/kwok",
    ),
    Program(
        "helm",
        HELM_VERSION,
        Release(_HELM_URL, f"{_HELM_URL}.sha256sum", "{system}-{architecture}/helm"),
        GoModule(
            "helm.sh/helm/v4",
            HELM_VERSION,
            variables={"helm.sh/helm/v4/internal/version.version": HELM_VERSION},
        ),
        "helm.sh/helm/v4/cmd/helm",
    ),
)

PROGRAMS: Mapping[str, Program] = {program.name: program for program in _TABLE}

# What a sandbox runs; `helm` and `kubectl` are for people and tests.
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


def current_platform() -> Platform:
    """The platform that this process runs on.

    Raises:
        SandboxError: the control plane's programs do not exist for it.
    """
    system, machine = host.system().lower(), host.machine().lower()
    if system not in _SYSTEMS or machine not in _ARCHITECTURES:
        raise SandboxError(
            f"cannot run a sandbox on {system} {machine}: its programs exist for Linux and macOS, amd64 and arm64"
        )
    return Platform(system, _ARCHITECTURES[machine])


def located(release: Release, program: Program, platform: Platform, sources: Sources) -> Release:
    """The release with its placeholders filled in."""
    values = {
        "kubernetes": sources.kubernetes,
        "github": sources.github,
        "github_api": sources.github_api,
        "helm": sources.helm,
        "version": program.version,
        "system": platform.system,
        "architecture": platform.architecture,
        "etcd_archive": "tar.gz" if platform.system == "linux" else "zip",
    }
    member = release.member.format(**values) if release.member else None
    return Release(release.url.format(**values), release.checksums.format(**values), member)
