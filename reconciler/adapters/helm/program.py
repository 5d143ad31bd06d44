"""Helm as a program: for platforms without the library, and to check the library against."""

from __future__ import annotations

import json
import re
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.files import write_private
from reconciler.adapters.helm import errors
from reconciler.adapters.helm.kubeconfig import KubeconfigFiles
from reconciler.adapters.helm.linting import from_output
from reconciler.adapters.helm.manifests import objects_only, split_stream
from reconciler.adapters.helm.options import (
    BURST,
    QPS,
    install_flags,
    render_flags,
    rollback_flags,
    uninstall_flags,
    upgrade_flags,
)
from reconciler.adapters.helm.process import Processes
from reconciler.adapters.helm.sources import (
    OCI,
    dependency_urls,
    match,
    registry_credentials,
    repositories_file,
)
from reconciler.adapters.scratch import PrivateFolder
from reconciler.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.adapters.helm.errors import Doing
    from reconciler.adapters.helm.process import Finished
    from reconciler.model.chart import Chart
    from reconciler.model.desired import ClusterAccess, Repository
    from reconciler.model.engine import RemoveRequest, RenderRequest, RollbackRequest, WriteRequest
    from reconciler.model.json import JsonMap
    from reconciler.model.lint import LintFinding

OLDEST = 4
"""The major version whose flags this engine speaks."""

# JSON is YAML but for these, which YAML counts as line breaks or refuses.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


# How a lint ends that found something, and not because it could not look.
_LINTED = "chart(s) linted"
_SIGNED_BY = "Signed by: "
_NO_INDEX = re.compile(r"Unable to get an update from the .* chart repository .*:\s+(.*)")


class ProgramEngine:
    """The engine by one `helm` process for each operation. See `Engine` for its methods.

    Args:
        program: the path of a `helm` of version 4.
        repositories: those that the environment names, for the dependencies of charts.
        environ: the environment that helm inherits; Helm's own settings and plugins in it are left out.
    """

    name = "program"

    def __init__(self, program: Path, repositories: Sequence[Repository], environ: Mapping[str, str]) -> None:
        self._program = program
        self._repositories = repositories
        self._folder = PrivateFolder()
        self._home = self._folder.path
        self._files = KubeconfigFiles(self._home)
        self._processes = Processes(program, _private(environ, self._home))
        self._version_lock = threading.Lock()
        self._checked = False

    def render(self, request: RenderRequest) -> Mapping[str, str]:
        """Render the chart, against the cluster when the request names one."""
        cluster = self._cluster(request.cluster) if request.cluster else []
        arguments = ["template", *_release(request), *cluster, *render_flags(request)]
        return objects_only(split_stream(self._run(errors.rendering(request), arguments, _yaml(request.values))))

    def install(self, request: WriteRequest) -> None:
        """Make revision 1 of a release."""
        arguments = ["install", *_release(request), *self._cluster(request.cluster), *install_flags(request)]
        self._run(errors.writing("install", request), arguments, _yaml(request.values))

    def upgrade(self, request: WriteRequest) -> None:
        """Make the next revision of a release."""
        arguments = ["upgrade", *_release(request), *self._cluster(request.cluster), *upgrade_flags(request)]
        self._run(errors.writing("upgrade", request), arguments, _yaml(request.values))

    def rollback(self, request: RollbackRequest) -> None:
        """Go back to an earlier revision."""
        release = request.release
        arguments = ["rollback", release.name, str(request.revision), f"--namespace={release.namespace}"]
        self._run(errors.returning(request), [*arguments, *self._cluster(request.cluster), *rollback_flags(request)])

    def uninstall(self, request: RemoveRequest) -> None:
        """Remove a release and its history."""
        release = request.release
        arguments = ["uninstall", release.name, f"--namespace={release.namespace}"]
        doing = errors.removing(request)
        ended = self._ended(doing, [*arguments, *self._cluster(request.cluster), *uninstall_flags(request)])
        if ended.code and not errors.is_not_installed(ended.err, release.name):
            raise errors.translate(_reason(ended), doing)

    def build_dependencies(self, chart: Path) -> None:
        """Fill the chart's charts/ folder."""
        known = {url: found for url in dependency_urls(chart) if (found := match(url, self._repositories))}
        registries = [item for item in known.values() if item.url.startswith(OCI)]
        # An entry for each repository without an `oci://`, once, under its own name: `@name` refers to it.
        indexed = {item.name: item for item in known.values() if not item.url.startswith(OCI)}
        with tempfile.TemporaryDirectory(dir=self._home) as private:
            files = _source_files(Path(private), registries, indexed.items())
            plain = ["--plain-http"] if any(item.plain_http for item in known.values()) else []
            self._run(errors.building(chart), ["dependency", "build", str(chart), *plain, *files])

    def lint(self, chart: Chart, values: JsonMap) -> Sequence[LintFinding]:
        """Run Helm's lint."""
        doing = errors.linting(chart)
        arguments = ["lint", str(chart.path), "--skip-schema-validation", "--values=-"]
        ended = self._ended(doing, arguments, _yaml(values))
        if ended.code and _LINTED not in ended.err:
            raise errors.translate(_reason(ended), doing)
        return from_output(ended.out.splitlines())

    def verify(self, archive: Path, keyring: Path) -> tuple[str, ...]:
        """Who signed a chart's archive."""
        said = self._run(errors.verifying(archive), ["verify", str(archive), f"--keyring={keyring}"])
        return tuple(line.removeprefix(_SIGNED_BY) for line in said.splitlines() if line.startswith(_SIGNED_BY))

    def cancel(self) -> None:
        """End every operation under way."""
        self._processes.cancel()

    @property
    def lingers(self) -> bool:
        """No: an operation returns when its process has ended."""
        return False

    def abandon(self) -> None:
        """Kill every helm under way."""
        self._processes.kill()

    def close(self) -> None:
        """Remove the private files; the engine is of no use afterwards."""
        self._folder.cleanup()

    def _cluster(self, access: ClusterAccess) -> list[str]:
        context = [f"--kube-context={access.context}"] if access.context else []
        return [f"--kubeconfig={self._files.path(access)}", *context, f"--qps={QPS}", f"--burst-limit={BURST}"]

    def _run(self, doing: Doing, arguments: Sequence[str], stdin: str = "") -> str:
        ended = self._ended(doing, arguments, stdin)
        if ended.code == 0:
            return ended.out
        raise errors.translate(_reason(ended), doing)

    def _ended(self, doing: Doing, arguments: Sequence[str], stdin: str = "") -> Finished:
        self._check_version()
        try:
            return self._processes.run(arguments, stdin)
        except OSError as error:
            raise errors.translate(f"cannot start {self._program}: {error.strerror}", doing) from error

    def _check_version(self) -> None:
        with self._version_lock:
            if not self._checked:
                _require_version(self._program, self._processes)
                self._checked = True


