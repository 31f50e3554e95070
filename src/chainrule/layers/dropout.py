"""Dropout: randomly set activations to 0 during training, so that no unit can be relied on."""

from collections.abc import Sequence
from math import prod
from typing import Unpack

from chainrule.arrays import is_number
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError, ShapeError
from chainrule.layers.layer import LayerOptions
from chainrule.layers.noise import Noise


class Dropout(Noise):
    """During training: ``y = x m / (1 - rate)`` with m = 0 with probability ``rate``, else 1; otherwise ``y = x``.

    Parameters
    ----------
    rate : float in [0, 1)
        Share of the activations to drop, rounded to a multiple of 1/65536: a mask element compares 16 random
        bits with that threshold. The scale uses the rounded rate, so the mean is exact.
    noise_shape : sequence of int or None, optional
        Shape of the mask; 1 shares it along an axis, None takes the inputs' length.
    seed : int, optional
        Default: the model's seed. The mask depends on the seed, the step and the layer only.

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.

    Examples
    --------
    >>> layer = Dropout(0.5, seed=1)
    >>> layer([[1.0, 1.0, 1.0, 1.0]])
    Tensor([[1. 1. 1. 1.]], shape=(1, 4), dtype=float32)
    >>> layer([[1.0, 1.0, 1.0, 1.0]], training=True).numpy().max()
    np.float32(2.0)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed, **options)
        if not is_number(rate) or not 0 <= rate < 1:
            raise ArgumentError(f"rate must be in [0, 1), got {rate!r}; 0.5 drops half of the activations")
        self.rate = float(rate)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    @property
    def threshold(self) -> int:
        """Number in [0, 65536) below which 16 random bits drop their element."""
        return min(round(self.rate * 65536), 65535)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Return the inputs, masked and scaled while training."""
        if not training or self.threshold == 0:
            return inputs
        shape = self._mask_shape(inputs.shape)
        kept = self.bits(prod(shape)).reshape(shape) >= self.threshold
        return inputs * Tensor.wrap(kept * inputs.dtype.type(65536 / (65536 - self.threshold)))

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        wanted = self.noise_shape
        if len(wanted) != len(shape) or any(m not in (None, 1, n) for n, m in zip(shape, wanted, strict=True)):
            raise ShapeError(f"{self.name} can't stretch a mask of noise_shape {wanted} over inputs of shape {shape}")
        return tuple([n if m is None else m for n, m in zip(shape, wanted, strict=True)])
