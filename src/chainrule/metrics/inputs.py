"""What a metric takes in: labels, predictions and weights as arrays that fit together, or a clear error."""

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import DataError, DTypeError, ShapeError

# How far from 1 the probabilities of one example may add up: float16 and rounded decimals pass, logits don't.
SUM_TOLERANCE = 1e-2


def numbers(where: str, what: str, values: ArrayLike) -> Array:
    """Return ``values`` as an array of booleans, integers or floats."""
    try:
        result = np.asarray(values)
    except ValueError as error:
        message = f"{where}: {what} is no regular array: its rows differ in length"
        raise ShapeError(message) from error
    if result.dtype.kind not in "biuf":
        raise DTypeError(
            f"{where}: {what} must hold numbers, got dtype {result.dtype}; encode text labels as 0, 1, ... first"
        )
    return result


def batch(where: str, what: str, values: ArrayLike) -> Array:
    """Return ``values`` as numbers of shape (n,) or (n, k)."""
    result = numbers(where, what, values)
    if result.ndim not in (1, 2):
        raise ShapeError(f"{where}: {what} must have shape (n,) or (n, k), got {result.shape}")
    return result


def finite(where: str, what: str, values: Array) -> Array:
    """Refuse NaN and infinity, naming the first row that has one."""
    if values.dtype.kind == "f" and not (good := np.isfinite(values)).all():
        row = int(np.argwhere(~good)[0, 0])
        raise DataError(
            f"{where}: {what} has {values[~good][0]} in row {row} of the batch, expected finite numbers; "
            + ("did the training diverge?" if what == "y_pred" else "drop such rows or fill them in first")
        )
    return values


def weights(where: str, sample_weight: ArrayLike | None, n: int) -> Array | None:
    """Return the weight of each of ``n`` examples in float64; None stands for ones."""
    if sample_weight is None:
        return None
    result = numbers(where, "sample_weight", sample_weight).astype(np.float64)
    if result.ndim == 0:
        result = np.full(n, result)
    if result.shape == (n, 1):
        result = result[:, 0]
    if result.shape != (n,):
        raise ShapeError(f"{where}: sample_weight must have one weight an example, shape ({n},), got {result.shape}")
    if not (result.min(initial=0.0) >= 0 and result.max(initial=0.0) < np.inf):
        wrong = result[~((result >= 0) & (result < np.inf))][0]
        raise DataError(f"{where}: sample_weight must be finite and at least 0, got {wrong}")
    return result


def same_length(where: str, y_true: Array, y_pred: Array) -> None:
    """Refuse a batch whose labels and predictions differ in number."""
    if len(y_true) != len(y_pred):
        raise ShapeError(
            f"{where}: y_true has {len(y_true)} examples and y_pred has {len(y_pred)}; "
            "both must come from the same batch"
        )


