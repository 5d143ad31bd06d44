"""What is particular to the program: what it is started with, and which versions it takes."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.helm import ENGINES, LibraryEngine, ProgramEngine, make_engine
from reconciler.adapters.helm.program import _yaml
from reconciler.errors import EngineError
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText
from tests.servers import PASSWORD

from .charts import HERE, read, repository, write_chart, writing

if TYPE_CHECKING:
    from pathlib import Path

KUBECONFIG = json.dumps(
    {
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": "s3cr3t-t0ken"}}],
        "contexts": [{"name": "ctx", "context": {"cluster": "c", "user": "u"}}],
    }
)

RECORDER = """#!{python}
import json, os, sys
if sys.argv[1] == "version":
    print("{version}")
    sys.exit()
files = [arg.split("=", 1)[1] for arg in sys.argv if arg.startswith("--kubeconfig=")]
record = {{"argv": sys.argv[1:], "stdin": sys.stdin.read(), "environ": dict(os.environ),
          "modes": [oct(os.stat(path).st_mode & 0o777) for path in files]}}
with open("{record}", "a") as file:
    file.write(json.dumps(record) + "\\n")
"""


def fake(folder: Path, version: str = "v4.3.1") -> Path:
    """A program that writes down how it was started."""
    program = folder / "helm"
    program.write_text(RECORDER.format(python=sys.executable, version=version, record=folder / "record"))
    program.chmod(0o755)
    return program


def test_secrets_come_by_stdin_and_private_files(tmp_path: Path) -> None:
    """No value, token or password is in an argument; Helm's settings of the user do not come in; files go."""
    environ = {"PATH": os.environ["PATH"], "HELM_NAMESPACE": "other", "HELM_KUBETOKEN": "x", "KUBECONFIG": "/y"}
    known = [repository("https://charts.example.com"), repository("oci://registry.example.com/x", name="images")]
    engine = ProgramEngine(fake(tmp_path), known, environ)
    chart = read(write_chart(tmp_path / "plain"), engine)
    access = ClusterAccess("main", SecretText(KUBECONFIG), "ctx", tmp_path, HERE)
    engine.install(writing(chart, access, "shop", {"password": "pa55word"}))
    needs = [{"name": "hello", "version": "1.0.0", "repository": item.url} for item in known]
    engine.build_dependencies(write_chart(tmp_path / "whole", dependencies=needs))
    text = (tmp_path / "record").read_text()
    [install, _build] = records = [json.loads(line) for line in text.splitlines()]
    arguments = json.dumps([record["argv"] for record in records])
    assert not any(secret in arguments for secret in ("pa55word", "s3cr3t-t0ken", PASSWORD))
    assert json.loads(install["stdin"]) == {"password": "pa55word"}
    assert install["modes"] == ["0o600"]
    assert "--kube-context=ctx" in install["argv"]
    assert not {"HELM_NAMESPACE", "HELM_KUBETOKEN", "KUBECONFIG"} & set(install["environ"])
    home = install["environ"]["HELM_CONFIG_HOME"]
    engine.close()
    assert not os.path.exists(os.path.dirname(home))  # noqa: PTH110, PTH120 (a path from JSON)


@pytest.mark.parametrize("version", ["v3.16.2", "2.1", ""])
def test_an_old_helm_is_refused(tmp_path: Path, version: str) -> None:
    """Its flags mean other things: the error names the version, the program and what is needed."""
    program = fake(tmp_path, version)
    engine = ProgramEngine(program, [], os.environ)
    with pytest.raises(EngineError, match=f"found helm .*{version}.* at {program}; the program engine needs v4"):
        engine.build_dependencies(write_chart(tmp_path / "whole"))


def test_a_program_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    """The error names the program."""
    engine = ProgramEngine(tmp_path / "none", [], os.environ)
    with pytest.raises(EngineError, match=r"cannot start .*none"):
        engine.build_dependencies(write_chart(tmp_path / "whole"))


def test_values_are_json_that_is_yaml() -> None:
    """Emoji stay whole (YAML reads no surrogate pairs); what YAML takes for a line break is escaped."""
    assert _yaml({"a": "🚀\u2028\x7f\x85"}) == '{"a": "🚀\\u2028\\u007f\\u0085"}'


def test_engines_by_name(tmp_path: Path) -> None:
    """`auto` is the library where it is installed; what is not there is an error with a way out."""
    assert isinstance(make_engine("auto", program=None, environ={}), LibraryEngine)
    assert isinstance(make_engine("program", program=tmp_path / "helm", environ={}), ProgramEngine)
    with pytest.raises(EngineError, match="no `helm` in PATH"):
        make_engine("program", program=None, environ={})
    with pytest.raises(EngineError, match="no engine 'helm3'") as caught:
        make_engine("helm3", program=None, environ={})
    assert all(name in str(caught.value.hint) for name in ENGINES)
