"""GaussianNoise: disturb activations during training, so that nothing can depend on their last digits."""

from math import inf
from typing import Unpack

from chainrule.arrays import is_number
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError
from chainrule.layers.layer import LayerOptions
from chainrule.layers.noise import Noise
from chainrule.random import normal_quantiles


class GaussianNoise(Noise):
    """During training: ``y = x + stddev n`` with n normal, of mean 0 and variance 1; otherwise ``y = x``.

    Parameters
    ----------
    stddev : float >= 0
        Standard deviation, in the units of the inputs.
    seed : int, optional
        Default: the model's seed. The noise depends on the seed, the step and the layer only.

    Notes
    -----
    16 random bits choose n among 65,536 quantiles of the normal distribution, which are equally likely; the
    largest is 4.3. For a linear model with squared error, noise on the inputs is an L2 penalty of stddev^2 on
    the weights, in the mean.

    References
    ----------
    Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7, 1995.

    Examples
    --------
    >>> layer = GaussianNoise(0.1, seed=1)
    >>> layer([[1.0, 1.0]])
    Tensor([[1. 1.]], shape=(1, 2), dtype=float32)
    >>> bool((layer([[1.0, 1.0]], training=True).numpy() == 1.0).any())
    False
    """

    def __init__(self, stddev: float, seed: int | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(seed, **options)
        if not is_number(stddev) or not 0 <= stddev < inf:
            raise ArgumentError(f"stddev must be a number >= 0, got {stddev!r}")
        self.stddev = float(stddev)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Return the inputs, with noise added while training."""
        if not training or self.stddev == 0:
            return inputs
        numbers = normal_quantiles(inputs.dtype)[self.bits(inputs.size).reshape(inputs.shape)]
        return inputs + Tensor.wrap(inputs.dtype.type(self.stddev) * numbers)
