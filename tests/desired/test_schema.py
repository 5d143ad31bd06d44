"""The shape of the file: what each field takes, durations first."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.durations import DURATION_PATTERN, parse_duration
from tests.desired.project import HEAD, Project


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5m", 90), ("1h1m1s", 3661), ("1s", 1), ("8760h", 31_536_000)],
    ids=str,
)
def test_a_duration_is_so_many_seconds(text: str, seconds: float) -> None:
    """As Go and Helm write them."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5x", "a duration such as 90s"),
        ("5", "a duration such as 90s"),
        ("0", "a duration such as 90s"),
        ("", "a duration such as 90s"),
        ("-5m", "a duration such as 90s"),
        ("5 m", "a duration such as 90s"),
        ("\u0665m", "a duration such as 90s"),
        ("0s", "at least 1s"),
        ("0.5s", "at least 1s"),
        ("9999h", "at most a year"),
        ("9" * 400 + "h", "at most a year"),
    ],
    ids=repr,
)
def test_what_is_no_duration_is_refused(text: str, message: str) -> None:
    """With the forms that are taken, or the bound that it breaks."""
    with pytest.raises(ValueError, match=message):
        parse_duration(text)


@given(st.text(alphabet="0123456789.hms -", max_size=8))
def test_the_pattern_for_editors_and_the_parser_agree(text: str) -> None:
    """What the JSON Schema takes is parsed, unless it is out of bounds."""
    try:
        parse_duration(text)
        parsed = True
    except ValueError as error:
        parsed = "at least" in str(error) or "at most" in str(error)
    assert parsed == bool(re.search(DURATION_PATTERN, text))


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("0", None), ("5m", 300), ("1h30m", 5400), ("0.0", None), ("1.5m", 90)],
    ids=str,
)
def test_wait_takes_a_duration_or_zero(
    project: Project, chart: Mapping[str, str], wait: str, seconds: float | None
) -> None:
    """Zero waits for ever: `seconds` is None then."""
    project.write(chart)
    text = HEAD + f"namespaces: {{a: {{}}}}\nreleases: {{api: {{chart: ./chart, namespace: a, wait: {wait}}}}}\n"
    found = project.load(text).releases[0].wait
    assert found is not None
    assert found.seconds == seconds


@pytest.mark.parametrize(
    ("default", "own", "seconds"),
    [("", "", "none"), ("wait: 5m", "", 300), ("wait: 5m", ", wait: 0", None), ("wait: 0", "", None)],
    ids=["nowhere", "by default", "own wins", "for ever by default"],
)
def test_wait_is_left_out_or_taken_from_the_defaults(
    project: Project, chart: Mapping[str, str], default: str, own: str, seconds: float | str | None
) -> None:
    """Left out in both places: do not wait."""
    project.write(chart)
    text = (
        HEAD
        + f"defaults: {{{default}}}\nnamespaces: {{a: {{}}}}\nreleases: {{b: {{chart: ./chart, namespace: a{own}}}}}\n"
    )
    wait = project.load(text).releases[0].wait
    assert ("none" if wait is None else wait.seconds) == seconds


DURATION = "a duration such as 90s, 5m or 1h30m; or 0 to wait for ever"
WAIT_MISTAKES = {
    "5x": DURATION,
    "-1": DURATION,
    "90": DURATION,
    "true": DURATION,
    "false": DURATION,
    "'0'": DURATION,
    "[]": DURATION,
    "0s": "a duration of at least 1s; or 0, without a unit, to wait for ever",
    "99999h": "a duration of at most a year; or 0 to wait for ever",
}


@pytest.mark.parametrize(("wait", "message"), WAIT_MISTAKES.items())
def test_any_other_wait_is_refused(project: Project, wait: str, message: str) -> None:
    """With the forms that it takes."""
    text = HEAD + f"releases:\n  api:\n    chart: ./chart\n    wait: {wait}\n"
    assert f"env.yaml:8:5: releases.api.wait: {message}" in project.mistakes(text)


