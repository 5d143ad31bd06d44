"""What flows on charts in the making work with."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.engine import Engine
from reconciler.model.inputs import Inputs
from reconciler.model.workshop import ChartReader


@dataclass(frozen=True, slots=True)
class Bench:
    """What a chart in the making is looked at with."""

    inputs: Inputs
    reader: ChartReader
    engine: Engine
