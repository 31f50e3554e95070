"""A table: named columns of numbers, booleans, categories or dates, all of the same length."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self, TypeAlias

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, UnknownNameError, did_you_mean

Kind: TypeAlias = Literal["number", "boolean", "category", "date"]
_MOST_NAMES = 20  # that an error lists


def number_text(value: float) -> str:
    """Return a number as the text of a category: whole numbers without a decimal point.

    Examples
    --------
    >>> number_text(3.0), number_text(0.25)
    ('3', '0.25')
    """
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def refuse_repeated(names: Sequence[str]) -> None:
    """Raise the error for columns of the same name."""
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise DataError(f"the table has several columns named {', '.join(map(repr, repeated))}; rename all but one")


def _date_text(days: float) -> str:
    return str(np.datetime64(round(days * 86400), "s")).removesuffix("T00:00:00").replace("T", " ")


def _boolean_text(value: float) -> str:
    return "true" if value else "false"


_TEXT: dict[str, Callable[[float], str]] = {"number": number_text, "boolean": _boolean_text, "date": _date_text}


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2000, "row"), counted(2, "category", "categories")
    ('1 row', '2,000 rows', '2 categories')
    """
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
    kind : "number", "boolean", "category" or "date"
    values : array (rows,)
        Numbers: float64, NaN where missing. Booleans: 0 and 1 in the same way.
        Categories: objects, each a ``str``, ``None`` where missing.
        Dates: float64 days since 1970-01-01 (fractions for the time of day), NaN where missing.

    Raises
    ------
    DataError
        A number is infinite, or ``values`` is not as described above.

    Examples
    --------
    >>> Column("age", "number", np.array([22.0, np.nan])).missing
    array([False,  True])
    """

    name: str
    kind: Kind
    values: Array

    def __post_init__(self) -> None:
        expected = np.dtype(object if self.kind == "category" else np.float64)
        if self.values.ndim != 1 or self.values.dtype != expected:
            raise DataError(
                f"column {self.name!r} of kind {self.kind} needs a one-dimensional {expected} array, "
                f"got {self.values.dtype} of shape {self.values.shape}; read_table converts data of other types"
            )
        if self.kind != "category" and np.isinf(self.values).any():
            row = int(np.isinf(self.values).argmax()) + 1
            raise DataError(
                f"column {self.name!r} holds an infinite number in row {row}; expected finite numbers: "
                "leave the cell empty if the value is unknown"
            )

    @property
    def missing(self) -> Array:
        """Boolean array (rows,): where the value is missing."""
        if self.kind == "category":
            return np.asarray(self.values == None)  # noqa: E711  (element by element)
        return np.isnan(self.values)

    def take(self, rows: Array) -> Self:
        """Return the column with only the rows of the given indices, in their order."""
        return type(self)(self.name, self.kind, self.values[rows])

    def as_text(self) -> Array:
        """Return the values as an object array of ``str`` (``None`` where missing), dates as ``YYYY-MM-DD``.

        Booleans are ``true`` and ``false``.

        Examples
        --------
        >>> Column("class", "number", np.array([3.0, np.nan, 0.5])).as_text()
        array(['3', None, '0.5'], dtype=object)
        """
        if self.kind == "category":
            return self.values
        # A column that stands for categories has few distinct values: convert each once.
        convert = _TEXT[self.kind]
        distinct, index = np.unique(self.values, return_inverse=True)
        texts = np.array([None if np.isnan(value) else convert(value) for value in distinct], dtype=object)
        return texts[index]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, in order.

    Parameters
    ----------
    columns : tuple of Column
    notes : tuple of str
        What the reader had to decide, in sentences for people: for example that a file has no header line.
    unread : tuple of str
        Names of columns that the source has besides, and that were not asked for.

    Raises
    ------
    DataError
        No columns, no rows, two columns of one name, or columns of different lengths.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> table = read_table({"hours": [1, 5, None], "passed": ["no", "yes", "yes"]})
    >>> table.names, table.rows, table.column("hours").kind
    (('hours', 'passed'), 3, 'number')
    """

    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.columns:
            raise DataError("the table has no columns; expected at least one")
        refuse_repeated(self.names)
        lengths = {column.name: len(column.values) for column in self.columns}
        shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        if lengths[shortest] != lengths[longest]:
            raise DataError(
                f"columns must have the same length, got {counted(lengths[shortest], 'value')} in {shortest!r} "
                f"and {lengths[longest]} in {longest!r}"
            )
        if self.rows == 0:
            raise DataError("the table has no rows; expected at least one below the column names")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.columns[0].values)

    def fingerprint(self) -> str:
        """Return a digest of names, kinds and values: tables with the same one are the same.

        Examples
        --------
        >>> from chainrule.tables import read_table
        >>> [read_table({"x": [1, value]}).fingerprint()[:8] for value in (2, 2, 3)]
        ['855a34f1', '855a34f1', 'bccfc688']
        """
        from hashlib import blake2b

        parts = []
        for column in self:
            text = column.kind == "category"
            values = json.dumps(column.values.tolist()).encode() if text else column.values.tobytes()
            parts.append([column.name, column.kind, blake2b(values).hexdigest()])
        return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name; an unknown one is an error that suggests the nearest.

        Examples
        --------
        >>> from chainrule.tables import read_table
        >>> read_table({"species": ["a", "b"]}).column("specie")
        Traceback (most recent call last):
        chainrule.errors.UnknownNameError: no column 'specie'; did you mean 'species'?
        """
        for column in self.columns:
            if column.name == name:
                return column
        names = (*self.names, *self.unread)
        hint = did_you_mean(str(name), names)
        if len(names) > _MOST_NAMES and not hint.startswith("; did you mean"):
            hint = f"; expected one of {', '.join(names[:_MOST_NAMES])} ... ({len(names):,} in all)"
        raise UnknownNameError(f"no column {name!r}{hint}")

    def drop(self, names: str | Iterable[str]) -> Self:
        """Return the table without the named columns (all of them must exist, one must remain)."""
        dropped = {names} if isinstance(names, str) else set(names)
        for name in dropped:
            self.column(name)
        return replace(self, columns=tuple(column for column in self if column.name not in dropped))

    def only(self, names: Collection[str]) -> Self:
        """Return the table with only those of the named columns that it has; all of them, where it has none.

        Examples
        --------
        >>> from chainrule.tables import read_table
        >>> table = read_table({"hours": [1, 5], "passed": ["no", "yes"]}).only({"hours", "age"})
        >>> table.names, table.unread
        (('hours',), ('passed',))
        """
        kept = tuple(column for column in self if column.name in names) or self.columns
        found = {column.name for column in kept}
        return replace(self, columns=kept, unread=(*self.unread, *(name for name in self.names if name not in found)))

    def take(self, rows: Array) -> Self:
        """Return the table with only the rows of the given indices, in their order.

        Raises
        ------
        ArgumentError
            ``rows`` is not a one-dimensional array of integers, or an index is outside the table.
        DataError
            ``rows`` is empty.
        """
        rows = np.asarray(rows)
        if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
            raise ArgumentError(f"rows must be a list of row indices, got {rows.dtype} of shape {rows.shape}")
        if rows.size and not (-self.rows <= rows.min() and rows.max() < self.rows):
            raise ArgumentError(f"row indices must be below {self.rows}, got {rows.min()} to {rows.max()}")
        rows = rows.astype(np.int64)
        return replace(self, columns=tuple(column.take(rows) for column in self))
