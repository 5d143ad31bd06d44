"""Quantities as Kubernetes writes them: `100m`, `1.5Gi`, `2e3`."""

from __future__ import annotations

import re
from decimal import Decimal

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]|)")
_BINARY = {f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", 1)}
_DECIMAL = {prefix: Decimal(1000) ** power for power, prefix in enumerate("kMGTPE", 1)}
_SMALL = {prefix: Decimal(1000) ** -power for power, prefix in enumerate("mun", 1)}
_UNITS = {**_BINARY, **_DECIMAL, **_SMALL, "": Decimal(1)}


def quantity(value: object) -> Decimal | None:
    """The number that a quantity means, or None when it is none."""
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if found is None or isinstance(value, bool):
        return None
    number, unit = found.groups()
    return Decimal(f"{number}{unit}") if unit not in _UNITS else Decimal(number) * _UNITS[unit]


def shown(value: Decimal, like: str) -> str:
    """A quantity in the unit in which another one is written, as far as it comes out even; else as it is short."""
    match = _QUANTITY.fullmatch(like)
    for unit in (match.group(2) if match else "", *reversed(_BINARY), "", "m"):
        if unit in _UNITS and value == (value / _UNITS[unit]).quantize(_THOUSANDTH) * _UNITS[unit]:
            return f"{(value / _UNITS[unit]).normalize():f}{unit if value else ''}"
    return f"{value.normalize():f}"


_THOUSANDTH = Decimal("0.001")
