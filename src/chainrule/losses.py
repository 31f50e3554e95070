"""Losses: the cost of a wrong prediction, one value per example, stable from logits.

``loss(y_true, y_pred)`` reduces the values of the examples to the one number that training descends on;
``loss.values(y_true, y_pred)`` gives them one by one. Names, defaults and reductions are Keras 3's.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.configurable import Configurable, lookup
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError

EPSILON = 1e-7  # Keras's: probabilities are kept this far from 0 and 1 before their logarithm
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
        total: Any = None
        if sample_weight is not None:
            weight = as_tensor(sample_weight, values.dtype)
            if weight.shape != values.shape:
                raise ShapeError(f"sample_weight expects shape {values.shape}, got {weight.shape}")
            values = values * weight
            total = ops.sum(weight)
        if self.reduction in ("none", None):
            return values
        if self.reduction == "sum":
            return ops.sum(values)
        if self.reduction == "mean_with_sample_weight" and total is not None:
            return ops.sum(values) / total
        return ops.mean(values)

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Return targets for outputs of this shape in the form `values` takes, or say what is wrong with them."""
        return _real_targets(self, y, output_shape)


class FunctionLoss(Loss):
    """A plain function f(y_true, y_pred) that returns one value per example, or per element.

    Examples
    --------
    >>> def cubic(y_true, y_pred):
    ...     return ops.abs(y_true - y_pred) ** 3
    >>> float(get(cubic)([[0.0]], [[2.0]]))
    8.0
    """

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=getattr(function, "__name__", "loss"))
        self.function = function

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the function's values, averaged to one per example."""
        result = self.function(as_tensor(y_true), as_tensor(y_pred))
        if not isinstance(result, Tensor):
            raise DTypeError(f"loss {self.name} must return a Tensor, got {type(result).__name__}; compute with ops.*")
        return _per_example(result)


