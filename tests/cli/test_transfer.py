"""`chart push`, `pull` and `list`, as a user runs them, against real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.adapters.helm.manager import load_library
from tests.adapters.charts.archives import chart
from tests.chartmuseum import ChartMuseum, run_chartmuseum
from tests.conftest import Run
from tests.registries import TestRegistry
from tests.servers import PASSWORD, USERNAME, index, serve

Cli = Callable[..., Run]


@pytest.fixture
def museum() -> Iterator[ChartMuseum]:
    with run_chartmuseum() as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Runs `reconcile chart` in the test's folder; `stdin` is what it reads."""

    def run(*arguments: str, stdin: str = "", **environ: str) -> Run:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("reconcile")), "chart", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environ},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """Packs the chart `api` of a version into the test's folder."""

    def pack(version: str = "1.0.0", text: str = "") -> Path:
        about = json.dumps({"apiVersion": "v2", "name": "api", "version": version, "appVersion": "7"})
        path = tmp_path / f"api-{version}.tgz"
        path.write_bytes(chart("api", {"Chart.yaml": about.encode(), "values.yaml": text.encode()}))
        return path

    return pack


def _environment(folder: Path, url: str, **more: str) -> None:
    repository = {"url": url, "username": USERNAME, "password": {"env": "TOKEN"}, **more}
    clusters = {"main": {"kubeconfig": {"env": "NOT_SET_HERE"}}}
    document = {"apiVersion": "reconciler/v1", "kind": "Environment", "name": "test", "clusters": clusters}
    (folder / "env.yaml").write_text(json.dumps({**document, "repositories": {"team": repository}}))


def test_by_address_and_password_from_stdin_or_a_variable(
    museum: ChartMuseum, cli: Cli, archive: Callable[..., Path], tmp_path: Path
) -> None:
    """Pushed, pushed again, refused, forced, listed, downloaded; the password is in no output."""
    given = {"RECONCILE_REPOSITORY_USERNAME": USERNAME, "RECONCILE_REPOSITORY_PASSWORD": PASSWORD}
    archive()
    runs = [
        cli("push", "api-1.0.0.tgz", museum.url, "--username", USERNAME, "--password-stdin", stdin=f"{PASSWORD}\n"),
        cli("push", "api-1.0.0.tgz", museum.url, **given),
    ]
    archive(text="other: true")
    runs += [
        cli("push", "api-1.0.0.tgz", museum.url, **given),
        cli("push", "api-1.0.0.tgz", museum.url, "--force", **given),
        cli("list", "api", "--repository", museum.url, **given),
        cli("pull", "api", "--repository", museum.url, "-d", "out", **given),
        cli("list", "api", "--repository", museum.url, "--username", USERNAME, "--password-stdin", stdin="wrong-one\n"),
    ]
    assert [run.code for run in runs] == [0, 0, 1, 0, 0, 0, 1], [run.text for run in runs]
    assert [run.out.strip().rpartition(": ")[2] for run in runs[:2]] == ["created", "unchanged"]
    assert "--force" in runs[2].err
    assert runs[3].out.endswith("replaced\n")
    assert [line.split()[:2] for line in runs[4].out.splitlines()] == [["VERSION", "APP"], ["1.0.0", "7"]]
    assert (tmp_path / "out/api-1.0.0.tgz").read_bytes() == (tmp_path / "api-1.0.0.tgz").read_bytes()
    printed = "".join(run.text for run in runs)
    assert PASSWORD not in printed
    assert "wrong-one" not in printed


