"""Charts in container registries: on Debian's docker-registry, and together with the real `helm`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.adapters.http import Patience
from reconciler.adapters.registry import Credentials, Registry
from reconciler.errors import ChartError
from reconciler.model.json import as_map, text_at
from reconciler.model.oci import Descriptor
from reconciler.model.repository import PublishedChart, Pushed
from reconciler.model.secret import SecretText
from tests.registries import TestRegistry
from tests.servers import PASSWORD, USERNAME

from .conftest import Open

Dist = Callable[..., Path]


@pytest.fixture
def folder() -> str:
    """A folder of a registry that no other test uses."""
    return f"charts-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def url(registry: str, folder: str) -> str:
    """A repository in a private registry over plain HTTP."""
    return f"oci://{registry}/{folder}"


def test_a_chart_is_published_and_downloaded(
    tls_registry: TestRegistry, folder: str, opened: Open, dist: Dist, tmp_path: Path
) -> None:
    """Over TLS, by the authority that the repository names; the same bytes come back."""
    url = f"oci://{tls_registry.host}/{folder}"
    archive = dist()
    assert opened(url, ca_file=tls_registry.ca_file).push(archive, force=False) is Pushed.CREATED
    repository = opened(url, ca_file=tls_registry.ca_file)
    [chart] = repository.versions("api")
    assert repository.pull(chart, tmp_path / "out").read_bytes() == archive.read_bytes()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["api-1.0.0.tgz"]
    with pytest.raises(ChartError, match="certificate is not trusted"):
        opened(url, ca_file=None).versions("api")


def test_versions_are_its_tags(url: str, opened: Open, dist: Dist, registry: str, folder: str) -> None:
    """The newest first; `+` is written as `_`; a tag that is no version is passed over."""
    repository = opened(url)
    for version in ("1.9.0", "1.10.0", "1.10.0-rc.1", "1.10.0+build.7"):
        repository.push(dist(version=version), force=False)
    client = Registry(registry, Credentials(USERNAME, SecretText(PASSWORD)), plain_http=True)
    manifest = client.manifest(f"{folder}/api", "1.9.0")
    client.put_manifest(f"{folder}/api", "latest", manifest.media_type, manifest.content)
    found = [item.version for item in opened(url).versions("api")]
    assert sorted(found[:2]) == ["1.10.0", "1.10.0+build.7"]
    assert found[2:] == ["1.10.0-rc.1", "1.9.0"]


def test_a_build_version_comes_back(url: str, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """By its own name, not by that of its tag."""
    archive = dist(version="1.0.0+build.7")
    opened(url).push(archive, force=False)
    [chart] = opened(url).versions("api")
    assert opened(url).pull(chart, tmp_path).name == "api-1.0.0+build.7.tgz"


def test_the_same_again_changes_nothing(url: str, opened: Open, dist: Dist) -> None:
    """Other content is refused, unless it is forced."""
    archive = dist()
    opened(url).push(archive, force=False)
    assert opened(url).push(archive, force=False) is Pushed.UNCHANGED
    assert opened(url).push(archive, force=True) is Pushed.UNCHANGED
    other = dist(text="other")
    with pytest.raises(ChartError, match=r"api 1\.0\.0 is published with other content"):
        opened(url).push(other, force=False)
    assert opened(url).push(other, force=True) is Pushed.REPLACED
    assert opened(url).push(other, force=False) is Pushed.UNCHANGED


def test_a_signature_goes_along(url: str, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """As a layer of its own; a chart without one says so."""
    archive = dist()
    signature = archive.with_name(f"{archive.name}.prov")
    signature.write_text("-----BEGIN PGP SIGNED MESSAGE-----")
    opened(url).push(archive, force=False)
    opened(url).push(dist(version="2.0.0"), force=False)
    newer, older = opened(url).versions("api")
    assert opened(url).provenance(older, tmp_path).read_bytes() == signature.read_bytes()
    with pytest.raises(ChartError, match="published without a signature"):
        opened(url).provenance(newer, tmp_path)


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("api", "9.9.9", "no chart api 9.9.9"),
        ("other", "1.0.0", "no chart other 1.0.0"),
        ("API", "1.0.0", "no chart API"),
    ],
)
def test_what_is_not_there_is_said(
    name: str, version: str, message: str, url: str, opened: Open, dist: Dist, tmp_path: Path
) -> None:
    """With the repository's name."""
    opened(url).push(dist(), force=False)
    with pytest.raises(ChartError, match=f"from repository team|{message}") as caught:
        opened(url).pull(PublishedChart(name, version, None), tmp_path)
    assert message in caught.value.message
    with pytest.raises(ChartError, match="no chart none"):
        opened(url).versions("none")


