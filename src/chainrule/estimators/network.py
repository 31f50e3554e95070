"""The network for a table: its settings with good defaults, and how it is built.

The defaults were chosen on training parts only; `benchmarks/RESULTS.md` says what was tried and what it gave.
"""

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np

from chainrule import losses, optimizers
from chainrule.errors import ArgumentError
from chainrule.estimators.metric import check_metric
from chainrule.estimators.rate_schedule import check_schedule, make_schedule
from chainrule.layers import CategoryEmbedding, Dense, Dropout, Input
from chainrule.models.sequential import Sequential
from chainrule.optimizers.schedules import Schedule
from chainrule.random import check_seed
from chainrule.tables import ClassTarget, Encoder, LabelsTarget, NumberTarget, Target
from chainrule.training.batches import check_batch_size
from chainrule.training.fit import check_epochs

HIDDEN = (128, 128)
LONGEST_VECTOR = 8  # of a category; longer ones learn the rows by heart
_ADAM = {"classification": 0.004, "regression": 0.01}  # cross-entropy overfits sooner than squares do
SMOOTHING = 0.1
FEW = 3000  # rows; with fewer, classes are smoothed in full and epochs are most
_EPOCHS = {"classification": (10, 40), "regression": (20, 40)}
_LOSSES: dict[str, tuple[type[losses.Loss], str]] = {  # of numbers, with the activation of the output
    "squared_error": (losses.MeanSquaredError, "linear"),
    "absolute_error": (losses.MeanAbsoluteError, "linear"),
    "huber": (losses.Huber, "linear"),
    "poisson": (losses.Poisson, "exponential"),
    "quantile": (losses.Quantile, "linear"),
}
LOSSES = tuple(_LOSSES)


