"""Metrics: measures of a model that stream over batches and equal scikit-learn's value on all of them."""

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
from chainrule.metrics.names import resolve
from chainrule.metrics.precision_recall import F1Score, Precision, Recall
from chainrule.metrics.ranking import AUC
from chainrule.metrics.regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError

__all__ = [
    "AUC",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "ConfusionMatrix",
    "F1Score",
    "FunctionMetric",
    "LogLoss",
    "Mean",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "resolve",
]
