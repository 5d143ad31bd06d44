"""Checking: unknown keys at every level, and what is still checked beside a mistake."""

from __future__ import annotations

import pytest

from tests.desired.project import HEAD, Project

# (what follows the head, the place, the key, the hint)
UNKNOWN = {
    "environment": ("relases: {}\n", "5:1", "relases", 'did you mean "releases"?'),
    "environment, nothing near": (
        "zzz: 1\n",
        "5:1",
        "zzz",
        (
            "known here: apiVersion, kind, name, extends, defaults, policy, clusters, repositories, namespaces, "
            "secrets, releases"
        ),
    ),
    "defaults": ("defaults: {namspace: a}\n", "5:12", "namspace", 'did you mean "namespace"?'),
    "cluster": ("clusters: {b: {kubeconfig: {env: KUBE}, contxt: c}}\n", "5:41", "contxt", 'did you mean "context"?'),
    "kubeconfig": (
        "clusters: {b: {kubeconfig: {incluster: true}}}\n",
        "5:29",
        "incluster",
        'did you mean "inCluster"?',
    ),
    "repository": (
        "repositories: {r: {url: 'https://a', plainHttps: true}}\n",
        "5:38",
        "plainHttps",
        'did you mean "plainHttp"?',
    ),
    "password of a repository": (
        "repositories: {r: {url: 'https://a', username: u, password: {evn: A}}}\n",
        "5:62",
        "evn",
        'did you mean "env"?',
    ),
    "namespace": ("namespaces: {a: {pull_secrets: []}}\n", "5:18", "pull_secrets", 'did you mean "pullSecrets"?'),
    "secret": ("secrets: {a: {type: Opaque, dta: {}}}\n", "5:29", "dta", 'did you mean "data"?'),
    "data of a secret": (
        "secrets: {a: {type: Opaque, data: {k: {fil: x}}}}\n",
        "5:40",
        "fil",
        'did you mean "file"?',
    ),
    "registry": (
        "secrets: {a: {type: dockerconfigjson, registries: {h: {user: u, username: u, password: {env: TOKEN}}}}}\n",
        "5:56",
        "user",
        'did you mean "username"?',
    ),
    "release": ("releases: {a: {chart: ./c, replica: 3}}\n", "5:28", "replica", 'did you mean "replicas"?'),
    "release in snake case": (
        "releases: {a: {chart: ./c, values_from: {}}}\n",
        "5:28",
        "values_from",
        'did you mean "valuesFrom"?',
    ),
    "value source": (
        "releases: {a: {chart: ./c, valuesFrom: {p: {secrt: s, key: k}}}}\n",
        "5:45",
        "secrt",
        'did you mean "secret"?',
    ),
}


@pytest.mark.parametrize(("text", "place", "key", "hint"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(
    project: Project, text: str, place: str, key: str, hint: str
) -> None:
    """At every level of the file."""
    head = HEAD.replace("clusters: {main: {kubeconfig: {env: KUBE}}}", "") if text.startswith("clusters") else HEAD
    found = project.mistakes(head + text)
    message = f'env.yaml:{place}: unknown key "{key}"'
    assert message in found
    assert found[found.index(message) + 1] == f"  try: {hint}"


WHOLE_FILES = {
    "empty": (
        "",
        [f'env.yaml:1:1: the environment lacks "{key}"' for key in ("apiVersion", "kind", "name", "clusters")],
    ),
    "a list": ("- a\n", ["env.yaml:1:1: an environment is a map of keys, this is something else"]),
    "a text": ("hello\n", ["env.yaml:1:1: an environment is a map of keys, this is something else"]),
    "another kind": (
        HEAD.replace("kind: Environment", "kind: Enviroment"),
        ["env.yaml:2:1: kind: has to be 'Environment'"],
    ),
    "another version": (
        HEAD.replace("/v1", "/v2"),
        ["env.yaml:1:1: apiVersion: has to be 'reconciler/v1'"],
    ),
    "no cluster": (
        HEAD.replace("{main: {kubeconfig: {env: KUBE}}}", "{}"),
        ["env.yaml:4:1: an environment needs at least one cluster"],
    ),
    "no name": (HEAD.replace("name: test\n", "name:\n"), ['env.yaml:1:1: the environment lacks "name"']),
    "binary": (b"\x7fELF\xff\x00", ["env.yaml is no UTF-8 text: byte 4 cannot be read"]),
    "UTF-16": (HEAD.encode("utf-16"), ["env.yaml is no UTF-8 text: byte 0 cannot be read"]),
    "too large": (b"#" * 5_000_001, ["env.yaml is larger than 5,000,000 bytes"]),
}


@pytest.mark.parametrize(("text", "messages"), WHOLE_FILES.values(), ids=WHOLE_FILES)
def test_a_file_that_is_no_environment_says_why(project: Project, text: str | bytes, messages: list[str]) -> None:
    """All that is lacking at once."""
    assert project.mistakes(text) == messages


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        "\ufeff" + HEAD,
        HEAD.replace("\n", "\r\n"),
        HEAD + "namespaces:\nreleases:\nsecrets: ~\n",
        "# a comment\n---\n" + HEAD,
    ],
    ids=["plain", "byte order mark", "CRLF", "empty sections", "document start"],
)
def test_a_small_environment_is_valid_however_it_is_saved(project: Project, text: str) -> None:
    """As editors on any system write it."""
    assert project.load(text).name == "test"


