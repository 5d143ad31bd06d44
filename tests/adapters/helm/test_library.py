"""What is particular to the library: its options, its name in the cluster, its silence, shared charts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.adapters.helm import LibraryEngine, native
from reconciler.adapters.helm.configs import LIFETIME_SECONDS, Configs
from reconciler.adapters.helm.kubeconfig import KubeconfigFiles
from reconciler.adapters.helm.manager import load_library
from reconciler.adapters.helm.options import (
    install_options,
    render_options,
    rollback_options,
    uninstall_options,
    upgrade_options,
)
from reconciler.errors import Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.engine import Capabilities
from reconciler.model.secret import SecretText

from .charts import full_chart, read, removing, rendering, returning, write_chart, writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cluster import Cluster

KUBECONFIG = """{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c}}],
    clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}], users: []}"""


@pytest.fixture
def library() -> Iterator[LibraryEngine]:
    engine = LibraryEngine([])
    yield engine
    engine.close()


@pytest.fixture
def access(tmp_path: Path) -> ClusterAccess:
    """A cluster that does not answer."""
    return ClusterAccess("far", SecretText(KUBECONFIG), None, tmp_path, Location("env.yaml", 1, 1))


@pytest.mark.parametrize("call", ["install", "upgrade", "render", "rollback", "uninstall"])
def test_every_option_that_we_send_is_known(
    call: str, library: LibraryEngine, access: ClusterAccess, tmp_path: Path
) -> None:
    """The library refuses an unknown option by name, before anything else: none of ours is, a made-up one is."""
    chart = read(write_chart(tmp_path / "plain"), library)
    write = writing(chart, access, "shop")
    capabilities = Capabilities("v1.35.0", ("v1",))
    options: dict[str, dict[str, Any]] = {
        "install": install_options(write),
        "upgrade": upgrade_options(write),
        "render": render_options(rendering(chart, capabilities=capabilities)),
        "rollback": rollback_options(returning(access, "shop", 1)),
        "uninstall": uninstall_options(removing(access, "shop")),
    }
    assert "unknown field" not in _answer(call, chart.path, options[call], access, tmp_path)
    assert 'unknown field "made_up"' in _answer(call, chart.path, {"made_up": 1}, access, tmp_path)


def _answer(call: str, chart: Path, options: dict[str, Any], access: ClusterAccess, folder: Path) -> str:
    made = load_library()
    private = folder / os.urandom(4).hex()
    private.mkdir()
    config = Configs(KubeconfigFiles(private), lambda: 0.0).get(access, "shop").config
    with made.Chart.load(chart) as handle, made.HelmContext() as context:
        try:
            if call == "render":
                native.render(handle, {}, options, None)
            elif call in ("rollback", "uninstall"):
                getattr(native, call)(config, "demo", options)
            else:
                getattr(native, call)(config, context, handle, "demo", {}, options)
        except made.HelmError as error:
            return str(error)
    return ""


def test_sharing_a_loaded_chart_with_subcharts_would_be_wrong(library: LibraryEngine, tmp_path: Path) -> None:
    """The library drops a disabled subchart from the loaded chart for good; the engine does not let that show."""
    chart = read(full_chart(tmp_path), library)
    off, on = {"sub": {"enabled": False}}, {"sub": {"enabled": True}}
    sub = "full/charts/sub/templates/map.yaml"
    with load_library().Chart.load(chart.path) as shared:
        options = render_options(rendering(chart))
        assert sub not in native.render(shared, off, options, None)
        assert sub not in native.render(shared, on, options, None)  # the library's doing
    assert sub not in library.render(rendering(chart, off))
    assert sub in library.render(rendering(chart, on))


def test_connections_are_renewed(access: ClusterAccess, tmp_path: Path) -> None:
    """One connection serves a namespace for a minute, or until kinds have changed."""
    now = [0.0]
    configs = Configs(KubeconfigFiles(tmp_path), lambda: now[0])
    first = configs.get(access, "shop")
    assert configs.get(access, "shop") is first
    assert configs.get(access, "other") is not first
    now[0] += LIFETIME_SECONDS + 1
    second = configs.get(access, "shop")
    assert second is not first
    configs.renew(access)
    assert configs.get(access, "shop") is not second
    assert not first.config.closed


def test_a_connection_is_asked_by_one_before_it_is_used_by_many(
    access: ClusterAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Helm makes its client at the first use, without a lock; a cluster that did not answer is asked again."""
    asked: list[str] = []

    class Config:
        def check_reachable(self) -> None:
            asked.append("begun")
            time.sleep(0.05)
            if len(asked) < 2:
                raise ConnectionError
            asked.append("answered")

    configs = Configs(KubeconfigFiles(tmp_path), lambda: 0.0)
    monkeypatch.setattr(configs, "_make", lambda *_: Config())
    with pytest.raises(ConnectionError):
        configs.get(access, "shop").ready()

    def use(_: int) -> str:
        configs.get(access, "shop").ready()
        return asked[-1]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(use, range(8))) == {"answered"}
    assert asked == ["begun", "begun", "answered"]


def test_the_library_sees_the_name_helm() -> None:
    """While it loads, the process is called `helm`; afterwards it has its own name again."""
    code = (
        "import ctypes; from reconciler.adapters.helm import manager\n"
        "name = lambda: ctypes.string_at(manager._argument_vector()[0]).decode()\n"
        "before = name()\n"
        "with manager._program_name(): during = name()\n"
        "manager.load_library(); print(before == name(), during)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "helm"]


@pytest.mark.e2e
def test_nothing_gets_to_stdout(cluster_access: ClusterAccess, namespace: str, tmp_path: Path) -> None:
    """What the library logs, and what the server warns of, leaves stdout to our own output."""
    chart = write_chart(
        tmp_path / "loud",
        files={
            "templates/e.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: old}\n",
            "templates/NOTES.txt": "Thank you",
            "requirements.yaml": "dependencies: []\n",
        },
    )
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(cluster_access.kubeconfig.reveal() if cluster_access.kubeconfig else "")
    environ = {**os.environ, "CHART": str(chart), "NAMESPACE": namespace, "CONFIG": str(kubeconfig)}
    script = Path(__file__).with_name("install_once.py")
    command = [sys.executable, "-m", "tests.adapters.helm.install_once"]
    environ["PYTHONPATH"] = str(script.parents[3])
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    assert done.stdout == "done\n"


@pytest.mark.e2e
def test_a_release_by_client_side_apply_moves_over(
    library: LibraryEngine, cluster_access: ClusterAccess, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """A release that an older Helm installed is upgraded by server-side apply, and its field manager with it."""
    chart = read(write_chart(tmp_path / "plain"), library)
    request = writing(chart, cluster_access, namespace, {"a": 1})
    private = tmp_path / "private"
    private.mkdir()
    config = Configs(KubeconfigFiles(private), lambda: 0.0).get(cluster_access, namespace).config
    options = install_options(request) | {"server_side_apply": False, "force_conflicts": False}
    with load_library().Chart.load(chart.path) as handle, load_library().HelmContext() as context:
        native.install(config, context, handle, "demo", {}, options)
    path = f"/api/v1/namespaces/{namespace}/configmaps/demo"
    assert _managers(cluster.get(path)) == [("helm", "Update")]
    library.upgrade(request)
    assert _managers(cluster.get(path)) == [("helm", "Apply")]
    assert json.loads(json.dumps(cluster.revisions(namespace, "demo")[-1]["apply_method"])) == "ssa"


def _managers(item: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["manager"], entry["operation"]) for entry in item["metadata"]["managedFields"]]
