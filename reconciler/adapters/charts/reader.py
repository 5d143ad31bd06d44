"""The one place where YAML of charts is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ChartError
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load_all

if TYPE_CHECKING:
    from reconciler.model.json import Json


def read_yaml(text: str, name: str) -> Json:
    """The value of the first YAML document, read as Helm reads it; None when it is empty.

    Args:
        text: the document.
        name: the file's name, for errors.

    Raises:
        ChartError: it is not YAML.
    """
    documents = read_yaml_stream(text, name)
    return documents[0] if documents else None


def read_yaml_stream(text: str, name: str) -> list[Json]:
    """The values of all documents; otherwise as `read_yaml`."""
    try:
        return list(load_all(text))
    except YamlError as error:
        place = f":{error.mark.line + 1}:{error.mark.column + 1}"
        raise ChartError(f"{name}{place} is not valid YAML: {error.problem}") from error
