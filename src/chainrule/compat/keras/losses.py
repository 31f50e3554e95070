"""``tf.keras.losses``: the classes of `chainrule.losses`, and Keras's functions that give one value per example."""

from typing import Any

import numpy as np

from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.compat.names import namespace
from chainrule.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    SparseCategoricalCrossentropy,
    get,
)
from chainrule.losses.loss import align

__all__ = [
    "MAE", "MSE", "BinaryCrossentropy", "CategoricalCrossentropy", "Hinge", "Huber", "Loss", "MeanAbsoluteError",
    "MeanSquaredError", "Poisson", "SparseCategoricalCrossentropy", "binary_crossentropy", "categorical_crossentropy",
    "get", "hinge", "huber", "mae", "mean_absolute_error", "mean_squared_error", "mse", "poisson",
    "sparse_categorical_crossentropy",
]  # fmt: skip
__getattr__, __dir__ = namespace(__name__, "tf.keras.losses")


class LossFunction:
    """A loss as a function of targets and predictions: an average over the last axis, nothing more.

    ``compile(loss=...)`` takes the function for its class.

    Parameters
    ----------
    loss_class : a subclass of Loss

    Examples
    --------
    >>> mean_squared_error([[0.0, 0.0], [1.0, 0.0]], [[0.0, 2.0], [1.0, 0.0]])
    Tensor([2. 0.], shape=(2,), dtype=float32)
    >>> mean_squared_error([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    Tensor(3.0, shape=(), dtype=float32)
    """

    def __init__(self, loss_class: type[Loss]) -> None:
        self.loss_class = loss_class

    def __call__(self, y_true: TensorLike, y_pred: TensorLike, *arguments: Any, **named: Any) -> Tensor:
        """Return the values, of the predictions' shape without its last axis.

        Parameters
        ----------
        y_true : array-like
        y_pred : array-like
        *arguments, **named
            Those of the class: ``from_logits=True``, ``delta=2.0`` ...
        """
        loss = self.loss_class(*arguments, **named)
        if loss.integer_labels:
            y, f = as_tensor(np.asarray(y_true)), as_tensor(y_pred)
        else:
            y, f = align(loss.name, y_true, y_pred)
        if f.ndim == 0:
            return loss.values(y, f)
        shape = f.shape[:-1]
        rows = ops.reshape(f, (-1, f.shape[-1]))
        labels = ops.reshape(y, -1 if loss.integer_labels else rows.shape)
        return ops.reshape(loss.values(labels, rows), shape)

    def __repr__(self) -> str:
        return f"<function of {self.loss_class.__name__}>"


mean_squared_error = MSE = mse = LossFunction(MeanSquaredError)
mean_absolute_error = MAE = mae = LossFunction(MeanAbsoluteError)
binary_crossentropy = LossFunction(BinaryCrossentropy)
categorical_crossentropy = LossFunction(CategoricalCrossentropy)
sparse_categorical_crossentropy = LossFunction(SparseCategoricalCrossentropy)
hinge, huber, poisson = LossFunction(Hinge), LossFunction(Huber), LossFunction(Poisson)
