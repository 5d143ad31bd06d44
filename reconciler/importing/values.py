"""Live values → what stands in the file, and references for what must not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.importing.sensitive import sensitive
from reconciler.importing.variables import Variables
from reconciler.model.compare import Path, show
from reconciler.model.json import Json, JsonMap, as_map
from reconciler.model.secret import Mask, SecretText

# So few values are read more easily beside the release than in a file of their own.
_SHORT = 4
# What `valuesFrom` would read as something else; see desired/values.py and desired/releases.py.
_NO_PATH = re.compile(r"\\|\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Written:
    """The values of a release, in two parts.

    Attributes:
        values: what stands in a file.
        references: dotted path → the variable that holds the value.
        exposed: paths of what looks like a secret and cannot be a reference: it is in a list, or no text.
    """

    values: JsonMap = field(repr=False)
    references: Mapping[str, str]
    exposed: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        """Whether they may stand beside the release."""
        return len(self.values) <= _SHORT and not any(
            isinstance(item, dict | list) and item for item in self.values.values()
        )


def split(values: JsonMap, key: str, plain: Sequence[str], variables: Variables) -> Written:
    """The values of the release `key`; what looks like a secret, and is not meant by `plain`, becomes a variable."""
    references: dict[str, str] = {}
    exposed: list[str] = []
    for path in list(sensitive(values, plain)):
        text, steps = _at(values, path), [step for step in path if isinstance(step, str)]
        if not isinstance(text, str) or len(steps) < len(path) or any(map(_NO_PATH.search, steps)):
            exposed.append(show(path))
            continue
        meaning = f"{show(path)} of release {key}"
        references[_dotted(steps)] = variables.name([key, *steps], SecretText(text), meaning)
        values = _without(values, steps)
    return Written(values, references, tuple(exposed))


def mask_of(values: JsonMap) -> Mask:
    """Hides what looks like a secret in what Helm says of a release, whatever `--plain` allows in the file."""
    return Mask.of(SecretText(str(_at(values, path))) for path in sensitive(values))


def _dotted(steps: Sequence[str]) -> str:
    return ".".join(step.replace(".", "\\.") for step in steps)


def _at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]  # type: ignore[index]  # the path was found in the value
    return value


def _without(values: JsonMap, steps: Sequence[str]) -> JsonMap:
    rest = {key: item for key, item in values.items() if key != steps[0]}
    if len(steps) == 1:
        return rest
    return {**values, steps[0]: _without(as_map(values[steps[0]]), steps[1:])}
