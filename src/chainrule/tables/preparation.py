"""From a table to the matrices of training, validation and test, with all that was decided on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, DTypeError, did_you_mean
from chainrule.tables.checks import copy_warnings, leak_warnings
from chainrule.tables.data_options import DataOptions
from chainrule.tables.encoder import Encoder
from chainrule.tables.folds import Fold
from chainrule.tables.overview import overview
from chainrule.tables.source import read_table
from chainrule.tables.split import split_rows, split_validation
from chainrule.tables.split_groups import split_groups
from chainrule.tables.split_time import split_time
from chainrule.tables.table import Column, Table, counted
from chainrule.tables.targets import ClassTarget, NumberTarget, with_known_target
from chainrule.tables.task import Task, choose_task
from chainrule.tables.weights import balanced, row_weights

FRACTIONS = (0.64, 0.16, 0.20)  # of training, validation and test
_WITHOUT_TEST = (0.8, 0.2)
_MOST_CLASSES = 5  # that a line lists


@dataclass(frozen=True, eq=False)
class Part:
    """Rows for one purpose.

    Attributes
    ----------
    inputs : float32 array (rows, features)
    answers : array (rows,)
        Class codes, or standardised numbers.
    weights : float64 array (rows,) or None
        How much each row counts in scores; None where all count the same.
    loss_weights : float64 array (rows,) or None
        The same for the loss, where classes may be balanced; 1 on average over the training part.
    """

    inputs: Array
    answers: Array
    weights: Array | None
    loss_weights: Array | None

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class PreparedData:
    """What `prepare` makes of a table.

    Attributes
    ----------
    task, reason : str
        Classification or regression, and the rule that chose it.
    target : ClassTarget or NumberTarget
    number_classes : bool
        Whether the classes were numbers in the table.
    encoder : Encoder
    training, validation, test : Part
    rows, dropped : int
        Rows of the table, and how many of them have no target.
    columns : list of str
        Lines on what becomes of the columns, of rows and their weights, for people.
    notes : list of str
        What the reader had to decide, in sentences.
    training_rows, test_rows : Table
        The rows of these parts.
    test_places : int array
        Places of the test rows in the table they come from, counted from 0.
    """

    task: Task
    reason: str
    target: ClassTarget | NumberTarget
    number_classes: bool
    encoder: Encoder
    training: Part
    validation: Part
    test: Part
    rows: int
    dropped: int
    columns: list[str]
    notes: list[str]
    training_rows: Table
    test_rows: Table
    test_places: Array


def prepare(
    table: Table,
    target: str,
    task: str | None = None,
    options: DataOptions | None = None,
    seed: int = 0,
    embed: bool = False,
    cut: bool = False,
    quantiles: tuple[float, ...] = (),
    counts: bool = False,
    fold: Fold | None = None,
) -> PreparedData:
    """Choose the task, split the rows, fit the encoder on the training part, and encode all parts.

    Parameters
    ----------
    table : Table
    target : str
        The column to predict; rows without it are left out.
    task : {"classification", "regression"}, optional
    options : DataOptions, optional
    seed : int
        Of the split.
    embed : bool
        Whether categories of many names become codes for ``CategoryEmbedding`` (see ``Encoder.fit``).
    cut : bool
        Whether numbers of many values are also cut into pieces.
    quantiles, counts
        Of a number as target: see ``NumberTarget.fit``.
    fold : Fold, optional
        For cross-validation: its rows are those of validation, the test rows are the same as without it.

    Raises
    ------
    UnknownNameError, ArgumentError
        A name is no column, or a setting does not fit the task.
    DataError
        The data can't be learned from, or the test rows lack columns.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> table = read_table({"x": list(range(20)), "who": ["a", "b", "c", "d"] * 5, "y": ["no", "yes"] * 10})
    >>> prepared = prepare(table, "y", options=DataOptions(group="who"))
    >>> [len(part) for part in (prepared.training, prepared.validation, prepared.test)]
    [10, 5, 5]
    """
    if options is not None and not isinstance(options, DataOptions):
        raise DTypeError(f"data expects DataOptions, got {options!r:.60}; write data=DataOptions(drop=...)")
    if not isinstance(target, str):
        hint = f"; did you mean {str(target)!r}?" if str(target) in table.names else ""
        raise DTypeError(f"target expects the name of one column, got {target!r}{hint}")
    options = options or DataOptions()
    column = table.column(target)
    options.check(table, target)
    task, reason = choose_task(column, task)
    if options.class_weight is not None and task == "regression":
        raise ArgumentError(f"class_weight needs classes, and {target!r} is a number")
    known, dropped = with_known_target(table, target)
    labels = known.column(target)
    classes = ClassTarget.fit(labels) if task == "classification" else None
    codes = classes.encode(labels) if classes else None
    test = None if options.test is None else _test_rows(options, target, classes)
    parts = _split(known, codes, options, seed, FRACTIONS if test is None else _WITHOUT_TEST)
    if fold is not None:
        if options.time is not None:
            raise ArgumentError(
                f"rows in time order ({options.time!r}) can't be cross-validated; leave out folds or time"
            )
        parts = fold.of(parts, codes, None if options.group is None else known.column(options.group), seed)
    training = known.take(parts[0])
    encoder = Encoder.fit(training, target, options.roles, options.without, embed, cut)
    meaning = classes or NumberTarget.fit(training.column(target), quantiles, counts)
    weights = None if options.weight is None else row_weights(known.column(options.weight))
    # Encoded as a whole, so that an error names the row of the table.
    inputs, answers = encoder.encode(table)[~column.missing], meaning.encode(labels)
    made = [(inputs[rows], answers[rows], None if weights is None else weights[rows]) for rows in parts]
    if test is not None:
        made.append((encoder.encode(test), meaning.encode(test.column(target)), _optional_weights(test, options)))
    per_class = None
    if classes and options.class_weight:
        per_class = balanced(made[0][1], made[0][2], len(classes.classes))
    truth = labels.values[parts[0]] if codes is None else codes[parts[0]]
    warnings = [
        *leak_warnings(training, encoder, truth, len(classes.classes) if classes else None),
        *copy_warnings(known, parts, test, options.weight),
    ]
    train_part, validation_part, test_part = _weighed(made, per_class, options)
    return PreparedData(
        task=task,
        reason=reason,
        target=meaning,
        number_classes=classes is not None and column.kind == "number",
        encoder=encoder,
        training=train_part,
        validation=validation_part,
        test=test_part,
        rows=table.rows,
        dropped=dropped,
        columns=[
            *overview(encoder, table),
            *_remarks(options, known, parts, classes, per_class),
            *(f"{'warning':<12} {text}" for text in warnings),
        ],
        notes=[*table.notes, *(test.notes if test else ())],
        training_rows=training,
        test_rows=known.take(parts[2]) if test is None else test,
        test_places=np.flatnonzero(~column.missing)[parts[2]] if test is None else np.arange(test.rows),
    )


def _split(
    table: Table, codes: Array | None, options: DataOptions, seed: int, fractions: Sequence[float]
) -> list[Array]:
    """Return the row indices of each part, as the options want them split."""
    if options.group is not None:
        return split_groups(table.column(options.group), codes, fractions, seed)
    if options.time is not None:
        return split_time(table.column(options.time), fractions)
    if len(fractions) == len(FRACTIONS):
        return list(split_rows(codes, table.rows, fractions, seed))
    return list(split_validation(codes, table.rows, fractions[-1], seed))


def _test_rows(options: DataOptions, target: str, classes: ClassTarget | None) -> Table:
    """Read the user's own test rows, and see that they can be scored."""
    test = read_table(options.test)
    if target not in test.names:
        raise DataError(
            f"the test rows lack the target {target!r}{did_you_mean(target, test.names)}; "
            "to predict rows without it, train first, then predict"
        )
    known, dropped = with_known_target(test, target)
    notes = [f"{counted(dropped, 'test row')} without {target} left out"] if dropped else []
    columns = list(known.columns)
    index = known.names.index(target)
    if classes and columns[index].kind == "category" and not set(columns[index].values) <= set(classes.classes):
        bare = np.array([name.removesuffix(".") for name in columns[index].values], dtype=object)
        if set(bare) <= set(classes.classes):  # as the UCI repository writes some of its test files
            columns[index] = Column(target, "category", bare)
            notes.append(f"{target} ends in a full stop in the test rows, which is not counted")
    return Table(tuple(columns), tuple(notes))


