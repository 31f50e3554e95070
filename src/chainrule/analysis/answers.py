"""predictions: what a model says on rows, in one form for every kind of model, as plots take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import activations
from chainrule.analysis.networks import network_of
from chainrule.arrays import Array
from chainrule.engine.python import output_activation
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.estimators.core import TabularNetwork
from chainrule.models.sequential import Sequential
from chainrule.tables import ClassTarget, NumberTarget, read_table, with_known_target

PROBABILITY = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says on rows, and what is true there.

    Attributes
    ----------
    y_true : array (rows,) or None
        Codes of classes 0, 1, ..., or numbers; None where it isn't known.
    y_pred : array (rows,)
        The same, as answered.
    scores : array (rows, classes) or None
        Probabilities of the classes; None for numbers.
    classes : tuple of str or None
        Their names; None for numbers.
    target : str
        What is predicted.
    """

    y_true: Array | None
    y_pred: Array
    scores: Array | None
    classes: tuple[str, ...] | None
    target: str = "y"

    def __len__(self) -> int:
        return len(self.y_pred)


def predictions(model: Any, data: Any, y: Any = None, *, classes: Sequence[str] | None = None) -> Predictions:
    """Return a model's answers on rows, with probabilities where there are classes.

    Parameters
    ----------
    model : TabularModel, Sequential, fitted estimator, or function of X
        A function, or a perceptron, gives numbers, or for range (0, 1) the probability of the second of two classes.
    data : path, data frame, Table or dict of columns for a TabularModel; else X (rows, features)
    y : array-like (rows,), optional
        A TabularModel finds it in the data, and leaves out the rows that lack it.
    classes : sequence of str, optional
        Names; default: the model's own, else their codes.

    Raises
    ------
    ArgumentError
        The model has several targets, or several outputs that are no classes.
    DataError, ShapeError
        The data don't fit the model, or hold labels that it doesn't know.

    Examples
    --------
    >>> from chainrule import Perceptron
    >>> found = predictions(Perceptron([3.0, -2.0], bias=1.0), [[-1.0, 2.0], [1.0, 0.0]], y=[0, 1])
    >>> found.y_pred, found.classes, found.scores.round(3)
    (array([0, 1]), ('0', '1'), array([[0.998, 0.002], [0.018, 0.982]], dtype=float32))
    """
    if isinstance(model, TabularNetwork):
        return _of_table(model, data)
    scores, numbers, names = _outputs(model, data)
    if scores is None:
        assert numbers is not None
        truth = None if y is None else np.asarray(y, np.float64).reshape(-1)
        _same_rows(truth, numbers)
        return Predictions(truth, numbers, None, None)
    names = tuple(map(str, classes)) if classes is not None else names or tuple(map(str, range(scores.shape[1])))
    if len(names) != scores.shape[1]:
        raise ArgumentError(f"classes expects {scores.shape[1]} names, got {len(names)}")
    truth = None if y is None else class_codes(y, names)
    _same_rows(truth, scores)
    return Predictions(truth, scores.argmax(axis=1), scores, names)


def class_codes(y: Any, names: Sequence[str]) -> Array:
    """Return labels as codes 0, 1, ...: whole numbers are codes unless names say otherwise, one-hot rows are read.

    Raises
    ------
    DataError
        A label is none of the classes.

    Examples
    --------
    >>> class_codes(["yes", "no"], ("no", "yes")), class_codes([0.0, 1.0], ("no", "yes")), class_codes([[0, 1]], "ab")
    (array([1, 0]), array([0, 1]), array([1]))
    """
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == len(names) > 1:
        return np.asarray(labels.argmax(axis=1))
    labels = labels.reshape(-1)
    places = {name: code for code, name in enumerate(names)}
    whole = labels.dtype.kind in "biuf" and bool((labels == np.round(labels)).all())
    texts = [str(int(label)) for label in labels] if whole else [str(label) for label in labels]
    if all(text in places for text in texts):
        return np.array([places[text] for text in texts], np.int64)
    if whole and ((labels >= 0) & (labels < len(names))).all():
        return labels.astype(np.int64)
    unknown = next(text for text in texts if text not in places)
    raise DataError(f"y holds {unknown!r}, which is none of the classes; expected {', '.join(names[:10])}")


def _same_rows(truth: Array | None, answers: Array) -> None:
    if truth is not None and len(truth) != len(answers):
        raise ShapeError(f"X and y must have the same number of rows, got {len(answers)} and {len(truth)}")


def _of_table(model: TabularNetwork, data: Any) -> Predictions:
    table, target = read_table(data), model.target
    if not isinstance(target, ClassTarget | NumberTarget):
        raise ArgumentError(
            f"the model has several targets, {target.name}; plot them one by one on what predict returns"
        )
    known = target.name in table.names
    if known:
        table, _ = with_known_target(table, target.name)
    outputs = model.outputs(table)
    truth = target.encode(table.column(target.name)) if known else None
    if isinstance(target, ClassTarget):
        return Predictions(truth, target.codes(outputs), outputs, target.classes, target.name)
    answers = target.points(target.answers(outputs))
    return Predictions(None if truth is None else target.decode(truth), answers, None, None, target.name)


def _outputs(model: Any, X: Any) -> tuple[Array | None, Array | None, tuple[str, ...] | None]:
    """Return probabilities (rows, classes), or numbers (rows,), and the names of the classes if it knows them."""
    if isinstance(model, Sequential):
        return _of_network(model, np.asarray(model.predict(X)))
    if hasattr(model, "predict_proba") and hasattr(model, "classes_"):
        scores = np.asarray(model.predict_proba(X))
        names = tuple(map(str, np.ravel(model.classes_)))
        if scores.ndim != 2 or scores.shape[1] != len(names):
            raise ArgumentError("the classifier gives several labels a row; plot them one by one")
        return scores, None, names
    if hasattr(model, "predict"):
        return None, _one_column(np.asarray(model.predict(X), np.float64)), None
    if not callable(model):
        network_of(model, "predictions")  # says what is expected
    values = np.asarray(model(np.asarray(X)))
    if values.ndim == 0 or len(values) != len(X):
        raise ShapeError(f"the function must give an answer for each row of X, ({len(X)},), got shape {values.shape}")
    is_probability = getattr(getattr(model, "activation", None), "range", None) == PROBABILITY
    if is_probability:
        return _two_columns(values), None, None
    return (values, None, None) if values.ndim == 2 and values.shape[1] > 1 else (None, _one_column(values), None)


def _of_network(model: Sequential, outputs: Array) -> tuple[Array | None, Array | None, None]:
    loss = getattr(model, "loss", None) if model._compiled else None
    activation = output_activation(model.layers[-1])
    if loss is not None and getattr(loss, "from_logits", False):
        activation = activations.get(loss.activation)
        outputs = activation(outputs).numpy()
    if activation is activations.softmax:
        return outputs.reshape(len(outputs), -1), None, None
    if isinstance(activation, activations.Activation) and activation.range == PROBABILITY:
        if outputs.reshape(len(outputs), -1).shape[1] > 1:
            raise ArgumentError("the network gives several labels a row; plot them one by one")
        return _two_columns(outputs), None, None
    return None, _one_column(outputs), None


def _two_columns(values: Array) -> Array:
    second = values.reshape(-1, 1)
    return np.concatenate([1 - second, second], axis=1)


def _one_column(values: Array) -> Array:
    if values.ndim > 1 and values.shape[1] != 1:
        raise ArgumentError(f"the model has {values.shape[1]} outputs that are no classes; plot them one by one")
    return values.reshape(-1)
