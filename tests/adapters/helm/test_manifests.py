"""Reading what Helm renders, and where charts come from."""

from __future__ import annotations

import json

import pytest

from reconciler.adapters.helm.manifests import objects_only, split_stream
from reconciler.adapters.helm.options import FOREVER_SECONDS, HOOK_SECONDS, timeout_seconds, wait_strategy
from reconciler.adapters.helm.sources import match, registry_credentials
from reconciler.model.desired import Wait

from .charts import repository


def test_the_documents_of_one_template_are_joined() -> None:
    """`helm template` sorts documents by kind; a template's come together again."""
    x = "---\n# Source: a/templates/x.yaml\n"
    stream = f"{x}kind: A\n---\n# Source: a/b.yaml\nkind: B\n{x}kind: C\n"
    assert split_stream(stream) == {"a/templates/x.yaml": "kind: A\n---\nkind: C\n", "a/b.yaml": "kind: B\n"}
    assert split_stream("") == {}


def test_only_templates_with_objects_are_kept() -> None:
    """Notes (of subcharts too), partials and blank results are left out."""
    rendered = {
        "a/templates/NOTES.txt": "x",
        "a/charts/b/templates/NOTES.txt": "x",
        "a/_h.tpl": "x",
        "c": " \n",
        "d": "k: v",
    }
    assert objects_only(rendered) == {"d": "k: v"}


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://charts.example.com/team", True),
        ("https://CHARTS.example.com/team/", True),
        ("@team", True),
        ("alias:team", True),
        ("https://charts.example.com/other", False),
        ("http://charts.example.com/team", False),
        ("https://charts.example.com.evil.net/team", False),
        ("@other", False),
    ],
)
def test_credentials_are_for_the_same_address_only(url: str, known: bool) -> None:  # noqa: FBT001 (a table)
    """Scheme, host and path decide, or the repository's own name."""
    item = repository("https://charts.example.com/team/")
    assert match(url, [item]) == (item if known else None)


def test_registry_credentials_are_for_one_host() -> None:
    """Docker's format, keyed by host and port."""
    found = json.loads(registry_credentials([repository("oci://127.0.0.1:5000/charts/x")]))
    assert list(found["auths"]) == ["127.0.0.1:5000"]


@pytest.mark.parametrize(
    ("wait", "seconds", "strategy"),
    [
        (None, HOOK_SECONDS, "hookOnly"),
        (Wait(None), FOREVER_SECONDS, "watcher"),
        (Wait(90.2), 91, "watcher"),
        (Wait(0.1), 1, "watcher"),
    ],
)
def test_waits(wait: Wait | None, seconds: int, strategy: str) -> None:
    """No wait leaves hooks their five minutes; for ever is ten years; a fraction is rounded up."""
    assert (timeout_seconds(wait), wait_strategy(wait)) == (seconds, strategy)
