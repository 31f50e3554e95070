"""Backpropagation, stage by stage: all values of the forward pass and all gradients of the backward pass."""

from dataclasses import dataclass

import numpy as np

from chainrule import activations
from chainrule.analysis.explanation.problem import Problem
from chainrule.analysis.explanation.quantities import Units
from chainrule.analysis.explanation.replica import explained_in_float64, finite
from chainrule.analysis.explanation.stages import Stage, split
from chainrule.arrays import Array
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, DataError
from chainrule.layers import Activation, CategoryEmbedding, Dense
from chainrule.random import generator


@dataclass(eq=False)
class Record:
    """What one stage did, and the gradient of its outputs.

    Attributes
    ----------
    stage : Stage
    inputs, outputs : Tensor (examples, ...)
    tape : GradientTape
        Of this stage alone, persistent.
    units : Units
        What the outputs are called.
    gradient : float64 array
        dJ/d outputs.
    """

    stage: Stage
    inputs: Tensor
    outputs: Tensor
    tape: GradientTape
    units: Units
    gradient: Array

    @property
    def differentiable(self) -> bool:
        """Whether its inputs have a derivative: whole numbers have none."""
        return self.inputs.dtype.kind == "f"

    def back(self, seeds: Array) -> Array:
        """Return seeds, dJ/d outputs, times d outputs / d inputs: one step of the chain rule."""
        if not self.differentiable:
            return np.zeros(self.inputs.shape)
        found = self.tape.gradient(self.outputs, self.inputs, Tensor.wrap(seeds), unconnected_gradients="zero")
        return np.asarray(found.numpy())

    @property
    def variables(self) -> list[Variable]:
        """The Variables that it may use: the layer's own, and others' that it reaches for."""
        own = self.stage.variables
        return [*own, *(v for v in self.tape.watched_variables() if all(v is not known for known in own))]

    def weight_gradients(self) -> list[tuple[Variable, Array]]:
        """Return dJ/dW of every Variable that the stage uses."""
        found = self.tape.gradient(self.outputs, self.variables, Tensor.wrap(self.gradient))
        return [(v, g.numpy()) for v, g in zip(self.variables, found, strict=True) if g is not None]

    def by_weight(self, variable: Variable, index: tuple[int, ...]) -> Array | None:
        """Return d outputs / d w for one weight, of the outputs' shape; None where the stage does not use it.

        ``dJ/dw = <seeds, d outputs / dw>`` is linear in the seeds: its derivative by them is what is asked for. So one
        pass backwards and one through that pass give it, however many outputs there are.
        """
        seeds = Tensor.wrap(np.ones(self.outputs.shape))
        with GradientTape() as outer:
            outer.watch(seeds)
            slope = self.tape.gradient(self.outputs, variable, seeds)
            if slope is None:
                return None
            element = slope[index]
        return np.asarray(outer.gradient(element, seeds, unconnected_gradients="zero").numpy())


@dataclass(eq=False)
class Backpropagation:
    """A forward and a backward pass.

    Attributes
    ----------
    problem : Problem
    loss : float
        J, penalties and all.
    losses : float64 array (examples,)
        L of each example.
    shares : float64 array (examples,)
        dJ/dL of each example.
    records : list of Record
        From the inputs to what the loss sees.
    loss_slopes : float64 array
        dL/dy of each example.
    input_gradient : float64 array
        dJ/dx.
    loss_couples : bool
        Whether an example's loss depends on other examples' outputs: a loss of one's own may.
    on_logits : bool
        Whether the loss takes the last activation in, and sees what that is applied to.
    """

    problem: Problem
    loss: float
    losses: Array
    shares: Array
    records: list[Record]
    loss_slopes: Array
    input_gradient: Array
    loss_couples: bool
    on_logits: bool

    @property
    def outputs(self) -> Tensor:
        """What the loss sees."""
        return self.records[-1].outputs if self.records else self.problem.inputs

    @property
    def predictions(self) -> Array:
        """The network's outputs, probabilities where the loss works on logits."""
        if not self.on_logits:
            return self.outputs.numpy()
        activation = activations.TABLE[str(self.problem.loss.activation)]
        return np.asarray(activation(self.outputs).numpy())

    def inputs_of(self, place: int) -> Units:
        """What the inputs of stage ``place`` are called."""
        if place:
            return self.records[place - 1].units
        return Units("x", None, self.problem.inputs.shape[1:], self.problem.input_names)