def test_by_the_name_in_an_environment_file(
    tls_registry: TestRegistry, cli: Cli, archive: Callable[..., Path], tmp_path: Path
) -> None:
    """With its login and authority, and without any other secret of the file; the newest of a range is taken."""
    assert tls_registry.ca_file is not None
    (tmp_path / "ca.pem").write_text(tls_registry.ca_file.read_text())
    _environment(tmp_path, f"oci://{tls_registry.host}/transfer", caFile="ca.pem")
    for version in ("1.0.0", "1.2.0", "2.0.0"):
        pushed = cli("push", archive(version).name, "team", "-e", "env.yaml", TOKEN=PASSWORD)
        assert pushed.code == 0, pushed.text
    listed = cli("list", "team/api", "-e", "env.yaml", "-o", "json", TOKEN=PASSWORD)
    pulled = cli("pull", "team/api", "-e", "env.yaml", "--version", "^1.0", "--unpack", "-d", "out", TOKEN=PASSWORD)
    again = cli("pull", "team/api", "-e", "env.yaml", "--version", "^1.0", "--unpack", "-d", "out", TOKEN=PASSWORD)

    found = json.loads(listed.out)
    assert (found["repository"], found["chart"]) == ("team", "api")
    assert [item["version"] for item in found["versions"]] == ["2.0.0", "1.2.0", "1.0.0"]
    assert pulled.code == 0, pulled.text
    assert pulled.out == "out/api: api 1.2.0\n"
    assert sorted(path.name for path in (tmp_path / "out/api").iterdir()) == ["Chart.yaml", "values.yaml"]
    assert again.code == 1
    assert "exists" in again.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["api"]


