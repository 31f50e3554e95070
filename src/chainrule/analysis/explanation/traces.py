"""Trace: all numbers of a forward and a backward pass, layer by layer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import losses
from chainrule.analysis.explanation.backpropagation import Backpropagation, Record, backpropagate
from chainrule.analysis.explanation.problem import Problem
from chainrule.analysis.explanation.quantities import Units
from chainrule.analysis.explanation.weight_names import weight_name
from chainrule.arrays import Array, whole_number
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError, UnknownNameError, did_you_mean
from chainrule.layers.layer import Layer


@dataclass(frozen=True, eq=False)
class WeightTrace:
    """A weight's values and dJ/d of each, penalties left out."""

    values: Array
    gradients: Array


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What one layer did.

    Attributes
    ----------
    name : str
    layer : Layer
        A copy of the model's in float64.
    inputs, outputs : array (examples, ...)
    sums : float64 array or None
        z, what the activation is applied to; None in layers without one, and where it is linear (they are the outputs).
    input_gradients, output_gradients : float64 array or None
        dJ/d inputs and dJ/d outputs. None where there is no such derivative: of whole numbers, and of the last outputs
        where the loss is computed from what the last activation is applied to (softmax and cross-entropy).
    sum_gradients : float64 array or None
        dJ/dz.
    weights : dict of str to WeightTrace
    units : Units or None
        The names of the outputs.
    sum_units : Units or None
    """

    name: str
    layer: Layer
    inputs: Array
    outputs: Array
    sums: Array | None
    input_gradients: Array | None
    output_gradients: Array | None
    sum_gradients: Array | None
    weights: Mapping[str, WeightTrace]
    units: Units
    sum_units: Units | None


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """All values and gradients of a forward and a backward pass; `trace` makes it.

    Attributes
    ----------
    loss : float
        J, penalties and all.
    losses : float64 array (examples,)
        Of each example.
    layers : tuple of LayerTrace
    inputs : array (examples, ...)
    input_units : Units
    targets : array
    loss_name : str

    Examples
    --------
    >>> from chainrule import Sequential, analysis
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones", activation="relu")], seed=0)
    >>> trace = analysis.trace(model, [[3.0]], [1.0], loss="mse")
    >>> trace.layers[0].outputs, trace.layers[0].weights["dense_1/kernel"].gradients
    (array([[3.]]), array([[12.]]))
    """

    loss: float
    losses: Array
    layers: tuple[LayerTrace, ...]
    inputs: Array
    input_units: Units
    targets: Array
    loss_name: str
    passes: Backpropagation

    def __len__(self) -> int:
        return len(self.losses)

    def __getitem__(self, name: str) -> LayerTrace:
        """Return a layer by its name."""
        found = {layer.name: layer for layer in self.layers}
        if name not in found:
            raise UnknownNameError(f"unknown layer {name!r}{did_you_mean(str(name), found)}")
        return found[name]

    @property
    def weights(self) -> dict[str, WeightTrace]:
        """Those of all layers by their names in the model; of one that several layers use the sum of its gradients."""
        found: dict[str, WeightTrace] = {}
        for layer in self.layers:
            for name, weight in layer.weights.items():
                before = found[name].gradients if name in found else 0.0
                found[name] = WeightTrace(weight.values, before + weight.gradients)
        return found

    def largest_gradients(self, count: int = 5) -> list[tuple[str, float]]:
        """Return the weights that move the loss most: names and gradients, largest first by absolute value.

        Parameters
        ----------
        count : int >= 1
        """
        count = whole_number("count", count, least=1)
        found = []
        for name, weight in self.weights.items():
            flat = weight.gradients.reshape(-1)
            few = min(count, flat.size)
            for place in np.argpartition(-np.abs(flat), few - 1)[:few]:
                index = np.unravel_index(int(place), weight.gradients.shape)
                found.append((weight_name(name, index), float(flat[place])))  # type: ignore[arg-type]  # NumPy's integers count
        return sorted(found, key=lambda pair: (-abs(pair[1]), pair[0]))[:count]

    def to_text(self, example: int = 0, width: int = 80) -> str:
        """Return one example's numbers as tables."""
        from chainrule.analysis.explanation.trace_table import trace_table

        return trace_table(self, self.check_example(example), width)

    def to_svg(self, example: int = 0) -> str:
        """Return the network as an SVG picture, with one example's values and gradients on its units."""
        from chainrule.analysis.explanation.render_svg import render_trace

        return render_trace(self, self.check_example(example))

    def check_example(self, example: int) -> int:
        """Return the number of an example, refused if there is no such one."""
        if whole_number("example", example, least=0) >= len(self):
            raise ArgumentError(f"example must be from 0 to {len(self) - 1}, got {example}")
        return int(example)

    def _repr_html_(self) -> str:
        from chainrule.analysis.explanation.render_html import fragment_of_trace

        return fragment_of_trace(self)

    def __repr__(self) -> str:
        return f"<Trace of {', '.join(layer.name for layer in self.layers)}: J = {self.loss:.6g}>"

    def __str__(self) -> str:
        return self.to_text()