@dataclass(frozen=True)
class Options:
    """The settings of a network for a table; None stands for a value that depends on the table.

    Parameters
    ----------
    hidden : tuple of int
        Units of the hidden layers.
    activation, optimizer : str
    learning_rate : float > 0, optional
        The peak of the schedule. Default: of Adam 0.004 for classes and 0.01 for numbers, of others their own.
    schedule : str or Schedule
        One of `chainrule.estimators.rate_schedule.SCHEDULES`. "cosine": the rate rises to its peak over the first tenth
        of the steps, then falls to 0 along half a cosine. A Schedule, of the step, has its own rates and no peak.
    batch_size : int, optional
        Default: see `batch`.
    epochs : int, optional
        Default: see `most_epochs`.
    dropout : float in [0, 1)
    label_smoothing : float in [0, 1), optional
        Of classes: the share of each answer that is spread over all of them. Default: see `smoothing`.
    seed : int
    loss : str, optional
        Of numbers: one of `LOSSES`.
    quantiles : tuple of float in (0, 1)
        What the loss "quantile" predicts, increasing.
    metric : str, optional
        What the best epoch, and the threshold, are chosen by: see `chainrule.estimators.metric`.
    early_stopping : bool
        Whether the weights of the epoch with the lowest validation loss are kept, as with a ``metric`` those of the
        epoch where it is best. Else those of the last one, at which the learning rate has come down to 0.
    refit : bool
        Whether to train once more on all rows, for as many epochs as were best.
    """

    hidden: tuple[int, ...] = HIDDEN
    activation: str = "silu"
    optimizer: str = "adam"
    learning_rate: float | None = None
    schedule: str | Schedule = "cosine"
    batch_size: int | None = None
    epochs: int | None = None
    dropout: float = 0.0
    label_smoothing: float | None = None
    seed: int = 0
    loss: str | None = None
    quantiles: tuple[float, ...] = ()
    metric: str | None = None
    early_stopping: bool = False
    refit: bool = False

    def __post_init__(self) -> None:
        """Check the values by making what they are for."""
        check_seed(self.seed)
        for units in self.hidden:
            Dense(units, activation=self.activation)
        optimizer = optimizers.get(self.optimizer)
        object.__setattr__(self, "schedule", check_schedule(self.schedule, self.learning_rate))
        if self.learning_rate is not None:
            optimizer.learning_rate = self.learning_rate
        Dropout(self.dropout)
        losses.SparseCategoricalCrossentropy(label_smoothing=self.label_smoothing or 0.0)
        if self.epochs is not None:
            check_epochs(self.epochs, 0)
        check_batch_size(self.batch_size, rows=1)
        if self.loss is not None and self.loss not in _LOSSES:
            raise ArgumentError(f"loss must be one of {', '.join(_LOSSES)}, got {self.loss!r}")
        if (self.loss == "quantile") != bool(self.quantiles):
            raise ArgumentError("loss='quantile' and quantiles=[0.1, 0.5, 0.9], say, go together; give both or neither")
        if self.quantiles:
            losses.Quantile(self.quantiles)
            if list(self.quantiles) != sorted(set(self.quantiles)):
                raise ArgumentError(f"quantiles must increase, got {list(self.quantiles)}")
        if self.metric is not None:
            check_metric(self.metric)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON data."""
        lists = {"hidden": list(self.hidden), "quantiles": list(self.quantiles)}
        return {**asdict(self), **lists, "schedule": str(self.schedule)}

    def check_task(self, task: str) -> None:
        """Refuse settings that are for another task, "classification" or "regression".

        Raises
        ------
        ArgumentError
        """
        if task == "classification" and self.loss is not None:
            raise ArgumentError(f"loss={self.loss!r} needs a number as target; classes are trained by cross-entropy")
        if task == "regression" and self.label_smoothing:
            raise ArgumentError("label_smoothing is for classes; the target is a number")
        if self.metric is not None:
            check_metric(self.metric, task)

    @property
    def monitor(self) -> str | None:
        """The quantity in the history by which the best epoch is chosen; None keeps the last epoch."""
        if self.metric is None and not self.early_stopping:
            return None
        return f"val_{self.metric or 'loss'}"

    def batch(self, rows: int) -> int:
        """Return the batch size: 32 for small tables, up to 256 where that still gives about 32 steps an epoch."""
        if self.batch_size is not None:
            return self.batch_size
        return int(min(256, max(32, 1 << int(np.log2(max(1, rows / 32))))))

    def most_epochs(self, rows: int, task: str) -> int:
        """Return the number of epochs: ``40 sqrt(3000 / rows)``, from 10 (numbers: 20) to 40.

        So a table with four times the rows trains for twice the steps.
        """
        if self.epochs is not None:
            return self.epochs
        low, high = _EPOCHS[task]
        return int(np.clip(round(high * sqrt(FEW / max(1, rows))), low, high))

    def smoothing(self, rows: int) -> float:
        """Return the label smoothing: 0.1 up to 3000 rows, beyond less and less.

        With few rows a network soon knows all of them by heart, and without it would be sure of everything.
        """
        return SMOOTHING * min(1.0, FEW / rows) if self.label_smoothing is None else self.label_smoothing

    def make_optimizer(self, task: str, rows: int) -> optimizers.Optimizer:
        """Return the optimiser with its schedule over all the steps."""
        optimizer = optimizers.get(self.optimizer)
        usual = _ADAM[task] if isinstance(optimizer, optimizers.Adam) else optimizer.learning_rate
        steps = self.most_epochs(rows, task) * -(-rows // self.batch(rows))
        peak = self.learning_rate or usual
        assert isinstance(peak, float | int)  # an optimiser made by name has no schedule
        optimizer.learning_rate = make_schedule(self.schedule, float(peak), steps)
        return optimizer


def task_of(target: Target) -> str:
    """Return "classification" or "regression"."""
    return "classification" if isinstance(target, ClassTarget | LabelsTarget) else "regression"


def outputs_of(target: Target) -> int:
    """Return how many outputs a network has: one for each class, label, number or quantile."""
    if isinstance(target, ClassTarget):
        return len(target.classes)
    return len(target.labels) if isinstance(target, LabelsTarget) else target.outputs


def _head(target: Target, options: Options, rows: int) -> tuple[str, losses.Loss]:
    """Return the activation of the last layer, and the loss."""
    if isinstance(target, ClassTarget):
        return "softmax", losses.SparseCategoricalCrossentropy(label_smoothing=options.smoothing(rows))
    if isinstance(target, LabelsTarget):
        return "sigmoid", losses.BinaryCrossentropy(label_smoothing=options.smoothing(rows))
    make, activation = _LOSSES[options.loss or "squared_error"]
    if isinstance(target, NumberTarget) and target.quantiles:
        return activation, losses.Quantile(target.quantiles)
    return activation, make()


def build_network(encoder: Encoder, target: Target, options: Options, rows: int) -> Sequential:
    """Return the compiled network for a table, to be trained on so many rows.

    Vectors for categories of many names, hidden layers with dropout, an output for each class, label or number.
    """
    network = Sequential([Input((len(encoder.feature_names),))], name="tabular", seed=options.seed)
    if encoder.embedded:
        network.add(CategoryEmbedding(_vectors(encoder)))
    for units in options.hidden:
        network.add(Dense(units, activation=options.activation, kernel_initializer="he_normal"))
        if options.dropout:
            network.add(Dropout(options.dropout))
    activation, loss = _head(target, options, rows)
    network.add(Dense(outputs_of(target), activation=activation))
    metrics: list[Any] = [] if options.metric is None else [check_metric(options.metric)(outputs_of(target))]
    network.compile(options.make_optimizer(task_of(target), rows), loss=loss, weighted_metrics=metrics)
    _start_at_zero(network, encoder)
    return network


def _vectors(encoder: Encoder) -> dict[int, tuple[int, int]]:
    """Return the length of each column's vectors."""
    from chainrule.layers.category_embedding import embedding_dimension

    return {column: (codes, min(LONGEST_VECTOR, embedding_dimension(codes))) for column, codes in encoder.embedded}


def _start_at_zero(network: Sequential, encoder: Encoder) -> None:
    """Set weights behind what training never sees to 0, where they stay: it must not answer at random."""
    first = network.layers[0]
    longer: dict[int, int] = {}
    if isinstance(first, CategoryEmbedding):
        vectors = _vectors(encoder)
        for column, embeddings in zip(vectors, first.embeddings, strict=True):
            longer[column] = vectors[column][1] - 1
            if column in encoder.embedded_unknown:
                embeddings.writable()[0] = 0
    dense = next(layer for layer in network.layers if isinstance(layer, Dense))
    slots = [slot + sum(more for column, more in longer.items() if column < slot) for slot in encoder.unknown_slots]
    dense.kernel.writable()[slots] = 0


def network_shape(network: Sequential) -> str:
    """Return the widths of a network, such as 16-128-128-3."""
    widths = [network.input_shape[-1], *[layer.units for layer in network.layers if isinstance(layer, Dense)]]
    return "-".join(map(str, widths))
