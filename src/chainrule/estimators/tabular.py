"""From a table to a trained network and back: one implementation behind ``chainrule.train`` and the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from chainrule import optimizers
from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, FileError
from chainrule.estimators.report import Report
from chainrule.estimators.scores import ClassScores, NumberScores, class_scores, number_scores
from chainrule.layers import Dense, Dropout, Input
from chainrule.models.model_file import describe_network, network_tensors, read_file, restore_network, write_file
from chainrule.models.sequential import Sequential
from chainrule.random import check_seed
from chainrule.tables import (
    ClassTarget,
    Encoder,
    NumberTarget,
    Table,
    choose_task,
    overview,
    read_table,
    split_rows,
    with_known_target,
)
from chainrule.training import EarlyStopping, History
from chainrule.training.batches import check_batch_size
from chainrule.training.fit import check_epochs

PATIENCE = 20
EPOCHS = 300


@dataclass(frozen=True)
class Options:
    """The settings of a network for a table."""

    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    optimizer: str = "adam"
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int = EPOCHS
    dropout: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values by making what they are for."""
        for units in self.hidden:
            Dense(units, activation=self.activation)
        self.make_optimizer()
        Dropout(self.dropout)
        check_epochs(self.epochs, 0)
        check_batch_size(self.batch_size, rows=1)

    def make_optimizer(self) -> optimizers.Optimizer:
        """Return the optimiser, at its own default rate where none is given."""
        optimizer = optimizers.get(self.optimizer)
        if self.learning_rate is not None:
            optimizer.learning_rate = self.learning_rate
        return optimizer

    def batch(self, rows: int) -> int:
        """Return the batch size: 32 for small tables, up to 256 where that still gives about 64 steps an epoch."""
        if self.batch_size is not None:
            return self.batch_size
        return int(min(256, max(32, 1 << int(np.log2(max(1, rows / 64))))))


class TabularModel:
    """A network with the encoder of its table and the meaning of its outputs.

    `train` makes one, `load` reads one.

    Attributes
    ----------
    network : Sequential
    encoder : Encoder
    target : ClassTarget or NumberTarget
    report : Report
        How it was trained and what it scored on rows held out.

    Examples
    --------
    >>> import chainrule
    >>> data = {"hours": [1.0, 2.0, 8.0, 9.0] * 10, "passed": ["no", "no", "yes", "yes"] * 10}
    >>> model = chainrule.train(data, target="passed", epochs=60, learning_rate=0.01)
    >>> model.predict({"hours": [1.5, 8.5]})
    array(['no', 'yes'], dtype=object)
    """

    def __init__(
        self, network: Sequential, encoder: Encoder, target: ClassTarget | NumberTarget, report: Report
    ) -> None:
        self.network, self.encoder, self.target, self.report = network, encoder, target, report

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the classes, None for a regression."""
        return self.target.classes if isinstance(self.target, ClassTarget) else None

    def predict(self, source: Any) -> Array:
        """Return the class (rows,) or the number (rows,) predicted for every row.

        Parameters
        ----------
        source : path, data frame, dict of columns or Table
            Columns are found by name; the target may be absent. Classes that were numbers come back as numbers.
        """
        outputs = self._outputs(read_table(source))
        if isinstance(self.target, NumberTarget):
            return self.target.decode(outputs[:, 0])
        names = self.target.decode(outputs.argmax(axis=1))
        return names.astype(np.float64).astype(np.int64) if self.report.number_classes else names

    def predict_proba(self, source: Any) -> Array:
        """Return the probability of each class, (rows, classes), in the order of ``classes``."""
        if self.classes is None:
            raise ArgumentError(f"{self.target.name} is a number; a regression has no class probabilities")
        return self._outputs(read_table(source))

    def _outputs(self, table: Table) -> Array:
        return self.network.predict(self.encoder.encode(table))

    def evaluate(self, source: Any) -> ClassScores | NumberScores:
        """Return the scores on rows whose target is known; rows without it are left out."""
        table, _ = with_known_target(read_table(source), self.target.name)
        return _score(self, table)

    def save(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Write network, encoder and report to one safetensors file."""
        description = {
            "network": describe_network(self.network),
            "encoder": self.encoder.state(),
            "target": self.target.state(),
            "report": self.report.as_dict(),
        }
        write_file(path, description, network_tensors(self.network), overwrite)

    def __repr__(self) -> str:
        return f"<TabularModel for {self.target.name}: {self.report.shape}, {self.report.headline()}>"

    def __str__(self) -> str:
        return "\n".join(self.report.lines())


