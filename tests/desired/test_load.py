"""Loading as a whole: many releases, secrets end to end, and any garbage."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pyrage
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.adapters.credential_helpers import CredentialPrograms
from reconciler.adapters.files import Files
from reconciler.adapters.sops import Sops
from reconciler.desired.load import load
from reconciler.errors import Location, ReconcilerError
from reconciler.model.inputs import Inputs
from reconciler.model.json import Json
from tests.desired.project import ENVIRON, HEAD, Project


class CountingFiles(Files):
    """The real files, counting how often each is read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, root, root)
        self.reads: Counter[str] = Counter()

    def text(self, path: Path, where: Location | None) -> str:
        """See Files."""
        self.reads[self.shown(path)] += 1
        return super().text(path, where)


class CountingSops(Sops):
    """The real sops, counting how often it is run."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ)
        self.runs: Counter[str] = Counter()

    def decrypt(self, path: Path, where: Location) -> Json:
        """See Sops."""
        self.runs[path.name] += 1
        return super().decrypt(path, where)


def test_each_values_file_is_read_once_for_500_releases(project: Project, chart: Mapping[str, str]) -> None:
    """However many releases use it: the time to load does not multiply."""
    lines = "".join(
        f"  r{i}: {{chart: ./chart, values: [values/common.yaml, values/group{i % 5}.yaml, {{index: {i}}}]}}\n"
        for i in range(500)
    )
    project.write(
        {
            **chart,
            "values/common.yaml": "replicaCount: 2\n",
            **{f"values/group{i}.yaml": f"group: {i}\n" for i in range(5)},
            "env.yaml": HEAD
            + "namespaces: {shop: {}}\ndefaults: {namespace: shop, values: [values/all.yaml]}\nreleases:\n"
            + lines,
            "values/all.yaml": "all: true\n",
        }
    )
    files = CountingFiles(project.root)
    desired = load("env.yaml", Inputs(files, Sops(ENVIRON), ENVIRON, CredentialPrograms(ENVIRON)))
    assert len(desired.releases) == 500
    assert desired.releases[7].values == {"all": True, "replicaCount": 2, "group": 2, "index": 7}
    expected = ["env.yaml", "values/all.yaml", "values/common.yaml", *(f"values/group{i}.yaml" for i in range(5))]
    assert files.reads == Counter(expected)


def test_an_encrypted_file_is_opened_once_and_its_texts_are_masked(project: Project) -> None:
    """A real SOPS file, referred to by a secret and by a value; a mistake in a reference does not show its content."""
    identity = pyrage.x25519.Identity.generate()
    project.write({"secrets/all.enc.yaml": "db: {password: correct-horse, user: somebody}\n"})
    program = Path(sys.executable).with_name("sops")
    command = [str(program), "-e", "-i", "--age", str(identity.to_public()), str(project.root / "secrets/all.enc.yaml")]
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
    text = HEAD + (
        "namespaces: {shop: {}}\n"
        "secrets:\n"
        "  db:\n"
        "    type: Opaque\n"
        "    namespaces: [shop]\n"
        "    data:\n"
        "      password: {sops: secrets/all.enc.yaml, key: db.password}\n"
        "      user: {sops: secrets/all.enc.yaml, key: db.user}\n"
    )
    environ = {**ENVIRON, "SOPS_AGE_KEY": str(identity), "PATH": os.environ["PATH"]}
    project.write({"env.yaml": text})
    sops = CountingSops(environ)
    desired = load("env.yaml", Inputs(CountingFiles(project.root), sops, environ, CredentialPrograms(environ)))
    assert sops.runs == Counter({"all.enc.yaml": 1})
    assert desired.secrets[0].data["password"].reveal() == "correct-horse"
    assert desired.mask.text("login somebody:correct-horse") == "login ••••••:••••••"
    wrong = text.replace("key: db.user", "key: db.usr")
    assert project.mistakes(wrong, environ=environ) == [
        'env.yaml:12:7: secrets/all.enc.yaml has no key "db.usr"',
        '  try: did you mean "user"?',
    ]
    without_key = project.mistakes(text, environ={"KUBE": "x", "HOME": str(project.root)})
    assert without_key[0].startswith("env.yaml:11:7: sops cannot open all.enc.yaml: ")
    assert "correct-horse" not in "\n".join(without_key)


def test_a_load_does_not_depend_on_where_the_user_stands(project: Project, chart: Mapping[str, str]) -> None:
    """All paths are read from the file that holds them."""
    below = {f"deploy/{name}": text for name, text in chart.items()}
    text = HEAD + "namespaces: {a: {}}\nreleases: {web: {chart: ./chart, namespace: a, values: [v.yaml]}}\n"
    project.write({**below, "deploy/env.yaml": text, "deploy/v.yaml": "a: 1\n", ".git/config": ""})
    from_above = project.load(environment="deploy/env.yaml")
    inside = Project(project.root / "deploy")
    from_inside = inside.load(environment="env.yaml")
    inside.close()
    assert from_above.releases[0].values == from_inside.releases[0].values == {"a": 1}
    assert from_above.releases[0].chart_ref.path == from_inside.releases[0].chart_ref.path
    assert from_above.root == from_inside.root == project.root


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"---", b"{", b"\t"], ids=repr)
@pytest.mark.parametrize("role", ["env.yaml", "base.yaml", "values.yaml"])
def test_broken_bytes_in_any_file_are_an_error(project: Project, role: str, content: bytes) -> None:
    """An environment, a layer of it, or a values file: a message, never a traceback."""
    files: dict[str, str | bytes] = {
        "env.yaml": "extends: base.yaml\nnamespaces: {a: {}}\n"
        "releases: {x: {chart: ./chart, namespace: a, values: [values.yaml]}}\n",
        "base.yaml": HEAD,
        "values.yaml": "a: 1\n",
        "chart/Chart.yaml": "name: c\nversion: 1.0.0\n",
    }
    project.write({**files, role: content})
    empty = content in (b"", b"\xef\xbb\xbf", b"---")
    found = project.mistakes()
    assert found == [] if empty and role == "values.yaml" else found


def _only_our_errors(project: Project, content: bytes) -> None:
    project.write({"env.yaml": content})
    with suppress(ReconcilerError):
        project.load()


QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@QUIET
@given(content=st.binary(max_size=200))
@example(content=b"!!null '': 1")
@example(content=b"a: " + b"1" * 5000)
def test_any_bytes_are_an_error_or_an_environment(project: Project, content: bytes) -> None:
    """Loading raises nothing but errors of the project's tree."""
    _only_our_errors(project, content)