@named_arguments
def trace(
    model: Any,
    x: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    loss: losses.LossLike | None = None,
    training: bool = False,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Trace:
    """Return all values of a forward pass and all gradients of the backward pass, in float64.

    Parameters
    ----------
    model : Sequential
    x : array-like (examples, ...), or one example alone
    y : array-like
        Targets, as for `fit`.
    sample_weight : array-like (examples,), optional
    loss : str, Loss or function, optional
        Default: the one that the model is compiled with.
    training : bool
        Whether dropout and batch normalisation work as in the model's next training step, same masks; default: as in
        prediction.
    input_names, output_names : sequence of str, optional
        What inputs and outputs are called in tables and pictures.

    Returns
    -------
    Trace

    Raises
    ------
    StateError
        There is no loss.
    ShapeError, DataError, DTypeError, ArgumentError
        The examples don't fit the model or its loss, or the loss is not finite.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones", activation="sigmoid")], seed=0)
    >>> found = trace(model, [0.0, 0.0], [1.0], loss="binary_crossentropy")
    >>> found.layers[0].sum_gradients  # y - t
    array([[-0.5]])
    """
    return trace_of(backpropagate(Problem.of(model, x, y, sample_weight, loss, training, input_names, output_names)))


def trace_of(passes: Backpropagation) -> Trace:
    """Return the numbers of two passes, by layers."""
    by_layer: dict[int, list[int]] = {id(layer): [] for layer in passes.problem.replica.layers}
    for place, record in enumerate(passes.records):
        by_layer[id(record.stage.layer)].append(place)
    names = {id(variable): name for name, variable in reversed(passes.problem.replica.named_weights())}
    layers, before, units = [], passes.problem.inputs.numpy(), passes.inputs_of(0)
    gradient: Array | None = passes.input_gradient if passes.problem.inputs.dtype.kind == "f" else None
    for layer in passes.problem.replica.layers:
        records = [passes.records[place] for place in by_layer[id(layer)]]
        last = layer is passes.problem.replica.layers[-1]
        made = _layer_trace(layer, records, names, before, gradient, units, passes if last else None)
        layers.append(made)
        before, gradient, units = made.outputs, made.output_gradients, made.units
    targets = passes.problem.targets
    return Trace(
        passes.loss,
        passes.losses,
        tuple(layers),
        passes.problem.inputs.numpy(),
        passes.inputs_of(0),
        targets if isinstance(targets, np.ndarray) else targets.numpy(),
        passes.problem.loss.name,
        passes,
    )


def _layer_trace(
    layer: Layer,
    records: list[Record],
    names: Mapping[int, str],
    inputs: Array,
    gradient: Array | None,
    units: Units,
    last: Backpropagation | None,
) -> LayerTrace:
    on_logits = last is not None and last.on_logits
    sums = next((record for record in records if record.stage.part == "sum"), None)
    activation = next((record for record in records if record.stage.part != "sum"), None)
    final = activation or sums
    if on_logits:  # the loss takes the activation in: the outputs have no gradient of their own
        assert last is not None
        shape = last.predictions.shape[1:]
        outputs, output_gradients = last.predictions, None
        z, z_gradients, z_units = (
            (sums.outputs.numpy(), sums.gradient, sums.units) if sums else (inputs, gradient, units)
        )
        units = Units("y", None, shape, last.problem.output_names)
    else:
        assert final is not None  # every other layer is one stage at least
        outputs, output_gradients, units = final.outputs.numpy(), final.gradient, final.units
        z, z_gradients, z_units = None, None, None
        if sums is not None and activation is not None:
            z, z_gradients, z_units = sums.outputs.numpy(), sums.gradient, sums.units
    weights = {
        names[id(variable)]: WeightTrace(variable.numpy(), found)
        for record in records
        for variable, found in record.weight_gradients()
        if variable.trainable
    }
    return LayerTrace(
        layer.name, layer, inputs, outputs, z, gradient, output_gradients, z_gradients, weights, units, z_units
    )
