"""Generated files are what the code makes of them now."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from reconciler.cli.generate import generated
from reconciler.yaml.plain import load

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", generated())
def test_no_generated_file_is_stale(name: str) -> None:
    """What stands in the repository is what `make generate` would write."""
    assert (ROOT / name).read_text(encoding="utf-8") == generated()[name], "run `make generate`"


def test_nothing_else_lies_beside_the_schemas() -> None:
    """A schema whose model is gone does not stay."""
    names = {str(path.relative_to(ROOT)) for path in (ROOT / "schemas").iterdir()}
    assert names == {name for name in generated() if name.startswith("schemas/")}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("environments/demo.yaml", "environment"),
        ("examples/shop/base.yaml", "layer"),
        ("examples/shop/staging.yaml", "layer"),
        ("examples/shop/production.yaml", "layer"),
    ],
)
def test_the_schema_for_editors_accepts_what_the_program_accepts(name: str, kind: str) -> None:
    """An editor shows no error in an environment, or a layer of one, that is valid."""
    schema = json.loads((ROOT / f"schemas/{kind}.schema.json").read_text())
    document = load((ROOT / name).read_text())
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(document)] == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"relases": {}}, id="unknown key"),
        pytest.param({"kind": "Environmnt"}, id="wrong kind"),
        pytest.param({"releases": {"a": {"chart": "x", "wait": "5 minutes"}}}, id="bad duration"),
        pytest.param({"releases": {"a": {"chart": "x", "replicas": -1}}}, id="negative replicas"),
    ],
)
def test_the_schema_for_editors_refuses_what_the_program_refuses(change: dict[str, object]) -> None:
    """An editor underlines the usual mistakes."""
    schema = json.loads((ROOT / "schemas/environment.schema.json").read_text())
    document = {**load((ROOT / "environments/demo.yaml").read_text()), **change}  # type: ignore[dict-item]
    assert not jsonschema_rs.validator_for(schema).is_valid(document)
