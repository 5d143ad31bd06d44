"""Arguments → adapters: the one place that reads the process's surroundings."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler.adapters.charts import ChartStore
from reconciler.adapters.charts.resolve import resolve
from reconciler.adapters.clock import SystemClock
from reconciler.adapters.credential_helpers import CredentialPrograms
from reconciler.adapters.files import Files, project_root, write_file
from reconciler.adapters.helm import make_engine
from reconciler.adapters.questions import RegistryQuestions
from reconciler.adapters.repositories import Repositories
from reconciler.adapters.sops import Sops
from reconciler.errors import DesiredStateError, ReconcilerError
from reconciler.flows.context import Context, Tools
from reconciler.model.cluster import ClusterReader, ClusterWriter, Heard, unheard
from reconciler.model.desired import ClusterAccess, Desired, Repository
from reconciler.model.engine import Engine
from reconciler.model.inputs import Inputs
from reconciler.model.lease import Holder, Leases
from reconciler.model.policy import LockPolicy
from reconciler.report.style import clean

if TYPE_CHECKING:
    from reconciler.flows.bench import Bench
    from reconciler.flows.import_cluster import ImportContext
    from reconciler.model.importing import Drafts
    from reconciler.model.node_probe import NodeProber
    from reconciler.model.probe import ClusterProber
    from reconciler.model.repository import ChartRepository
    from reconciler.model.transfer import Progress
    from reconciler.model.workshop import Storeroom, Workshop


def make_context(
    environment: str,
    engine: str,
    heard: Heard = unheard,
    cwd: Path | None = None,
    withheld: frozenset[str] = frozenset(),
    checkouts: Path | None = None,
) -> Context:
    """The adapters for runs on an environment file; `heard` is told what came of each request to its clusters.

    The file's name, and those in messages, are as seen from `cwd`; None: from where the user stands. It may not name
    the variables `withheld`; see Inputs for both these and `checkouts`.
    """
    return Context(
        inputs=replace(_inputs(_files(Path(environment), cwd)), withheld=withheld, checkouts=checkouts),
        tools=lambda desired: _tools(desired, engine),
        reader=lambda access: _reader(access, heard),
        writer=lambda access, permit: _writer(access, permit, heard),
        now=lambda: datetime.now(UTC),
        prober=_prober,
        node_prober=_node_prober,
        leases=lambda access, name, policy: make_leases(access, name, policy, heard),
        holder=make_holder,
        clock=SystemClock(),
        stop=_stop,
    )


def _files(path: Path, cwd: Path | None = None) -> Files:
    """The files of the project that `path` belongs to."""
    cwd = cwd or Path.cwd()
    return Files(project_root(cwd / path, cwd), cwd, Path.home())


def _inputs(files: Files) -> Inputs:
    return Inputs(files, Sops(os.environ), os.environ, CredentialPrograms(os.environ))


def _reader(access: ClusterAccess, heard: Heard) -> ClusterReader:
    from reconciler.adapters.kube.reader import KubeReader  # noqa: PLC0415 - heavy, and `validate` asks no cluster

    return KubeReader(access, heard)


def _writer(access: ClusterAccess, permit: Callable[[], None], heard: Heard) -> ClusterWriter:
    from reconciler.adapters.kube.writer import KubeWriter  # noqa: PLC0415 - as above

    return KubeWriter(access, permit, heard)


def make_leases(access: ClusterAccess, environment: str, policy: LockPolicy, heard: Heard = unheard) -> Leases:
    from reconciler.adapters.kube.leases import KubeLeases  # noqa: PLC0415 - as above

    return KubeLeases(access, environment, policy, heard)


def make_holder(what: str) -> Holder:
    """This run. What a machine is called, others will read in a terminal and between slashes."""
    from getpass import getuser  # noqa: PLC0415 - only who takes a lock has to have a name

    try:
        user = getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = f"user {os.getuid()}"
    who = re.sub(r"[^\w.@ -]", "-", f"{user}@{socket.gethostname()}")
    return Holder(who, what, uuid4().hex[:12])


def _stop(error: ReconcilerError) -> None:
    """End now: threads of a library that cannot be stopped would go on writing until an orderly end."""
    os.write(sys.stderr.fileno(), f"\n{clean(str(error))}\n".encode())
    os._exit(error.exit_code)


def _prober(access: ClusterAccess) -> ClusterProber:
    from reconciler.adapters.kube.prober import KubeProber  # noqa: PLC0415 - as above

    return KubeProber(access)


def save_text(path: Path, text: str) -> None:
    """Make or replace a file in one step. Raises DesiredStateError: it cannot be written."""
    try:
        write_file(path, text.encode())
    except OSError as error:
        raise DesiredStateError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from error


@contextmanager
def open_import(environment: Path, engine: str) -> Iterator[ImportContext]:
    """What live releases are imported with, into an environment file that need not exist yet."""
    from reconciler.adapters.kube.live import LiveReader  # noqa: PLC0415 - as above
    from reconciler.flows.import_cluster import ImportContext  # noqa: PLC0415 - as above

    with open_drafts() as drafts:
        yield ImportContext(make_context(str(environment), engine), LiveReader, drafts)


def make_inputs(path: Path) -> Inputs:
    """What may be read of the project that a file belongs to."""
    return _inputs(_files(path))


@contextmanager
def open_drafts() -> Iterator[Drafts]:
    """Where an import keeps what is not yet written."""
    from reconciler.adapters.drafts import LocalDrafts  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="reconcile-import-") as private:
        yield LocalDrafts(Path(private))


def make_workshop() -> Workshop:
    """What charts are made with."""
    from reconciler.adapters.charts.workshop import LocalWorkshop  # noqa: PLC0415 - only charts in the making need it

    return LocalWorkshop()


@contextmanager
def open_bench(folder: Path, engine: str) -> Iterator[Bench]:
    """What a chart in the making is looked at with."""
    from reconciler.adapters.charts.folders import FolderReader  # noqa: PLC0415 - as above
    from reconciler.flows.bench import Bench  # noqa: PLC0415 - as above

    files = _files(folder / "Chart.yaml")
    with closing(_engine(engine, [])) as helm:
        reader = FolderReader(files.root, cache_folder() / "charts", helm)
        yield Bench(_inputs(files), reader, helm)


def _engine(name: str, repositories: Sequence[Repository]) -> Engine:
    program = shutil.which("helm")
    return make_engine(name, program=Path(program) if program else None, repositories=repositories, environ=os.environ)


def repository_in(environment: str, name: str, progress: Progress) -> ChartRepository:
    """A repository of an environment file, with its login."""
    from reconciler.desired.load import load_repository  # noqa: PLC0415 - heavy

    found = load_repository(environment, name, _inputs(_files(Path(environment))))
    return Repositories(cache_folder(), progress)(found)


def repository_at(
    url: str, username: str | None, password: str | None, ca_file: Path | None, progress: Progress
) -> ChartRepository:
    """A repository by its address."""
    from reconciler.desired.places import repository_at as at  # noqa: PLC0415 - heavy

    return Repositories(cache_folder(), progress)(at(url, username, password, ca_file))


@contextmanager
def open_storeroom(engine: str) -> Iterator[Storeroom]:
    """Where downloaded charts are put."""
    from reconciler.adapters.charts.storeroom import LocalStoreroom  # noqa: PLC0415 - as above

    with closing(_engine(engine, [])) as helm:
        yield LocalStoreroom(helm)


def _node_prober(access: ClusterAccess, image: str) -> NodeProber:
    from reconciler.adapters.kube.node_prober import KubeNodeProber  # noqa: PLC0415 - as above

    return KubeNodeProber(access, image)


def _tools(desired: Desired, engine: str) -> Tools:
    made = _engine(engine, list(desired.repositories.values()))
    repositories = Repositories(cache_folder())
    store = ChartStore(cache_folder() / "charts", desired.root, made, repositories)
    questions = RegistryQuestions(desired.repositories.values())
    return Tools(made, store.fetch, store.contents, questions, lambda ref: resolve(ref, repositories))


def cache_folder() -> Path:
    """Where downloads and mirrors are kept."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "reconciler"
