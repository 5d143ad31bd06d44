"""Real SOPS files, encrypted for a throw-away key."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from reconciler.adapters.sops import Sops
from reconciler.errors import DesiredStateError, Location
from reconciler.model.json import Json

HERE = Location("env.yaml", 3, 5)
Encrypt = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def identity() -> pyrage.x25519.Identity:
    """A key that exists for these tests."""
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def encrypt(identity: pyrage.x25519.Identity, tmp_path: Path) -> Encrypt:
    """Writes a file and encrypts it in place."""

    def run(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        program = Path(sys.executable).with_name("sops")
        command = [str(program), "--encrypt", "--in-place", "--age", str(identity.to_public()), str(path)]
        subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
        return path

    return run


@pytest.fixture
def sops(identity: pyrage.x25519.Identity) -> Sops:
    """Somebody who has the key."""
    return Sops({"SOPS_AGE_KEY": str(identity), "PATH": os.environ["PATH"]})


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        (
            "a.yaml",
            "db:\n  password: correct-hörse\n  port: 5432\n",
            {"db": {"password": "correct-hörse", "port": 5432}},
        ),
        ("a.json", '{"db": {"password": "x\\ny"}}', {"db": {"password": "x\ny"}}),
        ("a.env", "PASSWORD=correct-horse\n", {"PASSWORD": "correct-horse"}),
        ("a.yaml", "key: |\n  -----BEGIN-----\n  abc\n", {"key": "-----BEGIN-----\nabc\n"}),
    ],
    ids=["YAML", "JSON", "dotenv", "several lines"],
)
def test_an_encrypted_file_is_opened(encrypt: Encrypt, sops: Sops, name: str, text: str, values: Json) -> None:
    """Whatever its format; nothing of the text is in the file."""
    path = encrypt(name, text)
    assert "correct-h" not in path.read_text()
    assert sops.decrypt(path, HERE) == values


def test_a_key_may_come_from_a_file(encrypt: Encrypt, identity: pyrage.x25519.Identity, tmp_path: Path) -> None:
    """As sops itself finds it."""
    path = encrypt("a.yaml", "a: b\n")
    (tmp_path / "key").write_text(str(identity))
    opened = Sops({"SOPS_AGE_KEY_FILE": str(tmp_path / "key"), "PATH": os.environ["PATH"]}).decrypt(path, HERE)
    assert opened == {"a": "b"}


@pytest.mark.parametrize("key", [None, str(pyrage.x25519.Identity.generate()), "nonsense"], ids=["no", "wrong", "bad"])
def test_without_the_right_key_the_error_says_what_to_set(encrypt: Encrypt, tmp_path: Path, key: str | None) -> None:
    """At the reference's place; the key given is not repeated."""
    path = encrypt("a.yaml", "a: correct-horse\n")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with pytest.raises(DesiredStateError) as caught:
        Sops({**environ, "SOPS_AGE_KEY": key} if key else environ).decrypt(path, HERE)
    message = str(caught.value)
    assert message.startswith("env.yaml:3:5: sops cannot open a.yaml: ")
    assert "try: set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE" in message
    assert not (key and key in message)


@pytest.mark.parametrize(
    ("name", "content"), [("plain.yaml", b"a: b\n"), ("broken.json", b"{"), ("binary.yaml", b"\xff\x00")], ids=str
)
def test_a_file_that_is_not_encrypted_is_an_error(sops: Sops, tmp_path: Path, name: str, content: bytes) -> None:
    """A secret in clear text is a mistake, not a convenience."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DesiredStateError, match=f"sops cannot open {name}: "):
        sops.decrypt(tmp_path / name, HERE)
