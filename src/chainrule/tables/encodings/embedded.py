"""A category of many names as a code, of which the network learns a vector for each."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.tables.encodings.category import category_notes, common_names
from chainrule.tables.encodings.encoding import Encoding
from chainrule.tables.labels import codes_of
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column

MOST_CODES = 1 << 20


@dataclass(frozen=True)
class EmbeddedEncoding(Encoding):
    """A category as one column of whole numbers: 1, 2, ... for its names, then one for "missing", 0 for the rest.

    The layer ``CategoryEmbedding`` gives each code a vector that is learned. Code 0 is for rare names (see
    CategoryEncoding), which share its vector so that it trains, and for values that training never saw; without
    rare names no training row has it (``Encoder.embedded_unknown``).
    """

    name: str
    categories: tuple[str, ...]
    missing_code: bool
    shared_unknown: bool  # whether training rows use code 0

    treatment: ClassVar[str] = "embedding"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Take the names of the categories from the training part of a column with at least one value."""
        return cls(column.name, *common_names(column, MOST_CODES))

    @property
    def column_kind(self) -> str:
        """A category, however it is treated."""
        return "category"

    @property
    def codes(self) -> int:
        """The number of codes."""
        return 1 + len(self.categories) + self.missing_code

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The column's name: it stays one column."""
        return (self.name,)

    @property
    def untrained(self) -> tuple[int, ...]:
        """Code 0, where training had nothing rare."""
        return () if self.shared_unknown else (0,)

    @property
    def missing_becomes(self) -> str:
        """What stands for a missing value, in a few words."""
        return "own code" if self.missing_code else "unknown code"

    def encode(self, column: Column, block: Array) -> None:
        """Write the codes into ``block`` (rows, 1)."""
        codes = codes_of(column, self.categories)
        missing = len(self.categories) + 1 if self.missing_code else 0
        block[:, 0] = np.where(codes == -1, missing, np.where(codes == -2, 0, codes + 1))

    def notes(self, column: Column) -> list[str]:
        """Say what in the column the training part had nothing of."""
        return category_notes(column, self.categories, self.missing_code, "code")

    def describe(self) -> str:
        """Return the treatment in words."""
        missing = "; missing: own code" if self.missing_code else ""
        unknown = "rare and unknown: code 0" if self.shared_unknown else "unknown: code 0"
        return f"learned vectors of {len(self.categories)}{missing}; {unknown}"

    def state(self) -> dict[str, Any]:
        """Return the encoding, but its name, as plain values for a JSON file."""
        return {
            "categories": list(self.categories),
            "missing_code": self.missing_code,
            "shared_unknown": self.shared_unknown,
        }

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""
        return cls(name, state.texts("categories"), state.flag("missing_code"), state.flag("shared_unknown"))
