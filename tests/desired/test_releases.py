"""Releases: charts named, values merged, references filled in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.model.json import Json
from tests.desired.project import HEAD, Project

SPACES = "namespaces: {shop: {}, web: {}}\n"
TWO = HEAD.replace("clusters: {main", "clusters: {b: {kubeconfig: {inCluster: true}}, main")


@pytest.fixture
def shop(project: Project, chart: Mapping[str, str]) -> Project:
    """A project with a chart and a values file."""
    project.write({**chart, "values/api.yaml": "image: {tag: '1'}\nports: [1, 2]\n"})
    return project


def test_layers_of_values_are_merged_later_ones_on_top(shop: Project) -> None:
    """Defaults, then each layer, then what references give."""
    desired = shop.load(
        HEAD + SPACES + "defaults: {namespace: shop, values: [{team: a, image: {tag: '0', pull: x}}]}\n"
        "releases:\n"
        "  api:\n"
        "    chart: ./chart\n"
        "    values: [values/api.yaml, {ports: [3], extra: null}]\n"
        "    valuesFrom: {db.password: {env: TOKEN}, 'db.a\\.b': {env: TOKEN},\n"
        "      image.tag: {env: TAG, sensitive: false}}\n",
        environ={"KUBE": "x", "TOKEN": "correct-horse", "TAG": "1.4.2"},
    )
    assert desired.releases[0].values == {
        "team": "a",
        "image": {"tag": "1.4.2", "pull": "x"},
        "ports": [3],
        "extra": None,
        "db": {"password": "correct-horse", "a.b": "correct-horse"},
    }
    assert "correct-horse" not in repr(desired)
    assert desired.mask.json(desired.releases[0].values["image"]) == {"tag": "1.4.2", "pull": "x"}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{secret: db, key: password}", "correct-horse"),
        ("{file: token.txt}", "from a file"),
        ("{env: TOKEN}", "correct-horse"),
    ],
    ids=["secret", "file", "variable"],
)
def test_a_value_from_a_reference_is_secret_everywhere(shop: Project, source: str, value: Json) -> None:
    """It wins over the layers, and the mask knows it."""
    shop.write({"token.txt": "from a file\n"})
    desired = shop.load(
        HEAD + SPACES + "secrets: {db: {type: Opaque, data: {password: {env: TOKEN}}}}\n"
        "releases: {api: {chart: ./chart, namespace: shop, values: [{a: {b: 1}}], "
        f"valuesFrom: {{a.b: {source}}}}}}}\n"
    )
    assert desired.releases[0].values == {"a": {"b": value}}
    assert str(value) not in str(desired.mask.json(desired.releases[0].values))


@pytest.mark.parametrize(
    ("chart_line", "path", "remote", "repository"),
    [
        ("./chart", "chart", None, None),
        ("chart", "chart", None, None),
        ("charts/web.tgz", "charts/web.tgz", None, None),
        ("team/web", None, "web", "team"),
        ("team/deep/web", None, "deep/web", "team"),
        ("charts/inner", "charts/inner", None, None),
        ("oci://example.com/charts/web", None, "oci://example.com/charts/web", "registry"),
        ("oci://example.com/private/web", None, "oci://example.com/private/web", "inner"),
        ("oci://example.org/web", None, "oci://example.org/web", None),
        ("oci://example.com.evil.org/web", None, "oci://example.com.evil.org/web", None),
    ],
    ids=str,
)
def test_a_chart_is_found_by_its_name(
    shop: Project, chart_line: str, path: str | None, remote: str | None, repository: str | None
) -> None:
    """A folder, an archive, a name in a repository, or oci://; the longest fitting repository gives the login."""
    shop.write({"charts/web.tgz": "x", "charts/inner/Chart.yaml": "x"})
    ref = (
        shop.load(
            HEAD + SPACES + "repositories:\n"
            "  team: {url: 'https://example.com/charts'}\n"
            "  registry: {url: 'oci://example.com/'}\n"
            "  inner: {url: 'oci://example.com/private'}\n"
            f"releases: {{api: {{chart: '{chart_line}', namespace: shop, version: '1.2.3'}}}}\n"
        )
        .releases[0]
        .chart_ref
    )
    assert (ref.path, ref.remote, ref.version) == (shop.root / path if path else None, remote, "1.2.3")
    assert (ref.repository.name if ref.repository else None) == repository


def test_a_release_knows_its_identity_and_what_it_needs(shop: Project) -> None:
    """Its name by key or `name`, its namespace and cluster by reference, its needs by key."""
    desired = shop.load(
        TWO + "defaults: {namespace: shop, history: 3}\n"
        "namespaces: {shop: {cluster: main, name: shop-1}, far: {cluster: b}}\n"
        "releases:\n"
        "  api: {chart: ./chart, needs: [db]}\n"
        "  db: {chart: ./chart, name: postgres, namespace: far, cluster: b, history: 5}\n"
    )
    api, database = desired.releases
    assert (api.id.cluster, str(api.id), api.history) == ("main", "release shop-1/api", 3)
    assert (database.id.cluster, str(database.id), database.history) == ("b", "release far/postgres", 5)
    assert set(api.needs) == {database.id}


