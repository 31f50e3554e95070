"""TabularModel: a trained network for a table, and its file."""

from collections.abc import Mapping, Sequence
from math import isfinite
from os import PathLike
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, FileError
from chainrule.estimators.core import TabularNetwork
from chainrule.estimators.network import outputs_of, task_of
from chainrule.estimators.report import Report
from chainrule.estimators.scores import ClassScores, NumberScores, class_scores, number_scores
from chainrule.estimators.several_scores import SeveralScores, several_scores
from chainrule.models.model_file import (
    describe_network,
    describe_training,
    network_tensors,
    read_file,
    restore_model,
    write_file,
)
from chainrule.models.sequential import Sequential
from chainrule.tables import (
    ClassTarget,
    Encoder,
    LabelsTarget,
    NumbersTarget,
    NumberTarget,
    Target,
    read_table,
    read_target,
    target_columns,
    with_known_target,
)


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
        return target_columns(self.target)

    def evaluate(self, source: Any) -> ClassScores | NumberScores | SeveralScores:
        """Return the scores on rows whose target is known; rows without it, or without one of several, are left out.

        Parameters
        ----------
        source : path, data frame, dict of columns or Table
            Columns are found by name, targets too: ``answer_names`` (of quantiles: the target's own).

        Raises
        ------
        ArgumentError
            A column that the model reads has the name of a target.
        DataError
            No row has a known target, or a value of it is not one that it can have.
        """
        read = {encoding.name for encoding in self.encoder.encodings}.intersection(target_columns(self.target))
        if read:  # an estimator's y without a name is called "y"
            raise ArgumentError(
                f"{min(read)!r} is both a column that the model reads and its target; fit it again on a y with a name"
            )
        table, _ = with_known_target(read_table(source), *target_columns(self.target))
        if isinstance(self.target, LabelsTarget | NumbersTarget):
            return several_scores(self.target, table, self.outputs(table))
        return score(self, self.encoder.encode(table), self.target.encode(table.column(self.target.name)))

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


def score(
    model: TabularModel, inputs: Array, answers: Array, weights: Array | None = None
) -> ClassScores | NumberScores:
    """Return the scores on encoded rows, next to those of the guess in the model's report."""
    target, outputs = model.target, model.run(inputs)
    if isinstance(target, ClassTarget):
        return class_scores(
            answers, outputs, target.classes, str(model.report.guess), weights, answers=target.codes(outputs)
        )
    assert isinstance(target, NumberTarget)  # several columns are not scored
    truth, predicted = target.decode(answers), target.points(target.answers(outputs))
    return number_scores(truth, predicted, float(model.report.guess), weights=weights)


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
    if "encoder" not in description:
        return network
    encoder, target, report = read_parts(path, description)
    inside, outside = (len(encoder.feature_names),), (outputs_of(target),)
    if network.input_shape[1:] != inside or network.output_shape[1:] != outside:
        raise FileError(f"{path} is damaged: its network, encoder and target do not fit each other")
    return TabularModel(network, encoder, target, report)


def read_parts(path: str | PathLike[str], description: Mapping[str, Any]) -> tuple[Encoder, Target, Report]:
    """Return all of a `TabularModel` but its network from the description in a file that `read_file` has read.

    Raises
    ------
    FileError
        They are damaged, or do not fit each other.
    """
    try:
        encoder, report = Encoder.from_state(description["encoder"]), Report.from_dict(description["report"])
        target = read_target(description["target"])
    except (KeyError, TypeError) as error:
        raise FileError(f"{path} is damaged: its description lacks {error}") from error
    if (
        task_of(target) != report.task
        or report.target != target.name
        or encoder.target != (None if "estimator" in description else target.name)
        or not _guess_fits(report.guess, target)
        or (report.number_classes and not _all_numbers(report.classes or []))
    ):
        raise FileError(f"{path} is damaged: its encoder, target and report do not fit each other")
    return encoder, target, report


def _guess_fits(guess: str | float, target: Target) -> bool:
    return (
        guess in target.classes if isinstance(target, ClassTarget) else not isinstance(guess, str) and isfinite(guess)
    )


def _all_numbers(names: Sequence[str]) -> bool:
    try:
        return bool(np.isfinite(np.array(names, np.float64)).all())
    except ValueError:
        return False
