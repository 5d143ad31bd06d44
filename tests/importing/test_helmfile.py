"""Helmfiles of all shapes, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from reconciler.cli.wiring import make_inputs
from reconciler.errors import DesiredStateErrors
from reconciler.flows.import_helmfile import HelmfileImport, import_helmfile
from reconciler.model.importing import Imported

CHART = "chart: ./charts/api"
FILES = {
    "charts/api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n",
    "values/api.yaml": "a: 1\n",
    "secrets/api.yaml": dedent("""
        db: {password: "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", port: "ENC[AES256_GCM,data:x,iv:y,tag:z,type:int]"}
        hosts: ["ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]"]
        sops: {version: 3.9.0}
    """),
    "env/prod.yaml": "redis: {enabled: false}\n",
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a helmfile's text; gives what was found, and the file."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def run(text: str, selected: str = "default", file: str = "helmfile.yaml") -> tuple[Imported, dict[str, Any]]:
        (tmp_path / file).write_text(dedent(text))
        access = {"kubeconfig": {"env": "KC"}}
        found = import_helmfile(
            HelmfileImport(file, selected, "live", Path("envs"), "main", access), make_inputs(Path(file))
        )
        return found, yaml.safe_load(found.files["live.yaml"])

    return run


def release(run: Any, text: str) -> dict[str, Any]:
    """The one release, whose chart and namespace are given."""
    found, file = run(f"releases:\n- {{name: api, namespace: shop, chart: ./charts/api, {text}}}\n")
    assert not found.notes
    entry: dict[str, Any] = file["releases"]["api"]
    assert (entry.pop("chart"), entry.pop("namespace")) == ("../charts/api", "shop")
    return entry


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: ~1.2", {"version": "~1.2"}),
        ("wait: true", {"wait": "300s"}),
        ("wait: true, timeout: 60", {"wait": "60s"}),
        ("timeout: 60", {}),
        ("atomic: true", {"wait": "300s", "onFailure": {"install": "uninstall", "upgrade": "rollback"}}),
        ("historyMax: 3", {"history": 3}),
        ("labels: {tier: web}", {"labels": {"tier": "web"}}),
        ("labels: {tier: 1, rate: 1.10, live: true}", {"labels": {"tier": "1", "rate": "1.10", "live": "true"}}),
        ("values: [values/api.yaml, {b: {c: [1]}}]", {"values": ["../values/api.yaml", {"b": {"c": [1]}}]}),
        (
            'set: [{name: image.tag, value: "1.10"}, {name: n, value: 3}]',
            {"values": [{"image": {"tag": "1.10"}, "n": 3}]},
        ),
        ("set: [{name: on, value: true}, {name: gone, value: null}]", {"values": [{"on": True, "gone": None}]}),
        ("set: [{name: a, value: 'no'}, {name: b, value: '010'}]", {"values": [{"a": "no", "b": "010"}]}),
        ("set: [{name: a, value: '-5'}, {name: b, value: '1.5'}]", {"values": [{"a": -5, "b": "1.5"}]}),
        ("set: [{name: a, value: '0'}, {name: b, value: 'TRUE'}]", {"values": [{"a": 0, "b": True}]}),
        ('setString: [{name: n, value: "3"}]', {"values": [{"n": "3"}]}),
        ("set: [{name: hosts, values: [a, b]}]", {"values": [{"hosts": ["a", "b"]}]}),
        ('set: [{name: "a\\\\.b.c", value: x}]', {"values": [{"a.b": {"c": "x"}}]}),
        (
            "set: [{name: ca, file: values/api.yaml}]",
            {"valuesFrom": {"ca": {"file": "../values/api.yaml", "sensitive": False}}},
        ),
        ("force: false, hooks: [], verify: false", {}),
        ("installed: true", {}),
    ],
)
def test_what_a_release_becomes(run: Any, text: str, expected: dict[str, Any]) -> None:
    """Each key by its meaning in helmfile and helm; what says nothing is left away."""
    assert release(run, text) == expected


def test_repositories(run: Any) -> None:
    """Registries are oci://; a password never goes from one file to the other."""
    found, file = run("""
        repositories:
        - {name: team, url: "https://charts.example.com/x/", username: ci, password: hunter2-in-the-file}
        - {name: reg, url: registry.example.com/charts, oci: true}
        releases:
        - {name: a, chart: team/a, version: 1.0.0}
        - {name: b, chart: reg/b}
        - {name: c, chart: "oci://registry.example.com/x/c"}
    """)
    assert file["repositories"] == {
        "team": {"url": "https://charts.example.com/x", "username": "ci", "password": {"env": "TEAM_PASSWORD"}},
        "reg": {"url": "oci://registry.example.com/charts"},
    }
    assert [file["releases"][name]["chart"] for name in "abc"] == ["team/a", "reg/b", "oci://registry.example.com/x/c"]
    assert file["namespaces"] == {"default": {"manage": False}}
    assert b"hunter2" not in found.files["live.yaml"]
    assert dict(found.variables) == {"TEAM_PASSWORD": "the password of repository team"}


