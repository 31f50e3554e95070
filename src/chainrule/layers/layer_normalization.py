"""LayerNormalization: normalise each example by the statistics of its own features."""

from typing import Any, Unpack

from chainrule import constraints, initializers, regularizers
from chainrule.arrays import Shape, is_number
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError, ShapeError
from chainrule.layers.layer import Layer, LayerOptions


class LayerNormalization(Layer):
    """``y = gamma (x - m) / sqrt(v + epsilon) + beta``, m and v over the last axis of each example.

    Parameters
    ----------
    axis : int
        The normalised axis; only the last one, -1.
    epsilon : float > 0
    center, scale : bool
        Whether there is a beta, a gamma.
    beta_initializer, gamma_initializer
    beta_regularizer, gamma_regularizer : optional
    beta_constraint, gamma_constraint : optional

    References
    ----------
    Ba, Kiros & Hinton, "Layer normalization", 2016, arXiv:1607.06450.

    Examples
    --------
    >>> LayerNormalization(epsilon=1e-9)([[1.0, 3.0]])
    Tensor([[-1.  1.]], shape=(1, 2), dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not (is_number(epsilon) and epsilon > 0):
            raise ArgumentError(f"epsilon must be > 0, got {epsilon!r}")
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make gamma and beta, one of each per feature."""
        width = input_shape[-1]
        if width is None or self.axis not in (-1, len(input_shape) - 1):
            raise ShapeError(f"{self.name} normalises the last axis (axis=-1), got axis={self.axis}")
        if self.scale:
            self.gamma = self.add_weight(
                (width,),
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                name="gamma",
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                (width,),
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                name="beta",
                constraint=self.beta_constraint,
            )

    def call(self, inputs: Tensor) -> Tensor:
        """Return the normalised inputs."""
        centred = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        result = centred / ops.sqrt(variance + self.epsilon)
        if self.scale:
            result = result * self.gamma
        return result + self.beta if self.center else result

    def output_shape(self, input_shape: Shape) -> Shape:
        """Outputs have the shape of the inputs."""
        return input_shape
