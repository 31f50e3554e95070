"""From what ``compile(metrics=[...])`` is given to a metric: names, functions, instances."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.configurable import lookup, snake_case
from chainrule.errors import ArgumentError
from chainrule.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from chainrule.metrics.confusion import ConfusionMatrix
from chainrule.metrics.log_loss import LogLoss
from chainrule.metrics.mean import FunctionMetric, Mean
from chainrule.metrics.metric import Metric
from chainrule.metrics.precision_recall import F1Score, Precision, Recall
from chainrule.metrics.ranking import AUC
from chainrule.metrics.regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError


@dataclass(frozen=True)
class Outputs:
    """What a name alone leaves open: the loss, the number of outputs, the kind of labels."""

    loss: str
    units: int
    sparse: bool

    @property
    def threshold(self) -> float:
        """Where a single output changes its answer: margins of a hinge loss at 0, probabilities at 0.5."""
        return 0.0 if self.loss in ("hinge", "squaredhinge") else 0.5

    @property
    def binary(self) -> bool:
        """Whether each output answers its own question of 0 or 1."""
        return self.units == 1 or self.loss in ("binarycrossentropy", "bce")

    @property
    def positive_class(self) -> int | None:
        """The column of class 1, where two columns share one question."""
        return 1 if self.units == 2 and not self.binary else None

    @property
    def cut(self) -> float | None:
        """The threshold of a metric of positives; None lets the largest of several columns decide."""
        return self.threshold if self.binary else None


Maker = Callable[[Outputs, str], Metric]


def _accuracy(outputs: Outputs, name: str) -> Metric:
    if outputs.binary:
        return BinaryAccuracy(outputs.threshold, name)
    return SparseCategoricalAccuracy(name) if outputs.sparse else CategoricalAccuracy(name)


def _top_k(outputs: Outputs, name: str) -> Metric:
    return SparseTopKCategoricalAccuracy(name=name) if outputs.sparse else TopKCategoricalAccuracy(name=name)


def _f1(outputs: Outputs, name: str) -> Metric:
    return F1Score("macro", outputs.cut, outputs.positive_class, name)


_BY_CLASS: dict[type[Metric], Maker] = {
    BinaryAccuracy: lambda o, name: BinaryAccuracy(o.threshold, name),
    CategoricalAccuracy: lambda _, name: CategoricalAccuracy(name),
    SparseCategoricalAccuracy: lambda _, name: SparseCategoricalAccuracy(name),
    TopKCategoricalAccuracy: lambda _, name: TopKCategoricalAccuracy(name=name),
    SparseTopKCategoricalAccuracy: lambda _, name: SparseTopKCategoricalAccuracy(name=name),
    Precision: lambda o, name: Precision(o.cut, o.positive_class, name),
    Recall: lambda o, name: Recall(o.cut, o.positive_class, name),
    F1Score: _f1,
    AUC: lambda o, name: AUC("ROC", o.positive_class, name),
    LogLoss: lambda _, name: LogLoss(name),
    ConfusionMatrix: lambda o, name: ConfusionMatrix(max(2, o.units), name),
    MeanSquaredError: lambda _, name: MeanSquaredError(name),
    MeanAbsoluteError: lambda _, name: MeanAbsoluteError(name),
    RootMeanSquaredError: lambda _, name: RootMeanSquaredError(name),
    R2Score: lambda _, name: R2Score(name),
}

_ALIASES: dict[str, Maker] = {
    "accuracy": _accuracy,
    "acc": _accuracy,
    "top_k_accuracy": _top_k,
    "f1": _f1,
    "roc_auc": _BY_CLASS[AUC],
    "pr_auc": lambda o, name: AUC("PR", o.positive_class, name),
    "average_precision": lambda o, name: AUC("PR", o.positive_class, name),
    "binary_crossentropy": _BY_CLASS[LogLoss],
    "categorical_crossentropy": _BY_CLASS[LogLoss],
    "sparse_categorical_crossentropy": _BY_CLASS[LogLoss],
    "bce": _BY_CLASS[LogLoss],
    "mse": _BY_CLASS[MeanSquaredError],
    "mae": _BY_CLASS[MeanAbsoluteError],
    "rmse": _BY_CLASS[RootMeanSquaredError],
    "r2": _BY_CLASS[R2Score],
}

NAMES: dict[str, Maker] = {
    **{cls.__name__: make for cls, make in _BY_CLASS.items()},
    **{snake_case(cls.__name__): make for cls, make in _BY_CLASS.items()},
    **_ALIASES,
}


def resolve(
    identifier: str | Metric | type[Metric] | Callable[[Any, Any], Any],
    *,
    loss: str | None,
    output_units: int,
    sparse: bool,
) -> Metric:
    """Return the metric that ``compile(metrics=[identifier])`` means.

    Parameters
    ----------
    identifier : str, Metric or callable
        A name: a class's name ("MeanSquaredError" or "mean_squared_error"), or one of accuracy, acc,
        top_k_accuracy, f1, roc_auc, pr_auc, average_precision, binary_crossentropy (bce),
        categorical_crossentropy, sparse_categorical_crossentropy, mse, mae, rmse, r2. It becomes the
        metric's name. A metric is returned as it is. A function ``f(y_true, y_pred)`` is averaged.
    loss : str or None
        The loss's name. It decides what "accuracy" asks: with binary cross-entropy each output has its own
        question, with a hinge loss an output above 0 is a yes.
    output_units : int, >= 1
        Columns of the model's output.
    sparse : bool
        Whether labels are class numbers of shape (n,) while there are several outputs.

    Returns
    -------
    Metric
        With two outputs that share one question, precision, recall, F1 and AUC are those of class 1; with
        more, the mean over the classes.

    Raises
    ------
    UnknownNameError
        The name is none of these.
    ArgumentError
        The identifier is no name, metric or function.

    Examples
    --------
    >>> resolve("accuracy", loss=None, output_units=3, sparse=True)
    SparseCategoricalAccuracy(name='accuracy')
    >>> resolve("acuracy", loss=None, output_units=1, sparse=False)
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown metric 'acuracy'; did you mean 'accuracy'?
    """
    if isinstance(identifier, Mean):
        raise ArgumentError(
            f"a metric must compare y_true with y_pred, got {identifier!r}, which averages values; "
            "for a measure of your own give a function of (y_true, y_pred)"
        )
    if isinstance(identifier, Metric):
        return identifier
    outputs = Outputs((loss or "").replace("_", "").lower(), output_units, sparse)
    if isinstance(identifier, str):
        make: Maker = lookup("metric", identifier, NAMES)
        return make(outputs, identifier)
    if isinstance(identifier, type) and identifier in _BY_CLASS:
        return _BY_CLASS[identifier](outputs, snake_case(identifier.__name__))
    if isinstance(identifier, type) or not callable(identifier):
        raise ArgumentError(
            f"a metric must be a name, a Metric or a function of (y_true, y_pred), got {identifier!r}"
            + ("; make an instance of the class first" if isinstance(identifier, type) else "")
        )
    return FunctionMetric(identifier)
