"""What every estimator for tables is inside: encoder, network and target, and how they are trained.

``chainrule.train``, the command line and scikit-learn's kind of estimators are shells around it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.estimators.metric import best_threshold
from chainrule.estimators.network import Options, build_network, task_of
from chainrule.models.sequential import Sequential
from chainrule.tables import ClassTarget, Encoder, Part, Table, Target, target_columns
from chainrule.training import Callback, EarlyStopping, History, TerminateOnNaN
from chainrule.training.run_folder import Keep

PATIENCE = 20  # epochs without a better one


class TabularNetwork:
    """A network with the encoder of its table and the meaning of its outputs.

    Parameters
    ----------
    network : Sequential
    encoder : Encoder
    target : ClassTarget, NumberTarget, LabelsTarget or NumbersTarget

    Examples
    --------
    >>> from chainrule.tables import NumberTarget, read_table
    >>> table = read_table({"x": [1.0, 2.0, 3.0, 4.0], "y": [10.0, 20.0, 30.0, 40.0]})
    >>> encoder, target = Encoder.fit(table, "y"), NumberTarget.fit(table.column("y"))
    >>> rows = Part(encoder.encode(table), target.encode(table.column("y")), None, None)
    >>> model, history = fit_network(encoder, target, rows, None, Options(hidden=(), epochs=200, learning_rate=0.1))
    >>> model.target.answers(model.outputs(table)).round()
    array([10., 20., 30., 40.])
    """

    def __init__(self, network: Sequential, encoder: Encoder, target: Target) -> None:
        self.network, self.encoder, self.target = network, encoder, target

    def outputs(self, table: Table) -> Array:
        """Return what the network gives for every row: probabilities, or standardised numbers.

        Raises
        ------
        DataError
            A column is missing, or a value is not one that the network can work with.
        """
        return self.run(self.encoder.encode(table))

    def run(self, inputs: Array) -> Array:
        """Return the network's outputs for encoded rows; one that is not finite is a DataError."""
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

    def extra_columns(self, table: Table) -> list[str]:
        """Return the names of a table's columns that are neither known from training nor targets."""
        targets = target_columns(self.target)
        return [name for name in self.encoder.extra_columns(table) if name not in targets]

    def choose_threshold(self, metric: str | None, validation: Part) -> None:
        """Set the threshold between two classes to what is best for a metric on validation rows."""
        if isinstance(self.target, ClassTarget) and len(self.target.classes) == 2:
            probabilities = self.run(validation.inputs)[:, 1]
            threshold = best_threshold(metric, validation.answers == 1, probabilities, validation.loss_weights)
            self.target = replace(self.target, threshold=threshold)


def fit_network(
    encoder: Encoder,
    target: Target,
    training: Part,
    validation: Part | None,
    options: Options,
    verbose: int | str = 0,
    callbacks: Sequence[Callback] = (),
    keep_on_interrupt: bool = False,
    built: Callable[[Sequential], None] | None = None,
    keep: Keep | None = None,
) -> tuple[TabularNetwork, History]:
    """Train a network, and return it with the weights of its last epoch, or of the best one by the options' monitor.

    Parameters
    ----------
    encoder, target
        Fitted on the training part.
    training : Part
    validation : Part, optional
        What the best epoch, and a threshold, are chosen by; without it the weights of the last epoch are kept.
    options : Options
    verbose : {0, 1, 2, "auto"}
    callbacks : sequence of Callback
    keep_on_interrupt : bool
        Whether Ctrl-C ends the training and keeps the best weights, once an epoch is finished.
    built : callable, optional
        Is given the network before training.
    keep : Keep, optional
        Where checkpoints are kept; training goes on from the one that is there.

    Raises
    ------
    DataError
        No epoch could be finished, none was measured as finite, or the network that came of it gives no finite numbers.
    """
    options.check_task(task_of(target))
    network = build_network(encoder, target, options, len(training))
    if built is not None:
        built(network)
    epochs = options.most_epochs(len(training), task_of(target))
    if validation is not None and options.monitor is not None:
        best = EarlyStopping(options.monitor, patience=PATIENCE, restore_best_weights=True)
        callbacks = [best, *callbacks]
    history = _run(network, training, validation, options, epochs, verbose, callbacks, keep_on_interrupt, keep)
    if not history.epoch:
        raise DataError(f"no epoch of training was finished: {history.stopped_by}")
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(network.predict(training.inputs)).all():
            why = history.stopped_by if history.diverged else "its weights have grown without bound; lower the rate"
            raise DataError(f"the network does not answer its own training rows with finite numbers: {why}")
    model = TabularNetwork(network, encoder, target)
    if validation is not None:
        if not np.isfinite(history.history["val_loss"]).any():
            raise DataError(
                "the validation loss was never finite: a value of the target is too far from those of training; "
                "correct it"
            )
        model.choose_threshold(options.metric, validation)
    return model, history


def refit_network(
    model: TabularNetwork,
    rows: Part,
    options: Options,
    epochs: int,
    verbose: int | str = 0,
    keep: Keep | None = None,
) -> None:
    """Train the network of a model once more from the start, on all rows, for as many epochs as were best before.

    The schedule runs as if all epochs were to come, so that the last rate is the one of the best epoch. Encoder and
    threshold stay those of the training part.
    """
    network = build_network(model.encoder, model.target, options, len(rows))
    history = _run(network, rows, None, options, epochs, verbose, (), False, keep)
    if len(history.epoch) < epochs:
        raise DataError(f"training on all rows was not finished: {history.stopped_by}")
    model.network = network


def _run(
    network: Sequential,
    training: Part,
    validation: Part | None,
    options: Options,
    epochs: int,
    verbose: int | str,
    callbacks: Sequence[Callback],
    keep_on_interrupt: bool,
    keep: Keep | None,
) -> History:
    try:
        network.fit(
            training.inputs,
            training.answers,
            sample_weight=training.loss_weights,
            validation_data=None if validation is None else _with_weights(validation),
            batch_size=options.batch(len(training)),
            epochs=epochs,
            verbose=verbose,
            callbacks=[*callbacks, TerminateOnNaN(), *([keep.callback()] if keep else [])],
            resume_from=keep.resume_from if keep else None,
        )
    except KeyboardInterrupt:
        if not (keep_on_interrupt and network.history and network.history.epoch):
            raise
    history = network.history
    assert history is not None  # fit has set it
    return history


def _with_weights(part: Part) -> tuple[Array, ...]:
    """Return rows as ``fit`` takes them for validation."""
    return (part.inputs, part.answers) if part.loss_weights is None else (part.inputs, part.answers, part.loss_weights)


def joined(parts: Sequence[Part]) -> Part:
    """Return the rows of several parts as one."""
    weighted = [part.loss_weights is not None for part in parts]
    weights = [np.ones(len(part)) if part.loss_weights is None else part.loss_weights for part in parts]
    return Part(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.answers for part in parts]),
        None,
        np.concatenate(weights) if any(weighted) else None,
    )