def test_several_mistakes_are_reported_in_one_run_in_the_order_of_their_places(project: Project) -> None:
    """Of every kind: shape, references, sources, files; none hides another, none is made up."""
    text = HEAD + (
        "repositories:\n"
        "  team: {url: example.com}\n"
        "namespaces:\n"
        "  shop: {pullSecrets: [regstry], lables: {}}\n"
        "  far: {cluster: mian}\n"
        "secrets:\n"
        "  registry: {type: Opaque, data: {a: {env: UNSET}}}\n"
        "releases:\n"
        "  api:\n"
        "    chart: team/api\n"
        "    namespace: shpo\n"
        "    needs: [5, redis]\n"
        "    values: [7, values/api.yaml, {a: 1}]\n"
        "  web: {chart: ../web, namespace: shop, wait: 5x}\n"
    )
    assert project.mistakes(text) == [
        "env.yaml:6:10: repositories.team.url is not valid: it starts with https://, http:// or oci://, and a host",
        'env.yaml:8:24: there is no secret "regstry"',
        '  try: did you mean "registry"?',
        'env.yaml:8:34: unknown key "lables"',
        '  try: did you mean "labels"?',
        'env.yaml:9:9: there is no cluster "mian"',
        '  try: did you mean "main"?',
        "env.yaml:11:35: the environment variable UNSET is not set",
        "  try: export UNSET=… before running, or in CI",
        'env.yaml:15:5: there is no namespace "shpo"',
        '  try: did you mean "shop"?',
        "env.yaml:16:13: releases.api.needs.0: has to be a name, or a map with `target` and `ready`",
        'env.yaml:16:16: there is no release "redis"',
        "  try: known: api, web",
        "env.yaml:17:14: releases.api.values.0: a file name, or a map of values",
        "env.yaml:17:17: there is no values/api.yaml",
        "  try: there is no folder values either",
        "env.yaml:18:16: ../web lies outside the project",
        "  try: the project is ROOT; copy what it needs into it",
        "env.yaml:18:41: releases.web.wait: a duration such as 90s, 5m or 1h30m; or 0 to wait for ever",
    ]


def test_a_reference_to_a_faulty_entry_is_no_second_mistake(project: Project) -> None:
    """The entry is there; it is reported once, where it is wrong."""
    text = HEAD + (
        "namespaces: {shop: {cluster: 5}}\n"
        "secrets: {db: {type: 5, namespaces: [shop]}}\n"
        "releases: {api: {chart: ./env.yaml, namespace: shop, needs: [web], valuesFrom: {a: {secret: db, key: k}}},\n"
        "  web: {namespace: shop}}\n"
    )
    assert [line for line in project.mistakes(text) if line.startswith("env")] == [
        "env.yaml:5:21: namespaces.shop.cluster has to be a text, this is a number",
        "env.yaml:6:16: secrets.db.type has to be a text, this is a number",
        'env.yaml:8:8: releases.web lacks "chart"',
    ]


def test_a_mistake_that_many_entries_share_is_reported_once(project: Project) -> None:
    """A wrong default is one mistake, at the default."""
    text = HEAD + (
        "defaults: {cluster: mian, namespace: shpo}\n"
        "namespaces: {a: {}, b: {}, shop: {cluster: main}}\n"
        "releases: {c: {chart: ./env.yaml}, d: {chart: ./env.yaml}}\n"
    )
    assert project.mistakes(text) == [
        'env.yaml:5:12: there is no cluster "mian"',
        '  try: did you mean "main"?',
        'env.yaml:5:27: there is no namespace "shpo"',
        '  try: did you mean "shop"?',
    ]