def test_a_wrong_password_is_said_and_not_shown(url: str, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """For each of the operations."""
    wrong = opened(url, "wrong-password")
    chart = PublishedChart("api", "1.0.0", None)
    for act in (
        lambda: wrong.push(dist(), force=False),
        lambda: wrong.pull(chart, tmp_path),
        lambda: wrong.versions("api"),
    ):
        with pytest.raises(ChartError, match=r"repository team: .*(401|refused)") as caught:
            act()
        assert "wrong-password" not in str(caught.value)


def test_the_callers_digest_wins(url: str, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """A tag that was moved since it was reviewed is refused, before anything is downloaded."""
    archive = dist()
    opened(url).push(archive, force=False)
    good = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert opened(url).pull(PublishedChart("api", "1.0.0", good), tmp_path / "out").is_file()
    with pytest.raises(ChartError, match="published again"):
        opened(url).pull(PublishedChart("api", "1.0.0", "0" * 64), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_image_is_no_chart(url: str, opened: Open, tmp_path: Path, registry: str, folder: str) -> None:
    """What is there under the name may be something else."""
    client = Registry(registry, Credentials(USERNAME, SecretText(PASSWORD)), plain_http=True, patience=Patience())
    config = client.upload_blob(f"{folder}/api", b"{}")
    descriptor = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config.digest, "size": config.size}
    image = "application/vnd.oci.image.manifest.v1+json"
    content = json.dumps({"schemaVersion": 2, "mediaType": image, "config": descriptor, "layers": []}).encode()
    client.put_manifest(f"{folder}/api", "1.0.0", image, content)
    with pytest.raises(ChartError, match=r"is no chart, but application/vnd\.oci\.image\.config"):
        opened(url).pull(PublishedChart("api", "1.0.0", None), tmp_path)


class Helm:
    """The real program, logged in to the registry."""

    def __init__(self, program: Path, home: Path, registry: str) -> None:
        self._program = program
        self._environ = {name: str(home / name) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
        self("registry", "login", registry, "--plain-http", "-u", USERNAME, "--password-stdin", stdin=PASSWORD)

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [str(self._program), *arguments],
            input=stdin,
            env={"PATH": "/usr/bin:/bin", **self._environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def helm(helm_program: Path, registry: str, tmp_path: Path) -> Helm:
    return Helm(helm_program, tmp_path / "helm", registry)


def _manifest(registry: str, path: str, tag: str) -> dict[str, object]:
    client = Registry(registry, Credentials(USERNAME, SecretText(PASSWORD)), plain_http=True)
    found: dict[str, object] = json.loads(client.manifest(path, tag).content)
    return found


def test_helm_reads_what_we_publish(url: str, helm: Helm, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """`helm pull` and `helm show chart` find it, also with a `+` in its version."""
    (tmp_path / "out").mkdir()
    for version in ("1.0.0", "1.1.0+build.7"):
        archive = dist(version=version)
        opened(url).push(archive, force=False)
        helm("pull", f"{url}/api", "--version", version, "--plain-http", "--destination", str(tmp_path / "out"))
        assert (tmp_path / "out" / archive.name).read_bytes() == archive.read_bytes()
        assert f"version: {version}" in helm("show", "chart", f"{url}/api", "--version", version, "--plain-http")


def test_we_read_what_helm_publishes(url: str, helm: Helm, opened: Open, dist: Dist, tmp_path: Path) -> None:
    """And pushing the same archive again, by either of the two, changes nothing."""
    archive = dist(version="1.0.0+x")
    helm("push", str(archive), url, "--plain-http")
    [chart] = opened(url).versions("api")
    assert opened(url).pull(chart, tmp_path / "out").read_bytes() == archive.read_bytes()
    assert opened(url).push(archive, force=False) is Pushed.UNCHANGED


def test_the_manifest_is_helms(url: str, helm: Helm, opened: Open, dist: Dist, registry: str, folder: str) -> None:
    """All but the time, which would make each push of the same chart another manifest; the order of keys is ours."""
    packed = dist()
    opened(url).push(packed, force=False)
    ours = _manifest(registry, f"{folder}/api", "1.0.0")
    helm("push", str(packed), f"{url}/by-helm", "--plain-http")
    theirs = _manifest(registry, f"{folder}/by-helm/api", "1.0.0")
    annotations = theirs["annotations"]
    assert isinstance(annotations, dict)
    annotations.pop("org.opencontainers.image.created")
    assert ours["annotations"] == annotations
    assert ours["layers"] == theirs["layers"]
    assert _config(registry, f"{folder}/api", ours) == _config(registry, f"{folder}/by-helm/api", theirs)


def _config(registry: str, path: str, manifest: dict[str, object]) -> tuple[str, object]:
    """The media type of a chart's configuration, and what is in it."""
    described = as_map(manifest["config"])  # type: ignore[arg-type]  # it came as JSON
    size = described["size"]
    assert isinstance(size, int)
    found = Descriptor(text_at(described, "mediaType"), text_at(described, "digest"), size)
    client = Registry(registry, Credentials(USERNAME, SecretText(PASSWORD)), plain_http=True)
    return found.media_type, json.loads(client.blob(path, found))
