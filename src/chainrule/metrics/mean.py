"""Metrics that are a weighted mean over examples."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import ShapeError
from chainrule.metrics import inputs
from chainrule.metrics.metric import Metric


class RunningMean(Metric):
    """Base of the means: a sum of weighted values (one a column) and the sum of the weights, in float64."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches."""
        self._total: Array | None = None
        self._weight = 0.0

    def result(self) -> float:
        """Return the mean over all batches since the last reset."""
        return float(self._means().mean())

    def _means(self) -> Array:
        if self._total is None or self._weight == 0:
            raise self._no_data()
        return self._total / self._weight

    def _add(self, values: Array, weights: Array | None) -> None:
        """Take in values of shape (n,) or (n, k)."""
        if weights is None:
            total, weight = values.sum(axis=0, dtype=np.float64), float(len(values))
        else:
            total, weight = weights @ values, float(weights.sum())
        self.add_sum(total, weight)

    def add_sum(self, total: Array, weight: float) -> None:
        """Take in a sum of weighted values, one a column, and the sum of the weights, for an engine that counts."""
        if self._total is None:
            self._total = total
        else:
            inputs.check_columns(self.name, self._total.size, total.size)
            self._total = self._total + total
        self._weight += weight


class Mean(RunningMean):
    """Weighted mean of values that are already computed, such as the loss of each batch.

        sum_i w_i v_i / sum_i w_i

    NaN and infinity stay in the mean, so that a loss that diverged shows.

    Parameters
    ----------
    name : str, optional

    Examples
    --------
    >>> loss = Mean(name="loss")
    >>> loss.update_state(0.5, sample_weight=32)  # a full batch ...
    >>> loss.update_state(0.8, sample_weight=16)  # ... and the short last one
    >>> round(loss.result(), 3)
    0.6
    """

    larger_is_better = False

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one value or one an example, and their weights.

        Parameters
        ----------
        values : array-like of shape (), (n,) or (n, ...)
            Axes after the first are averaged.
        sample_weight : array-like of shape () or (n,), >= 0, optional

        Raises
        ------
        ShapeError
            The weights don't fit the values.
        DataError
            A weight is negative or not finite.
        """
        array = np.atleast_1d(inputs.numbers(self.name, "values", values))
        if array.ndim > 1:
            array = array.reshape(len(array), -1).mean(axis=1, dtype=np.float64)
        self._add(array, inputs.weights(self.name, sample_weight, len(array)))


class ExampleMean(RunningMean):
    """Base of the means of a number that each example's label and prediction give."""

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array-like
            Labels and predictions, in the shapes that the class states.
        sample_weight : array-like of shape (), (n,) or (n, 1), >= 0, optional

        Raises
        ------
        ShapeError
            The shapes don't fit each other or the metric.
        DataError
            A label, a prediction or a weight is out of its range or not finite.
        """
        values = self._values(y_true, y_pred)
        self._add(values, inputs.weights(self.name, sample_weight, len(values)))

    @abstractmethod
    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        """Return each example's value, shape (n,), or one an output, shape (n, k)."""


class FunctionMetric(Metric):
    """Mean of what a plain function ``f(y_true, y_pred)`` returns.

    Parameters
    ----------
    function : callable
        Returns one value an example, shape (n,) or (n, ...), or one number for the batch, which then counts
        by the batch's size and can't be weighted by example.
    name : str, optional
        The function's own name by default.
    larger_is_better : bool, optional
        For ``EarlyStopping``; unknown by default.

    Examples
    --------
    >>> import numpy as np
    >>> def within_one(y_true, y_pred):
    ...     return np.abs(y_true - y_pred) <= 1
    >>> metric = FunctionMetric(within_one, larger_is_better=True)
    >>> metric(np.array([1.0, 2.0]), np.array([1.5, 9.0])), metric.name
    (0.5, 'within_one')
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        name: str | None = None,
        larger_is_better: bool | None = None,
    ) -> None:
        super().__init__(name or getattr(function, "__name__", type(function).__name__).strip("<>"))
        self.function = function
        self.larger_is_better = larger_is_better
        self._mean = Mean(self.name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch: call the function with both as they are.

        Raises
        ------
        ShapeError
            The function returned neither one number nor one value an example, or one number and there are
            sample weights.
        DataError
            The function returned NaN or infinity.
        """
        n = len(y_true)
        values = inputs.numbers(self.name, "the function's value", self.function(y_true, y_pred))
        inputs.finite(self.name, "the function's value", np.atleast_1d(values))
        if values.ndim == 0:
            if sample_weight is not None:
                raise ShapeError(
                    f"{self.name} returns one number a batch, which sample weights can't weigh; "
                    f"return one value an example, shape ({n},)"
                )
            sample_weight = n
        elif len(values) != n:
            raise ShapeError(
                f"{self.name} returned shape {values.shape} for {n} examples; "
                f"expected one value an example, shape ({n},), or one number"
            )
        self._mean.update_state(values, sample_weight)

    def result(self) -> float:
        """Return the mean over all batches since the last reset."""
        return self._mean.result()

    def reset_state(self) -> None:
        """Forget all batches."""
        self._mean.reset_state()