def _reason(ended: Finished) -> str:
    if ended.cancelled:
        return errors.CANCELLED
    # Why a repository's index cannot be had, helm says on stdout, and on stderr only that it cannot.
    index = _NO_INDEX.search(ended.out)
    return index.group(1) if index else ended.err


def _require_version(program: Path, processes: Processes) -> None:
    try:
        found = processes.run(["version", "--template={{.Version}}"]).out.strip()
    except OSError as error:
        raise EngineError(
            f"cannot start {program}: {error.strerror}", hint="install helm 4, or use `--engine library`"
        ) from error
    major = re.match(r"v?(\d+)", found)
    if not major or int(major.group(1)) < OLDEST:
        raise EngineError(
            f"found helm {found or 'of unknown version'} at {program}; the program engine needs v{OLDEST}",
            hint="install helm 4, or use `--engine library`",
        )


def _private(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Helm's environment: the user's (a kubeconfig may start a login program) without Helm's own settings."""
    kept = {key: value for key, value in environ.items() if not key.startswith("HELM_") and key != "KUBECONFIG"}
    return kept | {
        "HELM_CACHE_HOME": str(home / "cache"),
        "HELM_CONFIG_HOME": str(home / "config"),
        "HELM_DATA_HOME": str(home / "data"),
        "KUBECACHEDIR": str(home / "kube"),
    }


def _release(request: RenderRequest | WriteRequest) -> list[str]:
    release = request.release
    # Values come by stdin: arguments can be read by everyone on the machine.
    return [release.name, str(request.chart.path), f"--namespace={release.namespace}", "--values=-"]


def _yaml(values: JsonMap) -> str:
    """The values as YAML: JSON, in which no character is left that YAML reads differently."""
    text = json.dumps(values, ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _source_files(
    folder: Path, registries: Iterable[Repository], indexed: Iterable[tuple[str, Repository]]
) -> list[str]:
    """Write the files with the credentials; returns the flags that name them."""
    credentials, repositories = folder / "registry.json", folder / "repositories.yaml"
    write_private(credentials, registry_credentials(registries))
    write_private(repositories, repositories_file(indexed))
    return [
        f"--registry-config={credentials}",
        f"--repository-config={repositories}",
        f"--repository-cache={folder / 'cache'}",
    ]
