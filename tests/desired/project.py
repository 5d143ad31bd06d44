"""Text in, desired state or messages out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.adapters.charts import ChartStore
from reconciler.adapters.credential_helpers import CredentialPrograms
from reconciler.adapters.files import Files, project_root
from reconciler.adapters.helm import make_engine
from reconciler.adapters.repositories import Repositories
from reconciler.adapters.sops import Sops
from reconciler.desired.charts import attach_charts
from reconciler.desired.load import load
from reconciler.errors import ReconcilerError
from reconciler.model.desired import Desired
from reconciler.model.inputs import Inputs

# Four lines, so that what a test adds begins in line 5.
HEAD = """\
apiVersion: reconciler/v1
kind: Environment
name: test
clusters: {main: {kubeconfig: {env: KUBE}}}
"""
ENVIRON = {"KUBE": "apiVersion: v1", "TOKEN": "correct-horse", "EMPTY": ""}

Content = str | bytes


class Project:
    """A folder with files, read by the real adapters."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.engine = make_engine("library", program=None, repositories=[], environ=os.environ)

    def close(self) -> None:
        """Remove what the engine keeps."""
        self.engine.close()

    def write(self, files: Mapping[str, Content]) -> None:
        """Write files, folders included."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def inputs(self, environment: str = "env.yaml", environ: Mapping[str, str] = ENVIRON) -> Inputs:
        """What a load may read, when the user stands in the project's folder; programs in its `bin` are found first."""
        files = Files(project_root(self.root / environment, self.root), self.root, self.root / "home")
        programs = {**environ, "PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        return Inputs(files, Sops(programs), environ, CredentialPrograms(programs))

    def load(
        self, text: Content | None = None, environment: str = "env.yaml", environ: Mapping[str, str] = ENVIRON
    ) -> Desired:
        """The desired state of an environment; `text` is written first."""
        if text is not None:
            self.write({environment: text})
        return load(environment, self.inputs(environment, environ))

    def with_charts(self, text: Content | None = None, environ: Mapping[str, str] = ENVIRON) -> Desired:
        """The desired state with the charts from folders in hand."""
        desired = self.load(text, environ=environ)
        local = tuple(release for release in desired.releases if release.chart_ref.path)
        store = ChartStore(self.root / ".cache", desired.root, self.engine, Repositories(self.root / ".cache"))
        return attach_charts(replace(desired, releases=local), store.fetch)

    def mistakes(
        self,
        text: Content | None = None,
        environment: str = "env.yaml",
        environ: Mapping[str, str] = ENVIRON,
    ) -> list[str]:
        """The lines of the error that validating gives; none when all is well."""
        try:
            if text is not None:
                self.write({environment: text})
            desired = self.load(environment=environment, environ=environ)
            store = ChartStore(self.root / ".cache", desired.root, self.engine, Repositories(self.root / ".cache"))
            attach_charts(desired, store.fetch)
        except ReconcilerError as error:
            return str(error).replace(str(self.root), "ROOT").splitlines()
        return []

    def mistakes_with(self, text: Content, **environ: str) -> list[str]:
        """The same, with further variables."""
        return self.mistakes(text, environ={**ENVIRON, **environ})
