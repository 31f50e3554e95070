"""A truth value as one number."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.tables.encodings.encoding import Encoding, refuse_values
from chainrule.tables.labels import codes_of
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column


@dataclass(frozen=True)
class BooleanEncoding(Encoding):
    """A boolean as -1 (false) or 1 (true), a missing one as 0, with a 0/1 flag if training had missing values.

    ``true``, ``True``, ``"true"`` and 1 mean the same, and so do their opposites.
    """

    name: str
    flagged: bool

    treatment: ClassVar[str] = "boolean"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """See whether the training part of a column has missing values."""
        return cls(column.name, bool(column.missing.any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The column's name, and that of its flag."""
        return (self.name, f"{self.name} (missing)") if self.flagged else (self.name,)

    @property
    def missing_becomes(self) -> str:
        """What stands for a missing value, in a few words."""
        return "0 + flag" if self.flagged else "0"

    def encode(self, column: Column, block: Array) -> None:
        """Write the encoded column into ``block`` (rows, features), which holds zeros."""
        codes = codes_of(column, ("false", "true"))
        refuse_values(column, codes == -2, "true or false")
        block[:, 0] = np.where(codes == -1, 0, 2 * codes - 1)
        if self.flagged:
            block[:, 1] = codes == -1

    def notes(self, column: Column) -> list[str]:
        """Say whether values are missing that never were in training."""
        count = int(column.missing.sum())
        return [f"{self.name}: {count} missing, none in training: 0 is used"] if count and not self.flagged else []

    def describe(self) -> str:
        """Return the treatment in words."""
        return f"false -1, true 1{'; missing: 0 + flag' if self.flagged else ''}"

    def state(self) -> dict[str, Any]:
        """Return the encoding, but its name, as plain values for a JSON file."""
        return {"flagged": self.flagged}

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""
        return cls(name, state.flag("flagged"))