def backpropagate(problem: Problem) -> Backpropagation:
    """Run the network forwards and backwards, keeping everything.

    Raises
    ------
    DataError
        The loss, or a gradient of a stage, is not finite.
    """
    with explained_in_float64():
        return _backpropagate(problem)


def _backpropagate(problem: Problem) -> Backpropagation:
    problem.replica.rewind()
    sigmoid = _splits_off_sigmoid(problem)
    on_logits = problem.on_logits is not None and not sigmoid
    stages = split(problem.replica.layers, problem.replica.training, on_logits)
    records: list[Record] = []
    x = problem.inputs
    for place, stage in enumerate(stages):
        records.append(_run(stage, x, _names(problem, stages, place)))
        _refuse_foreign(problem, records[-1])
        x = records[-1].outputs
    seen = records[-2].outputs if sigmoid else x  # by the loss: what the sigmoid is applied to, if it takes that in
    loss = problem.on_logits or problem.loss
    with GradientTape(persistent=True) as tape:
        tape.watch(seen)
        values = loss.values(problem.targets, seen)
    shares = problem.shares(values)

    def slopes(seeds: Array) -> Array:
        found = tape.gradient(values, seen, Tensor.wrap(seeds), unconnected_gradients="zero").numpy()
        return np.asarray(found / records[-1].back(np.ones(found.shape)) if sigmoid else found)

    by_example = slopes(np.ones(shares.shape))
    gradient = slopes(shares)
    seeds = generator(0, "check").normal(size=shares.shape)  # no sum of losses in which a dependence could hide
    seeds[1:] = 0
    couples = bool(slopes(seeds)[1:].any())
    for record in reversed(records):
        record.gradient = gradient
        gradient = record.back(gradient)
    penalties = problem.penalties()
    total = float(problem.reduce(values)) + (0.0 if penalties is None else float(penalties))
    if not (np.isfinite(total) and all(finite(record.gradient) for record in records)):
        raise DataError("the loss or its gradient is not finite for these examples, so there is nothing to explain")
    return Backpropagation(problem, total, values.numpy(), shares, records, by_example, gradient, couples, on_logits)


def _splits_off_sigmoid(problem: Problem) -> bool:
    """Whether dJ/dz = dJ/dy dy/dz can be told apart in full precision where training takes both in one step."""
    if problem.on_logits is None or problem.on_logits.activation != "sigmoid":
        return False
    x = problem.inputs
    *hidden, last = problem.replica.layers
    for layer in hidden:
        x = layer(x, problem.replica.training)
    assert isinstance(last, Dense | Activation)  # others have no activation that a loss undoes
    z = last.preactivation(x)
    problem.replica.rewind()
    y = activations.sigmoid(z).numpy()
    if not hidden and not last.weights:
        return False  # nothing but a sigmoid: there is no stage before it
    return bool(((y * (1 - y)) > 0).all())


def _names(problem: Problem, stages: list[Stage], place: int) -> tuple[str, ...] | None:
    """Return the names of a stage's units, where it is of the last layer or hands the inputs on."""
    layer = stages[place].layer
    if layer is stages[-1].layer:
        return problem.output_names
    names = problem.input_names
    if place == 0 and names is not None and isinstance(layer, CategoryEmbedding):
        return tuple(
            part
            for column, name in enumerate(names)
            for part in (
                [f"{name} {d}" for d in range(layer.columns[column][1])] if column in layer.columns else [name]
            )
        )
    return None


def _run(stage: Stage, x: Tensor, names: tuple[str, ...] | None) -> Record:
    leaf = Tensor.wrap(x.numpy())
    tape = GradientTape(persistent=True)
    with tape:
        if leaf.dtype.kind == "f":
            tape.watch(leaf)
        tape.watch(stage.variables)
        outputs = stage.function(leaf)
        if outputs is leaf:  # dropout outside of training: a derivative of 1 needs an operation
            outputs = leaf * 1.0
    units = Units(stage.letter, stage.number, outputs.shape[1:], names)
    return Record(stage, leaf, outputs, tape, units, np.zeros(0))


def _refuse_foreign(problem: Problem, record: Record) -> None:
    """Refuse a layer that reaches for a Variable outside of itself: its copy in float64 would use the model's own."""
    own = {id(variable) for _, variable in problem.replica.named_weights()}
    foreign = [v.name for v in record.tape.watched_variables() if id(v) not in own]
    if foreign:
        raise ArgumentError(
            f"{record.stage.layer.name} computes with {', '.join(foreign)}, which is none of its attributes, so that a "
            "copy of the layer can't have a copy of it; set it as an attribute: self.kernel = kernel"
        )
