"""The environments and examples that users copy from: valid, rendering, lint-free, and as their READMEs say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyrage
import pytest
import yaml

from reconciler.adapters.charts.store import ChartStore
from reconciler.adapters.credential_helpers import CredentialPrograms
from reconciler.adapters.files import Files, project_root
from reconciler.adapters.helm import make_engine
from reconciler.adapters.helm.manager import load_library
from reconciler.adapters.repositories import Repositories
from reconciler.adapters.sops import Sops
from reconciler.desired.charts import attach_charts
from reconciler.desired.load import load
from reconciler.desired.render import render
from reconciler.errors import DesiredStateErrors, Location
from reconciler.model.desired import ChartRef, Desired, Release
from reconciler.model.engine import Engine, RenderRequest
from reconciler.model.identity import ReleaseId
from reconciler.model.inputs import Inputs
from reconciler.model.json import Json, JsonMap, as_map, dig, text_at

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "environments", ROOT / "examples")

# Made up, and what a run of any of the environments needs.
ENVIRON = {
    "DATABASE_URL": "postgres://shop:made-up-password@database:5432/shop",
    "DEMO_DATABASE_URL": "postgres://demo:made-up-password@database:5432/demo",
    "DEMO_DB_PASSWORD": "made-up-password-of-reports",
    "DEMO_REGISTRY_TOKEN": "made-up-token-of-demo",
    "IMAGE_TAG": "1.4.2",
    "KUBECONFIG_CONTENT": "made-up-kubeconfig-of-shop",
    "RECONCILE_KUBECONFIG": "made-up-kubeconfig-of-demo",
    "REGISTRY_TOKEN": "made-up-token-of-shop",
}

# Every optional part of a chart, which no environment uses at once.
ALL_ON: Mapping[str, dict[str, Any]] = {
    "shop": {
        "database": {"url": ENVIRON["DATABASE_URL"]},
        "ingress": {"enabled": True, "host": "shop.example.com", "className": "nginx", "tlsSecret": "shop-tls"},
        "autoscaling": {"enabled": True},
        "podDisruptionBudget": {"enabled": True},
    },
    "database": {"persistence": {"enabled": True, "storageClass": "fast"}},
}

OPTIONAL = {"shop": ("HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "Job")}

# Chart → values that it has to refuse, and the place that the refusal names.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("environments/charts/cache", {"maxMemory": "much"}, "maxMemory"),
    ("environments/charts/cache", {"replicas": 2}, "replicas"),
    ("environments/charts/web", {"settings": {"PORT": 8080}}, "PORT"),
    ("environments/charts/web", {"healthPath": "health"}, "healthPath"),
    ("examples/shop/charts/cache", {"resource": {}}, "resource"),
    ("examples/shop/charts/database", {"persistence": {"size": "much"}}, "size"),
    ("examples/shop/charts/shop", {"database": {"url": "mysql://x"}}, "url"),
    ("examples/shop/charts/shop", {"app": {"version": "no tag"}}, "version"),
    ("examples/shop/charts/shop", {"ingress": {"enabled": True}}, "host"),
]

WORKLOADS = {"Deployment", "StatefulSet", "Job"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def environment_files() -> list[Path]:
    """What `reconcile -e` takes: the files of kind Environment."""
    files = (file for folder in FOLDERS for file in folder.rglob("*.yaml") if "templates" not in file.parts)
    return sorted(file for file in files if _read(file).get("kind") == "Environment")


def charts() -> list[Path]:
    """The folders with a Chart.yaml."""
    return sorted(file.parent for folder in FOLDERS for file in folder.rglob("Chart.yaml"))


def installable_charts() -> list[Path]:
    """The charts that make objects."""
    return [chart for chart in charts() if _read(chart / "Chart.yaml")["type"] == "application"]


def readmes() -> list[Path]:
    """The READMEs of the folders."""
    return sorted(file for folder in FOLDERS for file in folder.rglob("README.md"))


def _read(file: Path) -> dict[str, Any]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(found, dict), file
    return found


def inputs_of(file: Path, cwd: Path, environ: Mapping[str, str]) -> Inputs:
    return Inputs(Files(project_root(file, cwd), cwd, cwd), Sops(environ), environ, CredentialPrograms(environ))


@cache
def loaded(file: Path) -> Desired:
    return load(relative(file), inputs_of(file, ROOT, ENVIRON))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = make_engine("library", program=None, environ=os.environ)
    yield made
    made.close()


@pytest.fixture(scope="module")
def store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ChartStore:
    cache = tmp_path_factory.mktemp("charts")
    return ChartStore(cache, ROOT, engine, Repositories(cache))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Path, Path]:
    """Chart → a copy with its dependencies built by Helm, so that Helm itself can judge it."""
    library = load_library()
    copy = tmp_path_factory.mktemp("built")
    for folder in FOLDERS:
        shutil.copytree(folder, copy / folder.name)
    places = {chart: copy / chart.relative_to(ROOT) for chart in charts()}
    for place in places.values():
        library.dependency_build(str(place))
    return places


def references(node: object) -> Iterator[str]:
    """The names behind each `env:` in a file."""
    if isinstance(node, dict):
        if isinstance(node.get("env"), str):
            yield node["env"]
        for item in node.values():
            yield from references(item)
    if isinstance(node, list):
        for item in node:
            yield from references(item)


def variables(file: Path) -> set[str]:
    """The environment variables that an environment refers to, its layers included."""
    content = _read(file)
    layers = content.get("extends", [])
    below = (variables(file.parent / name) for name in ([layers] if isinstance(layers, str) else layers))
    return set(references(content)).union(*below)


def pod_specs(objects: tuple[JsonMap, ...]) -> Iterator[JsonMap]:
    for item in objects:
        if item["kind"] in WORKLOADS:
            yield as_map(dig(item, "spec", "template", "spec"))


def containers(objects: tuple[JsonMap, ...]) -> Iterator[JsonMap]:
    for spec in pod_specs(objects):
        found = spec["containers"]
        assert isinstance(found, list)
        yield from found


def objects_of(file: Path, store: ChartStore, engine: Engine) -> Iterator[tuple[Release, tuple[JsonMap, ...]]]:
    for release in attach_charts(loaded(file), store.fetch).releases:
        yield release, render(release, engine)


def named(objects: tuple[JsonMap, ...], kind: str, name: str) -> JsonMap:
    (found,) = (item for item in objects if item["kind"] == kind and text_at(item, "metadata", "name") == name)
    return found


def complaints(chart: Path, values: JsonMap) -> list[str]:
    """What `helm lint` says beyond its wishes, such as an icon; those are of severity 1."""
    report = load_library().lint(str(chart), dict(values))
    return [message["error"] for message in report["messages"] if message["severity"] > 1]


def test_there_is_something_to_test() -> None:
    """The searches above find the files: a moved folder must not make this module pass by testing nothing."""
    assert {relative(file) for file in environment_files()} >= {
        "environments/demo.yaml",
        "examples/shop/staging.yaml",
        "examples/shop/production.yaml",
    }
    assert len(installable_charts()) >= 5
    assert readmes()


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_each_environment_is_valid(file: Path) -> None:
    """With the variables that it refers to, and with nothing else that is set."""
    assert loaded(file).releases


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_an_environment_is_valid_from_its_own_folder_too(file: Path) -> None:
    """Where the user stands does not change what a file means."""
    found = load(file.name, inputs_of(file, file.parent, ENVIRON))
    assert [release.id for release in found.releases] == [release.id for release in loaded(file).releases]


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_each_missing_variable_is_named(file: Path) -> None:
    """Without any variable, one run tells the user all that it lacks."""
    with pytest.raises(DesiredStateErrors) as caught:
        load(relative(file), inputs_of(file, ROOT, {}))
    for name in variables(file):
        assert f"variable {name} is not set" in str(caught.value)


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_what_comes_from_a_variable_is_masked(file: Path) -> None:
    """Passwords, tokens and links, wherever they turn up; not an image's tag, since the file says so."""
    mask = loaded(file).mask
    shown = {name for name in variables(file) if ENVIRON[name] in mask.text(f"value: {ENVIRON[name]}.")}
    # A kubeconfig is no value of anything, so the mask of values does not know it.
    assert shown <= {"IMAGE_TAG", "KUBECONFIG_CONTENT", "RECONCILE_KUBECONFIG"}


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_each_release_renders(file: Path, store: ChartStore, engine: Engine) -> None:
    """Its chart accepts its values and makes objects that have kinds and names, each name once for a kind."""
    for release, objects in objects_of(file, store, engine):
        names = [
            (text_at(item, "apiVersion"), text_at(item, "kind"), text_at(item, "metadata", "name")) for item in objects
        ]
        assert names, release.id
        assert all(all(parts) for parts in names), release.id
        assert len(set(names)) == len(names), release.id


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_pods_pull_their_images_with_a_secret_that_the_environment_keeps(
    file: Path, store: ChartStore, engine: Engine
) -> None:
    """The name in the values is that of a pull secret in the same namespace."""
    kept = {(secret.id.namespace, secret.id.name) for secret in loaded(file).secrets if "docker" in secret.type}
    for release, objects in objects_of(file, store, engine):
        for spec in pod_specs(objects):
            assert spec["imagePullSecrets"] == [{"name": "registry"}]
            assert (release.id.namespace, "registry") in kept


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_every_container_is_modest(file: Path, store: ChartStore, engine: Engine) -> None:
    """It says what it needs, gains no rights, has an image with a tag, and is probed unless it ends by itself."""
    for release, objects in objects_of(file, store, engine):
        for container in containers(objects):
            assert dig(container, "resources", "requests", "cpu"), release.id
            assert dig(container, "resources", "limits", "memory"), release.id
            assert dig(container, "securityContext", "allowPrivilegeEscalation") is False, release.id
            assert re.search(r":[^:/]+$", text_at(container, "image")), release.id
            assert "readinessProbe" in container or container["name"] == "migration", release.id


