"""The calls of the Helm library that its Python signature is too narrow for.

The library takes a JSON object of options for each call and refuses an unknown one by name; the wheel's
Python functions pass on only some of them. This is the one module that reaches past them into the wheel's
private parts, so the wheel's version is pinned exactly.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.adapters.helm.manager import load_library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.model.json import Json, JsonMap

Options = dict[str, Any]


def install(config: Any, context: Any, chart: Any, name: str, values: JsonMap, options: Options) -> JsonMap:
    """Run `helm_install`; returns the release's summary, its manifest included."""
    return _write("helm_install", config, context, chart, name, values, options)


def upgrade(config: Any, context: Any, chart: Any, name: str, values: JsonMap, options: Options) -> JsonMap:
    """Run `helm_upgrade`; returns the release's summary, its manifest included."""
    return _write("helm_upgrade", config, context, chart, name, values, options)


def rollback(config: Any, name: str, options: Options) -> None:
    """Run `helm_rollback`. It takes no context, so it cannot be cancelled."""
    _native().call_status("helm_rollback", _raw(config), name, encode(options))


def uninstall(config: Any, name: str, options: Options) -> None:
    """Run `helm_uninstall`. It takes no context, so it cannot be cancelled."""
    _native().call_string("helm_uninstall", _raw(config), name, encode(options))


def render(chart: Any, values: JsonMap, options: Options, config: Any | None) -> Mapping[str, str]:
    """Template path → text; with a `config`, `lookup` asks its cluster."""
    function = "helm_render" if config is None else "helm_render_with_config"
    handles = [chart] if config is None else [config, chart]
    # `_raw` raises when a handle is closed, so a closed one never reaches the library.
    arguments = [handle._raw() for handle in handles]  # noqa: SLF001
    rendered: dict[str, str] = json.loads(_native().call_string(function, *arguments, encode(values), encode(options)))
    return rendered


def build_dependencies(folder: Path, options: Options) -> None:
    """Fill the chart's charts/ from Chart.lock, or without one from the newest versions that fit."""
    _native().call_status("helm_dependency_build", str(folder), encode(options))


def lint(folder: Path, values: JsonMap) -> JsonMap:
    """Helm's lint without the check of schemas; its findings are data, not errors."""
    report: JsonMap = load_library().lint(folder, dict(values), skip_schema_validation=True)
    return report


def check_index(url: str, options: Options) -> None:
    """Download a repository's index, only to see whether that works."""
    _native().call_string("helm_repo_index_download", url, encode(options))


def encode(value: Json) -> str:
    """JSON as the library reads it."""
    return json.dumps(value, ensure_ascii=False)


def _write(
    function: str, config: Any, context: Any, chart: Any, name: str, values: JsonMap, options: Options
) -> JsonMap:  # the library's own parameters
    handles = (_raw(config), _raw(context), _raw(chart))
    no_reference = None  # a chart by reference would be loaded by the library itself
    summary: JsonMap = json.loads(
        _native().call_string(function, *handles, no_reference, name, encode(values), encode(options))
    )
    return summary


def _raw(handle: Any) -> object:
    return handle._raw()  # noqa: SLF001 (see the module)


def _native() -> Any:
    return load_library()._native  # noqa: SLF001 (see the module)