# Pieces that make files which go further than the YAML reader.
WORDS = (
    "clusters",
    "repositories",
    "namespaces",
    "secrets",
    "releases",
    "defaults",
    "extends",
    "name",
    "cluster",
    "namespace",
    "manage",
    "labels",
    "type",
    "data",
    "registries",
    "namespaces",
    "chart",
    "version",
    "needs",
    "values",
    "valuesFrom",
    "replicas",
    "wait",
    "history",
    "env",
    "file",
    "sops",
    "key",
    "secret",
    "kubeconfig",
    "url",
    "username",
    "password",
    "inCluster",
    "pullSecrets",
    "shop",
    "main",
    "api",
    "Opaque",
    "dockerconfigjson",
    "KUBE",
    "TOKEN",
    "./env.yaml",
)
SCALARS = st.sampled_from([*WORDS, "", "5m", "a.b", "../x", "/etc/passwd", "a\0b", "~", "<<", "é" * 300]) | st.none()
VALUES = st.recursive(
    SCALARS | st.booleans() | st.integers() | st.floats(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=12,
)
SECTIONS = ("clusters", "repositories", "namespaces", "secrets", "releases", "defaults", "extends", "name")
ENTRIES = st.dictionaries(
    st.sampled_from(SECTIONS),
    st.dictionaries(st.sampled_from(["shop", "main", "api", "A b"]), VALUES, max_size=3) | VALUES,
    max_size=4,
)


@settings(QUIET, max_examples=300)
@given(content=ENTRIES)
def test_any_shape_is_an_error_or_an_environment(project: Project, content: dict[str, object]) -> None:
    """Files of the right words in the wrong places: each fault is a message."""
    import yaml  # noqa: PLC0415 - only to write the examples

    start = {
        "apiVersion": "reconciler/v1",
        "kind": "Environment",
        "name": "t",
        "clusters": {"main": {"kubeconfig": {"env": "KUBE"}}},
    }
    _only_our_errors(project, yaml.safe_dump({**start, **content}, allow_unicode=True).encode())
