"""What an MLPClassifier or MLPRegressor minimises: scikit-learn's losses in terms of chainrule's."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import losses
from chainrule.engine.data import Rows

WEIGHTED = "mean_with_sample_weight"  # scikit-learn's: sum of w L over the sum of w, batch by batch


@dataclass(frozen=True)
class Goal:
    """A loss with its factor in J, and the activation of the outputs that belongs to it.

    Attributes
    ----------
    loss : Loss
    factor : float
        chainrule's losses average over the outputs, scikit-learn's gradients add them up, and its squared error and
        Poisson deviance are halves.
    activation : str
        Of the output layer, as chainrule calls it.
    name : str
        The same as scikit-learn calls it: ``out_activation_``.
    """

    loss: losses.Loss
    factor: float
    activation: str
    name: str

    def constant(self, rows: Rows) -> float:
        """Return what scikit-learn's loss of these rows has on top, whatever the weights of the network."""
        if self.name != "exp" or self.loss.reduction != WEIGHTED or rows.y is None:
            return 0.0
        y = rows.y.reshape(len(rows), -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            deviance = np.where(y > 0, y * np.log(y), 0.0) - y
        return float(np.average(deviance, axis=0, weights=rows.weight).sum())


def classification_goal(loss: Any, labels: str, outputs: int) -> Goal:
    """Return the goal of a classifier.

    Parameters
    ----------
    loss : "log_loss", or a loss of chainrule
    labels : {"binary", "multiclass", "multilabel-indicator"}
    outputs : int
    """
    if labels == "multiclass":
        default = Goal(losses.SparseCategoricalCrossentropy(reduction=WEIGHTED), 1.0, "softmax", "softmax")
    else:
        default = Goal(losses.BinaryCrossentropy(reduction=WEIGHTED), float(outputs), "sigmoid", "logistic")
    return default if _is(loss, "log_loss") else replace(default, loss=losses.get(loss), factor=1.0)


def regression_goal(loss: Any, outputs: int) -> Goal:
    """Return the goal of a regressor: "squared_error", "poisson", or a loss of chainrule as written.

    Examples
    --------
    >>> regression_goal("squared_error", 1).factor, regression_goal("poisson", 1).name
    (0.5, 'exp')
    """
    if _is(loss, "squared_error"):
        return Goal(losses.MeanSquaredError(reduction=WEIGHTED), outputs / 2, "linear", "identity")
    if _is(loss, "poisson"):
        return Goal(losses.Poisson(reduction=WEIGHTED), float(outputs), "exponential", "exp")
    own = losses.get(loss)
    if isinstance(own, losses.Poisson):
        return Goal(own, 1.0, "exponential", "exp")
    return Goal(own, 1.0, "linear", "identity")


def _is(loss: Any, name: str) -> bool:
    return isinstance(loss, str) and loss == name
