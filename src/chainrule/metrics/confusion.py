"""Confusion matrix: which classes are taken for which."""

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, ShapeError
from chainrule.metrics import inputs
from chainrule.metrics.metric import Metric


class ConfusionMatrix(Metric):
    """Weight (or number) of the examples of each true class, a row, by predicted class, a column.

        C_rc = sum_i w_i [ y_i = r and predicted_i = c ]

    Parameters
    ----------
    classes : int, >= 2
    name : str, optional

    Notes
    -----
    ``y_true`` holds class numbers, shape (n,) or (n, 1), or is one-hot, shape (n, classes). ``y_pred``
    holds probabilities of shape (n, classes), of which the largest decides; for two classes also the
    probability of class 1, shape (n,) or (n, 1), which decides by being above 0.5; for more also the
    predicted class numbers, shape (n,).

    Raises
    ------
    ArgumentError
        ``classes`` is below 2.

    Examples
    --------
    >>> matrix = ConfusionMatrix(classes=2)
    >>> matrix.update_state([0, 0, 1, 1], [0.2, 0.9, 0.6, 0.7])
    >>> matrix.result()
    array([[1., 1.],
           [0., 2.]])
    """

    def __init__(self, classes: int, name: str | None = None) -> None:
        super().__init__(name)
        if classes < 2:
            raise ArgumentError(f"ConfusionMatrix: classes must be at least 2, got {classes}")
        self.classes = classes
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches."""
        self._matrix = np.zeros((self.classes, self.classes))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true, y_pred : array-like
            In the shapes that the class states.
        sample_weight : array-like of shape (), (n,) or (n, 1), >= 0, optional

        Raises
        ------
        ShapeError
            The shapes don't fit each other or the number of classes.
        DataError
            A label is no class, a prediction is not finite, or a weight is negative or not finite.
        """
        true, predicted = self._true(y_true), self._predicted(y_pred)
        inputs.same_length(self.name, true, predicted)
        weights = inputs.weights(self.name, sample_weight, len(true))
        cells = np.bincount(true * self.classes + predicted, weights, minlength=self.classes**2)
        self._matrix += cells.reshape(self._matrix.shape)

    def result(self) -> Array:
        """Return the matrix over all batches since the last reset, shape (classes, classes)."""
        if not self._matrix.any():
            raise self._no_data()
        return self._matrix.copy()

    def _true(self, y_true: ArrayLike) -> Array:
        true = inputs.batch(self.name, "y_true", y_true)
        if true.ndim == 1 or true.shape[1] == 1:
            return inputs.class_codes(self.name, true, self.classes)
        codes: Array = inputs.class_shares(self.name, true, self.classes).argmax(axis=1)
        return codes

    def _predicted(self, y_pred: ArrayLike) -> Array:
        pred = inputs.finite(self.name, "y_pred", inputs.batch(self.name, "y_pred", y_pred))
        if pred.ndim == 2 and pred.shape[1] == self.classes:
            codes: Array = pred.argmax(axis=1)
            return codes
        if pred.ndim == 2 and pred.shape[1] != 1:
            raise ShapeError(
                f"{self.name}: y_pred must have {self.classes} columns, one a class, got shape {pred.shape}; "
                f"make it ConfusionMatrix(classes={pred.shape[1]})?"
            )
        if self.classes == 2:
            above: Array = pred.reshape(-1) > 0.5
            return above.astype(np.intp)
        return inputs.class_codes(self.name, pred, self.classes, what="y_pred")
