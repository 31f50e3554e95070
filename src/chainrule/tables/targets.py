"""The column to predict: class names <-> codes, numbers <-> standardised numbers, rows without it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, FileError
from chainrule.tables.labels import codes_of, some, sorted_names, unseen
from chainrule.tables.parsing import parse_numbers
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column, Table, counted


def with_known_target(table: Table, *targets: str) -> tuple[Table, int]:
    """Return the table without the rows in which a target is missing, and how many those were.

    Raises
    ------
    UnknownNameError
        There is no such column.
    DataError
        No row is left.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> table, dropped = with_known_target(read_table({"x": [1, 2, 3], "y": ["a", None, "b"]}), "y")
    >>> table.rows, dropped
    (2, 1)
    """
    missing = np.any([table.column(target).missing for target in targets], axis=0)
    dropped = int(missing.sum())
    if dropped == 0:
        return table, 0
    if dropped == table.rows:
        raise DataError(
            f"target {' or '.join(map(repr, targets))} has no value in any of {counted(table.rows, 'row')}; "
            "expected at least some"
        )
    return table.take(np.flatnonzero(~missing)), dropped


@dataclass(frozen=True)
class ClassTarget:
    """The classes of a classification: names (sorted; numbers by size) <-> codes 0, 1, ...

    Parameters
    ----------
    name : str
        The target column.
    classes : tuple of str, at least two
    threshold : float in (0, 1), optional
        Of two classes: the probability of the second from which on it is the answer. Default: the most likely class.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> column = read_table({"species": ["Gentoo", "Adelie", "Gentoo"]}).column("species")
    >>> target = ClassTarget.fit(column)
    >>> target.classes, target.encode(column), target.decode([0])
    (('Adelie', 'Gentoo'), array([1, 0, 1]), array(['Adelie'], dtype=object))
    """

    name: str
    classes: tuple[str, ...]
    threshold: float | None = None

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Take the classes from a column.

        Raises
        ------
        DataError
            A value is missing, or there are fewer than two classes.
        """
        _refuse_missing(column)
        classes = sorted_names(column)
        if len(classes) < 2:
            raise DataError(
                f"target {column.name!r} has only the value {classes[0]!r} in {counted(len(column.values), 'row')}; "
                "expected at least two classes to tell apart"
            )
        return cls(column.name, classes)

    def encode(self, column: Column) -> Array:
        """Return the code of each row's class: int64, shape (rows,).

        Raises
        ------
        DataError
            A value is missing, or is none of the classes.
        """
        _refuse_missing(column)
        codes = codes_of(column, self.classes)
        if (codes < 0).any():
            raise DataError(
                f"target {column.name!r} holds classes never seen in training: {some(unseen(column, codes))}; "
                f"expected {some(self.classes)}"
            )
        return codes

    def decode(self, codes: Any) -> Array:
        """Return the names of classes as an object array of ``str``.

        Raises
        ------
        ArgumentError
            A code is outside 0 ... classes - 1.
        """
        codes = np.asarray(codes)
        whole = codes.size == 0 or codes.dtype.kind in "iu"
        if not whole or ((codes < 0) | (codes >= len(self.classes))).any():
            raise ArgumentError(f"class codes must be integers from 0 to {len(self.classes) - 1}, got {codes}")
        return np.asarray(np.array(self.classes, dtype=object)[codes.astype(np.int64)])

    def codes(self, probabilities: Array) -> Array:
        """Return the code of the class that probabilities (rows, classes) stand for.

        Examples
        --------
        >>> ClassTarget("y", ("no", "yes"), threshold=0.3).codes(np.array([[0.8, 0.2], [0.6, 0.4]]))
        array([0, 1])
        """
        if self.threshold is None:
            return np.asarray(probabilities.argmax(axis=1))
        return np.asarray(probabilities[:, 1] >= self.threshold, dtype=np.int64)

    def state(self) -> dict[str, Any]:
        """Return the target as plain values for a JSON file."""
        return {"name": self.name, "classes": list(self.classes), "threshold": self.threshold}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the target that ``state`` was written from; a bad one is a FileError."""
        reader = StateReader(state, "the target")
        classes, threshold = reader.texts("classes", at_least=2), reader.optional_number("threshold", positive=True)
        if threshold is not None and (threshold >= 1 or len(classes) > 2):
            raise FileError(f"bad model file: a threshold of {threshold:g} between {len(classes)} classes")
        return cls(reader.text("name"), classes, threshold)


@dataclass(frozen=True)
class NumberTarget:
    """The number of a regression, standardised: ``(y - mean) / std`` of the training part.

    Parameters
    ----------
    name : str
        The target column.
    mean : float
        0 for counts, which are only scaled.
    std : float, > 0
    quantiles : tuple of float
        If there are any, a network has an output for each of them.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> column = read_table({"price": [10, 20, 30, 40]}).column("price")
    >>> target = NumberTarget.fit(column)
    >>> target.mean, target.decode(target.encode(column))
    (25.0, array([10., 20., 30., 40.]))
    """

    name: str
    mean: float
    std: float
    quantiles: tuple[float, ...] = ()

    @classmethod
    def fit(cls, column: Column, quantiles: tuple[float, ...] = (), counts: bool = False) -> Self:
        """Take mean and standard deviation from the training part of a column.

        Parameters
        ----------
        column : Column
        quantiles : tuple of float
        counts : bool
            Whether numbers are counts or rates of at least 0: they are divided by their mean.

        Raises
        ------
        DataError
            A value is missing or no number, all are the same, or a count is below 0.
        """
        values = _numbers(column)
        if counts and values.min() < 0:
            row = int(values.argmin())
            raise DataError(
                f"target {column.name!r}, row {row + 1}: expected a count of at least 0 for the loss 'poisson', "
                f"got {values[row]:g}"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            mean, std = float(values.mean()), float(values.std())
        if values.min() == values.max():
            raise DataError(
                f"target {column.name!r} has only the value {values[0]:g} in {counted(len(values), 'row')} of "
                "training; nothing to learn"
            )
        if not (np.isfinite(mean) and np.isfinite(std) and std > 0):
            raise DataError(
                f"target {column.name!r} spans {values.min():g} to {values.max():g}, which can't be standardised; "
                "change its unit or take the logarithm"
            )
        return cls(column.name, 0.0, mean) if counts else cls(column.name, mean, std, quantiles)

    @property
    def outputs(self) -> int:
        """How many outputs a network has for it."""
        return len(self.quantiles) or 1

    def encode(self, column: Column) -> Array:
        """Return the standardised values: float64, shape (rows,); a missing value is a DataError."""
        return np.asarray((_numbers(column) - self.mean) / self.std)

    def decode(self, values: Any) -> Array:
        """Return standardised values in the target's own unit, as float64."""
        return np.asarray(values, dtype=np.float64) * self.std + self.mean

    def answers(self, outputs: Array) -> Array:
        """Return what a network's outputs (rows, outputs) stand for: (rows,), or (rows, quantiles) in their order.

        Quantiles that cross are sorted, which never takes them further from the truth.

        References
        ----------
        Chernozhukov, Fernández-Val & Galichon, Quantile and Probability Curves Without Crossing, 2010.
        """
        values = self.decode(outputs)
        return np.sort(values, axis=1) if len(self.quantiles) > 1 else values[:, 0]

    def points(self, answers: Array) -> Array:
        """Return one number a row: of several quantiles the one nearest to the median."""
        return answers if answers.ndim == 1 else answers[:, np.abs(np.array(self.quantiles) - 0.5).argmin()]

    def state(self) -> dict[str, Any]:
        """Return the target as plain values for a JSON file."""
        return {"name": self.name, "mean": self.mean, "std": self.std, "quantiles": list(self.quantiles)}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the target that ``state`` was written from; a bad one is a FileError."""
        reader = StateReader(state, "the target")
        quantiles = reader.increasing("quantiles", absent=())
        if quantiles and not (quantiles[0] > 0 and quantiles[-1] < 1):
            raise FileError(
                f"bad model file: the target's quantiles are {list(quantiles)[:3]}; expected shares in (0, 1)"
            )
        return cls(reader.text("name"), reader.number("mean"), reader.number("std", positive=True), quantiles)


def _refuse_missing(column: Column) -> None:
    missing = column.missing
    if missing.any():
        raise DataError(
            f"target {column.name!r} has no value in {counted(int(missing.sum()), 'row')}, the first is row "
            f"{int(missing.argmax()) + 1}; leave those rows out (with_known_target does)"
        )


def _numbers(column: Column) -> Array:
    _refuse_missing(column)
    values = parse_numbers(column.values) if column.kind == "category" else column.values
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"target {column.name!r}, row {row + 1}: expected a number, got {column.values[row]!r}")
    return values
