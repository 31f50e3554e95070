"""The encoder: from a table to the input matrix of a network, fitted on the training part only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError, FileError
from chainrule.tables.encodings import ENCODINGS, CategoryEncoding, EmbeddedEncoding, Encoding, LeftOut, fit_encoding
from chainrule.tables.encodings.choice import Role
from chainrule.tables.labels import some
from chainrule.tables.state import StateReader
from chainrule.tables.table import Table


class Treatment(NamedTuple):
    """What the encoder does with one column."""

    column: str
    kind: str  # "number", "boolean", "category", "date" or "left out"
    features: int
    text: str


@dataclass(frozen=True)
class Encoder:
    """Turns the columns of a table into a float32 matrix, always in the same way.

    Numbers are scaled robustly and bent to stay within 3, booleans are -1 and 1, dates become the parts that tell;
    a missing value is 0, with a 0/1 flag feature if training had any. Categories of few names are one-hot, those of
    many, if asked for, whole numbers for a layer of learned vectors. Constant columns, identifiers and free text are
    left out and reported. See the classes of ``chainrule.tables.encodings``.

    Parameters
    ----------
    target : str or None
        The column to predict, never encoded.
    encodings : tuple
        One for each column of the training table but the target, in its order; ``Encoder.fit`` makes them.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> table = read_table({"hours": [1, 3, 5, None], "club": ["a", "b", "a", "b"], "passed": [0, 0, 1, 1]})
    >>> encoder = Encoder.fit(table, target="passed")
    >>> encoder.feature_names
    ('hours', 'hours (missing)', 'club=a', 'club=b', 'club=(unknown)')
    >>> encoder.encode(read_table({"club": ["z"], "hours": [3]}))
    array([[0., 0., 0., 0., 1.]], dtype=float32)
    """

    target: str | None
    encodings: tuple[Encoding, ...]

    @classmethod
    def fit(
        cls,
        table: Table,
        target: str | None = None,
        roles: Mapping[str, Role] | None = None,
        without: Mapping[str, str] | None = None,
        embed: bool = False,
        cut: bool = False,
    ) -> Self:
        """Fit on the training part of a table.

        Parameters
        ----------
        table : Table
        target : str, optional
            Never encoded.
        roles : mapping from column to "categorical", "numeric", "time" or "any", optional
            Columns whose treatment is not left to the rules: see `fit_encoding`.
        without : mapping from column to reason, optional
            Columns to leave out.
        embed : bool
            Whether categories of more than 10 names become codes (``embedded``) for ``CategoryEmbedding``.
        cut : bool
            Whether numbers of many values are also cut into pieces (see ``NumberEncoding``).

        Raises
        ------
        UnknownNameError
            There is no column ``target``.
        DataError
            No column is left to learn from.
        """
        if target is not None:
            table.column(target)
        roles, without = roles or {}, without or {}

        def encodings(numbers: Role | None) -> tuple[Encoding, ...]:
            return tuple(
                LeftOut(column.name, without[column.name])
                if column.name in without
                else fit_encoding(
                    column, roles.get(column.name, numbers if column.kind == "number" else None), embed, cut
                )
                for column in table
                if column.name != target
            )

        encoder = cls(target, encodings(None))
        if not encoder.used:
            encoder = cls(target, encodings("any"))  # numbers that count the rows are better than nothing
        if not encoder.used:
            reasons = "; ".join([*(f"{e.name!r}: {e.describe()}" for e in encoder.encodings), *table.notes])
            reasons = reasons or "it has only the target"
            raise DataError(f"the table has no column to learn from ({reasons}); add one that varies and repeats")
        return encoder

    @property
    def used(self) -> tuple[Encoding, ...]:
        """The encodings of the columns that reach the network."""
        return tuple(encoding for encoding in self.encodings if not isinstance(encoding, LeftOut))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the matrix's columns, such as ``age``, ``age (missing)``, ``sex=male``, ``sex=(unknown)``."""
        return tuple(name for encoding in self.encodings for name in encoding.feature_names)

    @property
    def unknown_slots(self) -> tuple[int, ...]:
        """The features that no training row sets; weights behind them that start at zero stay there.

        They are the unknown slots of one-hot columns without rare names.
        """
        return tuple(
            start + slot
            for start, encoding in self._places()
            if isinstance(encoding, CategoryEncoding)
            for slot in encoding.untrained
        )

    @property
    def embedded(self) -> tuple[tuple[int, int], ...]:
        """The features that are codes 0, 1, ..., each with the number of codes, as ``CategoryEmbedding`` takes them."""
        return tuple(
            (start, encoding.codes) for start, encoding in self._places() if isinstance(encoding, EmbeddedEncoding)
        )

    @property
    def embedded_unknown(self) -> tuple[int, ...]:
        """Those of the ``embedded`` features whose code 0 no training row has: start its vector at zero."""
        return tuple(
            start
            for start, encoding in self._places()
            if isinstance(encoding, EmbeddedEncoding) and not encoding.shared_unknown
        )

    def _places(self) -> Iterator[tuple[int, Encoding]]:
        """Give each used encoding with the index of its first feature."""
        start = 0
        for encoding in self.used:
            yield start, encoding
            start += len(encoding.feature_names)

    def encode(self, table: Table) -> Array:
        """Return the matrix of a table: float32, shape (rows, features), finite.

        Columns are found by name in any order; others than those fitted on, and the target, are not looked at.

        Raises
        ------
        DataError
            Columns are missing from the table, or a value can't be read as it was in training.
        """
        absent = self.missing_columns(table)
        if absent:
            extra = self.extra_columns(table)
            hint = f"it has instead {some(extra)}" if extra else "columns are found by their names"
            names, hints = ", ".join(map(repr, absent)), "; ".join([hint, *table.notes])
            raise DataError(f"the table lacks the columns {names} of the training table; {hints}")
        matrix = np.zeros((table.rows, len(self.feature_names)), dtype=np.float32)
        for start, encoding in self._places():
            stop = start + len(encoding.feature_names)
            encoding.encode(table.column(encoding.name), matrix[:, start:stop])
        return matrix

    def missing_columns(self, table: Table) -> list[str]:
        """Return the names of the columns that ``encode`` needs and the table does not have."""
        return [encoding.name for encoding in self.used if encoding.name not in table.names]

    def extra_columns(self, table: Table) -> list[str]:
        """Return the names of the table's columns that the training table did not have."""
        known = {encoding.name for encoding in self.encodings} | {self.target}
        return [name for name in (*table.names, *table.unread) if name not in known]

    def notes(self, table: Table) -> list[str]:
        """Return sentences on what in a new table was not in the training part: missing and unknown values."""
        present = [encoding for encoding in self.used if encoding.name in table.names]
        return [note for encoding in present for note in encoding.notes(table.column(encoding.name))]

    def describe(self) -> list[Treatment]:
        """Return the treatment of each column of the training table, in its order.

        Examples
        --------
        >>> from chainrule.tables import read_table
        >>> encoder = Encoder.fit(read_table({"hours": [1, 3, 5], "year": [2024, 2024, 2024]}))
        >>> for treatment in encoder.describe():
        ...     print(treatment.column, "|", treatment.kind, "|", treatment.text)
        hours | number | (x - 3) / 1.48258, bent to stay within 3
        year | left out | always 2024
        """
        return [
            Treatment(
                encoding.name,
                encoding.column_kind,
                len(encoding.feature_names),
                encoding.describe(),
            )
            for encoding in self.encodings
        ]

    def state(self) -> dict[str, Any]:
        """Return the encoder as dictionaries, lists, texts and numbers that JSON keeps exactly."""
        columns = [{"name": e.name, "treatment": e.treatment, **e.state()} for e in self.encodings]
        return {"target": self.target, "columns": columns}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the encoder that ``state`` was written from.

        Raises
        ------
        FileError
            ``state`` is not what ``Encoder.state`` writes.
        """
        reader = StateReader(state, "the encoder")
        target = reader.optional_text("target")
        encodings: list[Encoding] = []
        for index, item in enumerate(reader.items("columns")):
            column = StateReader(item, f"column {index + 1} of the encoder")
            kind = ENCODINGS[column.text("treatment", tuple(ENCODINGS))]
            encodings.append(kind.from_state(column.text("name"), column))
        names = [encoding.name for encoding in encodings]
        if len(set(names)) != len(names) or target in names:
            raise FileError("bad model file: the encoder has several columns of the same name")
        encoder = cls(target, tuple(encodings))
        if not encoder.used:
            raise FileError("bad model file: the encoder has no columns")
        return encoder