def _optional_weights(table: Table, options: DataOptions) -> Array | None:
    """Return the weights of the test rows, which need not have any."""
    return row_weights(table.column(options.weight)) if options.weight in table.names else None


def _weighed(
    made: Sequence[tuple[Array, Array, Array | None]], per_class: Array | None, options: DataOptions
) -> list[Part]:
    """Return the parts with the weights of their rows in the loss, of which the mean over training is 1."""
    mean, parts = 0.0, []
    for inputs, answers, weights in made:
        loss_weights = weights
        if per_class is not None:
            loss_weights = per_class[answers] if weights is None else weights * per_class[answers]
        if loss_weights is not None:
            if not loss_weights.any():
                raise DataError(
                    f"weight {options.weight!r} is 0 in all {counted(len(answers), 'row')} of a part of the split; "
                    "no row of it would count: leave rows of weight 0 out"
                )
            mean = mean or float(loss_weights.mean())
            loss_weights = loss_weights / mean
        parts.append(Part(inputs, answers, weights, loss_weights))
    return parts


def _remarks(
    options: DataOptions, table: Table, parts: Sequence[Array], classes: ClassTarget | None, per_class: Array | None
) -> list[str]:
    """Return lines on how rows are split and weighed, where that is not as usual."""
    lines = []
    if options.group is not None:
        lines.append(("grouped by", f"{options.group}: no group is in two parts"))
    if options.time is not None:
        column = table.column(options.time)
        ends = [column.take(rows[[int(column.values[rows].argmax())]]).as_text()[0] for rows in parts]
        lines.append(("in time", f"by {options.time}: training ends at {ends[0]}, validation at {ends[1]}"))
    if classes and per_class is not None:
        shown = [f"{name} {weight:.3g}" for name, weight in zip(classes.classes, per_class.tolist(), strict=True)]
        more = " ..." if len(shown) > _MOST_CLASSES else ""
        lines.append(("balanced", f"classes weigh {', '.join(shown[:_MOST_CLASSES])}{more}"))
    if isinstance(options.test, str | PathLike):
        lines.append(("test file", Path(options.test).name))
    return [f"{first:<12} {text}" for first, text in lines]
