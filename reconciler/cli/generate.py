"""Schemas and reference pages, made from the models and commands: `make generate`. A test fails when one is stale."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from reconciler.cli.main import main
from reconciler.daemon.config.sync_file import SyncSpec
from reconciler.daemon.telling.metrics import Metrics
from reconciler.desired.schema import EnvironmentSpec
from reconciler.desired.schema.lock import LockSpec
from reconciler.report.documents import PlanDocument, StatusDocument, ValidationDocument
from reconciler.report.finding_documents import FindingsDocument
from reconciler.report.lint import LintDocument
from reconciler.report.lock import UpdateDocument
from reconciler.report.news import NotificationDocument
from reconciler.report.preflight import PreflightDocument
from reconciler.report.saved_documents import SavedPlanDocument
from reconciler.report.versions import VersionsDocument

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS = {
    "environment": EnvironmentSpec,
    "lint": LintDocument,
    "lock": LockSpec,
    "findings": FindingsDocument,
    "notification": NotificationDocument,
    "plan": PlanDocument,
    "plan-file": SavedPlanDocument,
    "preflight": PreflightDocument,
    "status": StatusDocument,
    "sync": SyncSpec,
    "update": UpdateDocument,
    "validation": ValidationDocument,
    "versions": VersionsDocument,
}
_HEAD = "<!-- Made by `make generate` from the code; changes here are lost. -->\n\n"


def generated() -> Mapping[str, str]:
    """Path in the repository → what the file should hold."""
    schemas = {f"schemas/{name}.schema.json": _schema(model) for name, model in _MODELS.items()}
    schemas["schemas/layer.schema.json"] = _dumped(_as_layer(_made(EnvironmentSpec)))
    return {
        **schemas,
        "docs/reference/environment.md": _file_page("The Environment file", EnvironmentSpec),
        "docs/reference/sync.md": _file_page("The Sync file", SyncSpec),
        "docs/reference/cli.md": _cli_page(),
        "docs/reference/metrics.md": _metrics_page(),
    }


def _schema(model: Any) -> str:
    return _dumped(_made(model))


def _made(model: Any) -> dict[str, Any]:
    return {"$schema": _DIALECT, **model.model_json_schema(by_alias=True, mode="validation")}


def _dumped(schema: Any) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _as_layer(schema: Any) -> Any:
    """The schema of a file that others extend, or that extends another: nothing is required, and null removes."""
    if isinstance(schema, list):
        return [_as_layer(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed = {key: _as_layer(value) for key, value in schema.items() if key != "required"}
    if isinstance(relaxed.get("properties"), dict):
        relaxed["properties"] = {key: _or_null(part) for key, part in relaxed["properties"].items()}
    return relaxed


def _or_null(part: Any) -> Any:
    """A property that may also be null; its description stays outside, where editors look for it."""
    described = {key: part[key] for key in ("description", "title", "default") if key in part}
    return {**described, "anyOf": [{key: part[key] for key in part if key not in described}, {"type": "null"}]}


def _file_page(title: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema(by_alias=True)
    parts = [f"{_HEAD}# {title}\n\n{schema['description']}\n"]
    parts += ["\n".join(_table(schema))]
    for name, part in schema["$defs"].items():
        content = _values(part["enum"]) if "enum" in part else "\n".join(_table(part))
        parts.append(f"\n## {name}\n\n{part['description']}\n\n{content}")
    return "\n".join(parts) + "\n"


def _values(values: Sequence[str]) -> str:
    return f"One of: {', '.join(f'`{value}`' for value in values)}."


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | type | meaning |"
    yield "|---|---|---|"
    required = schema.get("required", [])
    for key, part in schema["properties"].items():
        needed = " **required**" if key in required else ""
        yield f"| `{key}`{needed} | {_type(part)} | {part.get('description', '')} |"


def _type(part: Mapping[str, Any]) -> str:
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in part:
        return f"`{json.dumps(part['const'])}`"
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type(item) for item in part["anyOf"] if item.get("type") != "null"))
    if part.get("type") == "array":
        return f"list of {_type(part['items'])}"
    if part.get("type") == "object":
        below = part.get("additionalProperties")
        keys = f"{_type(part['propertyNames'])} to " if "propertyNames" in part else ""
        return f"map of {keys}{_type(below)}" if isinstance(below, dict) else "map"
    return str(part.get("type", "anything"))


def _metrics_page() -> str:
    rows = sorted(
        f"| `{family.name}` | {kind} | {', '.join(f'`{label}`' for label in family.labels)} | {family.meaning} |"
        for family, kind in Metrics().families()
    )
    return "\n".join([f"{_HEAD}# Metrics\n", "| metric | type | labels | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _cli_page() -> str:
    parts = [f"{_HEAD}# The command line\n"]
    for path, command in _commands(main, ("reconcile",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=100, terminal_width=100)
        parts.append(f"## {' '.join(path)}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def _commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=" ".join(path))
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _commands(below, (*path, name))


def write(root: Path) -> None:
    """Write all generated files below the repository's root."""
    for name, text in generated().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(__file__).parents[2])
