"""Losses: the cost of a wrong prediction, one value per example, stable from logits.

``loss(y_true, y_pred)`` reduces the values of the examples to the one number that training descends on;
``loss.values(y_true, y_pred)`` gives them one by one. Names, defaults and reductions are Keras 3's.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule.configurable import lookup
from chainrule.errors import ArgumentError
from chainrule.losses.cross_entropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from chainrule.losses.loss import Loss
from chainrule.losses.regression import (
    FunctionLoss,
    Hinge,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    Quantile,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "FunctionLoss",
    "Hinge",
    "Huber",
    "Loss",
    "LossLike",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Poisson",
    "Quantile",
    "SparseCategoricalCrossentropy",
    "get",
]

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
    identifier = getattr(identifier, "loss_class", identifier)  # Keras's functions, in compat, name their class
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