def test_production_is_larger_than_staging(store: ChartStore, engine: Engine) -> None:
    """The layers do what the example shows: replicas, budget and ingress in production only, longer waiting there."""
    staging, production = (
        {release.id.name: (release, objects) for release, objects in objects_of(file, store, engine)}
        for file in (ROOT / "examples/shop/staging.yaml", ROOT / "examples/shop/production.yaml")
    )
    small, large = (environment["shop"][1] for environment in (staging, production))
    assert dig(named(small, "Deployment", "shop"), "spec", "replicas") == 1
    assert dig(named(large, "Deployment", "shop"), "spec", "replicas") == 3
    extra = {text_at(item, "kind") for item in large} - {text_at(item, "kind") for item in small}
    assert extra == {"PodDisruptionBudget", "Ingress"}
    waits = [environment["shop"][0].wait for environment in (staging, production)]
    assert [wait and wait.seconds for wait in waits] == [120, 300]
    assert {str(need) for need in staging["shop"][0].needs} == {
        "release shop-staging/cache",
        "release shop-staging/database",
    }


@pytest.mark.parametrize("chart", charts(), ids=relative)
def test_each_chart_lints_with_its_own_values(chart: Path, built: Mapping[Path, Path]) -> None:
    """`helm lint` has nothing to warn of."""
    assert complaints(built[chart], {}) == []


