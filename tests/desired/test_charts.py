"""Charts join the releases: replicas set, values checked by the charts' schemas at the line of the value."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.desired.charts import _validator
from reconciler.errors import ReconcilerError
from reconciler.model.json import JsonMap, dig
from tests.desired.project import HEAD, Project

SCHEMA: JsonMap = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "port": {"type": "integer", "maximum": 65535},
        "image": {"type": "object", "additionalProperties": False, "properties": {"tag": {"type": "string"}}},
        "hosts": {"type": "array", "items": {"type": "object", "properties": {"host": {"type": "string"}}}},
    },
}
CACHE_SCHEMA: JsonMap = {"properties": {"memory": {"type": "string"}, "global": {"type": "object"}}}
FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    "dependencies: [{name: cache, version: 1.0.0, alias: store}]\n",
    "chart/values.yaml": "name: web\nport: 80\nworker: {replicas: 1}\n",
    "chart/values.schema.json": json.dumps(SCHEMA),
    "chart/charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
    "chart/charts/cache/values.yaml": "memory: 1G\nreplicas: 1\n",
    "chart/charts/cache/values.schema.json": json.dumps(CACHE_SCHEMA),
}
START = HEAD + "namespaces: {shop: {}}\nreleases:\n  api:\n    chart: ./chart\n    namespace: shop\n"


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a chart that has a schema, and a subchart that has one too."""
    project.write(FILES)
    return project


# (what follows the release's first lines, other files, the messages)
REFUSED: dict[str, tuple[str, Mapping[str, str], list[str]]] = {
    "inline": (
        "    values:\n      - port: eighty\n",
        {},
        ['env.yaml:11:9: release shop/api: chart web refuses port: "eighty" is not of type "integer"'],
    ),
    "in a file": (
        "    values: [api.yaml]\n",
        {"api.yaml": "image:\n  tag: 1.10\n"},
        ['api.yaml:2:3: release shop/api: chart web refuses image.tag: 1.1 is not of type "string"'],
    ),
    "in the layer that wins": (
        "    values: [api.yaml, {port: 70000}]\n",
        {"api.yaml": "port: 80\n"},
        ["env.yaml:10:25: release shop/api: chart web refuses port: 70000 is greater than the maximum of 65535"],
    ),
    "in a layer below": (
        "    values: [api.yaml, {image: {tag: a}}]\n",
        {"api.yaml": "image:\n  tga: b\n"},
        [
            (
                "env.yaml:10:25: release shop/api: chart web refuses image: "
                "Additional properties are not allowed ('tga' was unexpected)"
            )
        ],
    ),
    "in an item of a list": (
        "    values: [api.yaml]\n",
        {"api.yaml": "hosts:\n  - host: a\n  - other: 1\n    host: 5\n"},
        ['api.yaml:4:5: release shop/api: chart web refuses hosts.1.host: 5 is not of type "string"'],
    ),
    "in the defaults of the environment": (
        "defaults: {values: [{port: '80'}]}\n",
        {},
        ['env.yaml:10:22: release shop/api: chart web refuses port: "80" is not of type "integer"'],
    ),
    "by a reference": (
        "    valuesFrom:\n      port: {env: TOKEN}\n",
        {},
        ['env.yaml:11:7: release shop/api: chart web refuses port: •••••• is not of type "integer"'],
    ),
    "by a default of the chart": (
        "",
        {"chart/values.yaml": "port: eighty\nname: x\n"},
        ['env.yaml:7:3: release shop/api: chart web refuses port: "eighty" is not of type "integer"'],
    ),
    "lacking": (
        "",
        {"chart/values.yaml": "port: 80\n"},
        ['env.yaml:7:3: release shop/api: chart web refuses values: "name" is a required property'],
    ),
    "removed by null": (
        "    values: [{name: null}]\n",
        {},
        ['env.yaml:7:3: release shop/api: chart web refuses values: "name" is a required property'],
    ),
    "in a subchart": (
        "    values:\n      - store:\n          memory: 5\n",
        {},
        ['env.yaml:12:11: release shop/api: chart web refuses store.memory: 5 is not of type "string"'],
    ),
    "by a default of a subchart": (
        "",
        {"chart/charts/cache/values.yaml": "memory: 5\n"},
        ['env.yaml:7:3: release shop/api: chart web refuses store.memory: 5 is not of type "string"'],
    ),
    "several at once": (
        "    values:\n      - port: a\n        image: 5\n",
        {},
        [
            'env.yaml:11:9: release shop/api: chart web refuses port: "a" is not of type "integer"',
            'env.yaml:12:9: release shop/api: chart web refuses image: 5 is not of type "object"',
        ],
    ),
    "a schema that is no JSON": (
        "",
        {"chart/values.schema.json": "{"},
        [
            (
                "env.yaml:8:12: values.schema.json of chart web is no valid schema: "
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
            )
        ],
    ),
    "a schema that is no schema": (
        "",
        {"chart/values.schema.json": '{"type": 5}'},
        [
            (
                "env.yaml:8:12: values.schema.json of chart web is no valid schema: "
                "5 is not valid under any of the schemas listed in the 'anyOf' keyword"
            )
        ],
    ),
    "a schema without bottom": (
        "",
        {"chart/values.schema.json": "[" * 100_000},
        [
            (
                "env.yaml:8:12: values.schema.json of chart web is no valid schema: "
                "maximum recursion depth exceeded while decoding a JSON array from a unicode string"
            )
        ],
    ),
    "no chart at all": (
        "",
        {"chart/Chart.yaml": ""},
        [
            "env.yaml:8:12: ROOT/chart/Chart.yaml has no text for `name`",
            '  try: add `name: …`; a version that looks like a number needs quotes: "1.0"',
        ],
    ),
}


