"""A trace as tables: one example's values and gradients, layer by layer."""

from collections.abc import Sequence

import numpy as np

from chainrule.analysis.explanation.compose import network_line
from chainrule.analysis.explanation.document import Document, Line, Number, Section, Table, Words
from chainrule.analysis.explanation.quantities import Units
from chainrule.analysis.explanation.render_text import render_text
from chainrule.analysis.explanation.traces import LayerTrace, Trace
from chainrule.arrays import Array
from chainrule.estimators.wording import shorten

MOST = 8  # units of a layer that are listed
NAME = 24  # characters of a unit's name


def trace_table(trace: Trace, example: int, width: int) -> str:
    """Return one example's numbers as text.

    Parameters
    ----------
    trace : Trace
    example : int
    width : int
        Longest line.
    """
    layers = [layer.layer for layer in trace.layers]
    which = f"; example {example} of 0 to {len(trace) - 1}" if len(trace) > 1 else ""
    first = trace.layers[0].input_gradients if trace.layers else None
    gradients = None if first is None else first[example]
    sections = [
        Section("The network", (Words((network_line(layers, trace.inputs.shape[1:]),)),)),
        Section("inputs", (_units([("", trace.inputs[example], gradients, trace.input_units)]),)),
        *(Section(layer.name, _layer(layer, example)) for layer in trace.layers),
        Section("loss", (_loss(trace, example),)),
    ]
    return render_text(Document(f"Forward and backward pass{which}", tuple(sections)), width)


def _layer(layer: LayerTrace, example: int) -> tuple[Table, ...]:
    columns = []
    if layer.sums is not None and layer.sum_units is not None:
        slopes = None if layer.sum_gradients is None else layer.sum_gradients[example]
        columns.append((layer.sum_units.letter, layer.sums[example], slopes, layer.sum_units))
    slopes = None if layer.output_gradients is None else layer.output_gradients[example]
    columns.append((layer.units.letter, layer.outputs[example], slopes, layer.units))
    weights = tuple(
        (
            (name,),
            (" x ".join(map(str, weight.values.shape)) or "1",),
            (Number(float(np.linalg.norm(weight.values))),),
            (Number(float(np.linalg.norm(weight.gradients))),),
            (Number(float(np.abs(weight.gradients).max(initial=0.0))),),
        )
        for name, weight in layer.weights.items()
    )
    head = ("weights, all examples", "shape", "norm", "norm of dJ/dW", "largest |dJ/dw|")
    return (_units(columns), *([Table(head, weights, numbers=(1, 2, 3))] if weights else []))


def _units(columns: Sequence[tuple[str, Array, Array | None, Units]]) -> Table:
    """Return a table of units: those of a small layer, of a large one the first few and what is left."""
    *_, (_, values, _, units) = columns
    shown = range(values.size if values.size <= MOST + 1 else MOST)
    head = ["unit"]
    for letter, *_ in columns:
        head += [letter or "x", f"dJ/d{letter or 'x'}"]
    rows = []
    for index in shown:
        row: list[Line] = [(shorten(units.unit(index) or "0", NAME),)]
        for _, numbers, gradients, _ in columns:
            row.append((Number(float(numbers.reshape(-1)[index])),))
            row.append(("",) if gradients is None else (Number(float(gradients.reshape(-1)[index])),))
        rows.append(tuple(row))
    if values.size > len(shown):
        rows.append(((f"... {values.size - len(shown):,} more",), *[("",)] * (2 * len(columns))))
    return Table(tuple(head), tuple(rows), numbers=tuple(range(1, 2 * len(columns))))


def _loss(trace: Trace, example: int) -> Table:
    rows: list[tuple[Line, ...]] = [((trace.loss_name,), (Number(float(trace.losses[example]), exact=True),))]
    if trace.loss != trace.losses[example]:
        rows.append((("J",), (Number(trace.loss, exact=True),)))
    return Table((), tuple(rows), numbers=(1,))