@pytest.mark.parametrize("file", environment_files(), ids=relative)
def test_each_chart_lints_with_the_values_of_each_release(
    file: Path, store: ChartStore, built: Mapping[Path, Path]
) -> None:
    """The same with what the environment gives it."""
    for release in attach_charts(loaded(file), store.fetch).releases:
        assert release.chart_ref.path is not None
        assert complaints(built[release.chart_ref.path], release.values) == [], release.id


@pytest.mark.parametrize("chart", installable_charts(), ids=relative)
def test_each_chart_renders_with_everything_switched_on(
    chart: Path, store: ChartStore, engine: Engine, built: Mapping[Path, Path]
) -> None:
    """Optional parts that no environment uses make objects that are YAML, too."""
    values = ALL_ON.get(chart.name, {})
    assert complaints(built[chart], values) == []
    found = store.fetch(ChartRef(chart, None, None, None, Location(relative(chart), 1, 1)))
    release = ReleaseId("main", "shop", "everything")
    rendered = engine.render(
        RenderRequest(release, found, values, upgrade=False, capabilities=None, cluster=None),
    )
    kinds = {item["kind"] for text in rendered.values() for item in yaml.safe_load_all(text) if item}
    assert kinds >= {"Service", *OPTIONAL.get(chart.name, ())}