def test_defaults_needs_and_contexts(run: Any) -> None:
    """helmDefaults hold unless a release says otherwise; needs are by namespace and context."""
    _, file = run("""
        helmDefaults: {kubeContext: east, wait: true, createNamespace: false}
        commonLabels: {team: shop}
        ---
        releases:
        - {name: db, namespace: data, chart: ./charts/api, wait: false}
        - {name: api, namespace: shop, chart: ./charts/api, needs: [data/db], createNamespace: true}
        - {name: api, namespace: shop, chart: ./charts/api, kubeContext: west, needs: [east/data/db]}
    """)
    assert file["clusters"] == {name: {"kubeconfig": {"env": "KC"}, "context": name} for name in ("east", "west")}
    assert file["namespaces"] == {
        "east-data": {"name": "data", "cluster": "east", "manage": False},
        "east-shop": {"name": "shop", "cluster": "east"},
        "west-shop": {"name": "shop", "cluster": "west", "manage": False},
    }
    labels = {"team": "shop"}
    local = {"chart": "../charts/api", "labels": labels}
    assert file["releases"] == {
        "db": {**local, "cluster": "east", "namespace": "east-data"},
        "shop-api": {
            **local,
            "name": "api",
            "cluster": "east",
            "namespace": "east-shop",
            "needs": ["db"],
            "wait": "300s",
        },
        "shop-api-2": {
            **local,
            "name": "api",
            "cluster": "west",
            "namespace": "west-shop",
            "needs": ["db"],
            "wait": "300s",
        },
    }


@pytest.mark.parametrize(("selected", "names"), [("default", ["redis", "api"]), ("prod", ["api"])])
def test_conditions_are_those_of_the_chosen_environment(run: Any, selected: str, names: list[str]) -> None:
    """By its values, in the file or in files of their own; what is off is told."""
    found, file = run(
        """
        environments: {default: {values: [{redis: {enabled: true}}]}, prod: {values: [env/prod.yaml]}}
        releases:
        - {name: redis, chart: ./charts/api, condition: redis.enabled}
        - {name: api, chart: ./charts/api}
        """,
        selected,
    )
    assert list(file["releases"]) == names
    assert [note.left_out for note in found.notes] == [True] * (2 - len(names))


