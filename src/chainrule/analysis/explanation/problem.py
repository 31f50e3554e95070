"""The problem that is explained: a network in float64, a loss, and the examples it is measured on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import losses
from chainrule.analysis.explanation.replica import Replica, explained_in_float64
from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.engine.data import as_array, check_inputs, check_weights
from chainrule.engine.python import loss_on_logits
from chainrule.errors import ArgumentError, ShapeError, StateError
from chainrule.layers import Activation, Dense
from chainrule.models.outputs import check_outputs


@dataclass(frozen=True, eq=False)
class Problem:
    """J(W) of one or several examples, as training sees it.

    Attributes
    ----------
    replica : Replica
    inputs : Tensor (examples, ...)
    targets : array or Tensor
        In the form that the loss takes.
    weight : float64 array (examples,) or None
    loss : Loss
        As the model has it.
    on_logits : Loss or None
        The same loss on the last layer's sums, where training uses that form.
    loss_weight : float
    input_names, output_names : tuple of str or None
    """

    replica: Replica
    inputs: Tensor
    targets: Any
    weight: Array | None
    loss: losses.Loss
    on_logits: losses.Loss | None
    loss_weight: float
    input_names: tuple[str, ...] | None
    output_names: tuple[str, ...] | None

    @classmethod
    def of(
        cls,
        model: Any,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        loss: losses.LossLike | None = None,
        training: bool = False,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
    ) -> "Problem":
        """Check everything that a person gives.

        Raises
        ------
        StateError
            There is no loss: the model is not compiled and none is given.
        ShapeError, DataError, DTypeError, ArgumentError
            The examples don't fit the model or its loss.
        """
        inputs, targets = check_inputs(x), as_array(y, "y")
        if model.built and inputs.shape == tuple(model.input_shape[1:]):  # one example, not a batch of one
            inputs, targets = inputs[None], targets[None]
            sample_weight = None if sample_weight is None else np.reshape(sample_weight, 1)
        if targets.ndim == 0 or len(targets) != len(inputs):
            raise ShapeError(f"x and y must have the same number of examples, got {inputs.shape} and {targets.shape}")
        model.ensure_built(inputs)
        used = _loss_of(model, loss)
        check_outputs(model.layers[-1], used)
        targets = used.check_targets(targets, model.output_shape)
        weight = None if sample_weight is None else check_weights(sample_weight, len(inputs)).astype(np.float64)
        replica = Replica(model, training)
        on_logits = loss_on_logits(used, replica.layers[-1])
        whole = inputs.dtype.kind != "f"
        leaf = replica.layers[0]._receive(Tensor(inputs if whole else inputs.astype(np.float64)))
        return cls(
            replica,
            leaf,
            targets if targets.dtype.kind in "iu" else Tensor(targets.astype(np.float64)),
            weight,
            used,
            on_logits,
            model.loss_weights or 1.0,
            check_names("input_names", input_names, int(np.prod(inputs.shape[1:]))),
            check_names("output_names", output_names, int(np.prod(model.output_shape[1:]))),
        )

    def __len__(self) -> int:
        return len(self.inputs)

    def reduce(self, values: Tensor) -> Tensor:
        """Return J of the examples' losses, penalties left out."""
        return self.loss_weight * self.loss.reduce(values, self.weight)

    def penalties(self) -> Tensor | None:
        """Return the sum of the penalties on weights, None where there are none."""
        terms = [penalty for layer in self.replica.layers for penalty in layer.losses]
        total = terms[0] if terms else None
        for term in terms[1:]:
            total = total + term  # type: ignore[operator]  # there is a first one
        return total

    def objective(self) -> float:
        """Return J, penalties and all."""
        self.replica.rewind()
        *hidden, last = self.replica.layers
        with explained_in_float64():
            x = self.inputs
            for layer in hidden:
                x = layer(x, self.replica.training)
            if self.on_logits is not None:
                assert isinstance(last, Dense | Activation)  # others have no activation that a loss undoes
                z = last.preactivation(x)
                values = self.on_logits.values(self.targets, z)
            else:
                values = self.loss.values(self.targets, last(x, self.replica.training))
            penalties = self.penalties()
            return float(self.reduce(values)) + (0.0 if penalties is None else float(penalties))

    def shares(self, values: Tensor) -> Array:
        """Return dJ/dL_i: how much each example's loss counts in J."""
        with GradientTape() as tape:
            tape.watch(values)
            reduced = ops.sum(self.reduce(values))
        return np.asarray(tape.gradient(reduced, values, unconnected_gradients="zero").numpy())


def _loss_of(model: Any, loss: losses.LossLike | None) -> losses.Loss:
    if loss is None and not model._compiled:
        raise StateError("there is no loss to explain; compile the model first, or give one: loss='mse'")
    found: losses.Loss = model.loss if loss is None else losses.get(loss)
    if found.reduction in ("none", None):
        raise ArgumentError("an explanation needs one number J; reduction='none' gives one for every example")
    return found


def check_names(argument: str, names: Sequence[str] | None, count: int) -> tuple[str, ...] | None:
    """Return names of inputs or outputs, one for each.

    Raises
    ------
    ArgumentError
        There are more or fewer.
    """
    if names is None:
        return None
    if isinstance(names, str) or len(names) != count:
        got = "a text" if isinstance(names, str) else f"{len(names)}"
        raise ArgumentError(f"{argument} expects {count} names, got {got}")
    return tuple(str(name) for name in names)
