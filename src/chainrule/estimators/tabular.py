"""From a table to a trained network and back: one implementation behind ``chainrule.train`` and the command line."""

from collections.abc import Sequence
from functools import partial
from os import PathLike
from typing import Any

import numpy as np

from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError
from chainrule.estimators.network import HIDDEN, Options
from chainrule.estimators.tabular_model import TabularModel, load
from chainrule.estimators.train_table import train_table
from chainrule.optimizers.schedules import Schedule
from chainrule.random import check_seed
from chainrule.tables import DataOptions, read_table

__all__ = ["TabularModel", "load", "train", "train_table"]


@partial(named_arguments, data=DataOptions)
def train(
    source: Any,
    target: str,
    *,
    task: str | None = None,
    hidden: Sequence[int] = HIDDEN,
    activation: str = "silu",
    optimizer: str = "adam",
    learning_rate: float | None = None,
    schedule: str | Schedule = "cosine",
    batch_size: int | None = None,
    epochs: int | None = None,
    dropout: float = 0.0,
    label_smoothing: float | None = None,
    loss: str | None = None,
    quantiles: Sequence[float] = (),
    metric: str | None = None,
    early_stopping: bool = False,
    refit: bool = False,
    seed: int = 0,
    verbose: int | str = 0,
    data: DataOptions | None = None,
) -> TabularModel:
    """Train a network on a table: read, encode, split, train, score on rows held out.

    Parameters
    ----------
    source : path, data frame, dict of columns or Table
        CSV, TSV or Parquet; pandas, Polars or Arrow.
    target : str
        The column to predict.
    task : {"classification", "regression"}, optional
        Default: by a stated rule from the target's values.
    hidden : sequence of int
        Units of the hidden layers; none for a linear model.
    activation, optimizer : str
    learning_rate : float, optional
        The peak of the schedule. Default: of Adam 0.004 for classes and 0.01 for numbers, else the optimiser's own.
    schedule : {"cosine", "constant", "cosine_restarts", "exponential", "inverse_time", "linear", "one_cycle", "step"}
        What the rate does. "cosine" rises for a tenth of the steps, then falls to 0; of the others see
        `chainrule.estimators.rate_schedule.make_schedule`. Or a Schedule of the step, without ``learning_rate``.
    batch_size : int, optional
        Default: 32 to 256 by the number of rows.
    epochs : int, optional
        Over which the rate falls to 0. Default: 10 to 40 by the number of rows.
    dropout : float in [0, 1)
        After every hidden layer.
    label_smoothing : float in [0, 1), optional
        Of classes. Default: 0.1 up to 3000 rows, then less.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "quantile"}, optional
        Of numbers; "poisson" for counts. Default: the first.
    quantiles : sequence of float in (0, 1)
        What loss="quantile" predicts, such as (0.1, 0.5, 0.9).
    metric : str, optional
        What the best epoch is chosen by: accuracy, balanced_accuracy, f1, roc_auc, log_loss; rmse, mae, r2. With f1 and
        balanced_accuracy the threshold between two classes is chosen, too.
    early_stopping : bool
        Whether to stop when 20 epochs were no better on the validation rows, and to keep the weights of the best one;
        a ``metric`` includes it. Default: the last epoch counts, at which the rate has come down to 0.
    refit : bool
        Whether to train once more on all rows, those of validation and test with them, for as many epochs as were
        best; scores are those of the network before. Rows of an own test file stay out.
    seed : int
        Of split, initial weights, orders and dropout: the same seed gives the same model.
    verbose : {0, 1, 2, "auto"}
    data : DataOptions, optional
        Kinds and roles of columns, and where the test rows come from.

    Returns
    -------
    TabularModel
        Its ``report`` says what happened; ``print(model)`` shows it.

    Examples
    --------
    >>> model = train({"x": list(range(60)), "y": [2.0 * x for x in range(60)]}, target="y", seed=1, epochs=5)
    >>> model.report.task
    'regression'
    """
    options = Options(
        hidden=units(hidden),
        activation=activation,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        batch_size=batch_size,
        epochs=epochs,
        dropout=dropout,
        label_smoothing=label_smoothing,
        seed=check_seed(seed),
        loss=loss,
        quantiles=tuple(quantiles),
        metric=metric,
        early_stopping=early_stopping,
        refit=refit,
    )
    return train_table(read_table(source), target, task, options, data, verbose, name=_name_of(source))


def units(hidden: Any) -> tuple[int, ...]:
    """Return the units of hidden layers as a tuple; anything but a sequence of them is an ArgumentError."""
    if isinstance(hidden, str) or not isinstance(hidden, Sequence | np.ndarray):
        raise ArgumentError(f"hidden must be the units of each hidden layer, such as (64, 64), got {hidden!r}")
    return tuple(hidden)


def _name_of(source: Any) -> str:
    from pathlib import Path

    return Path(source).name if isinstance(source, str | PathLike) else "table"