class _Elementwise(Loss):
    """Losses that are averages of something for each output."""

    @abstractmethod
    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """Return the loss of each element."""

    def values(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Return the mean over the outputs of each example."""
        y, f = _align(self.name, y_true, y_pred)
        return _per_example(self.element(y, f))


class MeanSquaredError(_Elementwise):
    """``L = mean_k (y_k - f_k)^2``.

    Examples
    --------
    >>> print(f"{MeanSquaredError()([[1.0]], [[0.1]]):.2f}")
    0.81
    """

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``(y - f)^2``."""
        return ops.square(y - f)


class MeanAbsoluteError(_Elementwise):
    """``L = mean_k |y_k - f_k|``.

    Examples
    --------
    >>> float(MeanAbsoluteError()([[1.0, 2.0]], [[1.5, 2.0]]))
    0.25
    """

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``|y - f|``."""
        return ops.abs(y - f)


class Huber(_Elementwise):
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


class Hinge(_Elementwise):
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
        labels = _real_targets(self, y, output_shape)
        _only(self, labels, (-1.0, 0.0, 1.0), "labels -1 and 1, or 0 and 1")
        return labels


class Poisson(_Elementwise):
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
        counts = _real_targets(self, y, output_shape)
        if counts.size and counts.min() < 0:
            raise DataError(f"{self.name} expects counts >= 0, got {counts.min()}")
        return counts


class Quantile(_Elementwise):
    """Pinball loss ``max(q e, (q - 1) e)``, e = y - f: its minimum is the q-quantile of y.

    Parameters
    ----------
    quantile : float in (0, 1)

    References
    ----------
    Koenker & Bassett, "Regression quantiles", 1978.

    Examples
    --------
    >>> print(f"{Quantile(0.9)([[1.0]], [[0.0]]):.1f}")
    0.9
    """

    def __init__(self, quantile: float = 0.5, reduction: str | None = "sum_over_batch_size", name: str | None = None):
        super().__init__(reduction, name)
        if not 0 < quantile < 1:
            raise ArgumentError(f"quantile must be in (0, 1), got {quantile!r}")
        self.quantile = float(quantile)

    def element(self, y: Tensor, f: Tensor) -> Tensor:
        """``max(q e, (q - 1) e)``."""
        error = y - f
        return ops.maximum(self.quantile * error, (self.quantile - 1) * error)


class _CrossEntropy(Loss):
    """What the cross-entropies share: logits or probabilities, and smoothed labels."""

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

    def on_logits(self) -> "_CrossEntropy":
        """Return the same loss for logits: exact where probabilities round to 0 or 1."""
        return type(self)(True, self.label_smoothing, self.reduction, self.name)

    def _categorical(self, labels: Tensor, f: Tensor) -> Tensor:
        if self.label_smoothing:
            labels = labels * (1 - self.label_smoothing) + self.label_smoothing / f.shape[-1]
        if self.from_logits:
            return _per_example(ops.softmax_cross_entropy(f, labels))
        share = ops.clip(f / ops.sum(f, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
        return _per_example(-ops.sum(labels * ops.log(share), axis=-1))


class BinaryCrossentropy(_CrossEntropy):
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
        y, f = _align(self.name, y_true, y_pred)
        if self.label_smoothing:
            y = y * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
        if self.from_logits:
            return _per_example(ops.sigmoid_cross_entropy(f, y))
        share = ops.clip(f, EPSILON, 1 - EPSILON)
        return _per_example(-(y * ops.log(share) + (1 - y) * ops.log(1 - share)))

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """Labels are probabilities, most often 0 and 1."""
        labels = _real_targets(self, y, output_shape)
        if labels.size and not (labels.min() >= 0 and labels.max() <= 1):
            raise DataError(
                f"{self.name} expects labels from 0 to 1, got {labels.min():g} to {labels.max():g}; "
                "for more classes use SparseCategoricalCrossentropy with one output per class"
            )
        return labels


class CategoricalCrossentropy(_CrossEntropy):
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
        return self._categorical(*_align(self.name, y_true, y_pred))

    def check_targets(self, y: Array, output_shape: tuple[int | None, ...]) -> Array:
        """One row of class shares per example."""
        units = output_shape[-1]
        if y.ndim == len(output_shape) - 1 or y.shape[-1] != units:
            raise ShapeError(
                f"{self.name} expects one-hot labels of shape (batch, {units}), got {y.shape}; "
                "for class codes 0, 1, 2 ... use SparseCategoricalCrossentropy"
            )
        labels = _real_targets(self, y, output_shape)
        if labels.size and not (labels.min() >= 0 and labels.max() <= 1):
            raise DataError(f"{self.name} expects labels from 0 to 1, got {labels.min():g} to {labels.max():g}")
        return labels


class SparseCategoricalCrossentropy(_CrossEntropy):
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
        codes = _numeric(self, y)
        whole = codes.astype(np.int64)
        if not np.array_equal(whole, codes):
            raise DataError(f"{self.name} expects whole class codes, got {codes[whole != codes][0]}")
        if whole.size and units is not None and not (whole.min() >= 0 and whole.max() < units):
            raise DataError(
                f"{self.name} expects class codes from 0 to {units - 1} for {units} outputs, "
                f"got {whole.min()} to {whole.max()}; number the classes from 0, one output for each"
            )
        return whole


def _align(name: str, y_true: TensorLike, y_pred: TensorLike) -> tuple[Tensor, Tensor]:
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


def _per_example(values: Tensor) -> Tensor:
    """Average over everything but the batch axis."""
    if values.ndim < 2:
        return values
    return ops.mean(values, axis=-1 if values.ndim == 2 else tuple(range(1, values.ndim)))


def _numeric(loss: Loss, y: Array) -> Array:
    if y.dtype.kind not in "biuf":
        raise DTypeError(
            f"{loss.name} expects numbers as targets, got {y.dtype}; turn class names into codes 0, 1, 2 ... first"
        )
    if not np.isfinite(y).all():
        raise DataError(f"targets hold NaN or infinity (first in row {int(np.argwhere(~np.isfinite(y))[0][0])})")
    return y


def _real_targets(loss: Loss, y: Array, output_shape: tuple[int | None, ...]) -> Array:
    numbers = _numeric(loss, y)
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


def _only(loss: Loss, labels: Array, allowed: tuple[float, ...], words: str) -> None:
    if not np.isin(labels, allowed).all():
        raise DataError(f"{loss.name} expects {words}, got {labels[~np.isin(labels, allowed)].ravel()[0]:g}")


LossLike: TypeAlias = Loss | Callable[[Any, Any], Any] | str
CLASSES = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "huber": Huber,
    "hinge": Hinge,
    "poisson": Poisson,
    "quantile": Quantile,
}
NAMES: dict[str, type[Loss]] = {
    **CLASSES,
    **{cls.__name__: cls for cls in CLASSES.values()},
    "bce": BinaryCrossentropy,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "pinball": Quantile,
}


def get(identifier: LossLike) -> Loss:
    """Return the loss for a name, a Loss (itself) or a plain function.

    Examples
    --------
    >>> get("mse")
    MeanSquaredError()
    >>> get("binary_cross_entropy")
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown loss 'binary_cross_entropy'; did you mean 'binary_crossentropy'?
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, str):
        found: Loss = lookup("loss", identifier, NAMES)()
        return found
    if callable(identifier):
        return FunctionLoss(identifier)
    raise ArgumentError(f"loss must be a name, a Loss or a function, got {identifier!r}")
