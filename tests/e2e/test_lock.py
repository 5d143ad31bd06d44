"""What was reviewed is what is applied: ranges, the lock file, and `reconcile update`, on a real cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.adapters.helm.manager import load_library
from tests.conftest import Run
from tests.e2e.conftest import CONFIG_MAP, Project
from tests.servers import PASSWORD, USERNAME, index, serve

pytestmark = pytest.mark.e2e


def _publish(project: Project, version: str, text: str = "") -> Path:
    """Publish a chart `config`; other text under the same version replaces it. Returns the repository's folder."""
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, f"text: from {version} {text}\n", version)
    shelf = project.folder / "shelf"
    load_library().package(project.folder / "charts/config", destination=shelf)
    index(shelf, "")
    return shelf


def _environment(project: Project, url: str) -> None:
    project.environment(f"""
        repositories:
          team: {{url: "{url}", username: {USERNAME}, password: {{env: TOKEN}}}}
        releases: {{app: {{chart: team/config, version: ^1.0}}}}
    """)


def _run(project: Project, command: str, *options: str) -> Run:
    return project(command, *options, TOKEN=PASSWORD, XDG_CACHE_HOME=str(project.folder / "cache"))


def test_a_locked_range_moves_only_by_an_update(project: Project) -> None:
    """A new version changes nothing until the lock is moved; then it is an upgrade that says both versions."""
    with serve(_publish(project, "1.0.0"), authenticated=True) as server:
        _environment(project, server.url)
        assert _run(project, "update").code == 0
        assert _run(project, "apply", "--locked").code == 0
        _publish(project, "1.1.0")
        still = _run(project, "plan", "--locked")
        moved = _run(project, "update")
        planned = _run(project, "plan", "--locked")
    assert still.code == 0, still.text
    assert "1.0.0 → 1.1.0" in moved.out
    assert planned.code == 2, planned.text
    assert "chart 1.0.0 → 1.1.0" in planned.out


def test_with_a_lock_and_a_kept_archive_no_repository_is_asked(project: Project) -> None:
    """The repository is down, and a plan of what is applied works, and changes nothing."""
    with serve(_publish(project, "1.0.0"), authenticated=True) as server:
        _environment(project, server.url)
        assert _run(project, "update").code == 0
        assert _run(project, "apply").code == 0
        before = len(server.seen)
        assert _run(project, "plan").code == 0
        assert len(server.seen) == before
    down = _run(project, "plan")
    assert down.code == 0, down.text


def test_what_is_published_again_is_refused(project: Project) -> None:
    """Other content under a locked version is neither planned nor applied; the error names both digests' owner."""
    with serve(_publish(project, "1.0.0"), authenticated=True) as server:
        _environment(project, server.url)
        assert _run(project, "update").code == 0
        _publish(project, "1.0.0", "tampered")
        shutil.rmtree(project.folder / "cache")
        planned, applied = _run(project, "plan"), _run(project, "apply")
        check = _run(project, "update", "--check")
    for done in (planned, applied):
        assert done.code == 1, done.text
        assert done.err.startswith("env.yaml:")
        assert "config 1.0.0 is published with the sha256" in done.err
    assert check.code == 2
    assert "has other content now" in check.out


def test_a_range_without_a_lock_is_said(project: Project) -> None:
    """A plan goes on with the newest and warns; with --locked, as in CI, it is an error at the chart's line."""
    with serve(_publish(project, "1.0.0"), authenticated=True) as server:
        _environment(project, server.url)
        warned, refused = _run(project, "plan"), _run(project, "plan", "--locked")
    assert warned.code == 2
    assert "not locked" in warned.out
    assert "reconcile update" in warned.out
    assert refused.code == 1
    assert refused.err.startswith("env.yaml:")
    assert "is not locked" in refused.err


def test_a_plan_pins_version_and_digest(project: Project) -> None:
    """The document of a plan names the archive that an apply would use."""
    with serve(_publish(project, "1.0.0"), authenticated=True) as server:
        _environment(project, server.url)
        assert _run(project, "update").code == 0
        document = project.document("plan", TOKEN=PASSWORD, XDG_CACHE_HOME=str(project.folder / "cache"))
    locked = (project.folder / "env.lock").read_text()
    (chart,) = [action["chart"] for action in document["actions"] if action["target"]["kind"] == "release"]
    assert (chart["name"], chart["version"]) == ("config", "1.0.0")
    assert chart["digest"].removeprefix("sha256:") in locked
