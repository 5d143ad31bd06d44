"""`reconcile chart lint`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.authoring.lint import lint_source
from reconciler.authoring.rendered import lint_rendered
from reconciler.desired.charts import attach_charts
from reconciler.desired.render import render_texts
from reconciler.desired.trial import in_environment, with_values
from reconciler.errors import ChartError, DesiredStateError, DesiredStateErrors, EngineError, ReconcilerError
from reconciler.flows.bench import Bench
from reconciler.flows.masking import masked
from reconciler.model.desired import Desired, Release
from reconciler.model.engine import Engine
from reconciler.model.lint import LintFinding, LintResult, Severity, template_place
from reconciler.model.secret import Mask
from reconciler.model.workshop import ChartSource


@dataclass(frozen=True, slots=True)
class Trial:
    """What a chart is rendered with: the releases that an environment makes of it, or else these files of values."""

    environment: str | None = None
    values: tuple[str, ...] = ()


def lint_chart(folder: Path, trial: Trial, bench: Bench) -> LintResult:
    """Everything that is wrong with the chart in a folder, each thing once."""
    found = _Findings(folder)
    with found.collecting():
        source = bench.reader.read(folder)
        found.add(lint_source(source))
        desired = _desired(source, folder, trial, bench)
        with masked(desired.mask):
            _try(attach_charts(desired, lambda _ref: source.chart), bench.engine, found)
    return LintResult(str(folder), tuple(found.found))


def _desired(source: ChartSource, folder: Path, trial: Trial, bench: Bench) -> Desired:
    if trial.environment is not None:
        return in_environment(trial.environment, folder, bench.inputs)
    return with_values(source.chart, folder, trial.values, bench.inputs)


def _try(desired: Desired, engine: Engine, found: _Findings) -> None:
    for release in desired.releases:
        with found.collecting(), masked(desired.mask):
            found.add(_masked(finding, desired.mask) for finding in lint_rendered(render_texts(release, engine)))
    # Last, and only for what renders: it would say the same again, and log what templates fail with, be it a secret.
    if not found.has_errors:
        for release in desired.releases:
            found.add(_masked(finding, desired.mask) for finding in _by_helm(release, engine))


def _by_helm(release: Release, engine: Engine) -> Sequence[LintFinding]:
    return engine.lint(release.chart, release.values) if release.chart else ()


def _masked(finding: LintFinding, mask: Mask) -> LintFinding:
    return replace(finding, message=mask.text(finding.message))


class _Findings:
    """Collects what is wrong with the chart in a folder, each thing once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.found: dict[LintFinding, None] = {}

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.found)

    def add(self, findings: Iterable[LintFinding]) -> None:
        """Note findings, whose files are named within the chart."""
        for finding in findings:
            self.found[replace(finding, file=str(self._folder / finding.file))] = None

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Note what is raised inside, and carry on after it."""
        try:
            yield
        except DesiredStateErrors as several:
            self.found |= {self._from_error(error): None for error in several.errors}
        except (ChartError, EngineError, DesiredStateError) as error:
            self.found[self._from_error(error)] = None

    def _from_error(self, error: ReconcilerError) -> LintFinding:
        inside = template_place(error.message)
        if inside:
            file, line = str(self._folder / inside[0]), inside[1]
            return LintFinding(Severity.ERROR, error.message, file, line, error.hint)
        path, number = (error.where.path, error.where.line) if error.where else (str(self._folder), None)
        return LintFinding(Severity.ERROR, error.message, path, number, error.hint)
