"""Activation: a layer that applies an activation function."""

from typing import Any, Unpack

from chainrule import activations
from chainrule.arrays import Shape
from chainrule.autodiff.tensor import Tensor
from chainrule.layers.layer import Layer, LayerOptions


class Activation(Layer):
    """``y = g(x)``, element by element (softmax: over the last axis).

    Parameters
    ----------
    activation : str, Activation or callable

    Examples
    --------
    >>> Activation("relu")([[-1.0, 2.0]])
    Tensor([[0. 2.]], shape=(1, 2), dtype=float32)
    """

    def __init__(self, activation: activations.ActivationLike, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    def preactivation(self, inputs: Tensor) -> Tensor:
        """Return what the activation is applied to: the inputs."""
        return inputs

    def call(self, inputs: Tensor) -> Any:
        """Return g(x)."""
        return self.activation(inputs)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Outputs have the shape of the inputs."""
        return input_shape
