"""Cross-entropies: the negative log-likelihood of class labels."""

from typing import ClassVar, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.losses.loss import EPSILON, Loss, align, numeric_targets, per_example, real_targets


class CrossEntropy(Loss):
    """What the cross-entropies share: logits or probabilities, and smoothed labels."""

    activation: ClassVar[str]

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name)
        if not 0 <= label_smoothing <= 1:
            raise ArgumentError(f"label_smoothing must be in [0, 1], got {label_smoothing!r}")
        self.from_logits, self.label_smoothing = bool(from_logits), float(label_smoothing)

    def on_logits(self) -> Self:
        """Return the same loss for logits: exact where probabilities round to 0 or 1."""
        return type(self)(True, self.label_smoothing, self.reduction, self.name)

    def _categorical(self, labels: Tensor, f: Tensor) -> Tensor:
        if self.label_smoothing:
            labels = labels * (1 - self.label_smoothing) + self.label_smoothing / f.shape[-1]
        if self.from_logits:
            return per_example(ops.softmax_cross_entropy(f, labels))
        share = ops.clip(f / ops.sum(f, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
        return per_example(-ops.sum(labels * ops.log(share), axis=-1))


class BinaryCrossentropy(CrossEntropy):
    """``L = -mean_k [y_k log f_k + (1 - y_k) log(1 - f_k)]``, f probabilities, or logits z with f = sigmoid(z).

    Parameters
    ----------
    from_logits : bool
    label_smoothing : float in [0, 1]
        Labels become ``y (1 - s) + s/2``.

    Examples
    --------
    >>> print(f"{BinaryCrossentropy()([[1.0]], [[0.1]]):.4f}")
    2.3026
    """

    activation = "sigmoid"

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the mean over the outputs of each example."""
        y, f = align(self.name, y_true, y_pred)
        if self.label_smoothing:
            y = y * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
        if self.from_logits:
            return per_example(ops.sigmoid_cross_entropy(f, y))
        share = ops.clip(f, EPSILON, 1 - EPSILON)
        return per_example(-(y * ops.log(share) + (1 - y) * ops.log(1 - share)))

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Labels are probabilities, most often 0 and 1."""
        labels = real_targets(self, y, output_shape)
        if labels.size and not (labels.min() >= 0 and labels.max() <= 1):
            raise DataError(
                f"{self.name} expects labels from 0 to 1, got {labels.min():g} to {labels.max():g}; "
                "for more classes use SparseCategoricalCrossentropy with one output per class"
            )
        return labels


class CategoricalCrossentropy(CrossEntropy):
    """``L = -sum_k y_k log f_k`` with one-hot labels y, f probabilities, or logits z with f = softmax(z).

    Parameters
    ----------
    from_logits : bool
    label_smoothing : float in [0, 1]
        Labels become ``y (1 - s) + s / classes``.

    Examples
    --------
    >>> print(f"{CategoricalCrossentropy(from_logits=True)([[0.0, 1.0]], [[0.0, 1e4]]):.1f}")
    0.0
    """

    activation = "softmax"

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the cross-entropy of each example."""
        return self._categorical(*align(self.name, y_true, y_pred))

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """One row of class shares per example."""
        units = output_shape[-1]
        if y.ndim == len(output_shape) - 1 or y.shape[-1] != units:
            raise ShapeError(
                f"{self.name} expects one-hot labels of shape (batch, {units}), got {y.shape}; "
                "for class codes 0, 1, 2 ... use SparseCategoricalCrossentropy"
            )
        labels = real_targets(self, y, output_shape)
        if labels.size and not (labels.min() >= 0 and labels.max() <= 1):
            raise DataError(f"{self.name} expects labels from 0 to 1, got {labels.min():g} to {labels.max():g}")
        return labels


class SparseCategoricalCrossentropy(CrossEntropy):
    """``L = -log f_c`` with the class code c = 0, 1, 2 ... as label.

    Parameters
    ----------
    from_logits : bool
    label_smoothing : float in [0, 1]

    Examples
    --------
    >>> print(f"{SparseCategoricalCrossentropy()([1], [[0.9, 0.1]]):.4f}")
    2.3026
    """

    activation = "softmax"
    integer_labels = True

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the cross-entropy of each example."""
        f = as_tensor(y_pred)
        codes = np.asarray(y_true)
        if codes.ndim == f.ndim and codes.shape[-1] == 1:
            codes = codes[..., 0]
        if codes.shape != f.shape[:-1]:
            raise ShapeError(f"{self.name} expects class codes of shape {f.shape[:-1]}, got {codes.shape}")
        if codes.size and not (codes.min() >= 0 and codes.max() < f.shape[-1]):
            raise self._outside(codes, f.shape[-1])
        return self._categorical(ops.one_hot(codes, f.shape[-1], f.dtype), f)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Whole class codes from 0 to classes - 1."""
        units = output_shape[-1]
        if y.ndim == len(output_shape) and y.shape[-1] == 1:
            y = y[..., 0]
        if y.ndim != len(output_shape) - 1:
            raise ShapeError(
                f"{self.name} expects class codes of shape (batch,), got {y.shape}; "
                "for one-hot labels use CategoricalCrossentropy"
            )
        codes = numeric_targets(self, y)
        with np.errstate(invalid="ignore"):  # what is too large differs, and is refused below
            whole = codes.astype(np.int64)
        if not np.array_equal(whole, codes):
            raise DataError(f"{self.name} expects whole class codes, got {codes[whole != codes][0]}")
        if whole.size and units is not None and not (whole.min() >= 0 and whole.max() < units):
            raise self._outside(whole, units)
        return whole

    def _outside(self, codes: Array, classes: int) -> DataError:
        return DataError(
            f"{self.name} expects class codes from 0 to {classes - 1} for {classes} outputs, "
            f"got {codes.min()} to {codes.max()}; number the classes from 0, one output for each"
        )
