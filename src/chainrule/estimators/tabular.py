"""From a table to a trained network and back: one implementation behind ``chainrule.train`` and the command line."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from os import PathLike
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, FileError
from chainrule.estimators.core import TabularNetwork, fit_network, joined, refit_network
from chainrule.estimators.network import HIDDEN, Options, outputs_of, task_of
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
    LabelsTarget,
    NumberTarget,
    Part,
    Table,
    Target,
    prepare,
    read_table,
    read_target,
    with_known_target,
)
from chainrule.training import Callback


class TabularModel(TabularNetwork):
    """A network with the encoder of its table and the meaning of its outputs.

    `train` makes one, `load` reads one.

    Attributes
    ----------
    network : Sequential
    encoder : Encoder
    target : ClassTarget, NumberTarget, LabelsTarget or NumbersTarget
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

    def __init__(self, network: Sequential, encoder: Encoder, target: Target, report: Report) -> None:
        super().__init__(network, encoder, target)
        self.report = report

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the classes, None for a regression."""
        return self.target.classes if isinstance(self.target, ClassTarget) else None

    def predict(self, source: Any) -> Array:
        """Return the class (rows,) or the number (rows,) predicted for every row; of quantiles (rows, quantiles).

        Parameters
        ----------
        source : path, data frame, dict of columns or Table
            Columns are found by name; the target may be absent. Classes that were numbers come back as numbers.
        """
        return self.decide(self.outputs(read_table(source)))

    def predict_proba(self, source: Any) -> Array:
        """Return the probability of each class, (rows, classes), in the order of ``classes``."""
        if isinstance(self.target, LabelsTarget):
            return self.outputs(read_table(source))
        if self.classes is None:
            raise ArgumentError(f"{self.target.name} is a number; a regression has no class probabilities")
        return self.outputs(read_table(source))

    def decide(self, outputs: Array) -> Array:
        """Return the answers, in the target's own terms, that the network's outputs stand for."""
        if not isinstance(self.target, ClassTarget):
            return self.target.answers(outputs)
        codes = self.target.codes(outputs)
        if self.target.classes == ("false", "true"):
            return np.asarray(codes == 1)
        if not self.report.number_classes:
            return self.target.decode(codes)
        numbers = np.array(self.target.classes, np.float64)
        exact = (numbers == np.round(numbers)).all() and (np.abs(numbers) < 2**53).all()
        return np.asarray(numbers.astype(np.int64 if exact else np.float64)[codes])

    @property
    def answer_names(self) -> tuple[str, ...]:
        """A name for each column of what `predict` returns: the target, or the target with each quantile."""
        quantiles = self.target.quantiles if isinstance(self.target, NumberTarget) else ()
        if len(quantiles) > 1:
            return tuple(f"{self.target.name}_q{quantile:g}" for quantile in quantiles)
        if isinstance(self.target, LabelsTarget):
            return self.target.labels
        return tuple(part.name for part in getattr(self.target, "parts", (self.target,)))

    def evaluate(self, source: Any) -> ClassScores | NumberScores:
        """Return the scores on rows whose target is known; rows without it are left out."""
        if not isinstance(self.target, ClassTarget | NumberTarget):
            raise ArgumentError(f"{self.target.name} is several columns; score them one by one on what predict returns")
        table, _ = with_known_target(read_table(source), self.target.name)
        return _score(self, self.encoder.encode(table), self.target.encode(table.column(self.target.name)))

    def save(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Write network, encoder and report to one safetensors file."""
        self.write(path, {}, overwrite)

    def write(self, path: str | PathLike[str], more: dict[str, Any], overwrite: bool = True) -> None:
        """Write the same file with further entries in its description."""
        description = {
            "network": describe_network(self.network),
            "training": describe_training(self.network),
            "encoder": self.encoder.state(),
            "target": self.target.state(),
            "report": self.report.as_dict(),
            **more,
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
    hidden: Sequence[int] = HIDDEN,
    activation: str = "silu",
    optimizer: str = "adam",
    learning_rate: float | None = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    dropout: float = 0.0,
    label_smoothing: float | None = None,
    loss: str | None = None,
    quantiles: Sequence[float] = (),
    metric: str | None = None,
    early_stopping: bool = False,
    refit: bool = False,
    seed: int = 0,
    verbose: int | str = 0,
    data: DataOptions | None = None,
) -> TabularModel:
    """Train a network on a table: read, encode, split, train, score on rows held out.

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
        The peak of the schedule, which rises for a tenth of the steps and then falls to 0. Default: of Adam 0.004 for
        classes and 0.01 for numbers, else the optimiser's own.
    batch_size : int, optional
        Default: 32 to 256 by the number of rows.
    epochs : int, optional
        Over which the rate falls to 0. Default: 10 to 40 by the number of rows.
    dropout : float in [0, 1)
        After every hidden layer.
    label_smoothing : float in [0, 1), optional
        Of classes. Default: 0.1 up to 3000 rows, then less.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "quantile"}, optional
        Of numbers; "poisson" for counts. Default: the first.
    quantiles : sequence of float in (0, 1)
        What loss="quantile" predicts, such as (0.1, 0.5, 0.9).
    metric : str, optional
        What the best epoch is chosen by: accuracy, balanced_accuracy, f1, roc_auc, log_loss; rmse, mae, r2. With f1 and
        balanced_accuracy the threshold between two classes is chosen, too.
    early_stopping : bool
        Whether to stop when 20 epochs were no better on the validation rows, and to keep the weights of the best one;
        a ``metric`` includes it. Default: the last epoch counts, at which the rate has come down to 0.
    refit : bool
        Whether to train once more on all rows, those of validation and test with them, for as many epochs as were
        best; scores are those of the network before. Rows of an own test file stay out.
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
    options = Options(
        hidden=units(hidden),
        activation=activation,
        optimizer=optimizer,
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        dropout=dropout,
        label_smoothing=label_smoothing,
        seed=check_seed(seed),
        loss=loss,
        quantiles=tuple(quantiles),
        metric=metric,
        early_stopping=early_stopping,
        refit=refit,
    )
    return train_table(read_table(source), target, task, options, data, verbose, name=_name_of(source))


def units(hidden: Any) -> tuple[int, ...]:
    """Return the units of hidden layers as a tuple; anything but a sequence of them is an ArgumentError."""
    if isinstance(hidden, str) or not isinstance(hidden, Sequence | np.ndarray):
        raise ArgumentError(f"hidden must be the units of each hidden layer, such as (64, 64), got {hidden!r}")
    return tuple(hidden)


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
    prepared = prepare(
        table,
        target,
        task,
        data,
        options.seed,
        embed=True,
        cut=True,
        quantiles=options.quantiles,
        counts=options.loss == "poisson",
    )
    meaning = prepared.target
    parts = [prepared.training, prepared.validation, prepared.test]
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
        split=[len(part) for part in parts],
        seed=options.seed,
        guess=_guess(meaning, prepared.training),
        settings=options.as_dict(),
    )

    def built(network: Sequential) -> None:
        report.describe(network, options.activation if options.hidden else "linear")
        if announce is not None:
            announce(report)

    trained, history = fit_network(
        prepared.encoder, meaning, parts[0], parts[1], options, verbose, callbacks, keep_on_interrupt, built
    )
    report.record(history)
    model = TabularModel(trained.network, trained.encoder, trained.target, report)
    report.scores = _score(model, prepared.test.inputs, prepared.test.answers, prepared.test.weights).as_dict()
    if options.refit:
        own_test = data is not None and data.test is not None
        rows = joined(parts[:2] if own_test else parts)
        refit_network(model, rows, options, report.best_epoch, verbose)
        report.refitted = len(rows)
    return model


def _guess(target: ClassTarget | NumberTarget, training: Part) -> str | float:
    """Return what one would answer without a model: the most frequent class, or the mean, of training."""
    if isinstance(target, NumberTarget):
        return float(target.decode(np.average(training.answers)))
    return target.classes[int(np.bincount(training.answers, minlength=len(target.classes)).argmax())]


def _score(
    model: TabularModel, inputs: Array, answers: Array, weights: Array | None = None
) -> ClassScores | NumberScores:
    target, outputs = model.target, model.run(inputs)
    if isinstance(target, ClassTarget):
        return class_scores(
            answers, outputs, target.classes, str(model.report.guess), weights, answers=target.codes(outputs)
        )
    assert isinstance(target, NumberTarget)  # several columns are not scored
    truth, predicted = target.decode(answers), target.points(target.answers(outputs))
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
        target = read_target(description["target"])
    except (KeyError, TypeError) as error:
        raise FileError(f"{path} is damaged: its description lacks {error}") from error
    if (
        network.input_shape[1:] != (len(encoder.feature_names),)
        or network.output_shape[1:] != (outputs_of(target),)
        or task_of(target) != report.task
        or report.target != target.name
        or encoder.target != (None if "estimator" in description else target.name)
        or not _guess_fits(report.guess, target)
        or (report.number_classes and not _all_numbers(report.classes or []))
    ):
        raise FileError(f"{path} is damaged: its network, encoder, target and report do not fit each other")
    return TabularModel(network, encoder, target, report)


def _guess_fits(guess: str | float, target: Target) -> bool:
    return (
        guess in target.classes if isinstance(target, ClassTarget) else not isinstance(guess, str) and isfinite(guess)
    )


def _all_numbers(names: Sequence[str]) -> bool:
    try:
        return bool(np.isfinite(np.array(names, np.float64)).all())
    except ValueError:
        return False
