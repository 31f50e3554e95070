"""What every treatment of a column can do."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column


class Encoding(ABC):
    """One column's way into the matrix of a network, fitted on the training part.

    Attributes
    ----------
    name : str
        The column.
    treatment : str
        What the state calls this kind of encoding.
    """

    name: str
    treatment: ClassVar[str]

    @property
    def column_kind(self) -> str:
        """What people call a column that is treated so."""
        return self.treatment

    @property
    @abstractmethod
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features this column becomes."""

    @property
    def untrained(self) -> tuple[int, ...]:
        """Which of the features (or, for an embedding, which of the codes) no training row sets."""
        return ()

    @property
    def missing_becomes(self) -> str:
        """What stands for a missing value, in a few words."""
        return ""

    @abstractmethod
    def encode(self, column: Column, block: Array) -> None:
        """Write the encoded column into ``block`` (rows, features), which holds zeros."""

    def notes(self, column: Column) -> list[str]:
        """Say what in the column the training part had nothing of."""
        return []

    @abstractmethod
    def describe(self) -> str:
        """Return the treatment in words."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return the encoding, but its name, as plain values for a JSON file."""

    @classmethod
    @abstractmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""


def refuse_values(column: Column, bad: Array, expected: str) -> None:
    """Raise the error for the first value that is not what training had."""
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"column {column.name!r}, row {row + 1}: expected {expected} as in training, "
            f"got {column.as_text()[row]!r}; correct it, or leave the cell empty"
        )