def paired(where: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Return targets and predictions of one shape (n, k); (n,) counts as (n, 1)."""
    true, pred = batch(where, "y_true", y_true), finite(where, "y_pred", batch(where, "y_pred", y_pred))
    same_length(where, true, pred)
    true, pred = (a if a.ndim == 2 else a[:, None] for a in (true, pred))
    if true.shape != pred.shape:
        raise ShapeError(
            f"{where} compares value by value, so y_true and y_pred need the same shape, got "
            f"{true.shape} and {pred.shape}; give the last layer a unit for each column of y_true, "
            "or use the categorical metric"
        )
    return true, pred


def flags(where: str, y_true: Array) -> Array:
    """Return labels 0 and 1 as booleans."""
    result = y_true.astype(np.bool_)
    if (different := result != y_true).any():
        label = y_true[different][0]
        hint = "; map -1 and 1 with (y + 1) / 2" if label == -1 else ""
        raise DataError(f"{where}: y_true must hold the labels 0 and 1, got {label}{hint}")
    return result


def class_scores(where: str, y_pred: ArrayLike) -> Array:
    """Return predictions with a column a class, shape (n, k), k >= 2."""
    pred = batch(where, "y_pred", y_pred)
    if pred.ndim == 1 or pred.shape[1] == 1:
        raise ShapeError(
            f"{where}: y_pred must have a column a class, shape (n, 2) or wider, got {pred.shape}; "
            "a model of one output needs the binary metric (BinaryAccuracy for accuracy)"
        )
    return finite(where, "y_pred", pred)


def class_codes(where: str, values: ArrayLike, classes: int, what: str = "y_true") -> Array:
    """Return class numbers 0 ... classes - 1, shape (n,), from shape (n,) or (n, 1)."""
    given = batch(where, what, values)
    if given.ndim == 2 and given.shape[1] != 1:
        raise ShapeError(
            f"{where}: {what} must be class numbers of shape (n,), got {given.shape}; "
            "for one-hot labels use the metric without 'Sparse'"
        )
    given = given.reshape(-1)
    with np.errstate(invalid="ignore"):  # NaN is caught by the comparison below
        codes = given.astype(np.intp, copy=False)
    wrong = (codes < 0) | (codes >= classes) | (codes != given)
    if wrong.any():
        label = given[wrong][0]
        hint = "; do the labels start at 1? subtract 1" if label == classes and codes.min() >= 1 else ""
        raise DataError(f"{where}: {what} has the label {label}, expected 0 to {classes - 1}{hint}")
    return codes


def class_shares(where: str, y_true: ArrayLike, classes: int) -> Array:
    """Return one-hot (or soft) labels of shape (n, classes), each row adding up to 1."""
    true = batch(where, "y_true", y_true)
    if true.ndim == 1 or true.shape[1] != classes:
        hint = "; for class numbers use the metric with 'Sparse'" if true.size == len(true) else ""
        raise ShapeError(f"{where}: y_true must be one-hot of shape (n, {classes}), got {true.shape}{hint}")
    off = np.abs(true.sum(axis=1, dtype=np.float64) - 1)
    if not off.max(initial=0.0) <= SUM_TOLERANCE:
        row = int(np.flatnonzero(~(off <= SUM_TOLERANCE))[0])
        raise DataError(
            f"{where}: y_true must be one-hot, each row adding up to 1, got the sum {true[row].sum()} in row {row}"
        )
    return true


def one_vs_rest(where: str, y_true: ArrayLike, y_pred: ArrayLike, exclusive: bool) -> tuple[Array, Array]:
    """Return for each class whether it is the true one, and its score: two arrays of shape (n, k).

    One column (or shape (n,)) is the score of class 1 against class 0. With more columns the labels are
    one-hot or class numbers, or, unless the classes are ``exclusive``, several flags a row.
    """
    pred = batch(where, "y_pred", y_pred)
    if pred.ndim == 1 or pred.shape[1] == 1:
        true, pred = paired(where, y_true, pred)
        return flags(where, true), pred
    finite(where, "y_pred", pred)
    true = batch(where, "y_true", y_true)
    same_length(where, true, pred)
    classes = pred.shape[1]
    if true.ndim == 1 or true.shape[1] == 1:
        return class_codes(where, true, classes)[:, None] == np.arange(classes), pred
    if exclusive or true.shape[1] != classes:
        true = class_shares(where, true, classes)
    return flags(where, true), pred


def check_class(where: str, class_id: int | None, classes: int) -> None:
    """Refuse a ``class_id`` that is no column of the predictions."""
    if class_id is not None and class_id >= classes:
        hint = "; one column is the score of class 1: leave class_id out" if classes == 1 else ""
        raise ShapeError(f"{where}: class_id is {class_id}, but y_pred has {classes} column(s){hint}")


def check_columns(where: str, before: int, now: int) -> None:
    """Refuse a batch that is wider or narrower than those before it."""
    if before != now:
        raise ShapeError(
            f"{where}: this batch has {now} column(s), the batches before it had {before}; "
            "call reset_state before other data"
        )
