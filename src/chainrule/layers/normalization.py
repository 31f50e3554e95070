"""Normalization: scale inputs by statistics of the training data, known before training."""

from typing import Any, Unpack

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import DataError, ShapeError, StateError
from chainrule.layers.layer import Layer, LayerOptions

EPSILON = 1e-7  # Keras's: the smallest standard deviation divided by


class Normalization(Layer):
    """``y = (x - mean) / max(sqrt(variance), 1e-7)``, with one mean and variance per feature (last axis).

    Parameters
    ----------
    axis : int or None
        -1: per feature; None: one mean and variance for everything.
    mean, variance : float or array-like, optional
        Known statistics; otherwise `adapt` computes them.
    invert : bool
        Apply the inverse: ``y = mean + x max(sqrt(variance), 1e-7)``.

    Examples
    --------
    >>> layer = Normalization()
    >>> layer.adapt([[0.0, 10.0], [2.0, 30.0]])
    >>> layer([[2.0, 10.0]])
    Tensor([[ 1. -1.]], shape=(1, 2), dtype=float32)
    """

    def __init__(
        self,
        axis: int | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if axis not in (-1, None):
            raise ShapeError(f"Normalization works per feature (axis=-1) or over everything (None), got axis={axis!r}")
        if (mean is None) != (variance is None):
            raise StateError("Normalization expects both mean and variance, or neither and a call of adapt")
        self.axis, self.invert = axis, invert
        self._given: tuple[Array, Array] | None = None
        if mean is not None:
            self._given = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
            if not all(np.isfinite(part).all() for part in self._given) or (self._given[1] < 0).any():
                raise DataError("Normalization expects a finite mean and a finite variance >= 0")
        self.adapted = mean is not None

    def build(self, input_shape: Shape) -> None:
        """Make mean and variance, one per feature."""
        width = input_shape[-1]
        shape = () if self.axis is None or width is None else (width,)
        self.mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape, "ones", trainable=False, name="variance")
        if self._given is not None:
            self._set(*self._given)

    def adapt(self, data: Any) -> None:
        """Compute mean and variance of ``data``, in float64."""
        values = np.asarray(data)
        if values.size == 0 or not np.isfinite(values).all():
            raise DataError(f"adapt expects finite data with at least one row, got shape {values.shape}")
        self.ensure_built((None, *values.shape[1:]))
        axes = None if self.axis is None else tuple(range(values.ndim - 1))
        self._given = values.mean(axis=axes, dtype=np.float64), values.var(axis=axes, dtype=np.float64)
        self._set(*self._given)
        self.adapted = True

    def join(self, owner: Any, name: str, seed: int, index: int, dtype: Any) -> None:
        """Become a layer of a model; a model in float64 gets back the digits that float32 could not hold."""
        super().join(owner, name, seed, index, dtype)
        if self.built and self._given is not None:
            self._set(*self._given)

    def _set(self, mean: Array, variance: Array) -> None:
        for variable, values in ((self.mean, mean), (self.variance, variance)):
            if values.ndim > 1 or values.shape not in ((), (1,), variable.shape):
                raise ShapeError(
                    f"{self.name} needs a {variable.name} of shape {variable.shape} for its inputs, got {values.shape}"
                )
            variable.assign(np.broadcast_to(values, variable.shape))

    def call(self, inputs: Tensor) -> Tensor:
        """Return the scaled inputs."""
        self.need_adapted()
        deviation = ops.maximum(ops.sqrt(self.variance), EPSILON)
        return inputs * deviation + self.mean if self.invert else (inputs - self.mean) / deviation

    def need_adapted(self) -> None:
        """Refuse to work before the statistics are known."""
        if not self.adapted:
            raise StateError(f"{self.name} doesn't know its data yet; call adapt(x) first, or give mean and variance")

    def weights_were_set(self) -> None:
        """Count mean and variance as known."""
        self._given, self.adapted = None, True

    def output_shape(self, input_shape: Shape) -> Shape:
        """Outputs have the shape of the inputs."""
        return input_shape
