"""Helm inside this process: the Go SDK as a library, without a process for each release."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.adapters.helm import errors, native
from reconciler.adapters.helm.configs import Configs
from reconciler.adapters.helm.dependencies import build_dependencies
from reconciler.adapters.helm.errand import Errand
from reconciler.adapters.helm.kubeconfig import KubeconfigFiles
from reconciler.adapters.helm.linting import from_report
from reconciler.adapters.helm.loaded import LoadedCharts
from reconciler.adapters.helm.manager import load_library
from reconciler.adapters.helm.manifests import objects_only
from reconciler.adapters.helm.options import (
    install_options,
    render_options,
    rollback_options,
    uninstall_options,
    upgrade_options,
)
from reconciler.adapters.scratch import PrivateFolder
from reconciler.model.json import text_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.adapters.helm.errors import Doing
    from reconciler.model.chart import Chart
    from reconciler.model.desired import Repository
    from reconciler.model.engine import RemoveRequest, RenderRequest, RollbackRequest, WriteRequest
    from reconciler.model.json import JsonMap
    from reconciler.model.lint import LintFinding

# Kinds that add kinds: after such a release the cluster's capabilities are no longer what they were.
_NEW_KINDS = ("kind: CustomResourceDefinition", "kind: APIService")


class LibraryEngine:
    """The engine by the PyPI package `helm-python-sdk`. See `Engine` for its methods.

    Cancelling marks a release as failed before the call returns (the library stores that itself), but what the
    library had begun goes on inside this process: it may still apply objects and run later hooks. An uninstall
    or rollback is left to itself, its release marked as under way. Stop the process soon after `cancel`, or use the
    program engine where that matters.
    """

    name = "library"

    def __init__(self, repositories: Sequence[Repository]) -> None:
        self._folder = PrivateFolder()
        self._configs = Configs(KubeconfigFiles(self._folder.path), time.monotonic)
        self._charts = LoadedCharts()
        self._repositories = repositories
        self._lock = threading.Lock()
        self._running: set[Any] = set()
        self._lingers = False

    def render(self, request: RenderRequest) -> Mapping[str, str]:
        """Render the chart, against the cluster when the request names one."""
        with _translated(errors.rendering(request)), self._charts.use(request.chart) as chart:
            access = request.cluster
            config = self._configs.get(access, request.release.namespace).ready() if access else None
            return objects_only(native.render(chart, request.values, render_options(request), config))

    def install(self, request: WriteRequest) -> None:
        """Make revision 1 of a release."""
        if request.chart.all_definitions:
            # They may have been made just now.
            self._configs.renew(request.cluster)
        with _translated(errors.writing("install", request)):
            self._write(native.install, request, install_options(request))

    def upgrade(self, request: WriteRequest) -> None:
        """Make the next revision of a release."""
        with _translated(errors.writing("upgrade", request)):
            self._write(native.upgrade, request, upgrade_options(request))

    def rollback(self, request: RollbackRequest) -> None:
        """Go back to an earlier revision."""
        self._send(native.rollback, errors.returning(request), request, rollback_options(request), request.history)

    def uninstall(self, request: RemoveRequest) -> None:
        """Remove a release and its history."""
        self._send(_uninstall, errors.removing(request), request, uninstall_options(request))

    def build_dependencies(self, chart: Path) -> None:
        """Fill the chart's charts/ folder."""
        with _translated(errors.building(chart)):
            build_dependencies(chart, self._repositories)

    def lint(self, chart: Chart, values: JsonMap) -> Sequence[LintFinding]:
        """Run Helm's lint."""
        with _translated(errors.linting(chart)):
            return from_report(native.lint(chart.path, values))

    def verify(self, archive: Path, keyring: Path) -> tuple[str, ...]:
        """Who signed a chart's archive."""
        with _translated(errors.verifying(archive)):
            return tuple(load_library().chart.verify(archive, keyring)["signed_by"])

    def cancel(self) -> None:
        """End every operation under way."""
        with self._lock:
            for operation in self._running:
                operation.cancel()
                self._lingers = True

    @property
    def lingers(self) -> bool:
        """Whether something was cancelled: nobody is told when that comes to its end."""
        return self._lingers

    def abandon(self) -> None:
        """Nothing can be ended without Helm's marking the release, so it is left to the end of this process."""

    def close(self) -> None:
        """Remove the private files; the engine is of no use afterwards."""
        self._folder.cleanup()

    def _write(self, write: Callable[..., JsonMap], request: WriteRequest, options: native.Options) -> None:
        config = self._configs.get(request.cluster, request.release.namespace, request.history).ready()
        try:
            with self._charts.use(request.chart) as chart, self._cancellable() as context:
                summary = write(config, context, chart, request.release.name, request.values, options)
        except load_library().HelmError:
            # A failed release may have brought its kinds all the same.
            self._configs.renew(request.cluster)
            raise
        manifest = text_at(summary, "manifest")
        if any(kind in manifest for kind in _NEW_KINDS):
            self._configs.renew(request.cluster)

    def _send(
        self,
        call: Callable[[Any, str, native.Options], None],
        doing: Doing,
        request: RemoveRequest | RollbackRequest,
        options: native.Options,
        history: int = 0,
    ) -> None:
        """Make a call that takes no context, and wait for it unless it is cancelled."""
        with _translated(doing):
            config = self._configs.get(request.cluster, request.release.namespace, history).ready()
            errand = Errand(lambda: call(config, request.release.name, options))
            with self._noted(errand):
                done = errand.run()
            # Among its objects may have been definitions of kinds.
            self._configs.renew(request.cluster)
        if not done:
            raise errors.translate(errors.CANCELLED, doing)

    @contextmanager
    def _cancellable(self) -> Iterator[Any]:
        with load_library().HelmContext() as context, self._noted(context):
            yield context

    @contextmanager
    def _noted(self, operation: Any) -> Iterator[None]:
        """For the time of the context, `cancel` ends the operation too."""
        with self._lock:
            self._running.add(operation)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(operation)


def _uninstall(config: Any, name: str, options: native.Options) -> None:
    try:
        native.uninstall(config, name, options)
    except load_library().HelmError as error:
        if not errors.is_not_installed(error.detail, name):
            raise


@contextmanager
def _translated(doing: Doing) -> Iterator[None]:
    try:
        yield
    except load_library().HelmError as error:
        raise errors.translate(error.detail, doing) from error
