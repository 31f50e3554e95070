"""TabularRegressor: a network for numbers from a data frame, as scikit-learn's kind of estimator."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.estimators.network import HIDDEN
from chainrule.estimators.tabular_estimator import TabularEstimator
from chainrule.optimizers.schedules import Schedule
from chainrule.tables import Column, NumbersTarget, NumberTarget, Target


class TabularRegressor(RegressorMixin, TabularEstimator):
    """A network that learns numbers, their quantiles or counts from a data frame as it is.

    Columns are treated as by `TabularClassifier`; targets are standardised, and predictions are in their own unit. It
    is what ``chainrule train`` runs.

    Parameters
    ----------
    hidden, activation, optimizer, schedule, batch_size, dropout, refit, early_stopping, validation_fraction
        As for `TabularClassifier`.
    categorical, numeric, drop, random_state, verbose, callbacks
        As for `TabularClassifier`.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "quantile"}
        "poisson" is for counts and rates of at least 0: its predictions are above 0. "huber" is linear beyond one
        standard deviation of the target.
    quantiles : sequence of float in (0, 1), optional
        What loss="quantile" predicts, increasing, such as (0.1, 0.5, 0.9): an output for each.
    learning_rate : float > 0, optional
        The peak of the schedule. Default: of Adam 0.01, else the optimiser's own.
    epochs : int >= 1, optional
        At most so many. Default: 20 to 40 by the number of rows.
    metric : {"rmse", "mae", "r2"}, optional
        What the best epoch is chosen by.

    Attributes
    ----------
    best_iteration_, n_iter_, feature_names_in_, n_features_in_, network_, encoder_
        As for `TabularClassifier`.
    history_ : History
        Losses and validation losses by epoch, of standardised targets; ``history_.plot()``.

    Notes
    -----
    The result depends neither on the order of the rows nor on whether a row is repeated or weighs more.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"size": [20.0, 40.0, 60.0, 80.0] * 20, "city": ["Rome", "Oslo"] * 40})
    >>> model = TabularRegressor(loss="quantile", quantiles=(0.1, 0.9), random_state=0).fit(X, X["size"] * 10)
    >>> model.predict(X).shape
    (80, 2)
    """

    def __init__(
        self,
        hidden: Any = HIDDEN,
        activation: str = "silu",
        *,
        loss: str = "squared_error",
        quantiles: Any = None,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "cosine",
        batch_size: int | None = None,
        epochs: int | None = None,
        dropout: float = 0.0,
        metric: str | None = None,
        refit: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        categorical: Any = (),
        numeric: Any = (),
        drop: Any = (),
        random_state: Any = None,
        verbose: Any = False,
        callbacks: Any = None,
    ) -> None:
        self.keep(locals())

    task = "regression"

    def _options(self) -> dict[str, Any]:
        return {"loss": self.loss, "quantiles": () if self.quantiles is None else tuple(self.quantiles)}

    def _learn_target(self, y: Array) -> None:
        self._columns = y.shape[1] if y.ndim == 2 and y.shape[1] > 1 else 1
        if self._columns > 1 and self.loss == "quantile":
            raise ArgumentError("loss='quantile' predicts one target; y has several columns: fit an estimator for each")

    def _encode(self, y: Array) -> Array:
        return y if self._columns > 1 else column_or_1d(y, warn=True)

    def _fit_target(self, name: str, columns: Sequence[str], answers: Array) -> Target:
        quantiles, counts = self._options()["quantiles"], self.loss == "poisson"
        if self._columns == 1:
            return _number_target(name, answers, quantiles, counts)
        names = columns or [f"{name}{i}" for i in range(self._columns)]
        parts = zip(names, answers.T, strict=True)
        return NumbersTarget(name, tuple(_number_target(part, values, (), counts) for part, values in parts))

    def _scale(self, target: Target, answers: Array) -> Array:
        parts = target.parts if isinstance(target, NumbersTarget) else (target,)
        columns = answers.reshape(len(answers), -1)
        scaled = [
            part.encode(Column(part.name, "number", columns[:, i].astype(np.float64)))
            for i, part in enumerate(parts)
            if isinstance(part, NumberTarget)
        ]
        return np.stack(scaled, axis=1) if self._columns > 1 else scaled[0]

    def predict(self, X: Any) -> Array:
        """Return the numbers of each row: (rows,), (rows, outputs) of several targets, (rows, quantiles).

        Parameters
        ----------
        X : data frame or array-like (rows, features)
        """
        outputs = self._outputs(X)
        target = self._model.target
        assert isinstance(target, NumberTarget | NumbersTarget)
        return target.answers(outputs)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, ``1 - sum (y - f)^2 / sum (y - mean)^2``; of quantiles that of the one nearest to the median.

        Parameters
        ----------
        X : data frame or array-like (rows, features)
        y : array-like (rows,) or (rows, outputs)
        sample_weight : array-like (rows,), optional
        """
        predicted = self.predict(X)
        target = self._model.target
        if isinstance(target, NumberTarget):
            predicted = target.points(predicted)
        return float(r2_score(y, predicted, sample_weight=sample_weight))


def _number_target(name: str, values: Array, quantiles: tuple[float, ...], counts: bool) -> NumberTarget:
    """Return the target of numbers; where all are the same, it is only shifted."""
    column = Column(name, "number", np.ascontiguousarray(values, np.float64))
    if not counts and values.min() == values.max():
        return NumberTarget(name, float(values[0]), 1.0, quantiles)
    return NumberTarget.fit(column, quantiles, counts)