@pytest.mark.parametrize(("chart", "values", "word"), REFUSED)
def test_each_chart_refuses_wrong_values(
    chart: str, values: dict[str, Any], word: str, built: Mapping[Path, Path]
) -> None:
    """The schema beside its values.yaml tells a typo or a wrong type, and where."""
    assert any(word in complaint for complaint in complaints(built[ROOT / chart], values))


@pytest.mark.parametrize("readme", readmes(), ids=relative)
def test_a_readme_names_the_variables_that_its_files_use(readme: Path) -> None:
    """All of them, and no others."""
    text = readme.read_text(encoding="utf-8")
    used = [variables(file) for file in environment_files() if file.parent == readme.parent]
    assert set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", text)) == set().union(*used)


@pytest.mark.parametrize("readme", readmes(), ids=relative)
def test_a_readme_names_files_that_exist(readme: Path) -> None:
    """The files of its commands, and the paths in its table."""
    text = readme.read_text(encoding="utf-8")
    commands = re.findall(r"^\$ (?:reconcile \w+ +-e )?(examples/\S+)", text, re.MULTILINE)
    assert commands
    assert [name for name in commands if not (ROOT / name).is_file()] == []
    cells = [
        cell for row in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for cell in re.findall(r"`([^`]+)`", row)
    ]
    paths = [cell for cell in cells if "." in cell or "/" in cell]
    assert paths
    assert [name for name in paths if not (readme.parent / name).exists()] == []


def test_the_database_link_may_come_from_an_encrypted_file(tmp_path: Path) -> None:
    """The README's layer works as it stands there: the variable is not needed then, and the link is masked."""
    shop = tmp_path / "shop"
    shutil.copytree(ROOT / "examples/shop", shop)
    content, layer = re.findall(r"```yaml\n(.*?)```", (shop / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    key = pyrage.x25519.Identity.generate()
    link = "postgres://shop:made-up-and-encrypted@database:5432/shop"
    text = content.replace("postgres://USER:PASSWORD@HOST:PORT/DATABASE", link)
    encrypt(text, shop / "secrets/staging.sops.yaml", str(key.to_public()))
    (shop / "mine.yaml").write_text(layer, encoding="utf-8")

    environ = {name: text for name, text in ENVIRON.items() if name != "DATABASE_URL"}
    environ |= {"SOPS_AGE_KEY": str(key), "HOME": str(tmp_path)}
    desired = load("mine.yaml", inputs_of(shop / "mine.yaml", shop, environ))

    (release,) = (release for release in desired.releases if release.id.name == "shop")
    found: Json = dig(release.values, "database", "url")
    assert found == link
    assert link not in desired.mask.text(f"url: {link}")


def encrypt(text: str, into: Path, recipient: str) -> None:
    into.parent.mkdir()
    into.write_text(text, encoding="utf-8")
    beside = Path(sys.executable).parent / "sops"
    program = str(beside) if beside.exists() else shutil.which("sops")
    assert program
    subprocess.run([program, "--encrypt", "--age", recipient, "--in-place", str(into)], check=True, capture_output=True)
    assert "made-up-and-encrypted" not in into.read_text(encoding="utf-8")
