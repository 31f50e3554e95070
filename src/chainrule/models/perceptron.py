"""Perceptron: one neuron, the building block."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import activations
from chainrule.arrays import Array
from chainrule.autodiff.conversion import to_array
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import ShapeError
from chainrule.pictures import Pictured


class Perceptron(Pictured):
    """One neuron: ``y = g(z)``, ``z = w0 + sum_i x_i w_i``.

    Parameters
    ----------
    weights : sequence of m floats
        w1 .. wm.
    bias : float
        w0, the weight of a constant 1.
    activation : str, Activation or callable
        g, the non-linearity.
    dtype : {"float32", "float64"}

    Examples
    --------
    The lecture's neuron ``y = g(1 + 3 x1 - 2 x2)`` at x = (-1, 2):

    >>> neuron = Perceptron(weights=[3.0, -2.0], bias=1.0)
    >>> float(neuron.weighted_sum([-1.0, 2.0]))
    -6.0
    >>> print(f"{neuron([-1.0, 2.0]):.4f}")
    0.0025
    >>> neuron.equation()
    '1 + 3 x1 - 2 x2 = 0'
    >>> neuron.decision_line([-1.0, 1.0])
    array([-1.,  2.], dtype=float32)
    """

    def __init__(
        self,
        weights: Sequence[float],
        bias: float = 0.0,
        activation: activations.ActivationLike = "sigmoid",
        dtype: Any = "float32",
    ) -> None:
        values, constant = to_array(weights, dtype), to_array(bias, dtype)
        if values.ndim != 1 or values.size == 0:
            raise ShapeError(f"weights must be a list w1 .. wm of at least one number, got shape {values.shape}")
        if constant.ndim != 0:
            raise ShapeError(f"bias must be one number, got shape {constant.shape}")
        self.weights = Variable(values, name="weights")
        self.bias = Variable(constant, name="bias")
        self.activation = activations.get(activation)

    @property
    def trainable_variables(self) -> list[Variable]:
        """The weights and the bias."""
        return [self.weights, self.bias]

    def weighted_sum(self, x: TensorLike) -> Tensor:
        """Return z for one example (m,) or a batch (batch, m)."""
        inputs = as_tensor(x, self.weights.dtype)
        if inputs.ndim not in (1, 2) or inputs.shape[-1] != self.weights.size:
            raise ShapeError(f"the perceptron has {self.weights.size} weights, got inputs of shape {inputs.shape}")
        return inputs @ self.weights + self.bias

    def __call__(self, x: TensorLike) -> Any:
        """Return y = g(z)."""
        return self.activation(self.weighted_sum(x))

    def decision_line(self, x1: Any) -> Array:
        """Return the x2 at which z = 0 for each x1: on one side of that line z < 0, on the other z > 0.

        Raises
        ------
        ShapeError
            If there are not two inputs, or w2 is 0 (the line is then vertical, at x1 = -w0 / w1).
        """
        w = self.weights.numpy()
        if w.size != 2 or w[1] == 0:
            raise ShapeError(f"a decision line x2(x1) needs two inputs and w2 other than 0, got weights {w}")
        points = np.asarray(x1, w.dtype)
        return np.asarray(-(self.bias.numpy() + w[0] * points) / w[1])

    def equation(self) -> str:
        """Return the decision boundary z = 0, written out."""
        terms = [f"{self.bias.item():g}"]
        for number, weight in enumerate(self.weights.numpy().tolist(), start=1):
            terms.append(f"{'-' if weight < 0 else '+'} {abs(weight):g} x{number}")
        return f"{' '.join(terms)} = 0"