@pytest.mark.parametrize("given", ["stdin", "variable"])
def test_a_password_that_is_no_text(given: str, tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are said to be none, wherever they come from, in any locale."""
    variable = {} if given == "stdin" else {"RECONCILE_REPOSITORY_PASSWORD": os.fsdecode(b"hush\xff")}
    for locale in ("C", "C.UTF-8"):
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("reconcile")), "chart", "list", "api", "--username", USERNAME),
                *("--repository", "http://127.0.0.1:9"),
                *(["--password-stdin"] if given == "stdin" else []),
            ],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": locale, **variable},
            input=b"hush\xff\n",
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (1, b"the password of the repository is no UTF-8 text\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "api"), "where is api?"),
        (("list", "team/api"), "with `-e FILE` it is a repository of that environment"),
        (("list", "other/api", "-e", "env.yaml"), 'there is no repository "other"'),
        (("list", "team/api", "-e", "env.yaml"), "the environment variable TOKEN is not set"),
        (("list", "api", "--repository", "ftp://example.com"), "the address of the repository is not valid"),
        (("list", "api", "--repository", "https://me:hush-hush@example.com"), "credentials do not go into `url`"),
        (
            ("list", "api", "--repository", "https://example.com", "--username", "me"),
            "go together; what is missing is the password: set RECONCILE_REPOSITORY_PASSWORD",
        ),
        (("list", "api", "--repository", "http://[::1"), "the address of the repository is not valid"),
        (("push", "none.tgz", "http://127.0.0.1:9"), "No such file"),
        (("push", "/dev/zero", "http://127.0.0.1:9"), "it is no file"),
        (("list", "team/api", "-e", "env.yaml", "--ca-file", "x"), "has its login and authority from env.yaml"),
        (("push", ".", "http://127.0.0.1:9"), "it is a folder\n  try: pack it first"),
        (("pull", "api", "--repository", "http://127.0.0.1:9"), "connection refused"),
        (("pull", "api", "--repository", "http://127.0.0.1:9", "--version", "new"), "connection refused"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], said: str, cli: Cli, tmp_path: Path) -> None:
    """In one message, with what to try; exit code 1, and no traceback."""
    _environment(tmp_path, "https://charts.example.com")
    done = cli(*arguments)
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err
    assert "hush-hush" not in done.err


@pytest.mark.parametrize("options", [(), ("--unpack",)], ids=["kept", "unpacked"])
def test_a_hostile_archive_leaves_nothing(options: tuple[str, ...], cli: Cli, tmp_path: Path) -> None:
    """Although the index names it with its right digest."""
    served = tmp_path / "served"
    served.mkdir()
    about = b'{"apiVersion": "v2", "name": "api", "version": "1.0.0"}'
    (served / "api-1.0.0.tgz").write_bytes(chart("api", {"Chart.yaml": about}))
    index(served, "")
    (served / "api-1.0.0.tgz").write_bytes(chart("api", {"Chart.yaml": about, "../../escaped": b"x"}))
    text = (served / "index.yaml").read_text()
    (served / "index.yaml").write_text("\n".join(line for line in text.splitlines() if "digest:" not in line))
    with serve(served, authenticated=False) as server:
        done = cli("pull", "api", "--repository", server.url, "-d", "out", *options)
    assert done.code == 1
    assert "leads out of the chart" in done.err
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "escaped").exists()


def test_another_archive_of_the_name_is_not_overwritten(
    museum: ChartMuseum, cli: Cli, archive: Callable[..., Path], tmp_path: Path
) -> None:
    """What is there may be wanted; the same content is no trouble."""
    museum.archives["api-1.0.0.tgz"] = archive().read_bytes()
    given = {"RECONCILE_REPOSITORY_USERNAME": USERNAME, "RECONCILE_REPOSITORY_PASSWORD": PASSWORD}
    assert cli("pull", "api", "--repository", museum.url, **given).code == 0
    mine = archive(text="mine: true").read_bytes()
    done = cli("pull", "api", "--repository", museum.url, **given)
    assert done.code == 1
    assert "is there already, with other content" in done.err
    assert (tmp_path / "api-1.0.0.tgz").read_bytes() == mine


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Keyrings: `public` and `secret` of one person, and `other` with the public key of somebody else."""
    made = {}
    for person, names in (("publisher", ("public", "secret")), ("stranger", ("other", "unused"))):
        # In /tmp itself: the path of gpg's sockets may not be long.
        home = tmp_path_factory.mktemp(person)
        home.chmod(0o700)
        gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        subprocess.run([*gpg, "--quick-generate-key", f"{person} <{person}@example.com>", "rsa2048"], check=True)
        for name, export in zip(names, ("--export", "--export-secret-keys"), strict=True):
            made[name] = home / f"{name}.gpg"
            made[name].write_bytes(subprocess.run([*gpg, export], check=True, capture_output=True).stdout)
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    return made


@pytest.mark.parametrize("engine", ["library", "program"])
def test_a_signature_is_verified(
    engine: str,
    keys: Mapping[str, Path],
    museum: ChartMuseum,
    cli: Cli,
    archive: Callable[..., Path],
    helm_program: Path,
    tmp_path: Path,
) -> None:
    """By a key of the keyring; unsigned, signed by somebody else, and signed for other content are refused."""
    options = {
        "RECONCILE_REPOSITORY_USERNAME": USERNAME,
        "RECONCILE_REPOSITORY_PASSWORD": PASSWORD,
        "RECONCILE_ENGINE": engine,
        "PATH": f"{helm_program.parent}:{os.environ['PATH']}",
    }
    cli("push", archive("1.0.0").name, museum.url, **options)
    load_library().chart.sign(archive("2.0.0"), key="publisher", keyring=keys["secret"])
    pushed = cli("push", "api-2.0.0.tgz", museum.url, **options)
    assert pushed.code == 0, pushed.text

    def pull(version: str, keyring: Path, folder: str) -> Run:
        place = ("pull", "api", "--repository", museum.url, "--version", version, "-d", folder)
        return cli(*place, "--verify", "--keyring", str(keyring), **options)

    good = pull("2.0.0", keys["public"], "good")
    bad = {
        "unsigned": pull("1.0.0", keys["public"], "unsigned"),
        "stranger": pull("2.0.0", keys["other"], "stranger"),
        "no keyring": pull("2.0.0", tmp_path / "none.gpg", "no keyring"),
    }
    museum.archives["api-2.0.0.tgz"] = archive("2.0.0", "tampered: true").read_bytes()
    bad["tampered"] = pull("2.0.0", keys["public"], "tampered")

    assert good.code == 0, good.text
    assert "signed by publisher <publisher@example.com>" in good.out
    assert [path.name for path in (tmp_path / "good").iterdir()] == ["api-2.0.0.tgz"]
    for name, done in bad.items():
        assert done.code == 1, name
        assert "cannot verify the signature" in done.err or "signature of chart api" in done.err or name == "no keyring"
        assert list((tmp_path / name).iterdir()) == [], name
