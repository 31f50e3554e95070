"""What a picture of a network shows: its columns with their units, and the edges between them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chainrule.analysis.drawing.layout import shown_units
from chainrule.analysis.explanation.backpropagation import Backpropagation, Record
from chainrule.analysis.explanation.quantities import Units
from chainrule.analysis.explanation.reasons import target_of
from chainrule.analysis.explanation.stages import is_standard
from chainrule.arrays import Array
from chainrule.layers import CategoryEmbedding

MOST = 7  # units of a column


@dataclass(frozen=True)
class Cell:
    """A value of a unit with its gradient: its sum z, or its activation a."""

    letter: str
    value: float
    gradient: float | None


@dataclass(frozen=True)
class Unit:
    """A unit that is drawn: its place in the layer, its name, and its values."""

    index: int
    name: str
    cells: tuple[Cell, ...]


@dataclass
class Column:
    """Units that stand below each other.

    Attributes
    ----------
    title, kind : str
        Of the layer.
    units : list of Unit
    hidden : int
        How many more there are.
    stage : int
        The number of its first stage; -1: the inputs.
    last : int
        The number of its last stage.
    """

    title: str
    kind: str
    units: list[Unit]
    hidden: int
    stage: int
    last: int


@dataclass(frozen=True)
class Edge:
    """A way from one unit to a unit of the next column.

    Attributes
    ----------
    column : int
        Of the unit that it comes from.
    start, end : int
        Places in their columns' lists.
    weight : float or None
        The derivative of the one by the other: in dense layers the weight.
    gradient : float or None
        dJ/d weight, in dense layers.
    """

    column: int
    start: int
    end: int
    weight: float | None
    gradient: float | None


@dataclass
class Picture:
    """All of it.

    Attributes
    ----------
    columns : list of Column
        From the inputs to what the loss sees.
    edges : list of Edge
    loss : float
    several : bool
        Whether there is more than one example, of which the units show one.
    """

    columns: list[Column]
    edges: list[Edge]
    loss: float
    several: bool


def picture_of(passes: Backpropagation, example: int, wanted: dict[int, list[int]]) -> Picture:
    """Return what a picture shows of one example.

    Parameters
    ----------
    passes : Backpropagation
    example : int
    wanted : dict from the number of a stage (-1: the inputs) to units
        Which units to show first where a layer has many; beyond them, those of largest gradient.
    """
    groups: list[list[int]] = []  # stages of one layer stand in one column
    for place, record in enumerate(passes.records):
        if groups and passes.records[groups[-1][0]].stage.layer is record.stage.layer:
            groups[-1].append(place)
        else:
            groups.append([place])
    columns = [_inputs(passes, example, wanted.get(-1, ()))]
    for group in groups:
        units = [unit for place in group for unit in wanted.get(place, ())]
        columns.append(_column(passes, example, group, units, final=group is groups[-1]))
    edges = [edge for place in range(1, len(columns)) for edge in _edges(passes, example, columns, place)]
    return Picture(columns, edges, passes.loss, len(passes.losses) > 1)


def _chosen(gradient: Array | None, size: int, wanted: Iterable[int], most: int = MOST) -> list[int]:
    steepest = [] if gradient is None else np.argsort(-np.abs(gradient), kind="stable")[:most].tolist()
    asked = list(dict.fromkeys(wanted))
    few = asked[:most] if len(asked) > 2 else [*asked, *steepest][:4]
    return shown_units(size, few, most)


def _inputs(passes: Backpropagation, example: int, wanted: Iterable[int]) -> Column:
    units = passes.inputs_of(0)
    values = passes.problem.inputs.numpy()[example].reshape(-1)
    has_gradient = passes.problem.inputs.dtype.kind == "f"
    gradient = passes.input_gradient[example].reshape(-1) if has_gradient else None
    chosen = _chosen(gradient, units.size, wanted)
    shown = [
        Unit(i, _name(units, i), (Cell("x", float(values[i]), None if gradient is None else float(gradient[i])),))
        for i in chosen
    ]
    return Column("inputs", f"{units.size}", shown, units.size - len(chosen), -1, -1)


def _name(units: Units, index: int) -> str:
    return units.unit(index) or ""


def _column(passes: Backpropagation, example: int, group: list[int], wanted: list[int], final: bool) -> Column:
    records = [passes.records[place] for place in group]
    layer, units = records[-1].stage.layer, records[-1].units
    gradient = records[-1].gradient[example].reshape(-1)
    chosen = _chosen(gradient, units.size, wanted)
    predictions = passes.predictions[example].reshape(-1) if final and passes.on_logits else None
    shown = []
    for i in chosen:
        cells = [
            Cell(
                record.stage.letter,
                float(record.outputs.numpy()[example].reshape(-1)[i]),
                float(record.gradient[example].reshape(-1)[i]),
            )
            for record in records
        ]
        if predictions is not None:
            cells.append(Cell("y", float(predictions[i]), None))
        name = _name(units, i)
        if final:
            name = ", ".join(part for part in (name, f"t = {target_of(passes, example, i):.3g}") if part)
        shown.append(Unit(i, name, tuple(cells)))
    activations = [record.stage.activation_name for record in records if record.stage.part == "activation"]
    if predictions is not None:
        activations = [str(passes.problem.loss.activation)]
    kind = " ".join([str(units.size), *activations])
    return Column(layer.name, kind, shown, units.size - len(chosen), group[0], group[-1])


def _edges(passes: Backpropagation, example: int, columns: list[Column], place: int) -> list[Edge]:
    """Return the edges into a column: all between dense units, else those between a unit and itself."""
    before, column = columns[place - 1], columns[place]
    record = passes.records[column.stage]
    width, size = record.inputs.shape[-1], record.outputs.shape[-1]
    edges = []
    for start, unit in enumerate(before.units):
        for end, other in enumerate(column.units):
            if record.stage.part == "sum":
                if unit.index // width != other.index // size:  # at another place of the example
                    continue
                kernel = record.stage.dense.kernel.numpy()
                value = float(kernel[unit.index % width, other.index % size])
                inputs = record.inputs.numpy()[example].reshape(-1)[unit.index]
                slope = record.gradient[example].reshape(-1)[other.index] * inputs
                edges.append(Edge(place - 1, start, end, value, float(slope)))
            elif _leads(record, unit.index, other.index):
                edges.append(Edge(place - 1, start, end, None, None))
    return edges


def _leads(record: Record, unit: int, other: int) -> bool:
    """Whether a unit reaches another through a layer without a matrix."""
    layer = record.stage.layer
    if is_standard(layer, CategoryEmbedding):
        sources = [i for i in range(record.inputs.shape[-1]) for _ in range(layer.columns.get(i, (0, 1))[1])]
        return sources[other] == unit
    return record.stage.structure not in ("elementwise", "batch") or unit == other
