"""What of the Sync file holds anew while the daemon runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from reconciler.cli.wiring import make_inputs
from reconciler.daemon.config.load import load_sync
from reconciler.daemon.config.settings import AGE, Fresh, Settings
from reconciler.daemon.source.repository import git_source
from reconciler.errors import DesiredStateError
from reconciler.model.source import GitSource, TokenLogin

_FILE = """
apiVersion: reconciler/v1
kind: Sync
source: {git: {url: 'https://git.example.com/e.git', branch: main, token: {file: token}}, environments: '*.yaml'}
"""


@dataclass
class Clock:
    """Tells what a test sets."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def write(folder: Path, more: str = "") -> Settings:
    """Settings of a file that can be written again."""
    path = folder / "sync.yaml"
    path.write_text(_FILE + more)
    read = partial(load_sync, str(path), make_inputs(path))
    return Settings(read().spec, read)


def facts(caplog: pytest.LogCaptureFixture) -> list[Mapping[str, object]]:
    """What the log has told beside the words."""
    return [getattr(record, "facts", {}) for record in caplog.records if record.levelname != "INFO"]


def test_how_environments_are_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What the file says then holds at once, also where it says no more than before the daemon began."""
    settings = write(tmp_path, "poll: 1m\ndefaults: {interval: 5m}\nenvironments: {shop: {suspend: true}}\n")
    assert (settings.polling().interval, settings.keep("shop").interval, settings.keep("shop").suspend) == (
        60,
        300,
        True,
    )
    write(tmp_path, "poll: 2m\ndefaults: {dryRun: true, workers: 2}\nenvironments: {shop: {workers: 3}}\n")
    settings.read_anew()
    shop, bank = settings.keep("shop"), settings.keep("bank")
    assert settings.polling().interval == 120
    assert (shop.dry_run, shop.workers, shop.suspend, shop.interval) == (True, 3, False, 600)
    assert (bank.dry_run, bank.workers) == (True, 2)
    assert facts(caplog) == []


@pytest.mark.parametrize("mistake", ["defaults: {intervall: 1m}\n", "poll: soon\n", "server: [\n", "\tx\n"])
def test_a_file_with_mistakes(tmp_path: Path, caplog: pytest.LogCaptureFixture, mistake: str) -> None:
    """Holds as it was, and each mistake is told with its place."""
    settings = write(tmp_path, "poll: 1m\ndefaults: {workers: 7}\n")
    write(tmp_path)
    (tmp_path / "sync.yaml").write_text(_FILE + "defaults: {workers: 9}\n" * mistake.startswith("poll") + mistake)
    settings.read_anew()
    assert (settings.polling().interval, settings.keep("shop").workers) == (60, 7)
    (told,) = facts(caplog)
    assert "sync.yaml:5:" in str(told["errors"]) or "sync.yaml:6:" in str(told["errors"])


def test_a_file_that_is_gone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is no reason to end, or to forget."""
    settings = write(tmp_path, "poll: 1m\n")
    (tmp_path / "sync.yaml").unlink()
    settings.read_anew()
    assert settings.polling().interval == 60
    assert "sync.yaml" in str(facts(caplog))


def test_what_needs_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is named, and all else of the file holds."""
    settings = write(tmp_path)
    write(tmp_path, "poll: 2m\nruns: 3\nserver: {listen: '0.0.0.0:80'}\n")
    settings.read_anew()
    assert settings.polling().interval == 120
    assert facts(caplog) == [{"keys": ["runs", "server"]}]


def token(source: GitSource) -> str:
    """Of its login."""
    assert isinstance(source.login, TokenLogin)
    return source.login.token.reveal()


def test_a_token_that_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is read again in ten seconds; while its file is gone, the last one holds, which is told once."""
    (tmp_path / "token").write_text("one\n")
    (tmp_path / "sync.yaml").write_text(_FILE)
    file, clock = load_sync(str(tmp_path / "sync.yaml"), make_inputs(tmp_path / "sync.yaml")), Clock()
    source = Fresh("source", partial(git_source, file), clock)
    (tmp_path / "token").write_text("two\n")
    assert token(source()) == "one"
    clock.now += AGE
    assert token(source()) == "two"
    (tmp_path / "token").unlink()
    for _ in range(3):
        clock.now += AGE
        assert token(source()) == "two"
    assert [told["of"] for told in facts(caplog)] == ["source"]
    (tmp_path / "token").write_text("three\n")
    clock.now += AGE
    assert token(source()) == "three"
    assert "two" not in caplog.text


def test_a_token_that_is_not_there(tmp_path: Path) -> None:
    """Keeps the daemon from starting: nobody would see it later on."""
    path = tmp_path / "sync.yaml"
    path.write_text(_FILE)
    with pytest.raises(DesiredStateError, match="token"):
        Fresh("source", partial(git_source, load_sync(str(path), make_inputs(path))), Clock())
