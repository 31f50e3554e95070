"""Loss: one value per example, and how the values become the number that training descends on."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError

EPSILON = 1e-7  # Keras's: how far from 0 a number is kept before its logarithm
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss(Configurable):
    """Base of all losses: ``J = reduction_i(weight_i L(y_i, f_i))``.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "sum", "mean_with_sample_weight", "none"}
        ``sum_over_batch_size`` (also "mean"): ``1/n sum_i weight_i L_i``, n examples. ``mean_with_sample_weight``:
        ``sum_i weight_i L_i / sum_i weight_i``. ``none``: the values themselves.
    name : str, optional
    """

    activation: ClassVar[str | None] = None  # the output activation that `from_logits` replaces
    from_logits = True
    integer_labels: ClassVar[bool] = False

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        if reduction not in REDUCTIONS:
            raise ArgumentError(f"reduction must be one of {', '.join(map(str, REDUCTIONS[:5]))}, got {reduction!r}")
        self.reduction = reduction
        self.name = name or type(self).__name__

    @abstractmethod
    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the loss of each example, shape (batch,)."""

    def __call__(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> Tensor:
        """Return the reduced loss.

        Parameters
        ----------
        y_true : array-like
            Targets.
        y_pred : array-like
            Predictions, (batch, outputs).
        sample_weight : array-like of shape (batch,), optional
        """
        return self.reduce(self.values(y_true, y_pred), sample_weight)

    def reduce(self, values: Tensor, sample_weight: TensorLike | None = None) -> Tensor:
        """Weight the values of the examples and combine them."""
        weight: Tensor | None = None
        if sample_weight is not None:
            weight = as_tensor(sample_weight, values.dtype)
            if weight.shape != values.shape:
                raise ShapeError(f"sample_weight expects shape {values.shape}, got {weight.shape}")
            values = values * weight
        if self.reduction in ("none", None):
            return values
        if self.reduction == "sum":
            return ops.sum(values)
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            total = self.mass(values.size, weight.numpy())
            return ops.sum(values) / (total or 1.0)  # only weights of 0: the loss is 0
        return ops.mean(values)

    def mass(self, rows: int, weight: Array | None) -> float:
        """Return how much these rows count when the losses of several batches are averaged."""
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return float(weight.sum(dtype=np.float64))
        return float(rows)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Return targets for outputs of this shape in the form `values` takes, or say what is wrong with them."""
        return real_targets(self, y, output_shape)


def align(name: str, y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
    """Bring targets into the predictions' shape and type; (batch,) fits (batch, 1)."""
    f = as_tensor(y_pred)
    y = as_tensor(y_true, f.dtype)
    if y.shape != f.shape:
        if y.shape == f.shape[:-1] and f.shape[-1] == 1:
            y = ops.reshape(y, f.shape)
        elif f.shape == y.shape[:-1] and y.shape[-1] == 1:
            f = ops.reshape(f, y.shape)
        else:
            raise ShapeError(f"{name} expects targets of the predictions' shape {f.shape}, got {y.shape}")
    return y, f


def per_example(values: Tensor) -> Tensor:
    """Average over everything but the batch axis."""
    if values.ndim < 2:
        return values
    return ops.mean(values, axis=-1 if values.ndim == 2 else tuple(range(1, values.ndim)))


def numeric_targets(loss: Loss, y: Array) -> Array:
    """Return targets that are finite numbers, or say what they are instead."""
    if y.dtype.kind not in "biuf":
        raise DTypeError(
            f"{loss.name} expects numbers as targets, got {y.dtype}; turn class names into codes 0, 1, 2 ... first"
        )
    if not np.isfinite(y).all():
        row = int(np.argwhere(~np.isfinite(y))[0][0])
        raise DataError(f"targets hold NaN or infinity (first in row {row}); fill or drop such rows first")
    return y


def real_targets(loss: Loss, y: Array, output_shape: tuple[int | None, ...]) -> Array:
    """Return targets of the outputs' shape; (batch,) becomes (batch, 1) where there is one output."""
    numbers = numeric_targets(loss, y)
    wanted = output_shape[1:]
    if numbers.shape[1:] == wanted:
        return numbers
    if numbers.ndim == 1 and wanted == (1,):
        return numbers[:, None]
    outputs = "1 output" if wanted == (1,) else f"outputs of shape {wanted}"
    hint = (
        "; for class codes use SparseCategoricalCrossentropy" if numbers.ndim == 1 and loss.activation is None else ""
    )
    raise ShapeError(f"{loss.name} expects one target per output: the model has {outputs}, targets {y.shape}{hint}")
