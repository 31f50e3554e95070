"""Flatten: one row of features per example."""

from math import prod

from chainrule.arrays import Shape
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor
from chainrule.layers.layer import Layer


class Flatten(Layer):
    """(batch, n1, n2, ...) -> (batch, n1 n2 ...).

    Examples
    --------
    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]])
    Tensor([[1. 2. 3. 4.]], shape=(1, 4), dtype=float32)
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Return the examples as rows."""
        return ops.reshape(inputs, (inputs.shape[0], prod(inputs.shape[1:])))

    def output_shape(self, input_shape: Shape) -> Shape:
        """(batch, n1, n2, ...) -> (batch, n1 n2 ...)."""
        lengths = [n for n in input_shape[1:] if n is not None]
        return (input_shape[0], prod(lengths) if len(lengths) == len(input_shape) - 1 else None)