def train(
    source: Any,
    target: str,
    *,
    task: str | None = None,
    hidden: Sequence[int] = (64, 64),
    activation: str = "relu",
    optimizer: str = "adam",
    learning_rate: float | None = None,
    batch_size: int | None = None,
    epochs: int = EPOCHS,
    dropout: float = 0.0,
    seed: int = 0,
    verbose: int | str = 0,
) -> TabularModel:
    """Train a network on a table: read, encode, split, train with early stopping, score on rows held out.

    Parameters
    ----------
    source : path, data frame, dict of columns or Table
        CSV, TSV or Parquet; pandas, Polars or Arrow.
    target : str
        The column to predict.
    task : {"classification", "regression"}, optional
        Default: by a stated rule from the target's values.
    hidden : sequence of int
        Units of the hidden layers; none for a linear model.
    activation, optimizer : str
    learning_rate : float, optional
        Default: the optimiser's own.
    batch_size : int, optional
        Default: 32 to 256 by the number of rows.
    epochs : int
        At most so many; training stops when the validation loss has not fallen for 20 epochs, and the weights of
        its minimum are kept.
    dropout : float in [0, 1)
        After every hidden layer.
    seed : int
        Of split, initial weights, orders and dropout: the same seed gives the same model.
    verbose : {0, 1, 2, "auto"}

    Returns
    -------
    TabularModel
        Its ``report`` says what happened; ``print(model)`` shows it.

    Examples
    --------
    >>> model = train({"x": list(range(60)), "y": [2.0 * x for x in range(60)]}, target="y", seed=1, epochs=5)
    >>> model.report.task
    'regression'
    """
    options = Options(
        tuple(hidden), activation, optimizer, learning_rate, batch_size, epochs, dropout, check_seed(seed)
    )
    return train_table(read_table(source), target, task, options, verbose, name=_name_of(source))


def train_table(
    table: Table,
    target: str,
    task: str | None,
    options: Options,
    verbose: int | str = 0,
    name: str = "table",
    keep_on_interrupt: bool = False,
) -> TabularModel:
    """Train on a table that has been read; with ``keep_on_interrupt`` Ctrl-C ends the training, not the program."""
    column = table.column(target)
    task, reason = choose_task(column, task)
    number_classes = task == "classification" and column.kind == "number"
    table, dropped = with_known_target(table, target)
    labels = ClassTarget.fit(table.column(target)).encode(table.column(target)) if task == "classification" else None
    parts = [table.take(rows) for rows in split_rows(labels, table.rows, seed=options.seed)]
    training, validation, test = parts
    encoder = Encoder.fit(training, target)
    meaning = (
        ClassTarget.fit(table.column(target)) if task == "classification" else NumberTarget.fit(training.column(target))
    )
    network = build_network(encoder, meaning, options)
    report = Report(
        name=name,
        target=target,
        task=task,
        reason=reason,
        classes=list(meaning.classes) if isinstance(meaning, ClassTarget) else None,
        number_classes=number_classes,
        rows=table.rows,
        dropped=dropped,
        notes=list(table.notes),
        columns=overview(encoder, table),
        split=[part.rows for part in parts],
        shape=network_shape(network),
        activation=options.activation if options.hidden else "linear",
        optimizer=type(network.optimizer).__name__,
        weights=network.count_params(),
        seed=options.seed,
        engine=network._engine.name,
    )
    model = TabularModel(network, encoder, meaning, report)
    try:
        _fit(model, training, validation, options, verbose)
    except KeyboardInterrupt:
        if not keep_on_interrupt:
            raise
    assert network.history is not None  # fit has set it
    if not network.history.epoch:
        raise DataError(f"no epoch of training was finished: {network.history.stopped_by}")
    report.record(network.history)
    report.guess = _guess(meaning, training)
    report.scores = _score(model, test).as_dict()
    return model