@pytest.mark.parametrize(("text", "files", "messages"), REFUSED.values(), ids=REFUSED)
def test_a_value_that_the_chart_refuses_is_named_where_it_was_written(
    shop: Project, text: str, files: Mapping[str, str], messages: list[str]
) -> None:
    """In the layer that gave it; where nobody wrote it, at the release."""
    shop.write(files)
    assert shop.mistakes(START + text) == messages


@pytest.mark.parametrize(
    "secret", ["ab", "x", 'é"xyz"', "a<b&c>d", "line one of it\nline two of it", "correct-horse", "•"], ids=repr
)
@pytest.mark.parametrize(
    "schema", [{"type": "integer"}, {"maxLength": 0}, {"enum": ["else"]}, {"pattern": "^$"}], ids=str
)
def test_a_secret_is_not_in_the_refusal_of_its_value(shop: Project, secret: str, schema: JsonMap) -> None:
    """However short it is, and however it is quoted."""
    shop.write({"chart/values.schema.json": json.dumps({"properties": {"port": schema}})})
    [line] = shop.mistakes_with(START + "    valuesFrom: {port: {env: SECRET}}\n", SECRET=secret)
    assert line.startswith("env.yaml:10:18: release shop/api: chart web refuses port: ••••••")
    rest = line.partition("refuses port: ")[2].replace("•", "")
    assert all(form not in rest for form in (secret, json.dumps(secret), json.dumps(secret)[1:-1]) if len(secret) > 2)
    assert f'"{secret}"' not in rest


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=20).filter(str.strip))
def test_no_secret_is_in_any_error_or_repr(shop: Project, secret: str) -> None:
    """Whatever its characters are: it is in no message and in no printed value."""
    text = START + (
        "    valuesFrom: {port: {env: SECRET}, hosts: {secret: db, key: k}, image.tag: {secret: db, key: nope}}\n"
        "secrets: {db: {type: Opaque, data: {k: {env: SECRET}}, namespaces: [shop]}}\n"
    )
    marked = f"<{secret}>"
    assert marked not in "\n".join(shop.mistakes_with(text, SECRET=marked))
    valid = text.replace(", image.tag: {secret: db, key: nope}", "")
    assert marked not in "\n".join(shop.mistakes_with(valid, SECRET=marked))
    assert marked not in repr(shop.load(valid, environ={"KUBE": "x", "SECRET": marked}))


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An HTTP server that would give any schema, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/schema.json", asked
        serving.shutdown()


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "URL"},
        {"properties": {"port": {"$ref": "URL#/a"}}},
        {"$schema": "URL"},
        {"allOf": [{"$dynamicRef": "URL"}]},
    ],
    ids=["whole", "one value", "meta-schema", "dynamic"],
)
def test_a_schema_may_not_make_us_fetch_things(shop: Project, server: tuple[str, list[str]], schema: JsonMap) -> None:
    """A reference to an address is refused, and nobody is asked."""
    url, asked = server
    shop.write({"chart/values.schema.json": json.dumps(schema).replace("URL", url)})
    [line] = shop.mistakes(START)
    assert line.startswith("env.yaml:8:12: values.schema.json of chart web is no valid schema: ")
    assert url in line
    assert asked == []