# (what follows the head, the first line of the message, the hint)
FIELDS: dict[str, tuple[str, str, str | None]] = {
    "version that is none": (
        "releases: {api: {chart: ./chart, version: 1.2.3.4}}\n",
        "env.yaml:5:34: releases.api.version: '1.2.3.4' is no version and no range of versions",
        None,
    ),
    "version as a number": (
        "releases: {api: {chart: ./chart, version: 1.10}}\n",
        "env.yaml:5:34: releases.api.version has to be a text, this is a number",
        'put it in quotes: "1.10"',
    ),
    "label as a boolean": (
        "namespaces: {a: {labels: {on-call: yes}}}\n",
        "env.yaml:5:27: namespaces.a.labels.on-call has to be a text, this is true or false",
        'put it in quotes: "yes"',
    ),
    "context as an octal": (
        "clusters: {b: {kubeconfig: {env: KUBE}, context: 0755}}\n",
        "env.yaml:5:41: clusters.b.context has to be a text, this is a number",
        'put it in quotes: "0755"',
    ),
    "nothing where a map is asked for": (
        "namespaces:\n  shop:\n",
        "env.yaml:6:3: namespaces.shop: has to be a map",
        "write {} after it when there is nothing to say",
    ),
    "list where a map is asked for": ("namespaces: [shop]\n", "env.yaml:5:1: namespaces: has to be a map", None),
    "text where a list is asked for": (
        "releases: {api: {chart: ./c, needs: redis}}\n",
        "env.yaml:5:30: releases.api.needs: has to be a list",
        None,
    ),
    "text where a truth is asked for": (
        "namespaces: {a: {manage: 'no'}}\n",
        "env.yaml:5:18: namespaces.a.manage: has to be true or false",
        None,
    ),
    "history of nothing": (
        "releases: {api: {chart: ./c, history: 0}}\n",
        "env.yaml:5:30: releases.api.history: has to be 1 or more",
        None,
    ),
    "history as a text": (
        "defaults: {history: ten}\n",
        "env.yaml:5:12: defaults.history: has to be a whole number",
        None,
    ),
    "replicas below zero": (
        "releases: {api: {chart: ./c, replicas: -1}}\n",
        "env.yaml:5:30: releases.api.replicas: a number from 0, or a map of value paths to such numbers",
        None,
    ),
    "replicas as a truth": (
        "releases: {api: {chart: ./c, replicas: true}}\n",
        "env.yaml:5:30: releases.api.replicas: a number from 0, or a map of value paths to such numbers",
        None,
    ),
    "values as a number": (
        "releases: {api: {chart: ./c, values: [5]}}\n",
        "env.yaml:5:39: releases.api.values.0: a file name, or a map of values",
        None,
    ),
    "release without a chart": ("releases: {api: {}}\n", 'env.yaml:5:17: releases.api lacks "chart"', None),
    "namespace in capitals": (
        "namespaces: {My Shop: {}}\n",
        (
            "env.yaml:5:14: namespaces.My Shop is not valid: lower-case letters, digits and -, "
            "starting and ending with a letter or digit"
        ),
        None,
    ),
    "release with an underscore": (
        "releases: {my_api: {chart: ./c}}\n",
        (
            "env.yaml:5:12: releases.my_api is not valid: lower-case letters, digits, - and ., "
            "starting and ending with a letter or digit"
        ),
        None,
    ),
    "release with a long name": (
        f"releases: {{{'a' * 54}: {{chart: ./c}}}}\n",
        f"env.yaml:5:12: releases.{'a' * 54}: has to be a text of at most 53 characters",
        None,
    ),
    "secret with a slash": (
        "secrets: {a/b: {type: Opaque}}\n",
        (
            "env.yaml:5:11: secrets.a/b is not valid: lower-case letters, digits, - and ., "
            "starting and ending with a letter or digit"
        ),
        None,
    ),
    "name in capitals": (
        "namespaces: {a: {name: Shop}}\n",
        (
            "env.yaml:5:18: namespaces.a.name is not valid: lower-case letters, digits and -, "
            "starting and ending with a letter or digit"
        ),
        None,
    ),
    "repository without a scheme": (
        "repositories: {team: {url: charts.example.com}}\n",
        "env.yaml:5:23: repositories.team.url is not valid: it starts with https://, http:// or oci://, and a host",
        None,
    ),
    "repository with half an address": (
        "repositories: {team: {url: 'http://[::1/charts'}}\n",
        "env.yaml:5:23: repositories.team.url: is no address: Invalid IPv6 URL",
        None,
    ),
    "repository with an impossible port": (
        "repositories: {team: {url: 'oci://example.com:99999/charts'}}\n",
        "env.yaml:5:23: repositories.team.url: is no address: Port out of range 0-65535",
        None,
    ),
    "repository with a query": (
        "repositories: {team: {url: 'https://example.com/charts?token=hunter2'}}\n",
        "env.yaml:5:23: repositories.team.url: is the address of a folder: no `?` and no `#` in it",
        None,
    ),
    "credentials in a URL": (
        "repositories: {team: {url: 'https://ci:hunter2@example.com/'}}\n",
        "env.yaml:5:16: repositories.team: credentials do not go into `url`; use `username` and `password`",
        None,
    ),
    "user without a password": (
        "repositories: {team: {url: 'https://example.com', username: ci}}\n",
        "env.yaml:5:16: repositories.team: `username` and `password` go together",
        None,
    ),
    "password as a text": (
        "repositories: {team: {url: 'https://example.com', username: ci, password: hunter2}}\n",
        "env.yaml:5:65: repositories.team.password: has to be a map",
        None,
    ),
    "secret as a text": (
        "secrets: {db: {type: Opaque, data: {password: hunter2}}}\n",
        "env.yaml:5:37: secrets.db.data.password: has to be a map",
        None,
    ),
    "source of two kinds": (
        "secrets: {db: {type: Opaque, data: {password: {env: A, file: b}}}}\n",
        "env.yaml:5:37: secrets.db.data.password: exactly one of `env`, `file`, `sops` is needed, 2 given",
        None,
    ),
    "source of no kind": (
        "secrets: {db: {type: Opaque, data: {password: {}}}}\n",
        "env.yaml:5:37: secrets.db.data.password: exactly one of `env`, `file`, `sops` is needed, none given",
        None,
    ),
    "sops without a key": (
        "secrets: {db: {type: Opaque, data: {password: {sops: a.yaml}}}}\n",
        "env.yaml:5:37: secrets.db.data.password: `sops` and `key` go together",
        None,
    ),
    "kubeconfig of no kind": (
        "clusters: {b: {kubeconfig: {}}}\n",
        "env.yaml:5:16: clusters.b.kubeconfig: exactly one of `env`, `file`, `inCluster` is needed, none given",
        None,
    ),
    "not in the cluster": (
        "clusters: {b: {kubeconfig: {inCluster: false}}}\n",
        "env.yaml:5:16: clusters.b.kubeconfig: `inCluster` takes true, or is left out",
        None,
    ),
    "docker login with data": (
        "secrets: {reg: {type: dockerconfigjson, data: {a: {env: TOKEN}}}}\n",
        "env.yaml:5:11: secrets.reg: a dockerconfigjson secret has `registries` or `dockerConfig`, and no `data`",
        None,
    ),
    "registries in another type": (
        "secrets: {reg: {type: Opaque, registries: {a: {username: b, password: {env: TOKEN}}}}}\n",
        "env.yaml:5:11: secrets.reg: `registries` and `dockerConfig` go with type dockerconfigjson, others have `data`",
        None,
    ),
    "value from a secret that is not sensitive": (
        "releases: {api: {chart: ./c, valuesFrom: {a: {secret: b, key: c, sensitive: false}}}}\n",
        "env.yaml:5:43: releases.api.valuesFrom.a: a value from a `secret` is always sensitive",
        None,
    ),
    "value from a secret without a key": (
        "releases: {api: {chart: ./c, valuesFrom: {a: {secret: b}}}}\n",
        "env.yaml:5:43: releases.api.valuesFrom.a: `key` goes together with `sops` or `secret`",
        None,
    ),
}


@pytest.mark.parametrize(("text", "message", "hint"), FIELDS.values(), ids=FIELDS)
def test_a_field_that_holds_the_wrong_thing_is_named_with_its_place(
    project: Project, text: str, message: str, hint: str | None
) -> None:
    """In plain words; and a text that should not be in the file at all is not repeated."""
    head = HEAD.replace("clusters: {main: {kubeconfig: {env: KUBE}}}", "") if text.startswith("clusters") else HEAD
    found = project.mistakes(head + text)
    assert message in found
    if hint:
        assert found[found.index(message) + 1] == f"  try: {hint}"
    assert "hunter2" not in "\n".join(found)
