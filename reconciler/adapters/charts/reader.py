"""The one place where YAML of charts is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ChartError
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load

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
    try:
        return load(text)
    except YamlError as error:
        place = f":{error.mark.line + 1}:{error.mark.column + 1}"
        raise ChartError(f"{name}{place} is not valid YAML: {error.problem}") from error