def build_network(encoder: Encoder, target: ClassTarget | NumberTarget, options: Options) -> Sequential:
    """Return the compiled network for a table: hidden layers, dropout, one output per class or one number."""
    network = Sequential([Input((len(encoder.feature_names),))], name="tabular", seed=options.seed)
    for units in options.hidden:
        network.add(Dense(units, activation=options.activation, kernel_initializer="he_normal"))
        if options.dropout:
            network.add(Dropout(options.dropout))
    if isinstance(target, ClassTarget):
        network.add(Dense(len(target.classes), activation="softmax"))
        network.compile(options.make_optimizer(), loss="sparse_categorical_crossentropy")
    else:
        network.add(Dense(1))
        network.compile(options.make_optimizer(), loss="mean_squared_error")
    first = network.layers[0]
    if isinstance(first, Dense):  # what training never sees must not answer at random: its weights start at 0
        first.kernel.writable()[list(encoder.unknown_slots)] = 0
    return network


def network_shape(network: Sequential) -> str:
    """Return the widths of a network, such as 16-64-64-3."""
    widths = [network.input_shape[-1], *[layer.units for layer in network.layers if isinstance(layer, Dense)]]
    return "-".join(map(str, widths))


def _fit(model: TabularModel, training: Table, validation: Table, options: Options, verbose: int | str) -> History:
    encode, target = model.encoder.encode, model.target
    return model.network.fit(
        encode(training),
        target.encode(training.column(target.name)),
        validation_data=(encode(validation), target.encode(validation.column(target.name))),
        batch_size=options.batch(training.rows),
        epochs=options.epochs,
        verbose=verbose,
        callbacks=[EarlyStopping(patience=PATIENCE, restore_best_weights=True)],
    )


def _guess(target: ClassTarget | NumberTarget, training: Table) -> str | float:
    """Return what one would answer without a model: the most frequent class, or the mean, of training."""
    if isinstance(target, NumberTarget):
        return target.mean
    counts = np.bincount(target.encode(training.column(target.name)), minlength=len(target.classes))
    return target.classes[int(counts.argmax())]


def _score(model: TabularModel, table: Table) -> ClassScores | NumberScores:
    target, guess = model.target, model.report.guess
    truth, outputs = target.encode(table.column(target.name)), model._outputs(table)
    if isinstance(target, ClassTarget):
        return class_scores(truth, outputs, target.classes, str(guess))
    return number_scores(target.decode(truth), target.decode(outputs[:, 0]), float(guess))


def _name_of(source: Any) -> str:
    from pathlib import Path

    return Path(source).name if isinstance(source, str | PathLike) else "table"


def load(path: str | PathLike[str]) -> TabularModel | Sequential:
    """Read a model file: what `train` saved as a `TabularModel`, what ``Sequential.save`` saved as a `Sequential`.

    Loading reads data only: it never runs code from the file.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged or of another kind.
    """
    description, tensors = read_file(path)
    try:
        network = restore_network(description["network"], tensors)
        if "encoder" not in description:
            return network
        encoder, report = Encoder.from_state(description["encoder"]), Report.from_dict(description["report"])
        kind = ClassTarget if report.task == "classification" else NumberTarget
        target = kind.from_state(description["target"])
    except (KeyError, TypeError) as error:
        raise FileError(f"{path} is damaged: its description lacks {error}") from error
    outputs = len(target.classes) if isinstance(target, ClassTarget) else 1
    if network.input_shape[-1] != len(encoder.feature_names) or network.output_shape[-1] != outputs:
        raise FileError(f"{path} is damaged: its network does not fit its encoder and target")
    return TabularModel(network, encoder, target, report)