def test_schemas_of_charts_that_are_gone_are_forgotten() -> None:
    """A daemon of months sees any number of them, each with a validator of its own."""
    for number in range(300):
        _validator(json.dumps({"title": str(number)}), None)
    assert _validator.cache_info().currsize == 256


def test_a_schema_may_refer_to_itself(shop: Project) -> None:
    """What is in the file is read."""
    schema = {"$defs": {"port": {"type": "integer"}}, "properties": {"port": {"$ref": "#/$defs/port"}}}
    shop.write({"chart/values.schema.json": json.dumps(schema)})
    assert shop.mistakes(START) == []
    assert len(shop.mistakes(START + "    values: [{port: x}]\n")) == 1


@pytest.mark.parametrize(
    ("defaults", "text", "path", "count"),
    [
        ("replicaCount: 1\nname: a\n", "replicas: 3", ("replicaCount",), 3),
        ("replicas: 1\nname: a\n", "replicas: 3", ("replicas",), 3),
        ("replicas: 1\nreplicaCount: 2\nname: a\n", "replicas: 0", ("replicaCount",), 0),
        ("replicaCount: 1\nname: a\n", "replicas: 3\n    values: [{replicaCount: 9}]", ("replicaCount",), 3),
        ("worker: {replicas: 1}\nname: a\n", "replicas: {worker.replicas: 2}", ("worker", "replicas"), 2),
        ("name: a\n", "replicas: {store.replicas: 2}", ("store", "replicas"), 2),
    ],
    ids=["replicaCount", "replicas", "both", "wins", "by path", "in a subchart"],
)
def test_replicas_set_the_value_that_the_chart_knows(
    shop: Project, defaults: str, text: str, path: tuple[str, ...], count: int
) -> None:
    """They win over the values; an empty path means the chart's usual one."""
    shop.write({"chart/values.yaml": defaults})
    [release] = shop.with_charts(START + f"    {text}\n").releases
    assert dig(release.values, *path) == count


@pytest.mark.parametrize(
    ("defaults", "replicas", "messages"),
    [
        (
            "name: a\n",
            "3",
            [
                (
                    "env.yaml:10:5: chart web has neither of the values replicaCount and replicas, "
                    "so replicas cannot be set"
                ),
                "  try: name the path of its value instead: `replicas: {path.to.value: 3}`",
            ],
        ),
        (
            "name: a\nworker: {count: 1}\n",
            "{worker.replicas: 3}",
            [
                'env.yaml:10:5: chart web has no value "worker.replicas" to set replicas by',
                "  try: its values are: name, worker",
            ],
        ),
        (
            "",
            "{a: 3}",
            ['env.yaml:10:5: chart web has no value "a" to set replicas by', "  try: its values are: none"],
        ),
    ],
    ids=["usual", "by path", "no values at all"],
)
def test_replicas_on_a_chart_without_such_a_value_are_a_mistake(
    shop: Project, defaults: str, replicas: str, messages: list[str]
) -> None:
    """At the line of `replicas`, rather than a value that does nothing."""
    shop.write({"chart/values.yaml": defaults})
    assert shop.mistakes(START + f"    replicas: {replicas}\n") == messages


def test_a_faulty_chart_is_reported_for_each_release_that_uses_it_and_hides_no_other(shop: Project) -> None:
    """All in one run."""
    shop.write({"bad/Chart.yaml": "name: bad\nversion: 1.10\n"})
    text = (
        START + "    values: [{port: x}]\n  b: {chart: ./bad, namespace: shop}\n  c: {chart: ./bad, namespace: shop}\n"
    )
    found = [line for line in shop.mistakes(text) if line.startswith("env")]
    assert [line.partition(": ")[0] for line in found] == ["env.yaml:10:15", "env.yaml:11:14", "env.yaml:12:14"]


def test_errors_are_of_one_tree(shop: Project) -> None:
    """So that the command line can print them without knowing them."""
    with pytest.raises(ReconcilerError):
        shop.with_charts(START + "    replicas: 3\n")