# (what follows the head, the messages)
MISTAKES = {
    "no namespace": (
        SPACES + "releases: {api: {chart: ./chart}}\n",
        ['env.yaml:6:12: "api" does not say its namespace', "  try: add `namespace:`, here or under `defaults`"],
    ),
    "unknown namespace": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shpo}}\n",
        ['env.yaml:6:34: there is no namespace "shpo"', '  try: did you mean "shop"?'],
    ),
    "unknown default namespace": (
        SPACES + "defaults: {namespace: shpo}\nreleases: {api: {chart: ./chart}}\n",
        ['env.yaml:6:12: there is no namespace "shpo"', '  try: did you mean "shop"?'],
    ),
    "unknown cluster": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shop, cluster: mian}}\n",
        ['env.yaml:6:51: there is no cluster "mian"', '  try: did you mean "main"?'],
    ),
    "two of one name": (
        SPACES
        + "releases:\n  api: {chart: ./chart, namespace: shop}\n  b: {name: api, chart: ./chart, namespace: shop}\n",
        ['env.yaml:8:3: "b" and "api" are both release shop/api'],
    ),
    "a chart that its folder does not have": (
        SPACES + "releases: {api: {chart: values/lst.yaml, namespace: shop}}\n",
        ["env.yaml:6:25: there is no values/lst.yaml", '  try: did you mean "list.yaml"?'],
    ),
    "unknown repository": (
        SPACES + "repositories: {team: {url: 'https://a'}}\nreleases: {api: {chart: taem/web, namespace: shop}}\n",
        [
            'env.yaml:7:25: chart taem/web: "taem" is neither a repository of this file nor a folder beside it',
            '  try: did you mean "team"?',
        ],
    ),
    "missing folder": (
        SPACES + "releases: {api: {chart: ./chrat, namespace: shop}}\n",
        ["env.yaml:6:25: there is no ./chrat", '  try: did you mean "chart"?'],
    ),
    "missing archive": (
        SPACES + "releases: {api: {chart: chart/web.tgz, namespace: shop}}\n",
        ["env.yaml:6:25: there is no chart/web.tgz"],
    ),
    "chart outside": (
        SPACES + "releases: {api: {chart: ../chart, namespace: shop}}\n",
        ["env.yaml:6:25: ../chart lies outside the project", "  try: the project is ROOT; copy what it needs into it"],
    ),
    "absolute chart": (
        SPACES + "releases: {api: {chart: /etc, namespace: shop}}\n",
        ["env.yaml:6:25: /etc lies outside the project", "  try: the project is ROOT; copy what it needs into it"],
    ),
    "missing values": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shop, values: [{a: 1}, values/app.yaml]}}\n",
        ["env.yaml:6:68: there is no values/app.yaml", '  try: did you mean "api.yaml"?'],
    ),
    "values outside, by a link": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shop, values: [values/link.yaml]}}\n",
        [
            "env.yaml:6:60: values/link.yaml lies outside the project",
            "  try: the project is ROOT; copy what it needs into it",
        ],
    ),
    "values of the defaults": (
        SPACES + "defaults: {values: [values/zzzzzzzz]}\n",
        ["env.yaml:6:21: there is no values/zzzzzzzz"],
    ),
    "values that are a list": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shop, values: [values/list.yaml]}}\n",
        ["values/list.yaml:1:1: a values file holds a map, this is something else"],
    ),
    "values with a key twice": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shop, values: [values/twice.yaml]}}\n",
        ['values/twice.yaml:3:3: the key "b" is here twice, first in line 2'],
    ),
    "value from an unknown secret": (
        SPACES + "secrets: {db: {type: Opaque}}\n"
        "releases: {api: {chart: ./chart, namespace: shop, valuesFrom: {a: {secret: bd, key: k}}}}\n",
        ['env.yaml:7:64: there is no secret "bd"', "  try: known: db"],
    ),
    "value from an unknown key": (
        SPACES + "secrets: {db: {type: Opaque, data: {password: {env: TOKEN}}}}\n"
        "releases: {api: {chart: ./chart, namespace: shop, valuesFrom: {a: {secret: db, key: pasword}}}}\n",
        ['env.yaml:7:64: secret db has no key "pasword"', '  try: did you mean "password"?'],
    ),
    "value from a key of an empty secret": (
        SPACES + "secrets: {db: {type: Opaque}}\n"
        "releases: {api: {chart: ./chart, namespace: shop, valuesFrom: {a: {secret: db, key: k}}}}\n",
        ['env.yaml:7:64: secret db has no key "k"'],
    ),
    "value from a secret that failed": (
        SPACES + "secrets: {db: {type: Opaque, data: {password: {env: UNSET}}}}\n"
        "releases: {api: {chart: ./chart, namespace: shop, valuesFrom: {a: {secret: db, key: password}}}}\n",
        ["env.yaml:6:37: the environment variable UNSET is not set", "  try: export UNSET=… before running, or in CI"],
    ),
    "value from an unset variable": (
        SPACES + "releases: {api: {chart: ./chart, namespace: shop, valuesFrom: {a.b: {env: UNSET}}}}\n",
        ["env.yaml:6:64: the environment variable UNSET is not set", "  try: export UNSET=… before running, or in CI"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(shop: Project, text: str, messages: list[str]) -> None:
    """`path:line:col: message`, and what to try."""
    shop.write({"values/list.yaml": "- a\n", "values/twice.yaml": "a:\n  b: 1\n  b: 2\n"})
    (shop.root / "values/link.yaml").symlink_to("/etc/hostname")
    assert shop.mistakes(HEAD + text) == messages


def test_a_release_for_another_cluster_than_its_namespace_is_a_mistake(shop: Project) -> None:
    """The same key cannot mean two places."""
    text = TWO + "namespaces: {shop: {cluster: b}}\nreleases: {api: {chart: ./chart, namespace: shop, cluster: main}}\n"
    assert shop.mistakes(text) == ['env.yaml:6:34: "api" is for cluster main, its namespace "shop" is in b']
