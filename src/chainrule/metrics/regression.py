"""Errors of predicted numbers: squared, absolute, and as the share of variance explained."""

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.metrics import inputs
from chainrule.metrics.mean import ExampleMean
from chainrule.metrics.metric import Metric


class MeanSquaredError(ExampleMean):
    """Mean of the squared errors.

        mean_i (y_i - p_i)^2

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    ``y_true`` and ``y_pred`` have shape (n,), (n, 1) or (n, outputs); several outputs are averaged.

    Examples
    --------
    >>> MeanSquaredError()([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    larger_is_better = False

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        return squared_errors(self.name, y_true, y_pred)


class RootMeanSquaredError(ExampleMean):
    """Square root of the mean squared error, in the unit of the target.

        sqrt( mean_i (y_i - p_i)^2 )

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    Shapes as in `MeanSquaredError`. With several outputs the root is taken of each and the roots are
    averaged, as scikit-learn does (Keras takes one root of the mean over all outputs).

    Examples
    --------
    >>> RootMeanSquaredError()([1.0, 2.0], [4.0, 5.0])
    3.0
    """

    larger_is_better = False

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        return squared_errors(self.name, y_true, y_pred)

    def result(self) -> float:
        """Return the value over all batches since the last reset."""
        return float(np.sqrt(self._means()).mean())


class MeanAbsoluteError(ExampleMean):
    """Mean of the absolute errors.

        mean_i |y_i - p_i|

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    Shapes as in `MeanSquaredError`.

    Examples
    --------
    >>> MeanAbsoluteError()([1.0, 2.0], [1.0, 4.0])
    1.0
    """

    larger_is_better = False

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        return np.abs(errors(self.name, y_true, y_pred))


class R2Score(Metric):
    """Coefficient of determination: the share of the target's variance that the predictions explain.

        R^2 = 1 - sum_i w_i (y_i - p_i)^2 / sum_i w_i (y_i - mean(y))^2

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    1 is perfect, 0 as good as always answering the mean, below 0 worse. Shapes as in `MeanSquaredError`;
    several outputs are averaged with equal weight. Batches are merged by their means and squared deviations
    (Chan et al.), so a target far from 0 costs no precision.

    References
    ----------
    Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
    Stanford CS report, 1979.

    Examples
    --------
    >>> R2Score()([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """

    larger_is_better = True

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches."""
        self._origin: Array | None = None  # the first target: a constant column then deviates by exactly 0
        self._weight = 0.0
        self._mean: Array = np.zeros(1)
        self._deviation: Array = np.zeros(1)
        self._error: Array = np.zeros(1)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n,), (n, 1) or (n, outputs)
        sample_weight : array-like of shape (), (n,) or (n, 1), >= 0, optional

        Raises
        ------
        ShapeError
            The shapes don't fit each other.
        DataError
            A target or prediction is not finite, or a weight is negative or not finite.
        """
        true, pred = inputs.paired(self.name, y_true, y_pred)
        inputs.finite(self.name, "y_true", true)
        weights = inputs.weights(self.name, sample_weight, len(true))
        if weights is None:
            weights = np.ones(len(true))
        weight = float(weights.sum())
        if weight == 0:
            return
        if self._origin is None:
            self._origin = true[0].astype(np.float64)
        inputs.check_columns(self.name, len(self._origin), true.shape[1])

        error = np.subtract(true, pred, dtype=np.float64)
        shifted = true - self._origin
        mean = weights @ shifted / weight
        share = weight / (self._weight + weight)
        apart = mean - self._mean
        self._error = self._error + weights @ np.square(error)
        self._deviation = (
            self._deviation + weights @ np.square(shifted - mean) + np.square(apart) * self._weight * share
        )
        self._mean = self._mean + apart * share
        self._weight += weight

    def result(self) -> float:
        """Return the value over all batches since the last reset.

        Raises
        ------
        DataError
            The targets of an output are all equal, so there is no variance to explain.
        StateError
            There are no data yet.
        """
        if self._weight == 0:
            raise self._no_data()
        if not self._deviation.all():
            raise DataError(
                f"{self.name} needs targets that differ, got one value (or one example) only; "
                "use MeanSquaredError for such data"
            )
        return float(np.mean(1.0 - self._error / self._deviation))


def errors(where: str, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Return y - p in float64, shape (n, outputs)."""
    true, pred = inputs.paired(where, y_true, y_pred)
    return np.subtract(inputs.finite(where, "y_true", true), pred, dtype=np.float64)


def squared_errors(where: str, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Return (y - p)^2 in float64, shape (n, outputs)."""
    return np.square(errors(where, y_true, y_pred))