def test_secrets_stay_encrypted(run: Any) -> None:
    """Each text becomes a reference into the SOPS file; what cannot be one is told at its place."""
    found, file = run("releases: [{name: api, chart: ./charts/api, secrets: [secrets/api.yaml]}]")
    assert file["releases"]["api"]["valuesFrom"] == {
        path: {"sops": "../secrets/api.yaml", "key": path} for path in ("db.password", "db.port")
    }
    assert [(str(note.where), note.left_out) for note in found.notes] == [
        ("secrets/api.yaml:2:68", False),
        ("secrets/api.yaml:3:8", True),
    ]


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("hooks: [{events: [presync]}]\nreleases: []", "1:1", "`hooks` is not imported"),
        ("bases: [a.yaml]\nreleases: []", "1:1", "`bases` is not imported"),
        ("helmfiles: [a.yaml]\nreleases: []", "1:1", "`helmfiles` is not imported"),
        ("releases: [{name: a, chart: ./charts/api, jsonPatches: [{}]}]", "1:43", "`jsonPatches` is not imported"),
        ("releases: [{name: a, chart: ./charts/api, installed: false}]", "1:43", "`installed: false`"),
        ("releases: [{name: a, chart: ./charts/api, needs: [x/y]}]", "1:51", "it needs x/y"),
        ("releases: [{name: a, chart: ./charts/api, historyMax: 0}]", "1:43", "a history without an end"),
        ("releases: [{name: a, chart: ./charts/api, labels: {cluster: x}}]", "1:52", "cluster is no label"),
        ("releases: [{name: a, chart: ./charts/api, labels: {a b: x}}]", "1:52", "a b: a label is made of"),
        ("releases: [{name: a, chart: ./charts/api, labels: {tier: ~}}]", "1:52", "tier: a label is made of"),
        ("releases: [{name: a, chart: ./charts/api, labels: {tier: [x]}}]", "1:52", "tier: a label is made of"),
        (
            f"commonLabels: {{name: x}}\nreleases: [{{name: a, {CHART}}}, {{name: b, {CHART}}}]",
            "1:16",
            "name is no label",
        ),
    ],
)
def test_what_has_no_counterpart_is_told(run: Any, text: str, place: str, told: str) -> None:
    """With its place; never dropped silently."""
    found, _ = run(text)
    (note,) = found.notes
    assert str(note.where) == f"helmfile.yaml:{place}"
    assert told in note.message


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("# {{ fine }}\nreleases:\n- {{ .Values.x }}", "3:3", "a template is not evaluated"),
        ("releases: [{name: a}]", "1:12", "needs a `name` and a `chart`"),
        ("releases: [{name: a, chart: team/a}]", "1:29", "team is no repository of the helmfile"),
        ("releases: [{name: a, chart: 'git::https://x/y@z'}]", "1:29", "is no repository of the helmfile"),
        ("releases: [{name: a, chart: ./charts/api, values: [v.yaml.gotmpl]}]", "1:52", "is a template"),
        ("releases: [{name: a, chart: ./charts/api, values: ['values/*.yaml']}]", "1:52", "is a wildcard"),
        ("releases: [{name: a, chart: ./charts/api, values: ['https://x/y.yaml']}]", "1:52", "no file of the project"),
        ("releases: [{name: a, chart: ./charts/api, values: [gone.yaml]}]", "1:52", "there is no gone.yaml"),
        ("releases: [{name: a, chart: ./charts/api, values: [../../x.yaml]}]", "1:52", "outside the project"),
        ("releases: [{name: a, chart: ./charts/api, values: [{p: 'ref+vault://x'}]}]", "1:56", "vals is not resolved"),
        ("releases: [{name: a, chart: ./charts/api, set: [{name: 'a[0]', value: 1}]}]", "1:49", "no plain path"),
        ("releases: [{name: a, chart: ./charts/api, condition: x.enabled}]", "1:43", "neither true nor false"),
    ],
)
def test_what_cannot_be_told_without_helmfile_is_refused(run: Any, text: str, place: str, told: str) -> None:
    """At its place, and nothing is imported."""
    with pytest.raises(DesiredStateErrors) as error:
        run(text)
    (mistake,) = error.value.errors
    assert told in mistake.message
    assert str(mistake.where) == f"helmfile.yaml:{place}"


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        (f"releases: [{{name: Api, {CHART}}}]", "1:12", "releases.Api is not valid"),
        (f"releases: [{{name: api, {CHART}, namespace: Shop}}]", "1:45", "namespaces.Shop is not valid"),
        (f"releases: [{{name: api, {CHART}, version: latest}}]", "1:12", "'latest' is no version"),
        (f"releases: [{{name: api, {CHART}, historyMax: true}}]", "1:12", "releases.api.history: has to be"),
        ("repositories: [{name: team, url: 'git+https://x'}]\nreleases: []", "1:16", "repositories.team.url"),
        (
            f"releases: [{{name: api, {CHART}}},\n  {{name: api, {CHART}}}]",
            "2:3",
            "is there already, at helmfile.yaml:1:12",
        ),
    ],
)
def test_what_no_environment_can_have_is_refused(run: Any, text: str, place: str, told: str) -> None:
    """At the place that it comes from, as the new file is not there to look at."""
    with pytest.raises(DesiredStateErrors) as error:
        run(text)
    assert [str(mistake.where) for mistake in error.value.errors] == [f"helmfile.yaml:{place}"]
    assert told in error.value.errors[0].message


def test_a_template_is_refused_as_a_whole(run: Any) -> None:
    """By its name, with what to do."""
    with pytest.raises(DesiredStateErrors, match=r"helmfile\.yaml\.gotmpl is a template"):
        run("releases: []", file="helmfile.yaml.gotmpl")


def test_an_unknown_environment_is_refused(run: Any) -> None:
    """With those that there are."""
    with pytest.raises(DesiredStateErrors, match="it has no environment prod"):
        run("environments: {stage: {}}\nreleases: []", "prod")
