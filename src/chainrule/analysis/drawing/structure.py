"""What a drawing of a network shows: its columns of units, and the weights between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from chainrule.analysis.explanation.problem import check_names
from chainrule.analysis.explanation.stages import is_standard
from chainrule.arrays import Array
from chainrule.layers import Dense
from chainrule.layers.layer import Layer
from chainrule.models.sequential import Sequential
from chainrule.models.summary import layer_kind


@dataclass
class LayerColumn:
    """Units that stand below each other: the inputs, or those of a layer.

    Attributes
    ----------
    title : str
    kind : str
        What the layer is, such as "Dense relu".
    units : int
    weights : int
        How many the layer has.
    kernel : array (units before, units) or None
        Weights from the column before; None where the layer is no plain dense one.
    biases : array (units,) or None
    names : tuple of str or None
        Of the units.
    notes : list of str
        Layers that follow and change each unit by itself, or only the shape: "Dropout 0.2".
    """

    title: str
    kind: str
    units: int
    weights: int = 0
    kernel: Array | None = None
    biases: Array | None = None
    names: tuple[str, ...] | None = None
    notes: list[str] = field(default_factory=list)


def network_columns(
    model: Sequential, input_names: Sequence[str] | None = None, output_names: Sequence[str] | None = None
) -> list[LayerColumn]:
    """Return the columns of a network.

    Parameters
    ----------
    model : Sequential
        Built.
    input_names, output_names : sequence of str, optional

    Raises
    ------
    StateError
        The model is not built.
    ArgumentError
        There are more or fewer names than units.

    Examples
    --------
    >>> from chainrule.layers import Dropout, Input
    >>> model = Sequential([Input((3,)), Dense(4, activation="relu"), Dropout(0.2), Dense(1)], seed=0)
    >>> [(column.title, column.units, column.notes) for column in network_columns(model)]
    [('inputs', 3, []), ('dense_1', 4, ['Dropout 0.2']), ('dense_2', 1, [])]
    """
    shape = model.input_shape
    size = prod(length or 1 for length in shape[1:])
    columns = [LayerColumn("inputs", "", size, names=check_names("input_names", input_names, size))]
    for layer in model.layers:
        before, shape = shape, layer.output_shape(shape)
        size = prod(length or 1 for length in shape[1:])
        dense = isinstance(layer, Dense)
        if not dense and size == columns[-1].units:  # no unit of its own
            columns[-1].notes.append(layer_kind(layer))
            columns[-1].weights += layer.count_params()
            continue
        column = LayerColumn(layer.name, layer_kind(layer), size, layer.count_params())
        if is_standard(layer, Dense) and len(before) == 2:
            column.kernel, column.biases = _weights(layer)
        columns.append(column)
    columns[-1].names = check_names("output_names", output_names, columns[-1].units) or columns[-1].names
    return columns


def _weights(layer: Layer) -> tuple[Array, Array | None]:
    assert isinstance(layer, Dense)
    biases = layer.bias.numpy().astype(np.float64) if layer.use_bias else None
    return layer.kernel.numpy().astype(np.float64), biases
