"""Dense: every input reaches every output."""

from typing import Any, Unpack

from chainrule import activations, constraints, initializers, regularizers
from chainrule.arrays import Shape, whole_number
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ShapeError
from chainrule.layers.layer import Layer, LayerOptions


class Dense(Layer):
    """``y = g(x W + b)``: z_i = b_i + sum_j x_j w_ji, then the activation.

    Parameters
    ----------
    units : int >= 1
        Number of outputs.
    activation : str, Activation or callable, optional
        g; none is linear.
    use_bias : bool
    kernel_initializer, bias_initializer : str, Initializer or callable
    kernel_regularizer, bias_regularizer : str or callable, optional
        Penalty on W or b: "l2", L1(0.01) ...
    kernel_constraint, bias_constraint : str or callable, optional
        Where W or b is put back to after every step: MaxNorm(2), "non_neg" ...

    Notes
    -----
    Inputs (batch, ..., in), outputs (batch, ..., units), W (in, units), b (units,).

    Examples
    --------
    >>> layer = Dense(2, activation="relu", kernel_initializer="ones")
    >>> layer([[1.0, -3.0, 4.0]])
    Tensor([[2. 2.]], shape=(1, 2), dtype=float32)
    """

    def __init__(
        self,
        units: int,
        activation: activations.ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.units = whole_number("units", units, least=1)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make W (in, units) and b (units,)."""
        width = input_shape[-1]
        if len(input_shape) < 2 or width is None:
            raise ShapeError(f"{self.name} expects inputs of shape (batch, features), got {input_shape}")
        self.kernel = self.add_weight(
            (width, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                name="bias",
                constraint=self.bias_constraint,
            )

    def preactivation(self, inputs: Tensor) -> Tensor:
        """Return z = x W + b."""
        z = inputs @ self.kernel
        return z + self.bias if self.use_bias else z

    def call(self, inputs: Tensor) -> Any:
        """Return g(x W + b)."""
        return self.activation(self.preactivation(inputs))

    def output_shape(self, input_shape: Shape) -> Shape:
        """(batch, ..., in) -> (batch, ..., units)."""
        return (*input_shape[:-1], self.units)
