"""Log loss: how surprised the predicted probabilities are by the true class."""

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.metrics import inputs
from chainrule.metrics.mean import ExampleMean


class LogLoss(ExampleMean):
    """Mean negative logarithm of the probability that the true class was given.

        binary:   mean_i -( y_i log p_i + (1 - y_i) log(1 - p_i) )
        classes:  mean_i -sum_c y_ic log p_ic

    It is the cross-entropy without penalties, hence Keras's metrics BinaryCrossentropy and
    CategoricalCrossentropy in one; the shape of the predictions says which.

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    ``y_pred`` are probabilities, not logits: shape (n,) or (n, 1) for class 1 of two, with labels of the
    same shape in [0, 1]; or (n, classes), each row adding up to 1, with labels that are one-hot, soft or
    class numbers. Probabilities are clipped to [eps, 1 - eps], eps being that of their dtype, as in
    scikit-learn's ``log_loss``.

    Examples
    --------
    >>> round(LogLoss()([1, 0], [0.9, 0.2]), 4)
    0.1643
    >>> round(LogLoss()([2, 0], [[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]]), 4)
    0.5249
    """

    larger_is_better = False

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        pred = inputs.batch(self.name, "y_pred", y_pred)
        if pred.dtype.kind != "f":
            pred = pred.astype(np.float64)
        if pred.ndim == 1 or pred.shape[1] == 1:
            return self._binary(*inputs.paired(self.name, y_true, pred))
        return self._categorical(inputs.batch(self.name, "y_true", y_true), pred)

    def _binary(self, true: Array, pred: Array) -> Array:
        self._check_range("y_true", true)
        self._check_range("y_pred", pred)
        return -(true * _log(pred) + (1.0 - true) * _log(1 - pred))[:, 0]

    def _categorical(self, true: Array, pred: Array) -> Array:
        inputs.same_length(self.name, true, pred)
        inputs.finite(self.name, "y_pred", pred)
        self._check_range("y_pred", pred)
        off = np.abs(pred.sum(axis=1, dtype=np.float64) - 1)
        if off.max(initial=0.0) > inputs.SUM_TOLERANCE:
            raise DataError(
                f"{self.name}: y_pred must be probabilities that add up to 1 in each row, got the sum "
                f"{pred[off.argmax()].sum():.3g} in row {off.argmax()}; end the model with softmax"
            )
        n, classes = pred.shape
        if true.ndim == 1 or true.shape[1] == 1:
            return -_log(pred[np.arange(n), inputs.class_codes(self.name, true, classes)])
        shares = inputs.class_shares(self.name, true, classes)
        self._check_range("y_true", shares)
        result: Array = -(shares * _log(pred)).sum(axis=1)
        return result

    def _check_range(self, what: str, values: Array) -> None:
        low, high = values.min(initial=0.0), values.max(initial=1.0)
        if not (low >= 0 and high <= 1):
            hint = "; are these logits? apply sigmoid or softmax first" if what == "y_pred" else ""
            raise DataError(f"{self.name}: {what} must lie in [0, 1], got {low if low < 0 else high:.4g}{hint}")


def _log(probability: Array) -> Array:
    epsilon = np.finfo(probability.dtype).eps
    result: Array = np.log(np.clip(probability, epsilon, 1 - epsilon), dtype=np.float64)
    return result
