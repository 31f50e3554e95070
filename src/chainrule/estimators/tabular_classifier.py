"""TabularClassifier: a network for classes in a data frame, as scikit-learn's kind of estimator."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError
from chainrule.estimators.network import HIDDEN
from chainrule.estimators.tabular_estimator import TabularEstimator
from chainrule.optimizers.schedules import Schedule
from chainrule.tables import ClassTarget, LabelsTarget, Target
from chainrule.tables.labels import some
from chainrule.tables.table import number_text
from chainrule.tables.weights import balanced

_EPSILON = float(np.finfo(np.float32).eps)  # probabilities come from float32


class TabularClassifier(ClassifierMixin, TabularEstimator):
    """A network that learns classes, or labels of which several may hold, from a data frame as it is.

    Numbers are scaled and cut into pieces, categories are one-hot or learned vectors, dates become their parts, missing
    values are flagged; identifiers and free text are left out. It is what ``chainrule train`` runs.

    Parameters
    ----------
    hidden : sequence of int
        Units of the hidden layers; () for a linear model.
    activation, optimizer : str
    learning_rate : float > 0, optional
        The peak of the schedule. Default: of Adam 0.004, else the optimiser's own.
    schedule : {"cosine", "constant", "cosine_restarts", "exponential", "inverse_time", "linear", "one_cycle", "step"}
        What the rate does, as of ``chainrule train``: "cosine" rises for a tenth of the steps, then falls to 0. Or a
        Schedule of the step (`chainrule.optimizers.schedules`), without ``learning_rate``.
    batch_size : int >= 1, optional
        Default: 32 to 256 by the number of rows.
    epochs : int >= 1, optional
        At most so many. Default: 10 to 40 by the number of rows.
    dropout : float in [0, 1)
        After every hidden layer.
    label_smoothing : float in [0, 1), optional
        Share of each answer that is spread over all classes. Default: 0.1 up to 3000 rows, then less.
    class_weight : dict from class to weight, "balanced" or None
        Multiplies the weights of the rows in the loss; "balanced" lets every class count the same.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss"}, optional
        What the best epoch is chosen by; with f1 and balanced_accuracy the threshold between two classes is chosen,
        too.
    refit : bool
        Whether to train once more on all rows, those held out with them, for as many epochs as were best.
    early_stopping : bool
        Whether to hold out rows (or use ``eval_set``), to stop when 20 epochs were no better on them, and to keep the
        weights of the best one; a ``metric`` includes it. Default: all rows train, and the last epoch counts, at which
        the rate has come down to 0.
    validation_fraction : float in (0, 1)
        Share of the rows that is held out.
    categorical, numeric, drop : sequence of str
        Columns to treat so, or to leave out; those of an array are x0, x1, ...
    random_state : int, RandomState or None
    verbose : bool, {0, 1, 2} or "auto"
    callbacks : Callback or list of Callback, optional
        Of `chainrule.callbacks`; they are used as they are, not copied.

    Attributes
    ----------
    classes_ : array
        Of labels that may hold together: 0, 1, ..., one for each column of y.
    best_iteration_, n_iter_ : int
        Epochs after which the weights that are kept were reached, and epochs run.
    threshold_ : float or None
        Probability of the second of two classes from which on it is the answer; None for the most likely class.
    history_ : History
        Losses and validation losses by epoch; ``history_.plot()``.
    feature_names_in_ : array of str
        Where X was a data frame.
    n_features_in_ : int
    network_ : Sequential
    encoder_ : Encoder
        ``encoder_.describe()`` says what becomes of each column.

    Notes
    -----
    The result depends neither on the order of the rows nor on whether a row is repeated or weighs more.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"hours": [1.0, 2.0, 8.0, 9.0] * 10, "club": ["chess", None, "chess", "go"] * 10})
    >>> model = TabularClassifier(random_state=0).fit(X, ["no", "no", "yes", "yes"] * 10)
    >>> model.predict(pd.DataFrame({"hours": [1.5, 8.5], "club": ["go", "judo"]}))
    array(['no', 'yes'], dtype='<U3')
    """

    def __init__(
        self,
        hidden: Any = HIDDEN,
        activation: str = "silu",
        *,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "cosine",
        batch_size: int | None = None,
        epochs: int | None = None,
        dropout: float = 0.0,
        label_smoothing: float | None = None,
        class_weight: Any = None,
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

    task = "classification"
    classes_: Array

    def _options(self) -> dict[str, Any]:
        return {"label_smoothing": self.label_smoothing}

    def _learn_target(self, y: Array) -> None:
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] > 1 and not type_of_target(y).startswith("multilabel"):
            raise DataError(
                "y has several columns of classes; expected one column, or zeros and ones for labels that may hold "
                "together: fit one estimator for each column (sklearn.multioutput.MultiOutputClassifier)"
            )
        self._labels = y.ndim == 2 and y.shape[1] > 1
        if self._labels:
            if self.class_weight is not None:
                raise ArgumentError("class_weight is for classes that exclude each other; weigh rows by sample_weight")
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_ = np.unique(column_or_1d(y, warn=True))

    def _encode(self, y: Array) -> Array:
        if self._labels:
            return np.asarray(y, np.int64)
        y = column_or_1d(y)
        codes = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[codes] != y
        if unknown.any():
            raise DataError(f"y holds classes never seen in training: {some(sorted(set(map(str, y[unknown]))))}")
        return np.asarray(codes)

    def _check_rows(self, answers: Array) -> None:
        if not self._labels and len(np.unique(answers)) < 2:
            raise DataError("y holds only one class (in rows that count); expected at least two classes to tell apart")

    def _fit_target(self, name: str, columns: Sequence[str], answers: Array) -> Target:
        kind = self.classes_.dtype.kind
        names = tuple(map(number_text if kind in "iuf" else str, self.classes_.tolist()))
        if self._labels:
            return LabelsTarget(name, tuple(columns) or names)
        return ClassTarget(name, tuple(map(str.lower, names)) if kind == "b" else names)

    def _scale(self, target: Target, answers: Array) -> Array:
        return answers

    def _class_weights(self, answers: Array, weights: Array | None) -> Array | None:
        if self.class_weight is None:
            return None
        if isinstance(self.class_weight, str):
            if self.class_weight != "balanced":
                raise ArgumentError(f"class_weight must be a dict, 'balanced' or None, got {self.class_weight!r}")
            return balanced(answers, weights, len(self.classes_))
        unknown = [key for key in self.class_weight if key not in self.classes_.tolist()]
        if unknown:
            raise ArgumentError(
                f"class_weight names {unknown[0]!r}, which is no class; expected {some(self.classes_.tolist())}"
            )
        return np.array([float(self.class_weight.get(label, 1.0)) for label in self.classes_.tolist()])

    @property
    def _number_classes(self) -> bool:
        return self.classes_.dtype.kind in "iuf"

    @property
    def threshold_(self) -> float | None:
        """The probability of the second of two classes from which on it is the answer."""
        target = self._trained("threshold_")[0].target
        return target.threshold if isinstance(target, ClassTarget) else None

    def predict(self, X: Any) -> Array:
        """Return the class of each row, (rows,); of labels that may hold together zeros and ones, (rows, labels).

        Parameters
        ----------
        X : data frame or array-like (rows, features)
        """
        outputs = self._outputs(X)
        target = self._model.target
        return self.classes_[target.codes(outputs)] if isinstance(target, ClassTarget) else target.answers(outputs)

    def predict_proba(self, X: Any) -> Array:
        """Return the probabilities, (rows, classes), in the order of ``classes_``.

        Parameters
        ----------
        X : data frame or array-like (rows, features)
        """
        outputs = self._outputs(X)
        labels = isinstance(self._model.target, LabelsTarget)
        return outputs if labels else outputs / outputs.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of the probabilities, (rows, classes).

        Parameters
        ----------
        X : data frame or array-like (rows, features)
        """
        return np.log(np.maximum(self.predict_proba(X), _EPSILON))

    def decision_function(self, X: Any) -> Array:
        """Return the log odds ``log(p / (1 - p))``, (rows,) or (rows, labels); of several classes log p.

        Parameters
        ----------
        X : data frame or array-like (rows, features)
        """
        probabilities = self.predict_proba(X)
        labels = isinstance(self._model.target, LabelsTarget)
        if len(self.classes_) > 2 and not labels:
            return np.log(np.maximum(probabilities, _EPSILON))
        p = np.clip(probabilities, _EPSILON, 1 - _EPSILON)
        scores = np.asarray(np.log(p) - np.log1p(-p))
        return scores if labels else scores[:, 1]

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn's tools may do: several labels may hold."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
