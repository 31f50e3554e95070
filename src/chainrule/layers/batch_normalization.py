"""BatchNormalization: normalise each feature by the statistics of the batch."""

from typing import Any, Unpack

from chainrule import constraints, initializers, regularizers
from chainrule.arrays import Shape, is_number
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError, ShapeError
from chainrule.layers.layer import Layer, LayerOptions


class BatchNormalization(Layer):
    """``y = gamma (x - m) / sqrt(v + epsilon) + beta``, per feature.

    While training, m and v are the batch's mean and (biased) variance, and the moving averages follow:
    ``moving <- momentum moving + (1 - momentum) batch``. Otherwise m and v are the moving averages.

    Parameters
    ----------
    axis : int
        The feature axis; only the last one, -1.
    momentum : float in [0, 1)
    epsilon : float > 0
    center, scale : bool
        Whether there is a beta, a gamma.
    beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer
    beta_regularizer, gamma_regularizer : optional
    beta_constraint, gamma_constraint : optional

    References
    ----------
    Ioffe & Szegedy, "Batch normalization", 2015, arXiv:1502.03167.

    Examples
    --------
    >>> BatchNormalization(epsilon=1e-9)([[0.0], [2.0]], training=True)
    Tensor([[-1.]
     [ 1.]], shape=(2, 1), dtype=float32)
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if not (is_number(momentum) and 0 <= momentum < 1):
            raise ArgumentError(f"momentum must be in [0, 1), got {momentum!r}")
        if not (is_number(epsilon) and epsilon > 0):
            raise ArgumentError(f"epsilon must be > 0, got {epsilon!r}")
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def build(self, input_shape: Shape) -> None:
        """Make gamma, beta and the moving averages, one of each per feature."""
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
        self.moving_mean = self.add_weight((width,), self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            (width,), self.moving_variance_initializer, trainable=False, name="moving_variance"
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Return the normalised inputs."""
        mean: Tensor = self.moving_mean
        variance: Tensor = self.moving_variance
        if training and self.trainable:  # a frozen layer keeps its statistics, as in Keras
            axes = tuple(range(inputs.ndim - 1))
            mean = ops.mean(inputs, axis=axes)
            centred = inputs - mean
            variance = ops.mean(ops.square(centred), axis=axes)
            self._follow(mean, variance)
        else:
            centred = inputs - mean
        result = centred / ops.sqrt(variance + self.epsilon)
        if self.scale:
            result = result * self.gamma
        return result + self.beta if self.center else result

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            values = moving.writable()
            values *= self.momentum
            values += batch.numpy() * (1 - self.momentum)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Outputs have the shape of the inputs."""
        return input_shape
