"""From a table to a trained network and back: one implementation behind ``chainrule.train`` and the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from os import PathLike
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, FileError
from chainrule.estimators.network import EPOCHS, Options, build_network, network_shape
from chainrule.estimators.report import Report
from chainrule.estimators.scores import ClassScores, NumberScores, class_scores, number_scores
from chainrule.models.model_file import (
    describe_network,
    describe_training,
    network_tensors,
    read_file,
    restore_model,
    write_file,
)
from chainrule.models.sequential import Sequential
from chainrule.random import check_seed
from chainrule.tables import (
    ClassTarget,
    DataOptions,
    Encoder,
    NumberTarget,
    Part,
    Table,
    prepare,
    read_table,
    with_known_target,
)
from chainrule.training import Callback, EarlyStopping, History, TerminateOnNaN

PATIENCE = 20  # epochs without a lower validation loss


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

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the columns that `decide` gives: the target."""
        return (self.target.name,)

    def predict(self, source: Any) -> Array:
        """Return the class (rows,) or the number (rows,) predicted for every row.

        Parameters
        ----------
        source : path, data frame, dict of columns or Table
            Columns are found by name; the target may be absent. Classes that were numbers come back as numbers.
        """
        return self.decide(self.outputs(read_table(source)))

    def predict_proba(self, source: Any) -> Array:
        """Return the probability of each class, (rows, classes), in the order of ``classes``."""
        if self.classes is None:
            raise ArgumentError(f"{self.target.name} is a number; a regression has no class probabilities")
        return self.outputs(read_table(source))

    def outputs(self, table: Table) -> Array:
        """Return what the network gives for every row: the probabilities of the classes, or a standardised number.

        Raises
        ------
        DataError
            A column is missing, or a value is not one that the network can work with.
        """
        return self._run(self.encoder.encode(table))

    def _run(self, inputs: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):  # found by the next line
            outputs = self.network.predict(inputs)
        bad = ~np.isfinite(outputs).all(axis=1)
        if bad.any():
            row, feature = int(bad.argmax()), int(np.abs(inputs[bad.argmax()]).argmax())
            raise DataError(
                f"row {row + 1}: the network's answer is no finite number; {self.encoder.feature_names[feature]!r} is "
                "too far from the values of training: correct it, or leave the cell empty"
            )
        return outputs

    def decide(self, outputs: Array) -> Array:
        """Return the answers, in the target's own terms, that the network's outputs stand for."""
        if isinstance(self.target, NumberTarget):
            return self.target.decode(outputs[:, 0])
        codes = outputs.argmax(axis=1)
        if self.target.classes == ("false", "true"):
            return np.asarray(codes == 1)
        if not self.report.number_classes:
            return self.target.decode(codes)
        numbers = np.array(self.target.classes, np.float64)
        exact = (numbers == np.round(numbers)).all() and (np.abs(numbers) < 2**53).all()
        return np.asarray(numbers.astype(np.int64 if exact else np.float64)[codes])

    def evaluate(self, source: Any) -> ClassScores | NumberScores:
        """Return the scores on rows whose target is known; rows without it are left out."""
        table, _ = with_known_target(read_table(source), self.target.name)
        return _score(self, self.encoder.encode(table), self.target.encode(table.column(self.target.name)))

    def save(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Write network, encoder and report to one safetensors file."""
        description = {
            "network": describe_network(self.network),
            "training": describe_training(self.network),
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
    data: DataOptions | None = None,
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
    data : DataOptions, optional
        Kinds and roles of columns, and where the test rows come from.

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
    if isinstance(hidden, str) or not isinstance(hidden, Sequence):
        raise ArgumentError(f"hidden must be the units of each hidden layer, such as (64, 64), got {hidden!r}")
    options = Options(
        tuple(hidden), activation, optimizer, learning_rate, batch_size, epochs, dropout, check_seed(seed)
    )
    return train_table(read_table(source), target, task, options, data, verbose, name=_name_of(source))


def train_table(
    table: Table,
    target: str,
    task: str | None,
    options: Options,
    data: DataOptions | None = None,
    verbose: int | str = 0,
    name: str = "table",
    announce: Callable[[Report], None] | None = None,
    callbacks: Sequence[Callback] = (),
    keep_on_interrupt: bool = False,
) -> TabularModel:
    """Train on a table that has been read.

    Parameters
    ----------
    table, target, task, options, verbose
        As for `train`.
    data : DataOptions, optional
        Kinds and roles of columns, and where the test rows come from.
    name : str
        Of the table, for the report.
    announce : callable, optional
        Is given the report before training: data, treatment, split and network are known by then.
    callbacks : sequence of Callback
    keep_on_interrupt : bool
        Whether Ctrl-C ends the training and keeps the best weights, once an epoch is finished.
    """
    prepared = prepare(table, target, task, data, options.seed)
    encoder, meaning = prepared.encoder, prepared.target
    network = build_network(encoder, meaning, options)
    report = Report(
        name=name,
        target=target,
        task=prepared.task,
        reason=prepared.reason,
        classes=list(meaning.classes) if isinstance(meaning, ClassTarget) else None,
        number_classes=prepared.number_classes,
        rows=prepared.rows,
        dropped=prepared.dropped,
        notes=prepared.notes,
        columns=prepared.columns,
        split=[len(part) for part in (prepared.training, prepared.validation, prepared.test)],
        shape=network_shape(network),
        activation=options.activation if options.hidden else "linear",
        optimizer=type(network.optimizer).__name__,
        weights=network.count_params(),
        seed=options.seed,
        engine="",
        guess=_guess(meaning, prepared.training),
        settings={**asdict(options), "hidden": list(options.hidden)},
    )
    if announce is not None:
        announce(report)
    model = TabularModel(network, encoder, meaning, report)
    report.record(_fit(network, prepared.training, prepared.validation, options, verbose, callbacks, keep_on_interrupt))
    report.scores = _score(model, prepared.test.inputs, prepared.test.answers, prepared.test.weights).as_dict()
    return model


def _fit(
    network: Sequential,
    training: Part,
    validation: Part,
    options: Options,
    verbose: int | str,
    callbacks: Sequence[Callback],
    keep_on_interrupt: bool,
) -> History:
    """Train until the validation loss stops falling, and leave the network with the weights of its minimum."""
    try:
        network.fit(
            training.inputs,
            training.answers,
            sample_weight=training.loss_weights,
            validation_data=_with_weights(validation),
            batch_size=options.batch(len(training)),
            epochs=options.epochs,
            verbose=verbose,
            callbacks=[EarlyStopping(patience=PATIENCE, restore_best_weights=True), TerminateOnNaN(), *callbacks],
        )
    except KeyboardInterrupt:
        if not (keep_on_interrupt and network.history and network.history.epoch):
            raise
    history = network.history
    assert history is not None  # fit has set it
    if not history.epoch:
        raise DataError(f"no epoch of training was finished: {history.stopped_by}")
    if not np.isfinite(history.history["val_loss"]).any():
        raise DataError(
            "the validation loss was never finite: a value of the target is too far from those of training; correct it"
        )
    return history


def _with_weights(part: Part) -> tuple[Array, ...]:
    """Return rows as ``fit`` takes them for validation."""
    return (part.inputs, part.answers) if part.loss_weights is None else (part.inputs, part.answers, part.loss_weights)


def _guess(target: ClassTarget | NumberTarget, training: Part) -> str | float:
    """Return what one would answer without a model: the most frequent class, or the mean, of training."""
    if isinstance(target, NumberTarget):
        return target.mean
    return target.classes[int(np.bincount(training.answers, minlength=len(target.classes)).argmax())]


def _score(
    model: TabularModel, inputs: Array, answers: Array, weights: Array | None = None
) -> ClassScores | NumberScores:
    target, outputs = model.target, model._run(inputs)
    if isinstance(target, ClassTarget):
        return class_scores(answers, outputs, target.classes, str(model.report.guess), weights)
    truth, predicted = target.decode(answers), target.decode(outputs[:, 0])
    return number_scores(truth, predicted, float(model.report.guess), weights=weights)


def _name_of(source: Any) -> str:
    from pathlib import Path

    return Path(source).name if isinstance(source, str | PathLike) else "table"


def load(path: str | PathLike[str], custom_objects: Mapping[str, type] | None = None) -> TabularModel | Sequential:
    """Read a model file: what `train` saved as a `TabularModel`, what ``Sequential.save`` saved as a `Sequential`.

    Loading reads data only: it never runs code from the file, imports by a name in it or follows a path. Everything
    is checked before memory is taken for it; files of older versions of chainrule are read too.

    Parameters
    ----------
    path : str or path
    custom_objects : dict of name to class, optional
        Your own layers, losses ... that the file names: only what is given here is used, as in Keras.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged or of another kind.

    Examples
    --------
    >>> load("no_such_folder/model.safetensors")
    Traceback (most recent call last):
    chainrule.errors.FileError: there is no file no_such_folder/model.safetensors
    """
    description, tensors = read_file(path)
    network = restore_model(path, description, tensors, custom_objects)
    try:
        if "encoder" not in description:
            return network
        encoder, report = Encoder.from_state(description["encoder"]), Report.from_dict(description["report"])
        kind = ClassTarget if report.task == "classification" else NumberTarget
        target = kind.from_state(description["target"])
    except (KeyError, TypeError) as error:
        raise FileError(f"{path} is damaged: its description lacks {error}") from error
    outputs = len(target.classes) if isinstance(target, ClassTarget) else 1
    guess_fits = report.guess in target.classes if isinstance(target, ClassTarget) else report.guess == target.mean
    if (
        network.input_shape[1:] != (len(encoder.feature_names),)
        or network.output_shape[1:] != (outputs,)
        or not target.name == encoder.target == report.target
        or not guess_fits
        or (report.number_classes and not _all_numbers(report.classes or []))
    ):
        raise FileError(f"{path} is damaged: its network, encoder, target and report do not fit each other")
    return TabularModel(network, encoder, target, report)


def _all_numbers(names: Sequence[str]) -> bool:
    try:
        return bool(np.isfinite(np.array(names, np.float64)).all())
    except ValueError:
        return False
