"""The steps from a table that has been read to a trained and scored model."""

from collections.abc import Callable, Sequence

import numpy as np

from chainrule.estimators.core import fit_network, joined, refit_network
from chainrule.estimators.network import Options
from chainrule.estimators.report import Report
from chainrule.estimators.scores import most_frequent
from chainrule.estimators.tabular_model import TabularModel, score
from chainrule.models.sequential import Sequential
from chainrule.tables import ClassTarget, DataOptions, NumberTarget, Part, PreparedData, Table, Target, prepare
from chainrule.training import Callback
from chainrule.training.run_folder import Keep


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
    keep: tuple[Keep, Keep] | None = None,
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
        Whether Ctrl-C ends the training and keeps the best weights, once an epoch is finished; then nothing is trained
        on all rows. In the training on all rows it keeps the network before, unless that training can go on.
    keep : pair of Keep, optional
        Where checkpoints of the training, and of that on all rows after it, are kept; it goes on from those that are
        there.
    """
    prepared = prepare_table(table, target, task, options, data)
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
        guess=guess_of(meaning, prepared.training),
        settings={**options.as_dict(), **(data or DataOptions()).as_dict()},
    )

    def built(network: Sequential) -> None:
        report.describe(network, options.activation if options.hidden else "linear")
        if announce is not None:
            announce(report)

    first, second = keep or (None, None)
    trained, history = fit_network(
        prepared.encoder, meaning, parts[0], parts[1], options, verbose, callbacks, keep_on_interrupt, built, first
    )
    report.record(history)
    model = TabularModel(trained.network, trained.encoder, trained.target, report)
    report.scores = score(model, prepared.test.inputs, prepared.test.answers, prepared.test.weights).as_dict()
    if options.refit and history.stopped_by != "interrupted":
        own_test = data is not None and data.test is not None
        rows = joined(parts[:2] if own_test else parts)
        try:
            refit_network(model, rows, options, report.best_epoch, verbose, second)
            report.refitted = len(rows)
        except KeyboardInterrupt:
            if second is not None or not keep_on_interrupt:
                raise
            report.stopped_by = "interrupted"
    return model


def prepare_table(
    table: Table, target: str, task: str | None, options: Options, data: DataOptions | None = None
) -> PreparedData:
    """Split and encode a table as the network of these options wants it; the arguments are those of `train_table`."""
    return prepare(
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


def guess_of(target: Target, training: Part) -> str | float:
    """Return what one would answer without a model: the most frequent class, or the mean, of training; else 0."""
    if isinstance(target, NumberTarget):
        return float(target.decode(np.average(training.answers, weights=training.loss_weights)))
    return most_frequent(target.classes, training.answers) if isinstance(target, ClassTarget) else 0.0
