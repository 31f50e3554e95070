"""``tf.keras.metrics``: `chainrule.metrics`."""

from chainrule.compat.names import namespace
from chainrule.metrics import (
    AUC,
    BinaryAccuracy,
    CategoricalAccuracy,
    F1Score,
    Mean,
    MeanAbsoluteError,
    MeanSquaredError,
    Metric,
    Precision,
    R2Score,
    Recall,
    RootMeanSquaredError,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)

__all__ = [
    "AUC", "BinaryAccuracy", "CategoricalAccuracy", "F1Score", "Mean", "MeanAbsoluteError", "MeanSquaredError",
    "Metric", "Precision", "R2Score", "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy",
]  # fmt: skip

_LOG_LOSS = "chainrule has one metric for all cross-entropies of probabilities, chainrule.metrics.LogLoss"
_HINTS = dict.fromkeys(("BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"), _LOG_LOSS)
_HINTS["Accuracy"] = "write metrics=['accuracy'], or BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy"
__getattr__, __dir__ = namespace(__name__, "tf.keras.metrics", _HINTS)
