"""References to secrets → the secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from reconciler.desired.schema import Source
from reconciler.desired.sources import Sources
from reconciler.errors import DesiredStateError, Location
from tests.desired.project import Project

HERE = Location("env.yaml", 3, 5)
ENCRYPTED = """\
db:
  password: correct-horse
  port: 5432
  tls: true
  hosts: [a]
  empty:
tls.crt: a certificate
"""


@pytest.fixture(scope="module")
def identity() -> pyrage.x25519.Identity:
    """A key that exists for these tests."""
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def sources(project: Project, identity: pyrage.x25519.Identity) -> Sources:
    """A project with an encrypted file, and a few variables."""
    project.write({"secrets.yaml": ENCRYPTED})
    program = Path(sys.executable).with_name("sops")
    command = [str(program), "-e", "-i", "--age", str(identity.to_public()), str(project.root / "secrets.yaml")]
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
    environ = {"SOPS_AGE_KEY": str(identity), "SET": "correct-horse", "EMPTY": "", "BROKEN": "a\udcff"}
    return Sources(project.inputs(environ=environ))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"env": "SET"}, "correct-horse"),
        ({"sops": "secrets.yaml", "key": "db.password"}, "correct-horse"),
        ({"sops": "secrets.yaml", "key": "db.port"}, "5432"),
        ({"sops": "secrets.yaml", "key": "db.tls"}, "true"),
        ({"sops": "secrets.yaml", "key": r"tls\.crt"}, "a certificate"),
    ],
    ids=["variable", "encrypted text", "encrypted number", "encrypted truth", "key with a dot"],
)
def test_a_source_gives_its_text(sources: Sources, source: dict[str, str], text: str) -> None:
    """As a secret: only `reveal` shows it."""
    found = sources.text(Source.model_validate(source), HERE)
    assert found.reveal() == text
    assert text not in repr(found)


@pytest.mark.parametrize(
    ("content", "text"),
    [("x", "x"), ("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x ", " x "), ("a\r\nb\r\n", "a\r\nb"), ("", "")],
    ids=repr,
)
def test_one_line_end_at_the_end_of_a_file_is_dropped(
    sources: Sources, project: Project, content: str, text: str
) -> None:
    """Editors add it; all else is the secret."""
    project.write({"secret.txt": content})
    assert sources.text(Source.model_validate({"file": "secret.txt"}), HERE).reveal() == text


MISTAKES = {
    "unset variable": (
        {"env": "UNSET"},
        "the environment variable UNSET is not set",
        "export UNSET=… before running, or in CI",
    ),
    "empty variable": (
        {"env": "EMPTY"},
        "the environment variable EMPTY is empty",
        "export EMPTY=… before running, or in CI",
    ),
    "variable that is no text": ({"env": "BROKEN"}, "the environment variable BROKEN is no UTF-8 text", None),
    "variable with a null byte": (
        {"env": "A\0B"},
        "the environment variable A\0B is not set",
        "export A\0B=… before running, or in CI",
    ),
    "missing file": ({"file": "secret.yaml"}, "there is no secret.yaml", 'did you mean "secrets.yaml"?'),
    "missing encrypted file": (
        {"sops": "secret.yaml", "key": "a"},
        "there is no secret.yaml",
        'did you mean "secrets.yaml"?',
    ),
    "unknown key": (
        {"sops": "secrets.yaml", "key": "db.pasword"},
        'secrets.yaml has no key "db.pasword"',
        'did you mean "password"?',
    ),
    "unknown first key": (
        {"sops": "secrets.yaml", "key": "bd"},
        'secrets.yaml has no key "bd"',
        "known: db, tls.crt",
    ),
    "key below a text": (
        {"sops": "secrets.yaml", "key": "db.password.x"},
        'secrets.yaml has no key "db.password.x"',
        None,
    ),
    "list": ({"sops": "secrets.yaml", "key": "db.hosts"}, '"db.hosts" in secrets.yaml is no single value', None),
    "map": ({"sops": "secrets.yaml", "key": "db"}, '"db" in secrets.yaml is no single value', None),
    "null": ({"sops": "secrets.yaml", "key": "db.empty"}, '"db.empty" in secrets.yaml is no single value', None),
}


@pytest.mark.parametrize(("source", "message", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_what_a_source_lacks_is_named_at_its_place(
    sources: Sources, source: dict[str, str], message: str, hint: str | None
) -> None:
    """Names only, never a secret."""
    with pytest.raises(DesiredStateError) as caught:
        sources.text(Source.model_validate(source), HERE)
    assert (caught.value.message, caught.value.hint, caught.value.where) == (message, hint, HERE)
    assert "correct-horse" not in str(caught.value)
