"""Losses that average something over the outputs: distances, hinge, counts, quantiles, plain functions."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_number
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError
from chainrule.losses.loss import EPSILON, Loss, align, numeric_targets, per_example, real_targets


class Elementwise(Loss):
    """Losses that are averages of something for each output."""

    @abstractmethod
    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """Return the loss of each element."""

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the mean over the outputs of each example."""
        y, f = align(self.name, y_true, y_pred)
        return per_example(self.element(y, f))


class MeanSquaredError(Elementwise):
    """``L = mean_k (y_k - f_k)^2``.

    Examples
    --------
    >>> print(f"{MeanSquaredError()([[1.0]], [[0.1]]):.2f}")
    0.81
    """

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``(y - f)^2``."""
        return ops.square(y - f)


class MeanAbsoluteError(Elementwise):
    """``L = mean_k |y_k - f_k|``.

    Examples
    --------
    >>> float(MeanAbsoluteError()([[1.0, 2.0]], [[1.5, 2.0]]))
    0.25
    """

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``|y - f|``."""
        return ops.abs(y - f)


class Huber(Elementwise):
    """``0.5 e^2`` for ``|e| <= delta``, else ``delta |e| - 0.5 delta^2``, e = y - f.

    Parameters
    ----------
    delta : float > 0

    References
    ----------
    Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> float(Huber(delta=1.0)([[0.0]], [[3.0]]))
    2.5
    """

    def __init__(self, delta: float = 1.0, reduction: str | None = "sum_over_batch_size", name: str | None = None):
        super().__init__(reduction, name)
        if not delta > 0:
            raise ArgumentError(f"delta must be > 0, got {delta!r}")
        self.delta = float(delta)

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """Quadratic near 0, linear beyond delta."""
        error = ops.abs(y - f)
        near = ops.minimum(error, self.delta)
        return near * (error - 0.5 * near)


class Hinge(Elementwise):
    """``mean_k max(0, 1 - y_k f_k)`` with labels -1 and 1 (0 counts as -1).

    Examples
    --------
    >>> float(Hinge()([[1.0]], [[0.25]]))
    0.75
    """

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``max(0, 1 - y f)``."""
        signs = ops.where(y == 0, -1.0, y)
        return ops.relu(1 - signs * f)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Labels must be -1 and 1, or 0 and 1."""
        labels = real_targets(self, y, output_shape)
        _only(self, labels, (-1.0, 0.0, 1.0), "labels -1 and 1, or 0 and 1")
        return labels


class Poisson(Elementwise):
    """``mean_k f_k - y_k log(f_k + 1e-7)``: f is the expected count.

    Examples
    --------
    >>> float(Poisson()([[0.0]], [[2.0]]))
    2.0
    """

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``f - y log(f)``."""
        return f - y * ops.log(f + EPSILON)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Counts can't be negative."""
        counts = real_targets(self, y, output_shape)
        if counts.size and counts.min() < 0:
            raise DataError(f"{self.name} expects counts >= 0, got {counts.min()}")
        return counts


class Quantile(Elementwise):
    """Pinball loss ``max(q e, (q - 1) e)``, e = y - f: its minimum is the q-quantile of y.

    Parameters
    ----------
    quantile : float in (0, 1), or a sequence of them
        A sequence has one quantile for each output; targets of one column then count for all outputs.

    References
    ----------
    Koenker & Bassett, "Regression quantiles", 1978.

    Examples
    --------
    >>> print(f"{Quantile(0.9)([[1.0]], [[0.0]]):.1f}")
    0.9
    >>> print(f"{Quantile((0.1, 0.9))([[1.0]], [[0.0, 0.0]]):.1f}")
    0.5
    """

    def __init__(
        self,
        quantile: float | Sequence[float] = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ):
        super().__init__(reduction, name)
        several = isinstance(quantile, Sequence | np.ndarray)
        given: list[Any] = list(quantile) if several else [quantile]  # type: ignore[arg-type]
        for q in given:
            if not is_number(q) or not 0 < q < 1:
                raise ArgumentError(f"quantile must be in (0, 1), got {q!r}")
        if not given:
            raise ArgumentError("quantile must be a number in (0, 1), or one for each output, got none")
        self.quantile: float | tuple[float, ...] = tuple(map(float, given)) if several else float(given[0])

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the mean over the outputs of each example."""
        f = as_tensor(y_pred)
        y = as_tensor(y_true)
        if isinstance(self.quantile, tuple):
            if f.shape[-1] != len(self.quantile):
                raise self._other_outputs(f.shape)
            if y.ndim < f.ndim:
                y = ops.reshape(y, (*y.shape, 1))
            if y.shape != f.shape and y.shape[-1] == 1:
                y = ops.broadcast_to(y, f.shape)
        return super().values(y, f)

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``max(q e, (q - 1) e)``."""
        error = y - f
        q = np.array(self.quantile, error.dtype) if isinstance(self.quantile, tuple) else self.quantile
        return ops.maximum(q * error, (q - 1) * error)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Targets of one column count for the output of each quantile."""
        if not isinstance(self.quantile, tuple):
            return super().check_targets(y, output_shape)
        if output_shape[-1] != len(self.quantile):
            raise self._other_outputs(output_shape)
        column = y[:, None] if y.ndim == 1 else y
        if column.shape[1:] == (1,):
            return np.repeat(numeric_targets(self, column), len(self.quantile), axis=1)
        return real_targets(self, y, output_shape)

    def _other_outputs(self, shape: tuple[int | None, ...]) -> ShapeError:
        count = len(self.quantile) if isinstance(self.quantile, tuple) else 1
        return ShapeError(f"{self.name} has {count} quantiles, one for each output; got outputs of shape {shape}")


class FunctionLoss(Loss):
    """A plain function f(y_true, y_pred) that returns one value per example, or per element.

    Examples
    --------
    >>> def cubic(y_true, y_pred):
    ...     return ops.abs(y_true - y_pred) ** 3
    >>> float(FunctionLoss(cubic)([[0.0]], [[2.0]]))
    8.0
    """

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=getattr(function, "__name__", "loss"))
        self.function = function

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the function's values, averaged to one per example."""
        f = as_tensor(y_pred)
        y = as_tensor(y_true)
        if y.dtype.kind == "f" and y.dtype != f.dtype:
            y = as_tensor(y, f.dtype)
        if y.shape == f.shape[:-1] and f.shape[-1] == 1:
            y = ops.reshape(y, f.shape)  # y - f must not become (batch, batch)
        result = self.function(y, f)
        if not isinstance(result, Tensor):
            raise DTypeError(f"loss {self.name} must return a Tensor, got {type(result).__name__}; compute with ops.*")
        if result.ndim and len(result) != len(f):
            raise ShapeError(
                f"loss {self.name} must return one value per example, {len(f)} of them, got shape {result.shape}"
            )
        return per_example(result)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """What the targets are is the function's business; (batch,) becomes (batch, 1) where the outputs are."""
        numbers = numeric_targets(self, y)
        return numbers[:, None] if numbers.ndim == 1 and output_shape[1:] == (1,) else numbers


def _only(loss: Loss, labels: Array, allowed: tuple[float, ...], words: str) -> None:
    if not np.isin(labels, allowed).all():
        raise DataError(f"{loss.name} expects {words}, got {labels[~np.isin(labels, allowed)].ravel()[0]:g}")
